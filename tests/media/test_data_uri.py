import base64
from urllib.parse import quote

import pytest

from mm_agent.errors import MediaDecodeError, MediaRefused
from mm_agent.media.data_uri import decode_data_uri
from mm_agent.media.policy import MediaPolicy

DATA = bytes(range(256))
PLAIN = base64.b64encode(DATA).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"data:image/png;base64,{PLAIN}",
        f"data:;base64,{PLAIN}",
        f"DATA:image/png;charset=x;BASE64,{PLAIN}",
        f"data:image/png;base64,{PLAIN.rstrip('=')}",
        f"data:image/png;base64,{base64.urlsafe_b64encode(DATA).decode()}",
        f"data:image/png;base64,{quote(PLAIN, safe='')}",
        "data:image/png;base64,\n" + "\r\n ".join(PLAIN[i : i + 76] for i in range(0, len(PLAIN), 76)),
        f"data:image/png,{quote(DATA)}",
    ],
)
def test_every_spelling_gives_the_bytes(text: str):
    assert decode_data_uri(text, MediaPolicy(max_bytes=256)) == DATA


@pytest.mark.parametrize("text", ["data:image/png;base64", "data:image/png;base64,A", "data:;base64,é*é="])
def test_damaged(text: str):
    with pytest.raises(MediaDecodeError) as caught:
        decode_data_uri(text, MediaPolicy())
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["data:;base64," + "A" * 4000, "data:," + "A" * 4000])
def test_too_large_is_told_before_decoding(text: str, monkeypatch: pytest.MonkeyPatch):
    def decoded(*_, **__):
        raise AssertionError("decoded a data URI that is too large")

    monkeypatch.setattr("mm_agent.media.data_uri.base64.b64decode", decoded)
    monkeypatch.setattr("mm_agent.media.data_uri.unquote_to_bytes", decoded)
    with pytest.raises(MediaRefused, match="the limit is 100 bytes"):
        decode_data_uri(text, MediaPolicy(max_bytes=100))


def test_a_message_never_holds_the_whole_uri():
    with pytest.raises(MediaDecodeError) as caught:
        decode_data_uri("data:" + "A" * 10_000_000, MediaPolicy())
    assert len(str(caught.value)) < 300

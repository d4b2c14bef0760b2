"""``data:`` URIs (RFC 2397)."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote_to_bytes

from mm_agent.errors import MediaDecodeError, MediaRefused
from mm_agent.media.policy import MediaPolicy
from mm_agent.media.words import quoted, size_words

_WHITESPACE = str.maketrans("", "", " \t\r\n")


def decode_data_uri(text: str, policy: MediaPolicy) -> bytes:
    """The bytes a ``data:`` URI holds; the stated media type is not trusted, so it is not read.

    Raises:
        MediaRefused: Larger than the policy's ``max_bytes``, told before decoding.
        MediaDecodeError: No comma, or base64 that is damaged.
    """
    header, comma, body = text.partition(",")
    if not comma:
        raise MediaDecodeError(f"{quoted(text, 60)} has no comma; write data:image/png;base64,...")
    in_base64 = header.lower().rstrip().endswith(";base64")
    # An escape spends three characters on one byte; in base64 four characters hold three.
    characters = len(body) - 2 * body.count("%") - sum(map(body.count, " \t\r\n"))
    least = characters * 3 // 4 - 3 if in_base64 else len(body) - 2 * body.count("%")
    if least > policy.max_bytes:
        raise MediaRefused(
            f"the data URI holds about {size_words(least)}, the limit is {size_words(policy.max_bytes)}; "
            "use a smaller picture or raise max_bytes"
        )
    return _from_base64(body) if in_base64 else unquote_to_bytes(body)


def _from_base64(body: str) -> bytes:
    plain = unquote_to_bytes(body) if "%" in body else body.translate(_WHITESPACE).encode("utf-8", "replace")
    plain = plain.replace(b"-", b"+").replace(b"_", b"/")  # the URL-safe alphabet is common here
    plain = plain.rstrip(b"=")
    try:
        return base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise MediaDecodeError(
            f"the data URI's base64 is damaged ({error}); encode the file again"
        ) from error

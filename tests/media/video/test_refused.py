"""Files that are no video, are damaged or mean harm: refused in one line, whatever is in them."""

import random
import struct
from contextlib import suppress
from pathlib import Path

import av
import pytest

from mm_agent.errors import MediaDecodeError, MediaError, MediaNotFound, MediaRefused
from mm_agent.media.policy import MediaPolicy
from mm_agent.media.sniff import Sniffed
from mm_agent.media.store import MediaStore
from mm_agent.media.video import container as container_module
from mm_agent.media.video import open_video
from tests.media.pictures import encoded, quarters
from tests.media.video.films import HEIGHT, STEADY_ONLY, WIDTH, Coding, add_sound, film, silence, steady

MPEG4 = Coding("mpeg4", "avi", unit=STEADY_ONLY, options=())
WMV = Coding("wmv2", "wmv", unit=STEADY_ONLY, options=())
HUFFMAN = Coding("huffyuv", "avi", unit=STEADY_ONLY, options=(), pixels="yuv422p")
CINEPAK = Coding("cinepak", "avi", unit=STEADY_ONLY, options=(), pixels="rgb24")


def refused(path: Path, kind: type[MediaError], match: str, policy: MediaPolicy | None = None) -> None:
    with pytest.raises(kind, match=match) as caught:
        list(open_video(path, policy).walk())
    assert "\n" not in str(caught.value)
    assert str(path.parent) not in str(caught.value)


def cut(path: Path, share: float) -> Path:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def with_header_first(path: Path) -> Path:
    """The same film with its table of contents before the frames, as the web wants it."""
    target = path.with_name("first.mp4")
    with av.open(path) as source, av.open(target, "w", options={"movflags": "faststart"}) as copy:
        track = copy.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = track
                copy.mux(packet)
    return target


def test_only_sound(tmp_path: Path):
    with av.open(tmp_path / "sound.mp4", "w") as container:
        silence(container, add_sound(container), 300)
    refused(tmp_path / "sound.mp4", MediaDecodeError, "only sound")


def test_no_frame(tmp_path: Path):
    refused(film(tmp_path, [], HUFFMAN), MediaDecodeError, "holds no frame")


def test_the_table_of_contents_is_missing(tmp_path: Path):
    refused(cut(film(tmp_path, steady(60)), 0.5), MediaDecodeError, "damaged or incomplete")


@pytest.mark.parametrize("ending", ["mkv", "flv", "avi"])
def test_a_file_that_breaks_off_says_where(tmp_path: Path, ending: str):
    coding = MPEG4 if ending == "avi" else Coding(ending=ending)
    refused(
        cut(film(tmp_path, steady(120), coding), 0.5), MediaDecodeError, r"breaks off after \d\.\d of 4\.\d s"
    )


def test_an_mp4_that_breaks_off_says_where(tmp_path: Path):
    path = cut(with_header_first(film(tmp_path, steady(120))), 0.7)
    refused(path, MediaDecodeError, r"breaks off after \d\.\d of 4\.8 s")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello " * 100,
        b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile other.mp4\n",
        b"v=0\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n",
        b"RIFF\0\0\0\0WAVEfmt ",
        encoded(quarters(), "PNG"),
        encoded(quarters(), "GIF", save_all=True, append_images=[quarters(8, 8)]),
    ],
)
def test_what_is_no_video_is_told_by_its_content(tmp_path: Path, content: bytes):
    (tmp_path / "clip.mp4").write_bytes(content)
    refused(tmp_path / "clip.mp4", MediaDecodeError, "not a video in a known format")


def test_no_such_file(tmp_path: Path):
    refused(tmp_path / "absent.mp4", MediaNotFound, "cannot be opened")
    refused(tmp_path, MediaNotFound, "cannot be opened")


@pytest.mark.parametrize(
    ("limit", "match"),
    [
        ({"max_video_bytes": 1000}, "the limit is 1000 bytes.*max_video_bytes"),
        ({"max_video_seconds": 1}, "lasts 2 s, the limit is 1 s.*max_video_seconds"),
        ({"max_pixels": WIDTH * HEIGHT - 1}, "128x48, 6,144 pixels a frame.*max_pixels"),
        ({"video_timeout_s": 1e-9}, "longer than 1e-09 s.*video_timeout_s"),
    ],
)
def test_limits(tmp_path: Path, limit: dict, match: str):
    refused(film(tmp_path, steady(60)), MediaRefused, match, MediaPolicy(**limit))


@pytest.mark.parametrize("side", [9000, 60000])
def test_a_header_that_claims_a_huge_size(tmp_path: Path, side: int):
    path = film(tmp_path, steady(5), HUFFMAN)
    data = bytearray(path.read_bytes())
    place = data.index(b"strf") + 12  # BITMAPINFOHEADER: width, height
    assert struct.unpack_from("<ii", data, place) == (WIDTH, HEIGHT)
    struct.pack_into("<ii", data, place, side, side)
    path.write_bytes(bytes(data))
    refused(path, MediaRefused, "pixels")


@pytest.mark.parametrize(
    ("demuxer", "content"),
    [
        ("hls", "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfilm.mp4\n#EXT-X-ENDLIST\n"),
        ("concat", "ffconcat version 1.0\nfile film.mp4\n"),
    ],
)
def test_a_second_file_is_never_opened(tmp_path: Path, demuxer: str, content: str, monkeypatch):
    """Even if a playlist were taken for a video, FFmpeg could not follow it."""
    film(tmp_path, steady(5))
    (tmp_path / "list.mp4").write_text(content)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(container_module, "sniff", lambda _: Sniffed("MP4", "video"))
    monkeypatch.setattr(container_module, "DEMUXERS", {"MP4": demuxer})
    with pytest.raises(MediaError):
        open_video(tmp_path / "list.mp4")


def test_an_encoding_that_is_not_on_the_list(tmp_path: Path):
    refused(film(tmp_path, steady(5), CINEPAK), MediaDecodeError, "stored as cinepak, which is not read")


@pytest.mark.parametrize("ending", ["mp4", "mkv", "avi", "ts", "flv", "wmv"])
def test_damage_of_any_kind_is_our_error_or_fewer_frames(
    tmp_path: Path, ending: str, capfd: pytest.CaptureFixture[str]
):
    coding = {"avi": MPEG4, "wmv": WMV}.get(ending, Coding(ending=ending))
    whole = film(tmp_path, steady(20), coding).read_bytes()
    dice = random.Random(7)
    path = tmp_path / f"damaged.{ending}"
    for _ in range(40):
        data = bytearray(whole)
        for _ in range(dice.choice([1, 10, 200])):
            data[dice.randrange(len(data))] = dice.randrange(256)
        path.write_bytes(bytes(data[: dice.choice([len(data), dice.randrange(1, len(data))])]))
        with suppress(MediaError):
            times = [frame.seconds for frame in open_video(path).walk()]
            assert times == sorted(times)
    assert capfd.readouterr() == ("", "")


def test_a_store_refuses_them_by_name_and_keeps_nothing(tmp_path: Path):
    path = cut(film(tmp_path, steady(60), name="torn"), 0.5)
    with MediaStore() as store:
        with pytest.raises(MediaDecodeError, match=r"'torn.mp4': the video is damaged"):
            store.add(path)
        with pytest.raises(MediaRefused, match="max_video_bytes"):
            MediaStore(MediaPolicy(max_video_bytes=10)).add(path)
        assert store.items() == []
        assert list(store._kept.path("x").parent.iterdir()) == []

import pytest

from mm_agent.media.sniff import sniff

MP4 = b"\0\0\0\x20ftypisom\0\0\2\0isomiso2avc1mp41"


@pytest.mark.parametrize(
    ("data", "name", "family"),
    [
        (b"\xff\xd8\xff\xe0rest", "JPEG", "picture"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "WEBP", "picture"),
        (b"P6 2 2 255\n", "PPM", "picture"),
        (b"\0\0\0\x1cftypavif\0\0\0\0mif1miaf", "AVIF", "picture"),
        (b"\0\0\0\x1cftypmif1\0\0\0\0mif1avif", "AVIF", "picture"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIC", "other"),
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "HEIC", "other"),
        (MP4, "MP4", "video"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", "QuickTime", "video"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", "QuickTime", "video"),
        (b"\0\0\0\x14ftypM4A \0\0\0\0M4A ", "MPEG-4 sound", "other"),
        (b"RIFF\0\0\0\0AVI LIST", "AVI", "video"),
        (b"\x1aE\xdf\xa3rest", "WebM or Matroska", "video"),
        ((b"G" + bytes(187)) * 3, "MPEG transport stream", "video"),
        (b"  \n<!DOCTYPE html><html>", "HTML page", "other"),
        (b"\xef\xbb\xbf<html lang=en>", "HTML page", "other"),
        (b"<?xml version='1.0'?><svg xmlns='x'/>", "SVG drawing", "other"),
        (b"<svg/>", "SVG drawing", "other"),
        (b"%PDF-1.7", "PDF", "other"),
        (b'{"error": "not found"}', "text document", "other"),
    ],
)
def test_known_kinds(data: bytes, name: str, family: str):
    found = sniff(data)
    assert found is not None
    assert (found.name, found.family) == (name, family)


@pytest.mark.parametrize("data", [b"", b"P", b"P7\n", b"RIFF", b"RIFF\0\0\0\0XXXX", b"\0\0\0\0fty", b"hello"])
def test_unknown_kinds(data: bytes):
    assert sniff(data) is None

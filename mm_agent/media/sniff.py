"""What bytes are, told from their first few: names and extensions lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

HEAD_BYTES = 1024
"""How much of a file's beginning `sniff` wants to see."""


@dataclass(frozen=True)
class Sniffed:
    """A recognised kind of file.

    Attributes:
        name: The kind as people call it; for a picture that is read, Pillow's name of the format.
        family: A picture this package reads, a clip, or something else that is often mistaken for a picture.
    """

    name: str
    family: Literal["picture", "video", "other"]


_PREFIXES: tuple[tuple[bytes, Sniffed], ...] = (
    (b"\xff\xd8\xff", Sniffed("JPEG", "picture")),
    (b"\x89PNG\r\n\x1a\n", Sniffed("PNG", "picture")),
    (b"GIF87a", Sniffed("GIF", "picture")),
    (b"GIF89a", Sniffed("GIF", "picture")),
    (b"BM", Sniffed("BMP", "picture")),
    (b"II*\0", Sniffed("TIFF", "picture")),
    (b"MM\0*", Sniffed("TIFF", "picture")),
    (b"II+\0", Sniffed("TIFF", "picture")),
    (b"MM\0+", Sniffed("TIFF", "picture")),
    (b"\x1aE\xdf\xa3", Sniffed("WebM or Matroska", "video")),
    (b"FLV\x01", Sniffed("Flash video", "video")),
    (b"0&\xb2u\x8ef\xcf\x11", Sniffed("Windows Media", "video")),
    (b"\0\0\x01\xba", Sniffed("MPEG", "video")),
    (b"\0\0\x01\xb3", Sniffed("MPEG", "video")),
    (b"OggS", Sniffed("Ogg", "video")),
    (b"%PDF", Sniffed("PDF", "other")),
    (b"%!PS", Sniffed("PostScript", "other")),
    (b"8BPS", Sniffed("Photoshop", "other")),
    (b"\0\0\x01\0", Sniffed("Windows icon", "other")),
    (b"\0\0\0\x0cjP  ", Sniffed("JPEG 2000", "other")),
    (b"\xff\x4f\xff\x51", Sniffed("JPEG 2000", "other")),
    (b"\xff\x0a", Sniffed("JPEG XL", "other")),
    (b"\0\0\0\x0cJXL ", Sniffed("JPEG XL", "other")),
    (b"\x1f\x8b", Sniffed("gzip archive", "other")),
    (b"PK\x03\x04", Sniffed("zip archive", "other")),
    (b"\x93NUMPY", Sniffed("numpy array file", "other")),
)
_RIFF = {
    b"WEBP": Sniffed("WEBP", "picture"),
    b"AVI ": Sniffed("AVI", "video"),
    b"WAVE": Sniffed("WAVE sound", "other"),
}
_QUICKTIME_BOXES = (b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")


def sniff(data: bytes) -> Sniffed | None:
    """Recognise a file by its first bytes; None when nothing known begins so."""
    for prefix, found in _PREFIXES:
        if data.startswith(prefix):
            return found
    if data[:4] == b"RIFF":
        return _RIFF.get(data[8:12])
    if data[:1] == b"P" and data[1:2] in b"123456" and data[2:3].isspace():
        return Sniffed("PPM", "picture")
    if data[4:8] == b"ftyp":
        return _sniff_iso_media(data)
    if data[4:8] in _QUICKTIME_BOXES:
        return Sniffed("QuickTime", "video")
    if data[:1] == b"G" and data[188:189] == b"G" and data[376:377] == b"G":
        return Sniffed("MPEG transport stream", "video")
    return _sniff_text(data)


def _sniff_iso_media(data: bytes) -> Sniffed:
    """Tell AVIF, HEIC and MP4 apart by their brands (ISO/IEC 14496-12, ``ftyp`` box)."""
    size = min(int.from_bytes(data[:4]), 256)
    brands = {data[start : start + 4] for start in (8, *range(16, size, 4))}
    if brands & {b"avif", b"avis"}:
        return Sniffed("AVIF", "picture")
    if brands & {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"} or data[8:12] in (b"mif1", b"msf1"):
        return Sniffed("HEIC", "other")
    if data[8:12] in (b"M4A ", b"M4B "):
        return Sniffed("MPEG-4 sound", "other")
    return Sniffed("QuickTime" if data[8:12] == b"qt  " else "MP4", "video")


def _sniff_text(data: bytes) -> Sniffed | None:
    head = data[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    if head.startswith(b"<svg") or (
        head.startswith((b"<?xml", b"<!--", b"<!doctype svg")) and b"<svg" in head
    ):
        return Sniffed("SVG drawing", "other")
    if head.startswith((b"<!doctype html", b"<html", b"<head", b"<body", b"<script")) or b"<html" in head:
        return Sniffed("HTML page", "other")
    if head.startswith((b"{", b"[", b"<?xml")):
        return Sniffed("text document", "other")
    return None

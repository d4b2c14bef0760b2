"""Small encoded pictures made on the spot."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def quarters(width: int = 8, height: int = 6) -> Image.Image:
    """Red top left, green top right, blue bottom left, white bottom right."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[: height // 2, : width // 2] = RED
    pixels[: height // 2, width // 2 :] = GREEN
    pixels[height // 2 :, : width // 2] = BLUE
    pixels[height // 2 :, width // 2 :] = WHITE
    return Image.fromarray(pixels)


def encoded(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    """The picture as a file of a format."""
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def same_pixels(left: Image.Image, right: Image.Image) -> bool:
    """Whether two pictures agree in mode, size and every pixel."""
    return left.mode == right.mode and left.size == right.size and left.tobytes() == right.tobytes()


def pixel(image: Image.Image, x: int, y: int) -> tuple[int, int, int]:
    """One pixel of an RGB picture."""
    red, green, blue = np.asarray(image)[y, x].tolist()
    return red, green, blue


def png_chunk(kind: bytes, body: bytes) -> bytes:
    """One PNG chunk with its checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def huge_png(width: int, height: int) -> bytes:
    """A tiny PNG whose header claims a huge size: what a decompression bomb looks like from outside."""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    data = png_chunk(b"IDAT", zlib.compress(bytes(1000)))
    return b"\x89PNG\r\n\x1a\n" + header + data + png_chunk(b"IEND", b"")

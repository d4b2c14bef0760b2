"""A tiny ICC profile for CMYK, made by hand: none ships with Pillow."""

from __future__ import annotations

import itertools
import struct


def cmyk_profile(paper_lightness: float = 100.0) -> bytes:
    """A profile in which every ink only darkens: L* is the paper's, times the share of light each ink leaves.

    Its colours are greys, unlike those of plain arithmetic, so a test sees whether it was used.
    ICC.1:2010, lut8Type (section 10.9): identity matrix, 4 inputs, 3 outputs, 2 grid points.
    """
    matrix = b"".join(struct.pack(">i", value * 65536) for value in (1, 0, 0, 0, 1, 0, 0, 0, 1))
    straight = bytes(range(256))
    grid = b"".join(
        bytes((round(paper_lightness * 2.55 * (1 - sum(inks) / 4)), 128, 128))
        for inks in itertools.product((0, 1), repeat=4)
    )
    table = b"mft1" + bytes(4) + bytes((4, 3, 2, 0)) + matrix + straight * 4 + grid + straight * 3
    tags = [
        (b"desc", b"desc" + bytes(4) + struct.pack(">I", 5) + b"Test\0" + bytes(78)),
        (b"cprt", b"text" + bytes(4) + b"none\0"),
        (b"wtpt", b"XYZ " + bytes(4) + struct.pack(">iii", 63190, 65536, 54061)),
        (b"A2B0", table),
    ]
    return _assembled(tags)


def _assembled(tags: list[tuple[bytes, bytes]]) -> bytes:
    offset, directory, body = 128 + 4 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, content in tags:
        directory += name + struct.pack(">II", offset + len(body), len(content))
        body += content + bytes(-len(content) % 4)
    header = struct.pack(">I", offset + len(body)) + bytes(4) + b"\x02\x40\0\0prtrCMYKLab "
    header += struct.pack(">6H", 2024, 1, 1, 0, 0, 0) + b"acsp" + bytes(28)
    header += struct.pack(">iii", 63190, 65536, 54061)
    return header.ljust(128, b"\0") + directory + body

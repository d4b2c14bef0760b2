"""How many pictures a file holds, told without decoding them."""

from __future__ import annotations

from PIL import Image

# Counting stops here: a hostile file may hold millions of empty frames.
MOST_FRAMES = 1000


def frame_note(image: Image.Image, data: bytes) -> str | None:
    """A note on the frames or pages that are left out; None for a file of one picture.

    Args:
        image: The file as opened by Pillow, at its first frame.
        data: The same file's bytes.
    """
    if image.format == "GIF":
        return _animated(count_gif_frames(data))
    if image.format == "TIFF":
        # Only the header's link to a second page is looked at; counting pages would parse each.
        return "several pages: the first is used" if _tiff_has_more(image) else None
    count = getattr(image, "n_frames", 1)
    if image.format == "MPO":
        return f"several pictures: first of {count}" if count > 1 else None
    return _animated(count)


def _animated(count: int) -> str | None:
    if count < 2:
        return None
    return (
        f"animated: first of {count} frames"
        if count < MOST_FRAMES
        else f"animated: first of {MOST_FRAMES}+ frames"
    )


def _tiff_has_more(image: Image.Image) -> bool:
    return bool(getattr(getattr(image, "tag_v2", None), "next", 0))


def count_gif_frames(data: bytes) -> int:
    """Count a GIF's image blocks, up to MOST_FRAMES, by walking its blocks (GIF89a specification).

    A truncated file gives the frames up to where it breaks off.
    """
    position, count = 13 + _table_size(data[10:11]), 0
    while count < MOST_FRAMES:
        kind = data[position : position + 1]
        if kind == b"!":  # an extension: its label, then sub-blocks
            position = _after_sub_blocks(data, position + 2)
        elif kind == b",":  # an image: descriptor, colour table, code size, then sub-blocks
            count += 1
            table = _table_size(data[position + 9 : position + 10])
            position = _after_sub_blocks(data, position + 10 + table + 1)
        else:
            break
    return count


def _table_size(flags: bytes) -> int:
    """Bytes of the colour table that a flags byte announces."""
    return 3 * 2 ** ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0


def _after_sub_blocks(data: bytes, position: int) -> int:
    while position < len(data) and data[position]:
        position += data[position] + 1
    return position + 1

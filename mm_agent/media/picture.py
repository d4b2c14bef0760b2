"""A decoded picture: upright, RGB, 8 bits a channel, whatever it was before."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from mm_agent.errors import MediaDecodeError, MediaRefused
from mm_agent.media.colour import to_rgb
from mm_agent.media.pillow_guard import pillow_guard
from mm_agent.media.policy import MediaPolicy

_ORIENTATION = 0x0112
# EXIF's eight orientations (CIPA DC-008, tag Orientation) and what makes each upright.
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Picture:
    """A picture ready for an encoder.

    Attributes:
        image: Mode RGB, upright, fully loaded, tied to no file.
        format: Pillow's name of the format it was stored in, or "picture" or "array".
        original_mode: Pillow's name of the mode it was stored in.
        notes: What a reader should know was done, for example "animated: first of 12 frames".
    """

    image: Image.Image
    format: str
    original_mode: str
    notes: tuple[str, ...] = ()


def to_picture(image: Image.Image, policy: MediaPolicy, *, notes: tuple[str, ...] = ()) -> Picture:
    """Bring a Pillow picture, loaded or not, to an upright RGB one.

    Raises:
        MediaRefused: More pixels than the policy's ``max_pixels``, told before any is decoded.
        MediaDecodeError: No pixels, or pixels that cannot be decoded.
    """
    check_size(image.width, image.height, policy)
    with pillow_guard():
        stored_mode = image.mode
        image.load()
        rgb, colour_notes = to_rgb(image)
        # After loading: for TIFF and AVIF Pillow turns the picture itself and drops the tag.
        turn = _UPRIGHT.get(_orientation(image))
        upright = rgb if turn is None else rgb.transpose(turn)
        clean = upright.copy() if upright is image else upright
        clean.info = {}
        return Picture(clean, image.format or "picture", stored_mode, (*notes, *colour_notes))


def check_size(width: int, height: int, policy: MediaPolicy) -> None:
    """Refuse a picture by its size alone.

    Raises:
        MediaRefused: Too many pixels.
        MediaDecodeError: None at all.
    """
    if width < 1 or height < 1:
        raise MediaDecodeError(f"the picture has no pixels, it is {width}x{height}; use another picture")
    if width * height > policy.max_pixels:
        raise MediaRefused(
            f"the picture is {width}x{height} pixels, {width * height:,} in all; "
            f"the limit is {policy.max_pixels:,}; use a smaller picture or raise max_pixels"
        )


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # damaged metadata must not cost the picture
        return 1

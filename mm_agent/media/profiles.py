"""Colour spaces that need a colour profile: CMYK and LAB."""

from __future__ import annotations

import io

from PIL import Image, ImageCms

_NAIVE = "CMYK without a usable colour profile: colours are approximate"


def cmyk_to_rgb(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """CMYK to sRGB through the picture's own ICC profile, else by simple arithmetic with a note.

    JPEG's inverted CMYK (Adobe) is already put right by Pillow's decoder.
    """
    embedded = image.info.get("icc_profile")
    if embedded:
        try:
            profile = ImageCms.ImageCmsProfile(io.BytesIO(embedded))
            if embedded[16:20] == b"CMYK":  # the header's data colour space, ICC.1 section 7.2
                return _transformed(image, profile), ()
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a damaged profile must not cost the picture
    return image.convert("RGB"), (_NAIVE,)


def lab_to_rgb(image: Image.Image) -> Image.Image:
    """CIE L*a*b* (D50, as Pillow stores it) to sRGB."""
    return _transformed(image, ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")))


def _transformed(image: Image.Image, profile: ImageCms.ImageCmsProfile) -> Image.Image:
    srgb = ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, profile, srgb, outputMode="RGB")
    assert converted is not None  # only None when asked to work in place
    return converted

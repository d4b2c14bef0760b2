"""OpenCV, or one line on how to make it load: ``from mm_agent.media.opencv import cv2``."""

from __future__ import annotations

from mm_agent.errors import MissingDependency

try:
    import cv2
except ImportError as error:
    # The wheel is always installed; what bare servers lack is the system library it links against.
    raise MissingDependency(
        f"OpenCV cannot be loaded ({error}); on Debian or Ubuntu: apt-get install libgl1 libglib2.0-0, "
        "elsewhere: pip install opencv-python-headless"
    ) from error

__all__ = ["cv2"]

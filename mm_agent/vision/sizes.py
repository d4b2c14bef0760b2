"""The same picture at three sizes, for questions whose answer should not depend on the size of things.

It steadies close calls: of 1,200 counts of drawn scenes that nothing was fitted on 92.4 % are right after
90.5 % with the picture alone. Samples of 250 to 500 differ by as much either way.
"""

from __future__ import annotations

import numpy as np
from PIL import Image

from mm_agent.media.opencv import cv2

_CLOSER = 0.04  # of each side is cut off
_FARTHER = 0.08  # of each side is added, in the colours of the edge


def at_three_sizes(image: Image.Image) -> list[Image.Image]:
    """The picture itself, a little closer and a little farther away."""
    across, down = (round(_CLOSER * side) for side in image.size)
    closer = image.crop((across, down, image.width - across, image.height - down))
    across, down = (round(_FARTHER * side) for side in image.size)
    pixels = np.asarray(image.convert("RGB"))
    farther = cv2.copyMakeBorder(pixels, down, down, across, across, cv2.BORDER_REPLICATE)
    return [image, closer, Image.fromarray(farther)]

"""Presence of many pictures at once is presence of each."""

from __future__ import annotations

import pytest
import torch
from PIL import Image

from mm_agent.vision import SiglipEncoder
from mm_agent.vision.presence import presence, presence_logits


@pytest.mark.parametrize(("noun", "language"), [("cats", "en"), ("猫", "zh"), ("old town hall", "en")])
@pytest.mark.parametrize("family", ["encoder", "clip_encoder"])
def test_presence_from_vectors_is_presence_of_the_pictures(
    family: str, noun: str, language: str, request: pytest.FixtureRequest, pictures: list[Image.Image]
) -> None:
    encoder: SiglipEncoder = request.getfixturevalue(family)
    each = [presence(encoder, picture, noun, language=language) for picture in pictures]  # pyright: ignore[reportArgumentType]
    logits = presence_logits(encoder, encoder.embed_images(pictures), noun, language=language)  # pyright: ignore[reportArgumentType]
    assert torch.sigmoid(logits).tolist() == pytest.approx(each, rel=1e-3, abs=1e-6)

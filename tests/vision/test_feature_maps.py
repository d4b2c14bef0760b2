"""From a file to features to a figure, without a screen."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import torch
from PIL import Image

from mm_agent.errors import MediaNotFound, ShapeError
from mm_agent.vision import (
    SiglipVisionTower,
    VisionTowerConfig,
    extract_features_from_image,
    show_feature_map,
)


@pytest.fixture(scope="module")
def tower(siglip_dir: Path) -> SiglipVisionTower:
    facts = VisionTowerConfig(vision_tower_name=str(siglip_dir), img_size=64, patch_size=16, hidden_size=64)
    return SiglipVisionTower(str(siglip_dir), facts)


def test_a_file_and_its_picture_have_the_same_features(
    tower: SiglipVisionTower, pictures: list[Image.Image], tmp_path: Path
) -> None:
    path = tmp_path / "picture.png"
    pictures[0].save(path)
    features = extract_features_from_image(path, tower)
    assert features.shape == (1, 1, 4, 4, 64)
    torch.testing.assert_close(features, extract_features_from_image(pictures[0], tower))
    with pytest.raises(MediaNotFound):
        extract_features_from_image(tmp_path / "missing.png", tower)


def test_the_figure_shows_the_channel_mean_upright(tmp_path: Path) -> None:
    features = torch.zeros(1, 1, 4, 6, 8)
    features[0, 0, 0, 5] = 1.0  # top right
    figure = show_feature_map(features, save_to=tmp_path / "map.png")
    drawn = figure.axes[0].images[0]
    shown = torch.as_tensor(drawn.get_array())
    torch.testing.assert_close(shown, features[0, 0].mean(-1))
    assert drawn.origin == "upper"
    assert (tmp_path / "map.png").stat().st_size > 1000
    plt.close(figure)


def test_another_shape_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"\(B, T, rows, cols, hidden\)"):
        show_feature_map(torch.zeros(4, 4))

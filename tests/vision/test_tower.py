"""The tower: the seed's names and call, its shapes, and what it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from mm_agent.errors import CheckpointError, SettingsError, ShapeError
from mm_agent.vision import SiglipEncoder, SiglipVisionTower, VisionTowerConfig


def _config(name: Path, **changes: Any) -> VisionTowerConfig:
    facts: dict[str, Any] = {"img_size": 64, "patch_size": 16, "hidden_size": 64} | changes
    return VisionTowerConfig(vision_tower_name=str(name), **facts)


@pytest.fixture(scope="module")
def tower(siglip_dir: Path) -> SiglipVisionTower:
    return SiglipVisionTower(str(siglip_dir), _config(siglip_dir))


def test_pictures_and_clips(tower: SiglipVisionTower, pictures: list[Image.Image]) -> None:
    pixels = tower.vision_processor(images=pictures, return_tensors="pt")["pixel_values"]
    features = tower(pixels)
    assert features.shape == (3, 1, 4, 4, 64)
    assert features.dtype == torch.float32
    clip = tower(pixels[None])
    assert clip.shape == (1, 3, 4, 4, 64)
    torch.testing.assert_close(clip[0], features[:, 0])


def test_it_sees_what_the_encoder_sees(
    tower: SiglipVisionTower, encoder: SiglipEncoder, siglip_dir: Path, pictures: list[Image.Image]
) -> None:
    pixels = tower.vision_processor(images=pictures, return_tensors="pt")["pixel_values"]
    torch.testing.assert_close(tower(pixels)[:, 0], encoder.patch_features(pictures), rtol=1e-4, atol=1e-5)
    earlier = SiglipVisionTower(siglip_dir, _config(siglip_dir, mm_vision_select_layer=-2))
    expected = encoder.patch_features(pictures, layer=-2, post_norm=False)
    torch.testing.assert_close(earlier(pixels)[:, 0], expected, rtol=1e-4, atol=1e-5)


def test_rows_come_before_columns(tower: SiglipVisionTower) -> None:
    """Repainting the bottom-left patch moves the embedding of that patch alone."""
    layer0 = SiglipVisionTower(
        tower.config.vision_tower_name,
        _config(Path(tower.config.vision_tower_name), mm_vision_select_layer=0),
    )
    plain, changed = torch.zeros(1, 3, 64, 64), torch.zeros(1, 3, 64, 64)
    changed[:, :, 48:, :16] = 1.0
    moved = (layer0(plain) - layer0(changed)).abs().sum(-1)[0, 0]  # (rows, cols)
    assert (moved > 1e-6).nonzero().tolist() == [[3, 0]]


def test_features_feed_a_projector(tower: SiglipVisionTower) -> None:
    projector = torch.nn.Linear(64, 8)
    projector(tower(torch.zeros(1, 3, 64, 64))).sum().backward()
    assert projector.weight.grad is not None
    assert not any(parameter.requires_grad for parameter in tower.parameters())


def test_naflex_takes_any_multiple_of_its_patch(
    naflex_dir: Path, naflex_encoder: SiglipEncoder, pictures: list[Image.Image]
) -> None:
    tower = SiglipVisionTower(naflex_dir, _config(naflex_dir, img_size=256))
    square = [pictures[2].resize((256, 256))]
    pixels = tower.vision_processor(images=square, return_tensors="pt")["pixel_values"]
    features = tower(pixels)
    assert features.shape == (1, 1, 16, 16, 64)
    torch.testing.assert_close(features[0, 0], naflex_encoder.patch_grids(square)[0], rtol=1e-3, atol=1e-4)
    with pytest.raises(CheckpointError, match="multiple of patch_size"):
        SiglipVisionTower(naflex_dir, _config(naflex_dir, img_size=250))


def test_a_config_that_disagrees_names_both(siglip_dir: Path) -> None:
    message = r"hidden_size 768 \(checkpoint: 64\), img_size 224 \(checkpoint: 64\); correct the config"
    with pytest.raises(CheckpointError, match=message):
        SiglipVisionTower(str(siglip_dir), VisionTowerConfig(vision_tower_name=str(siglip_dir)))


def test_wrong_shapes_and_clip_lengths(tower: SiglipVisionTower, siglip_dir: Path) -> None:
    for shape in ((1, 3, 32, 32), (3, 64, 64), (1, 1, 64, 64)):
        with pytest.raises(ShapeError, match=r"pixel_values must be \(B, 3, 64, 64\)"):
            tower(torch.zeros(shape))
    fixed = SiglipVisionTower(str(siglip_dir), _config(siglip_dir, num_frames=2))
    assert fixed(torch.zeros(1, 2, 3, 64, 64)).shape[1] == 2
    with pytest.raises(ShapeError, match="num_frames is 2, but the clip has 3 frames"):
        fixed(torch.zeros(1, 3, 3, 64, 64))


def test_what_siglip_has_not_is_refused(siglip_dir: Path, clip_dir: Path) -> None:
    with pytest.raises(SettingsError, match="SigLIP has no class token; use 'patch'"):
        _config(siglip_dir, select_feature="cls_patch")
    with pytest.raises(SettingsError, match="num_frames is 0"):
        _config(siglip_dir, num_frames=0)
    with pytest.raises(CheckpointError, match="is a CLIP checkpoint"):
        SiglipVisionTower(str(clip_dir), _config(clip_dir))

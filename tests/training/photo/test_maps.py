"""Views are computed once, stored and gathered: the right rows, cells and numbers."""

from __future__ import annotations

import random
import shutil
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mm_agent.errors import FinetuneError
from mm_agent.vision.photo.tower import tower_weights
from tests.training.photo.builders import image_set, write_squares, write_table
from training.photo import tower_maps
from training.photo.features import compute_view, missing_views, viewed, views_of
from training.photo.maps import StoredMaps, StoredView, gather, whole_images
from training.photo.sets import read_set
from training.photo.tower_maps import CLASSES, HEAD, LOW, TOKENS, TowerClassifier, load_maps
from training.photo.views import SIDE, VIEWS


def brightness(pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Maps that hold every image's mean."""
    mean = pixels.mean((1, 2, 3))[:, None, None]
    return np.broadcast_to(mean, (16, TOKENS, LOW)), np.broadcast_to(np.abs(mean), (16, TOKENS, HEAD))


def numbered_view(rows: list[int], offset: int) -> StoredView:
    """Rows whose values say which row and cell they are."""
    count = max(rows) + 1
    number = np.arange(count)[:, None, None] + offset
    head = np.broadcast_to(number, (count, TOKENS, HEAD)).astype(np.uint8)
    low = (np.broadcast_to(np.arange(TOKENS)[None, :, None], (count, TOKENS, LOW))).astype(np.float16)
    logits = np.broadcast_to(number[:, 0], (count, CLASSES)).astype(np.float16)
    return StoredView(head, low, logits, np.array(rows))


def test_views_of_the_published_sets() -> None:
    assert views_of("flickr8k") == ("whole", "crop1", "sketch1", "comic1")
    assert views_of("pacs") == views_of("scenes") == ("whole",)
    assert views_of("mine") == ("whole", "crop1")
    one = image_set(*({"split": "val" if n == 0 else "train"} for n in range(9)), name="flickr8k")
    assert viewed(one, "whole").tolist() == list(range(9))
    assert viewed(one, "crop1").tolist() == list(range(1, 9))
    assert viewed(one, "sketch1").tolist() == [1, 5], "a quarter of the training images"


@pytest.mark.parametrize("kind", VIEWS)
def test_a_view_is_a_square_and_the_same_each_time(kind: str) -> None:
    image = Image.effect_noise((90, 60), 80).convert("RGB")
    views = [VIEWS[kind](image, random.Random(3)) for _ in range(2)]
    assert views[0].size == (SIDE, SIDE)
    assert views[0].tobytes() == views[1].tobytes()


def test_sketches_are_white_with_dark_lines() -> None:
    image = Image.new("RGB", (100, 100), (200, 60, 60))
    image.paste((30, 30, 120), (30, 30, 70, 70))
    pixels = np.asarray(VIEWS["sketch"](image, random.Random(1)))
    assert np.median(pixels) == 255
    assert pixels.min() < 60


def test_stored_maps_are_those_computed(tmp_path: Path) -> None:
    write_squares(tmp_path, each=6)
    images = read_set(tmp_path, "squares")
    assert missing_views(images, tmp_path) == ["whole", "crop1"]
    for view in ("whole", "crop1"):
        compute_view(images, view, brightness, tmp_path)
    assert missing_views(images, tmp_path) == []
    classifier = TowerClassifier(np.ones((CLASSES, HEAD), np.float32) / HEAD, np.zeros(CLASSES, np.float32))
    maps = StoredMaps.open(tmp_path, images, classifier)
    assert [view.head.shape for view in maps.views] == [(24, TOKENS, HEAD), (12, TOKENS, HEAD)]
    assert maps.views[1].rows[:4].tolist() == [0, -1, 1, -1], "crops of training images only"
    batch = whole_images(maps, np.array([0, 7]))
    expected = [brightness(_pixels(image)[None])[1][0, 0, 0] for image in images.images([0, 7])]
    assert batch.head[:, 0, 0].tolist() == pytest.approx(expected, abs=6 / 255)
    assert batch.logits[:, 0].tolist() == pytest.approx(expected, abs=6 / 255)
    assert batch.low[:, 0, 0].abs().tolist() == pytest.approx(expected, abs=1e-3)


def _pixels(image: Image.Image) -> np.ndarray:
    return tower_maps.pixels_of(VIEWS["whole"](image, random.Random(0)))


def test_maps_of_another_table_are_refused(tmp_path: Path) -> None:
    write_squares(tmp_path, each=2)
    images = read_set(tmp_path, "squares")
    for view in views_of("squares"):
        compute_view(images, view, brightness, tmp_path)
    write_table(tmp_path, "squares", [{"file": "apple0.png"}])
    classifier = TowerClassifier(np.zeros((CLASSES, HEAD)), np.zeros(CLASSES))
    with pytest.raises(FinetuneError, match=r"holds 8 images of squares, view whole, but its table names 1;"):
        StoredMaps.open(tmp_path, read_set(tmp_path, "squares"), classifier)


def test_gathering_takes_the_same_cells_of_both_maps_from_views_that_there_are() -> None:
    views = numbered_view([0, 1, 2], 0), numbered_view([-1, 0, -1], 100)
    maps = StoredMaps(image_set({}, {}, {}), views)
    seen = set()
    for seed in range(20):
        batch = gather(maps, np.array([2, 1]), np.random.default_rng(seed), cells=5)
        assert batch.low.shape == (2, 5, LOW)
        assert batch.head.shape == (2, 5, HEAD)
        assert all(len(set(cells.tolist())) == 5 for cells in batch.low[..., 0]), "different cells"
        assert batch.logits[0, 0] == 2, "only the first view has it"
        seen.add(int(batch.logits[1, 0]))
    assert seen == {1, 100}, "both views are drawn"
    assert torch.allclose(batch.head[0], torch.full((5, HEAD), 2 * 6 / 255))


@pytest.mark.parametrize("runtime", ["torch", pytest.param("openvino", marks=pytest.mark.slow)])
def test_the_tower_s_own_classifier_names_a_photograph_from_stored_maps(
    root: Path, tmp_path: Path, runtime: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tower_maps, "find_spec", lambda name: None if runtime == "torch" else find_spec(name))
    (tmp_path / "pacs").mkdir()
    shutil.copyfile(root / "examples" / "photos" / "bee.jpg", tmp_path / "pacs" / "bee.jpg")
    write_table(tmp_path, "pacs", [{"file": "bee.jpg"}])
    images = read_set(tmp_path, "pacs")
    compute_view(images, "whole", load_maps(tower_weights()), tmp_path)
    maps = StoredMaps.open(tmp_path, images, TowerClassifier.read(tower_weights()))
    assert whole_images(maps, np.array([0])).logits.argmax(1).tolist() == [309]

"""Scenes: reproducible, truthful about themselves, and drawn where they say."""

from __future__ import annotations

import numpy as np
import pytest

from mm_agent.errors import MediaNotFound
from mm_agent.vision.demo import sprites
from mm_agent.vision.demo.scenes import Scene, SceneRules, Thing, arrange, draw, sample_scene
from mm_agent.vision.vocabulary import COLOURS, concepts


@pytest.mark.parametrize("style", [*sprites.TRAIN_STYLES, sprites.HELD_OUT_STYLE])
def test_every_style_loads_and_shows_something(style: str) -> None:
    sheet = sprites.load_style(style)
    assert len(sheet.sprites) > 100
    for sprite in sheet.sprites.values():
        assert sprite.shape == (sprites.CELL, sprites.CELL, 4)
        assert (sprite[..., 3] > 128).mean() > 0.03


def test_the_held_out_style_is_not_trained_on_and_shows_every_concept() -> None:
    assert sprites.HELD_OUT_STYLE not in sprites.TRAIN_STYLES
    for style in (*sprites.SCENE_STYLES, sprites.HELD_OUT_STYLE):
        sheet = sprites.load_style(style)
        assert all(sheet.drawings_of(concept.drawings) for concept in concepts())


def test_an_unknown_style_names_the_command_that_makes_it() -> None:
    with pytest.raises(MediaNotFound, match=r"python -m mm_agent\.vision\.demo\.sprites --out"):
        sprites.load_style("crayon")


def test_the_same_seed_draws_the_same_picture() -> None:
    first, second = (sample_scene(np.random.default_rng(5)) for _ in range(2))
    assert first == second
    assert np.array_equal(draw(first, 80), draw(second, 80))
    assert not np.array_equal(draw(first, 80), draw(sample_scene(np.random.default_rng(6)), 80))


@pytest.mark.parametrize("seed", range(20))
def test_scenes_keep_their_rules(seed: int) -> None:
    scene = sample_scene(np.random.default_rng(seed), SceneRules(max_copies=3))
    assert 1 <= len(scene.counts) <= 2
    assert all(1 <= count <= 3 for count in scene.counts.values())
    assert sum(scene.names().values()) == len(scene.things)
    assert all(0 < thing.x < 1 and 0 < thing.y < 1 for thing in scene.things)


def test_copies_do_not_hide_each_other() -> None:
    rng = np.random.default_rng(2)
    rooms = []
    for _ in range(60):
        things = arrange([(0, 4)], rng).things
        rooms += [
            max(abs(a.x - b.x), abs(a.y - b.y)) / ((a.side + b.side) / 2)
            for i, a in enumerate(things)
            for b in things[:i]
        ]
    assert np.quantile(rooms, 0.05) > 0.5


def test_a_thing_is_drawn_inside_its_box_and_nowhere_else() -> None:
    thing = Thing(concept=0, style="noto", drawing=0, x=0.25, y=0.7, side=0.3)
    with_it = draw(Scene((thing,), 4, "flat", 3), 200).astype(int)
    without = draw(Scene((), 4, "flat", 3), 200).astype(int)
    changed = np.argwhere(np.abs(with_it - without).max(-1) > 12)
    left, top, right, bottom = thing.box(200)
    assert len(changed) > 300
    assert changed[:, 0].min() >= top - 2
    assert changed[:, 0].max() <= bottom + 2
    assert changed[:, 1].min() >= left - 2
    assert changed[:, 1].max() <= right + 2


@pytest.mark.parametrize(("x", "y", "place"), [(0.1, 0.1, 0), (0.5, 0.5, 4), (0.9, 0.5, 5), (0.5, 0.95, 7)])
def test_places_are_cells_of_a_3_by_3_grid(x: float, y: float, place: int) -> None:
    assert Thing(0, "noto", 0, x, y, 0.2).place == place


@pytest.mark.parametrize("colour", range(len(COLOURS)))
def test_the_background_has_its_colour(colour: int) -> None:
    pixels = draw(Scene((), colour, "noise", 1), 60).reshape(-1, 3).mean(0)
    distances = [np.abs(pixels - c.rgb).sum() for c in COLOURS]
    assert int(np.argmin(distances)) == colour


def test_augmented_pictures_vary_but_stay_pictures() -> None:
    scene = sample_scene(np.random.default_rng(1), SceneRules(styles=sprites.TRAIN_STYLES))
    rng = np.random.default_rng(0)
    drawn = [draw(scene, 64, augment=rng) for _ in range(30)]
    assert all(picture.dtype == np.uint8 and picture.shape == (64, 64, 3) for picture in drawn)
    assert len({picture.tobytes() for picture in drawn}) == 30

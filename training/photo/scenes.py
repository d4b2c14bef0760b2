"""Drawn scenes as one more set of captioned images, for counts, background colours and places."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from mm_agent.media.atomic import write_atomic
from mm_agent.vision.card import Language
from mm_agent.vision.demo import captions, sprites
from mm_agent.vision.demo.scenes import Scene, SceneRules, draw, sample_scene
from mm_agent.vision.vocabulary import concepts

_SIDE = 256
_CAPTIONS_EACH = 4
_SEED = 20261129


def draw_scenes(out: Path, count: int) -> None:
    """Writes the images into `out/scenes` and then `out/scenes.jsonl`; does nothing where that is there."""
    if (out / "scenes.jsonl").is_file():
        return
    folder = out / "scenes"
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(_SEED)
    rules = SceneRules(styles=sprites.TRAIN_STYLES, max_copies=4)
    lines = []
    for number in range(count):
        scene = sample_scene(rng, rules, kinds=1 + (number % 3 == 0))
        file = f"{number:05}.jpg"
        Image.fromarray(draw(scene, _SIDE)).save(folder / file, quality=92)
        lines.append(json.dumps(_row(scene, file, rng), ensure_ascii=False) + "\n")
    write_atomic(out / "scenes.jsonl", "".join(lines).encode())


def _row(scene: Scene, file: str, rng: np.random.Generator) -> dict[str, Any]:
    return {
        "file": file,
        "captions": _captions(scene, "en", rng),
        "captions_zh": _captions(scene, "zh", rng),
        "labels": [concepts()[thing].en for thing in scene.counts],
        "split": "train",
    }


def _captions(scene: Scene, language: Language, rng: np.random.Generator) -> list[str]:
    claims = (captions.sample_claims(scene, rng) for _ in range(_CAPTIONS_EACH))
    return [captions.word(one, language, rng).text for one in claims]

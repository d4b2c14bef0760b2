"""What contrastive training changed: retrieval on held-out pairs, and what the encoder could do before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from mm_agent.finetune.looking import Seen
from mm_agent.finetune.pairs import Pair
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.vocabulary import concepts, stickers

RANKS = (1, 5, 10)
DRAWN = 200
"""Drawn scenes that are named zero-shot."""
SIDE = 224
_BATCH = 64


def retrieval(encoder: SiglipEncoder, held: Sequence[Seen[Pair]]) -> dict[str, float]:
    """R@k both ways over held-out pairs: how often a right one is among the best k."""
    pictures = list({one.key: one for one in held})
    texts = list(dict.fromkeys(one.sample.text for one in held))
    first = {one.key: one.sample for one in reversed(held)}
    right = torch.zeros(len(pictures), len(texts), dtype=torch.bool)
    for one in held:
        right[pictures.index(one.key), texts.index(one.sample.text)] = True
    rows = [
        encoder.embed_images([first[key].picture() for key in pictures[start : start + _BATCH]])
        for start in range(0, len(pictures), _BATCH)
    ]
    cosines = torch.cat(rows) @ encoder.embed_texts(texts).T  # (pictures, texts)
    found = {f"image_to_text_R@{k}": _recall(cosines, right, k) for k in RANKS}
    return found | {f"text_to_image_R@{k}": _recall(cosines.T, right.T, k) for k in RANKS}


def _recall(cosines: Tensor, right: Tensor, k: int) -> float:
    best = cosines.topk(min(k, cosines.shape[1]), dim=1).indices
    return float(right.gather(1, best).any(1).float().mean())


def drawn_zero_shot(encoder: SiglipEncoder) -> float:
    """Share of drawn things named right among the built-in vocabulary: an ability nobody trains for here."""
    from mm_agent.vision.demo.scenes import arrange, draw

    rng = np.random.default_rng(5)
    truth = rng.permutation(len(concepts()))[:DRAWN].tolist()
    vectors: list[Tensor] = []
    for start in range(0, len(truth), _BATCH):
        scenes = [arrange([(concept, 1)], rng) for concept in truth[start : start + _BATCH]]
        vectors.append(encoder.embed_images([Image.fromarray(draw(scene, SIDE)) for scene in scenes]))
    words = encoder.embed_texts(stickers().labels("en"), templates=encoder.default_templates("en"))
    best = (torch.cat(vectors) @ words.T).argmax(1).tolist()
    return float(np.mean([found == true for found, true in zip(best, truth, strict=True)]))


def compare(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """One line a measure, and warnings where the encoder got worse."""
    lines = [f"{name}: {before[name]:.3f} before, {after[name]:.3f} after" for name in before]
    if warning := zero_shot_warning(before, after):
        lines.append(warning)
    return lines


def zero_shot_warning(before: dict[str, Any], after: dict[str, Any]) -> str | None:
    """What was lost of the general ability, if more than two points were."""
    lost = before["drawn_zero_shot"] - after["drawn_zero_shot"]
    if lost <= 0.02:
        return None
    return (
        f"warning: zero-shot ability dropped: of {min(DRAWN, len(concepts()))} drawn things "
        f"{before['drawn_zero_shot']:.1%} were named right before, {after['drawn_zero_shot']:.1%} after; "
        "train with a lower --rate, fewer --epochs or --freeze-text to keep more"
    )

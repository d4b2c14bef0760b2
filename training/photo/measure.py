"""Accuracies of a scorer on kept images: retrieval by captions, and zero-shot naming."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from training.photo.kept import Kept, Scorer
from training.photo.sets import ImageSet
from training.photo.texts import spelled

STYLES = ("photo", "art_painting", "cartoon", "sketch")
_COLUMNS = {"en": "captions", "zh": "captions_zh"}


@dataclass(frozen=True)
class Measurement:
    """One number: a share (0..1) of ``cases``."""

    name: str
    value: float
    cases: int


def measure(scorer: Scorer, kept: Mapping[str, Kept], imagenet: ImageSet | None) -> list[Measurement]:
    """All that can be measured on the kept sets; small images are named with all of ImageNet's names."""
    found: list[Measurement] = []
    for name, one in kept.items():
        if any(example.is_captioned for example in one.examples):
            found += _retrieval(scorer, one, "Flickr8k" if name == "flickr8k" else name)
    if "caltech101" in kept:
        found += _classes(scorer, kept["caltech101"], "101 object classes")
    if "mini_imagenet" in kept and imagenet is not None:
        found += _among_imagenet(scorer, kept["mini_imagenet"], imagenet)
    if "miniplaces" in kept:
        found += _classes(scorer, kept["miniplaces"], "100 scenes")
    if "pacs" in kept:
        found += _styles(scorer, kept["pacs"])
    return found


def _retrieval(scorer: Scorer, kept: Kept, title: str) -> Iterator[Measurement]:
    for language, column in _COLUMNS.items():
        pairs = [(n, text) for n, example in enumerate(kept.examples) for text in getattr(example, column)]
        if not pairs:
            continue
        scores = scorer.captions(kept, [text for _, text in pairs])  # (N, M)
        for name, value in recalls(scores, torch.tensor([n for n, _ in pairs])).items():
            yield Measurement(f"{title} {name}, {language}", value, len(kept.examples))


def recalls(scores: Tensor, owners: Tensor) -> dict[str, float]:
    """Shares of queries whose right answer is among the first 1 and 10.

    Args:
        scores: (N, M) of images with captions.
        owners: (M,) whose image each caption is; an image with several is right with any of them.
    """
    own = scores[owners, torch.arange(len(owners))]  # (M,)
    image_rank = (scores > own).sum(0)  # (M,) images that fit a caption better than its own
    is_own = owners[scores.argsort(1, descending=True)] == torch.arange(len(scores))[:, None]
    text_rank = is_own.float().argmax(1)[is_own.any(1)]  # (N,)
    ranks = {"text to image": image_rank, "image to text": text_rank}
    return {f"{way} R@{k}": _share(rank < k) for way, rank in ranks.items() for k in (1, 10)}


def _share(right: Tensor) -> float:
    return right.float().mean().item()


def _classes(scorer: Scorer, kept: Kept, title: str) -> list[Measurement]:
    """Naming among all classes of the set."""
    names = sorted({spelled(example.labels[0]) for example in kept.images.examples})
    right = [names.index(spelled(example.labels[0])) for example in kept.examples]
    return _top(title, scorer.labels(kept, names), right)


def _among_imagenet(scorer: Scorer, kept: Kept, imagenet: ImageSet) -> list[Measurement]:
    """Naming a hundred classes among a thousand."""
    number = {str(example.facts["wnid"]): n for n, example in enumerate(imagenet.examples)}
    right = [number[str(example.facts["wnid"])] for example in kept.examples]
    names = [spelled(example.labels[0]) for example in imagenet.examples]
    return _top("100 small-image classes among 1,000 names", scorer.labels(kept, names), right)


def _styles(scorer: Scorer, kept: Kept) -> Iterator[Measurement]:
    """Naming in each drawing style."""
    names = sorted({example.labels[0] for example in kept.examples})
    scores = scorer.labels(kept, names)
    for style in STYLES:
        mine = [n for n, example in enumerate(kept.examples) if example.facts["style"] == style]
        right = [names.index(kept.examples[n].labels[0]) for n in mine]
        value = top_k(scores[mine], right, 1)
        yield Measurement(f"seven things, {style.replace('_', ' ')}", value, len(mine))


def _top(title: str, scores: Tensor, right: Sequence[int]) -> list[Measurement]:
    return [Measurement(f"{title} top-{k}", top_k(scores, right, k), len(right)) for k in (1, 5)]


def top_k(scores: Tensor, right: Sequence[int], k: int) -> float:
    """Share of rows of (N, M) scores whose right column is among the best `k`."""
    return _share((scores.topk(k, dim=-1).indices == torch.tensor(right)[:, None]).any(-1))

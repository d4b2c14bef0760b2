"""What an encoder knows about drawn scenes: accuracies on scenes it was never trained on.

Scenes come from fresh seeds, are drawn at 256 px without training's appearance changes, and go through the
encoder's own preprocessing, as a user's picture would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from mm_agent.vision.counting import count_objects
from mm_agent.vision.demo import sprites
from mm_agent.vision.demo.scenes import Scene, SceneRules, draw, sample_scene
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.heatmap import METHODS, HeatmapMethod, text_heatmap
from mm_agent.vision.locating import locate
from mm_agent.vision.vocabulary import COLOURS, Language, concepts, noun_forms, stickers

PICTURE = 256
LANGUAGES: tuple[Language, ...] = ("en", "zh")


@dataclass(frozen=True)
class Measurement:
    """One accuracy: ``value`` is a share (0..1) of ``cases``."""

    name: str
    value: float
    cases: int


def pictures(scenes: Sequence[Scene]) -> list[Image.Image]:
    """The scenes as pictures."""
    return [Image.fromarray(draw(scene, PICTURE)) for scene in scenes]


def scenes_of(
    count: int, seed: int, styles: Sequence[str], *, kinds: int, max_copies: int = 4
) -> list[Scene]:
    """Fresh scenes of one or two kinds."""
    rng = np.random.default_rng((seed, kinds, max_copies))
    rules = SceneRules(styles=tuple(styles), max_copies=max_copies)
    return [sample_scene(rng, rules, kinds=kinds) for _ in range(count)]


def top_k(logits: torch.Tensor, truth: Sequence[int], k: int = 1) -> float:
    """Share of rows whose true column is among the best ``k``. (N, M) logits, N column indices."""
    best = logits.topk(k, dim=-1).indices  # (N, k)
    return (best == torch.tensor(truth)[:, None]).any(-1).float().mean().item()


def measure(encoder: SiglipEncoder, *, cases: int = 1000, seed: int = 77) -> list[Measurement]:
    """Everything the report shows."""
    found: list[Measurement] = []

    def add(name: str, value: float, count: int) -> None:
        found.append(Measurement(name, value, count))

    known = scenes_of(cases, seed, sprites.TRAIN_STYLES, kinds=1)
    vectors = encoder.embed_images(pictures(known))
    for language in LANGUAGES:
        add(f"object top-1, {language}", objects(encoder, vectors, known, language), cases)
        add(f"count of 4, {language}", counts(encoder, vectors, known, language), cases)
        few = known[: cases // 4]
        add(f"count_objects, {language}", counts_with_maps(encoder, few, language), len(few))
        add(f"colour of 10, {language}", colours(encoder, vectors, known, language), cases)
        add(f"two objects R@1, {language}", *pairs(encoder, seed, language, cases // 5))
        other, alike = presence(encoder, vectors, known, language)
        add(f"is it there, {language}", other, 2 * cases)
        add(f"is it there or its like, {language}", alike, 2 * cases)
    mixed = scenes_of(cases // 2, seed, sprites.TRAIN_STYLES, kinds=1)
    mixed += scenes_of(cases // 2, seed, sprites.TRAIN_STYLES, kinds=2)
    precision, recall = precision_recall(*tag_scores(encoder, mixed, "en"), encoder.tag_threshold)
    add("tags, precision", precision, len(mixed))
    add("tags, recall", recall, len(mixed))
    unseen = scenes_of(cases, seed, [sprites.HELD_OUT_STYLE], kinds=1, max_copies=1)
    vectors = encoder.embed_images(pictures(unseen))
    for k in (1, 5):
        add(f"held-out style top-{k}, en", objects(encoder, vectors, unseen, "en", k=k), cases)
    add("held-out style top-1, zh", objects(encoder, vectors, unseen, "zh"), cases)
    for method in METHODS:
        for kinds, words in ((1, "one object"), (2, "two objects")):
            value = pointing(encoder, seed, kinds=kinds, cases=cases // 4, method=method)
            add(f"pointing, {words}, {method}", value, cases // 4)
    named, overlap = boxes_found(encoder, seed, cases=cases // 4)
    add("locate names each copy", named, cases // 4)
    add("locate, mean IoU", overlap, cases // 4)
    return found


def objects(
    encoder: SiglipEncoder, vectors: torch.Tensor, scenes: Sequence[Scene], language: Language, *, k: int = 1
) -> float:
    """Top-k accuracy of the object among all concepts."""
    words = encoder.embed_texts(stickers().labels(language), templates=encoder.default_templates(language))
    return top_k(encoder.logits_of(vectors, words), [scene.things[0].concept for scene in scenes], k)


def counts(
    encoder: SiglipEncoder, vectors: torch.Tensor, scenes: Sequence[Scene], language: Language
) -> float:
    """Accuracy of one to four copies, given what the object is."""
    templates = encoder.rules.count_templates[language]
    right = []
    for vector, scene in zip(vectors, scenes, strict=True):
        noun = concepts()[scene.things[0].concept].name(language)
        texts = [noun_forms(noun, count, language, stickers()) for count in range(1, 5)]
        best = (
            encoder.logits_of(vector[None], encoder.embed_texts(texts, templates=templates)).argmax().item()
        )
        right.append(best + 1 == len(scene.things))
    return float(np.mean(right))


def counts_with_maps(encoder: SiglipEncoder, scenes: Sequence[Scene], language: Language) -> float:
    """The same as `count_objects` answers: captions and the heat map's peaks, more than four allowed."""
    right = []
    for scene, picture in zip(scenes, pictures(scenes), strict=True):
        noun = concepts()[scene.things[0].concept].name(language)
        estimate = count_objects(encoder, picture, noun, language=language)
        right.append(estimate.about == len(scene.things))
    return float(np.mean(right))


def colours(
    encoder: SiglipEncoder, vectors: torch.Tensor, scenes: Sequence[Scene], language: Language
) -> float:
    """Accuracy of the background's colour among ten."""
    texts = [f"{c.en} background" if language == "en" else f"{c.zh}背景" for c in COLOURS]
    return top_k(encoder.logits_of(vectors, encoder.embed_texts(texts)), [scene.colour for scene in scenes])


def pairs(encoder: SiglipEncoder, seed: int, language: Language, count: int) -> tuple[float, int]:
    """Picture-to-text R@1 over scenes that all hold different pairs of objects, and how many there are."""
    by_pair = {frozenset(s.counts): s for s in scenes_of(count, seed, sprites.TRAIN_STYLES, kinds=2)}
    scenes = list(by_pair.values())
    joint = " and " if language == "en" else "和"
    texts = [joint.join(concepts()[index].name(language) for index in scene.counts) for scene in scenes]
    logits = encoder.logits_of(encoder.embed_images(pictures(scenes)), encoder.embed_texts(texts))
    return top_k(logits, range(len(scenes))), len(scenes)


def presence(
    encoder: SiglipEncoder, vectors: torch.Tensor, scenes: Sequence[Scene], language: Language
) -> tuple[float, float]:
    """Accuracy of yes/no at the encoder's threshold, one question about a thing that is there and one about a
    thing that is not: any thing, and the one most like it."""
    yes, other, alike = presence_scores(encoder, vectors, scenes, language)
    threshold = encoder.presence_threshold
    found = (yes >= threshold).float().mean()
    refused, told_apart = ((no < threshold).float().mean() for no in (other, alike))
    return float(found + refused) / 2, float(found + told_apart) / 2


def presence_scores(
    encoder: SiglipEncoder, vectors: torch.Tensor, scenes: Sequence[Scene], language: Language
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Probabilities, (N,) each for N things in the scenes: of the thing, of any other that is not there, and
    of the one not there whose name's vector is nearest (for a dog: a cat)."""
    words = encoder.embed_texts(stickers().labels(language), templates=encoder.default_templates(language))
    scores = encoder.logits_of(vectors, words).sigmoid()
    nearest = (words @ words.T).argsort(descending=True).tolist()  # (concepts, concepts)
    rng = np.random.default_rng(0)
    found = []
    for row, scene in zip(scores, scenes, strict=True):
        for there in scene.counts:
            absent = [concept for concept in nearest[there] if concept not in scene.counts]
            found.append(row[[there, int(rng.choice(absent)), absent[0]]])
    yes, other, alike = torch.stack(found).T
    return yes, other, alike


def best_threshold(yes: torch.Tensor, no: torch.Tensor) -> float:
    """The threshold with the best mean of the two accuracies; the middle one where several are as good."""
    grid = torch.logspace(-4, -0.002, 400)
    gains = [(yes >= t).float().mean() + (no < t).float().mean() for t in grid]
    good = [float(t) for t, gain in zip(grid, gains, strict=True) if gain >= max(gains) - 1e-4]
    return good[len(good) // 2]


def pointing(
    encoder: SiglipEncoder, seed: int, *, kinds: int, cases: int, method: HeatmapMethod = "windows"
) -> float:
    """Share of heat maps whose peak falls inside a box of the right object."""
    right = []
    for scene in scenes_of(cases, seed + 1, sprites.TRAIN_STYLES, kinds=kinds, max_copies=2):
        (picture,) = pictures([scene])
        target = scene.things[0].concept
        templates = encoder.default_templates("en")
        heat = text_heatmap(encoder, picture, concepts()[target].en, method=method, templates=templates)
        row, column = divmod(int(heat.argmax()), heat.shape[1])
        x, y = (column + 0.5) / heat.shape[1] * PICTURE, (row + 0.5) / heat.shape[0] * PICTURE
        right.append(
            any(_inside(thing.box(PICTURE), x, y) for thing in scene.things if thing.concept == target)
        )
    return float(np.mean(right))


def boxes_found(encoder: SiglipEncoder, seed: int, *, cases: int) -> tuple[float, float]:
    """Of scenes of one to four copies: the share where `locate` names as many places, and the mean over all
    copies of the IoU with the box that fits best."""
    right, overlaps = [], []
    for scene in scenes_of(cases, seed + 2, sprites.TRAIN_STYLES, kinds=1):
        (picture,) = pictures([scene])
        places = locate(encoder, picture, concepts()[scene.things[0].concept].en, max_places=9)
        right.append(len(places) == len(scene.things))
        for thing in scene.things:
            fits = [_iou(place.box.corners, thing.box(PICTURE)) for place in places]
            overlaps.append(max(fits, default=0.0))
    return float(np.mean(right)), float(np.mean(overlaps))


def _iou(one: tuple[int, int, int, int], two: tuple[int, int, int, int]) -> float:
    """Intersection over union of two boxes (left, top, right, bottom)."""
    across, down = (min(one[2 + axis], two[2 + axis]) - max(one[axis], two[axis]) for axis in (0, 1))
    shared = max(0, across) * max(0, down)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, two)]
    return shared / (sum(areas) - shared)


def _inside(box: tuple[int, int, int, int], x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def tag_scores(
    encoder: SiglipEncoder, scenes: Sequence[Scene], language: Language
) -> tuple[torch.Tensor, torch.Tensor]:
    """Probability of every concept in every scene, and whether it is there. (N, concepts) float, bool."""
    words = encoder.embed_texts(stickers().labels(language), templates=encoder.default_templates(language))
    scores = encoder.logits_of(encoder.embed_images(pictures(scenes)), words).sigmoid()
    there = torch.zeros_like(scores, dtype=torch.bool)
    for row, scene in enumerate(scenes):
        there[row, list(scene.counts)] = True
    return scores, there


def precision_recall(scores: torch.Tensor, there: torch.Tensor, threshold: float) -> tuple[float, float]:
    """Share of the tags given that are right, and of the right ones that are given."""
    given = scores >= threshold
    hits = (given & there).sum().item()
    return hits / max(given.sum().item(), 1), hits / there.sum().item()


def fit_tag_threshold(encoder: SiglipEncoder, *, cases: int = 600, seed: int = 6) -> float:
    """The cut with the best F1 over all concepts, fitted on scenes of one and two kinds in both languages."""
    scenes = [s for kinds in (1, 2) for s in scenes_of(cases, seed, sprites.TRAIN_STYLES, kinds=kinds)]
    found = [tag_scores(encoder, scenes, language) for language in LANGUAGES]
    scores, there = (torch.cat(part) for part in zip(*found, strict=True))

    def f1(threshold: float) -> float:
        precision, recall = precision_recall(scores, there, threshold)
        return 2 * precision * recall / max(precision + recall, 1e-9)

    return max(torch.linspace(0.02, 0.98, 97).tolist(), key=f1)


def fit_threshold(encoder: SiglipEncoder, *, cases: int = 600, seed: int = 5) -> float:
    """The presence threshold with the best balanced accuracy, fitted on scenes of one and two kinds in both
    languages; half of what is not there is the thing most like one that is, as in people's questions."""
    yes, no = [], []
    for kinds in (1, 2):
        scenes = scenes_of(cases, seed, sprites.TRAIN_STYLES, kinds=kinds)
        vectors = encoder.embed_images(pictures(scenes))
        for language in LANGUAGES:
            there, other, alike = presence_scores(encoder, vectors, scenes, language)
            yes.append(there)
            no += [other, alike]
    return best_threshold(torch.cat(yes), torch.cat(no))

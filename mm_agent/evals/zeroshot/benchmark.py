"""Measure an encoder on labelled pictures, with other templates and other text rules beside its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from mm_agent.errors import EvalError, MediaError
from mm_agent.evals.zeroshot.data import Pictures
from mm_agent.evals.zeroshot.metrics import Metrics, measure
from mm_agent.media.decode import decode_image
from mm_agent.media.policy import MediaPolicy
from mm_agent.prompt_files import detect_language
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.text_rules import PHOTO_TEMPLATES, TextRules
from mm_agent.vision.text_vectors import TextVectors
from mm_agent.vision.worker import Worker

BATCH = 64
PLAIN = ("{label}",)


@dataclass(frozen=True)
class Row:
    """One way to put the texts, and what it reaches."""

    templates: str
    text_rules: str
    metrics: Metrics


@dataclass(frozen=True)
class Benchmark:
    """The first row is the encoder as it comes; the others change one thing each."""

    encoder: str
    task: str
    pictures: int
    texts: int
    rows: tuple[Row, ...]
    unusable: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """As JSON takes it."""
        return asdict(self)


def benchmark(
    encoder: SiglipEncoder,
    data: Pictures,
    *,
    templates: Sequence[str] = (),
    ablation: bool = True,
    policy: MediaPolicy | None = None,
    progress: Callable[[int], None] = lambda count: None,
) -> Benchmark:
    """Measure an encoder.

    Args:
        encoder: Which.
        data: Labelled pictures.
        templates: A person's own caption templates with ``{label}``, tried together as an ensemble.
        ablation: Whether to try other templates and text rules.
        policy: What pictures may be opened.
        progress: Called with how many pictures are done.

    Raises:
        EvalError: No picture can be used.
    """
    usable, vectors, bad = _pictures(encoder, data, policy, progress)
    true = [data.true[index] for index in usable]
    rows = []
    for name, rules_name, rules, chosen in _ways(encoder, data, templates, ablation):
        words = TextVectors(encoder.backbone, rules, worker=Worker())
        texts = torch.nn.functional.normalize(words.embed(data.texts, chosen), dim=-1)  # (M, D)
        logits = encoder.logits_of(vectors, texts)  # (N, M)
        probabilities = _probabilities(encoder, data, logits)
        rows.append(Row(name, rules_name, measure(data.task, logits.numpy(), probabilities, true)))
    return Benchmark(
        encoder=encoder.checkpoint.name,
        task=data.task,
        pictures=len(usable),
        texts=len(data.texts),
        rows=tuple(rows),
        unusable=tuple(bad),
    )


def _pictures(
    encoder: SiglipEncoder, data: Pictures, policy: MediaPolicy | None, progress: Callable[[int], None]
) -> tuple[list[int], Tensor, list[str]]:
    """Which pictures can be used, their vectors (N, D), and why others cannot."""
    usable: list[int] = []
    bad: list[str] = []
    vectors: list[Tensor] = []
    for start in range(0, len(data.paths), BATCH):
        images = []
        for index, path in enumerate(data.paths[start : start + BATCH], start):
            try:
                images.append(decode_image(path.read_bytes(), policy).image)
                usable.append(index)
            except (MediaError, OSError) as error:
                bad.append(f"{path}: {error}")
        if images:
            vectors.append(encoder.embed_images(images))
        progress(min(start + BATCH, len(data.paths)))
    if not vectors:
        raise EvalError(f"none of {len(data.paths)} pictures can be used; the first: {bad[0]}")
    return usable, torch.cat(vectors), bad


def _ways(
    encoder: SiglipEncoder, data: Pictures, own: Sequence[str], ablation: bool
) -> Iterator[tuple[str, str, TextRules, Sequence[str] | None]]:
    """Templates and text rules to try: the encoder's own first, then one of them changed."""
    rules = encoder.rules
    language = detect_language(" ".join(data.texts))
    if data.task == "retrieval":
        default, others = None, {}
        yield "captions as they are", "the checkpoint's", rules, default
    else:
        default = encoder.default_templates(language)
        others = {"labels alone": PLAIN, "the pipeline's": PHOTO_TEMPLATES[language]}
        yield "the checkpoint's", "the checkpoint's", rules, default
    if own and data.task != "retrieval":
        yield "own", "the checkpoint's", rules, tuple(own)
    if not ablation:
        return
    for name, templates in others.items():
        if templates != default:
            yield name, "the checkpoint's", rules, templates
    first = "captions as they are" if default is None else "the checkpoint's"
    for name, changed in (
        ("case kept", replace(rules, lower_case=False)),
        ("punctuation kept", replace(rules, strip_punctuation=False)),
        ("punctuation removed", replace(rules, strip_punctuation=True)),
    ):
        if changed != rules:
            yield first, name, changed, default


def _probabilities(encoder: SiglipEncoder, data: Pictures, logits: Tensor) -> np.ndarray:
    """(N, M): labels that exclude each other share 1, others have one each where the family learned that."""
    exclusive = data.task == "classification" or encoder.score_mode == "softmax"
    return (logits.softmax(-1) if exclusive else logits.sigmoid()).numpy()

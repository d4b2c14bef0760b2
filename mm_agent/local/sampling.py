"""The next token from logits: the best one, or one drawn as a checkpoint's generation config says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, cast

import torch
from transformers import GenerationConfig
from transformers.generation.logits_process import (
    LogitsProcessor,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn. ``temperature`` 0: always the best one. ``seed`` None: differently each time."""

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    repetition_penalty: float = 1.0
    seed: int | None = None

    @classmethod
    def of(cls, config: GenerationConfig, asked: dict[str, Any]) -> Sampling:
        """What a generation config says, with what was asked for in its place; None asks for nothing."""
        names = [field.name for field in fields(cls)]
        given = {name: getattr(config, name, None) for name in names}
        if not config.do_sample:
            given["temperature"] = 0.0
        elif given["temperature"] is None:
            given["temperature"] = 1.0
        given |= {name: asked.get(name) for name in names if asked.get(name) is not None}
        return cls(**{name: value for name, value in given.items() if value is not None})


class Sampler:
    """Draws one answer's tokens, with random numbers of its own: a seeded answer is the same in any batch."""

    def __init__(self, sampling: Sampling) -> None:
        self._greedy = sampling.temperature <= 0
        self._processors = _processors(sampling)
        self._looks_back = sampling.repetition_penalty != 1.0
        self._random = torch.Generator()
        if sampling.seed is not None:
            self._random.manual_seed(sampling.seed)
        elif not self._greedy:
            self._random.seed()

    def choose(self, logits: torch.Tensor, before: Sequence[int]) -> int:
        """Choose the next token.

        Args:
            logits: (V,), on any device; impossible tokens are at minus infinity.
            before: The tokens so far, prompt and answer.
        """
        if self._greedy and not self._processors:
            return int(logits.argmax())
        scores = logits.float()[None]  # (1, V)
        looked = list(before) if self._looks_back else []
        ids = cast(torch.LongTensor, torch.tensor([looked], dtype=torch.long, device=scores.device))
        for process in self._processors:
            scores = process(ids, cast(torch.FloatTensor, scores))
        if self._greedy:
            return int(scores.argmax())
        return int(torch.multinomial(scores.softmax(-1)[0].cpu(), 1, generator=self._random))


def _processors(sampling: Sampling) -> list[LogitsProcessor]:
    """The same steps, in the same order, as transformers' own ``generate``."""
    steps: list[LogitsProcessor] = []
    if sampling.repetition_penalty != 1.0:
        steps.append(RepetitionPenaltyLogitsProcessor(sampling.repetition_penalty))
    if sampling.temperature <= 0:
        return steps
    if sampling.temperature != 1.0:
        steps.append(TemperatureLogitsWarper(float(sampling.temperature)))
    if sampling.top_k > 0:
        steps.append(TopKLogitsWarper(sampling.top_k))
    if sampling.top_p < 1.0:
        steps.append(TopPLogitsWarper(sampling.top_p))
    if sampling.min_p > 0:
        steps.append(MinPLogitsWarper(sampling.min_p))
    return steps

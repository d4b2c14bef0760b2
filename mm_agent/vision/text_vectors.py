"""Texts to vectors: canonical text, template ensembles, and every text encoded once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mm_agent.errors import VisionError
from mm_agent.vision.caches import TensorLRU, detached
from mm_agent.vision.families.base import Backbone
from mm_agent.vision.text_rules import TextRules, fill
from mm_agent.vision.together import Together
from mm_agent.vision.worker import Worker

_MIB = 1 << 20
_BATCH = 64


class TextVectors:
    """Text vectors of one encoder, cached twice: by canonical text, and by the whole list of texts of a call.

    The second makes scoring picture after picture against the same thousand labels free of any work per
    label.
    """

    def __init__(self, backbone: Backbone, rules: TextRules, *, worker: Worker) -> None:
        self._backbone = backbone
        self._rules = rules
        self._together = Together(self._encode, size=_BATCH, worker=worker)
        self._texts = TensorLRU(128 * _MIB)
        self._lists = TensorLRU(64 * _MIB)

    def embed(self, texts: Sequence[str], templates: Sequence[str] | None) -> Tensor:
        """Vectors (M, D) as the model gives them; with several templates, the mean of their unit vectors."""
        key = (tuple(texts), None if templates is None else tuple(templates))
        vectors = self._lists.get(key)
        if vectors is None:
            vectors = self._ensemble(*key)
            self._lists.put(key, vectors)
        return vectors

    def _ensemble(self, texts: tuple[str, ...], templates: tuple[str, ...] | None) -> Tensor:
        if templates is None:
            return self._plain(texts)
        if not templates:
            raise VisionError("templates is empty; pass None to take the texts as they are")
        filled = self._plain([fill(template, text) for template in templates for text in texts])
        if len(templates) == 1:
            return filled
        return F.normalize(filled.unflatten(0, (len(templates), -1)), dim=-1).mean(0)  # (T, M, D) -> (M, D)

    def _plain(self, texts: Sequence[str]) -> Tensor:
        canonical = [self._rules.canonicalise(text) for text in texts]
        known = {text: row for text in dict.fromkeys(canonical) if (row := self._texts.get(text)) is not None}
        known.update(self._together.get({text: text for text in canonical if text not in known}))
        return torch.stack([known[text] for text in canonical])

    def _encode(self, batch: Mapping[str, str]) -> dict[str, Tensor]:
        texts = list(batch)
        ids = self._rules.tokenize(self._backbone.tokenizer, texts).to(self._backbone.model.device)
        rows = {text: detached(row) for text, row in zip(texts, self._backbone.texts(ids), strict=True)}
        for text, row in rows.items():
            self._texts.put(text, row)
        return rows

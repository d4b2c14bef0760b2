"""Texts to vectors: canonical text, template ensembles, and every text encoded once."""

from __future__ import annotations

from collections.abc import Sequence
from threading import RLock

import torch
import torch.nn.functional as F
from torch import Tensor

from mm_agent.errors import VisionError
from mm_agent.vision.caches import TensorLRU, detached
from mm_agent.vision.families.base import Backbone
from mm_agent.vision.text_rules import TextRules, fill

_MIB = 1 << 20
_BATCH = 64


class TextVectors:
    """Text vectors of one encoder, cached twice: by canonical text, and by the whole list of texts of a call.

    The second makes scoring picture after picture against the same thousand labels free of any work per
    label.
    """

    def __init__(self, backbone: Backbone, rules: TextRules, *, lock: RLock) -> None:
        self._backbone = backbone
        self._rules = rules
        self._lock = lock
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
        filled = [self._plain([fill(template, text) for text in texts]) for template in templates]
        if len(filled) == 1:
            return filled[0]
        return F.normalize(torch.stack(filled), dim=-1).mean(0)  # (T, M, D) -> (M, D)

    def _plain(self, texts: Sequence[str]) -> Tensor:
        canonical = [self._rules.canonicalise(text) for text in texts]
        known = {text: row for text in dict.fromkeys(canonical) if (row := self._texts.get(text)) is not None}
        missing = [text for text in dict.fromkeys(canonical) if text not in known]
        for start in range(0, len(missing), _BATCH):
            known.update(self._encode(missing[start : start + _BATCH]))
        return torch.stack([known[text] for text in canonical])

    def _encode(self, texts: Sequence[str]) -> dict[str, Tensor]:
        with self._lock, torch.inference_mode():  # fast tokenizers refuse to be shared between threads
            ids = self._rules.tokenize(self._backbone.tokenizer, texts).to(self._backbone.model.device)
            rows = {text: detached(row) for text, row in zip(texts, self._backbone.texts(ids), strict=True)}
        for text, row in rows.items():
            self._texts.put(text, row)
        return rows

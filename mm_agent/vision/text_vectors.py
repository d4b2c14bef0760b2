"""Texts to vectors: canonical text, template ensembles, and every text encoded once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from mm_agent.errors import VisionError
from mm_agent.vision.caches import DiskTensors, TensorLRU, detached
from mm_agent.vision.families.base import Backbone
from mm_agent.vision.stored_texts import StoredTexts, list_name
from mm_agent.vision.text_rules import TextRules, fill
from mm_agent.vision.together import Together
from mm_agent.vision.worker import Worker

_MIB = 1 << 20
_BATCH = 64
_LONG_LIST = 256
"""Texts from which a list's vectors also go to disk: those of the vocabulary take minutes on a CPU."""


class TextVectors:
    """Text vectors of one encoder, cached twice: by canonical text, and by the whole list of texts of a call.

    The second makes scoring picture after picture against the same thousand labels free of any work per
    label. Long lists are looked up beside the checkpoint and, given `open_disk`, kept on disk (called on
    first use, since it needs the encoder's fingerprint).
    """

    def __init__(
        self,
        backbone: Backbone,
        rules: TextRules,
        *,
        worker: Worker,
        stored: StoredTexts | None = None,
        open_disk: Callable[[], DiskTensors] | None = None,
    ) -> None:
        self._backbone = backbone
        self._rules = rules
        self._stored = stored
        self._open_disk = open_disk
        self._worker = worker
        self._together = Together(self._encode, size=_BATCH, worker=worker)
        self._texts = TensorLRU(128 * _MIB)
        self._lists = TensorLRU(64 * _MIB)

    def embed(self, texts: Sequence[str], templates: Sequence[str] | None) -> Tensor:
        """Vectors (M, D) as the model gives them; with several templates, the mean of their unit vectors."""
        key = (tuple(texts), None if templates is None else tuple(templates))
        vectors = self._lists.get(key)
        if vectors is None:
            vectors = self._recall(*key) if len(texts) >= _LONG_LIST else self._ensemble(*key)
            self._lists.put(key, vectors)
        return vectors

    def _recall(self, texts: tuple[str, ...], templates: tuple[str, ...] | None) -> Tensor:
        """Vectors of a long list, from disk when they are there."""
        name = list_name(texts, templates)
        stored = self._stored and self._stored.get(name)
        if stored is not None:
            return stored
        if self._open_disk is None:
            return self._ensemble(texts, templates)
        disk = self._open_disk()
        vectors = disk.get(name).get("texts")
        if vectors is None:
            vectors = self._ensemble(texts, templates)
            disk.put(name, {"texts": vectors})
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
        known.update(self._encoded(sorted({text for text in canonical if text not in known}, key=len)))
        return torch.stack([known[text] for text in canonical])

    def _encoded(self, texts: Sequence[str]) -> dict[str, Tensor]:
        """Vectors of texts; sorted by length, so that a batch has little padding. Many go over all cores."""
        if len(texts) < _LONG_LIST:
            return self._together.get({text: text for text in texts})
        batches = [texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH)]
        rows = self._worker.spread(lambda batch: self._encode({text: text for text in batch}), batches)
        return {text: vector for batch in rows for text, vector in batch.items()}

    def _encode(self, batch: Mapping[str, str]) -> dict[str, Tensor]:
        texts = list(batch)
        ids = self._rules.tokenize(self._backbone.tokenizer, texts).to(self._backbone.model.device)
        rows = {text: detached(row) for text, row in zip(texts, self._backbone.texts(ids), strict=True)}
        for text, row in rows.items():
            self._texts.put(text, row)
        return rows

"""The text tower's SentencePiece tokenizer, trained on captions, names and words of both languages."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence, Set
from pathlib import Path

import numpy as np
import sentencepiece
import torch
from torch import Tensor

from mm_agent.media.atomic import write_atomic
from mm_agent.vision.families.photo_processing import PhotoTokenizer
from training.photo.texts import is_chinese

FILE = "spiece.model"
MAX_LENGTH = 32
_BOUNDARY = "║"
_LONGEST_WORD = 4
_LEAST_FOR_DROPOUT = 4


def train_tokenizer(folder: Path, texts: Iterable[str], *, words: Set[str], vocabulary: int) -> None:
    """Trains on canonical `texts` and writes `spiece.model` into `folder`.

    Chinese pieces keep to `words`: without that, whole phrases of the captions would become pieces. Few texts
    give fewer than `vocabulary` pieces.
    """
    model = io.BytesIO()  # a file name given to SentencePiece would end up inside the model
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=(segmented(text, words) for text in texts),
        pretokenization_delimiter=_BOUNDARY,
        model_writer=model,
        vocab_size=vocabulary,
        hard_vocab_limit=False,
        model_type="unigram",
        character_coverage=0.9998,
        normalization_rule_name="nmt_nfkc_cf",
        pad_id=0,
        eos_id=1,
        unk_id=2,
        bos_id=-1,
        num_threads=2,
        minloglevel=2,
        max_sentencepiece_length=12,
    )
    write_atomic(folder / FILE, model.getvalue())


def segmented(text: str, words: Set[str]) -> str:
    """`text` with boundaries between its Chinese words, longest match first."""
    if not is_chinese(text):
        return text
    parts, at = [], 0
    while at < len(text):
        length = next((n for n in range(_LONGEST_WORD, 1, -1) if text[at : at + n] in words), 1)
        parts.append(text[at : at + length])
        at += length
    return _BOUNDARY.join(parts)


def read_pieces(folder: Path) -> list[str]:
    """The tokenizer's pieces by id, without their mark for a word's beginning."""
    model = sentencepiece.SentencePieceProcessor()
    model.LoadFromSerializedProto((folder / FILE).read_bytes())
    return [model.id_to_piece(number).replace("▁", "") for number in range(model.get_piece_size())]


class CachedTokenizer:
    """Texts to ids, each text once; a share of the ids can be left out."""

    def __init__(self, folder: Path) -> None:
        self._tokenizer = PhotoTokenizer.from_pretrained(folder)
        self._known: dict[str, list[int]] = {}

    def __len__(self) -> int:
        return len(self._tokenizer)

    def __call__(
        self, texts: Sequence[str], *, drop: float = 0.0, rng: np.random.Generator | None = None
    ) -> Tensor:
        """Ids (M, longest), padded with 0. With `rng`, `drop` is every id's probability to be left out."""
        rows = [self._ids(text) for text in texts]
        if rng is not None:
            rows = [_dropped(ids, drop, rng) for ids in rows]
        padded = np.zeros((len(rows), max(map(len, rows))), np.int64)
        for row, ids in zip(padded, rows, strict=True):
            row[: len(ids)] = ids
        return torch.from_numpy(padded)

    def _ids(self, text: str) -> list[int]:
        if text not in self._known:
            self._known[text] = self._tokenizer(text)["input_ids"][:MAX_LENGTH]
        return self._known[text]


def _dropped(ids: list[int], drop: float, rng: np.random.Generator) -> list[int]:
    """Short texts stay whole, and no text loses everything."""
    if len(ids) < _LEAST_FOR_DROPOUT:
        return ids
    return [number for number, kept in zip(ids, rng.random(len(ids)) > drop, strict=True) if kept] or ids

"""Pictures to features: micro-batches through the vision tower, each picture's features computed once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from PIL import Image
from torch import Tensor

from mm_agent.vision.caches import DiskTensors, TensorLRU, content_hash, detached
from mm_agent.vision.clips.read_ahead import in_batches
from mm_agent.vision.families.base import Backbone, Inputs
from mm_agent.vision.together import Together
from mm_agent.vision.worker import Worker

_MIB = 1 << 20
_MANY_BATCHES = 4
_T = TypeVar("_T")
_Key = TypeVar("_Key")


@dataclass(frozen=True)
class Summary:
    """A picture in two vectors, neither normalised.

    Attributes:
        mean: (hidden,) the mean of its patch features, last block and final layer norm.
        pooled: (D,) as the model pools them.
    """

    mean: Tensor
    pooled: Tensor


class PictureFeatures:
    """Pooled vectors and last-layer patches of pictures, cached by their pixels.

    Memory comes first; pooled vectors also go to disk when `open_disk` is given (it is called on first use,
    since it needs the encoder's fingerprint). Patches stay in memory: they are hundreds of times larger.
    """

    def __init__(
        self,
        backbone: Backbone,
        *,
        batch_size: int,
        worker: Worker,
        open_disk: Callable[[], DiskTensors] | None,
    ) -> None:
        self._backbone = backbone
        self._batch_size = batch_size
        self._worker = worker
        self._together = Together(self._compute, size=batch_size, worker=worker)
        self._open_disk = open_disk
        self._pooled = TensorLRU(128 * _MIB)
        self._patches = TensorLRU(128 * _MIB)

    def pooled(self, pictures: Sequence[Image.Image]) -> list[Tensor]:
        """One vector (D,) a picture, as the model gives it."""
        return self._cached(pictures, self._recall)

    def passing(self, pictures: Sequence[Image.Image]) -> list[Tensor]:
        """The same for pictures that pass by once, as a clip's frames do; not cached."""

        def look(batch: Sequence[Image.Image]) -> list[Tensor]:
            inputs = self._backbone.preprocess(batch)
            tokens = self._backbone.norm(self._backbone.hidden(inputs, -1))  # (B, S, hidden)
            return [detached(row) for row in self._backbone.pool(tokens, inputs)]

        return self._in_batches(look, pictures)

    def summaries(self, prepared: Iterable[tuple[_Key, Inputs]]) -> Iterator[tuple[_Key, Summary]]:
        """Of many pictures, preprocessed one by one, that pass by once; in their order, not cached."""

        def look(batch: Sequence[tuple[_Key, Inputs]]) -> list[tuple[_Key, Summary]]:
            inputs = Inputs.joined([one for _, one in batch])
            tokens = self._backbone.norm(self._backbone.hidden(inputs, -1))  # (B, S, hidden)
            means = [grid.flatten(0, 1).float().mean(0) for grid in self._backbone.patches(tokens, inputs)]
            rows = zip(means, self._backbone.pool(tokens, inputs), strict=True)
            summaries = [Summary(detached(mean), detached(pooled)) for mean, pooled in rows]
            return [(key, summary) for (key, _), summary in zip(batch, summaries, strict=True)]

        batches = in_batches(prepared, max(self._batch_size, self._backbone.long_pass))
        for rows in self._worker.spread(look, batches):
            yield from rows

    def patches(self, pictures: Sequence[Image.Image]) -> list[Tensor]:
        """One grid (rows, cols, hidden) a picture: last block and final layer norm."""
        return self._cached(pictures, self._patches.get, want_patches=True)

    def layer(self, pictures: Sequence[Image.Image], layer: int, *, post_norm: bool) -> list[Tensor]:
        """Grids of another layer; not cached."""

        def look(batch: Sequence[Image.Image]) -> list[Tensor]:
            inputs = self._backbone.preprocess(batch)
            tokens = self._backbone.hidden(inputs, layer)
            tokens = self._backbone.norm(tokens) if post_norm else tokens
            return [detached(grid) for grid in self._backbone.patches(tokens, inputs)]

        return self._in_batches(look, pictures)

    def layers(self, picture: Image.Image) -> Tensor:
        """(L, rows, cols, hidden) after every block, each with the final layer norm; not cached."""

        def look() -> Tensor:
            inputs = self._backbone.preprocess([picture])
            layers = [self._backbone.norm(tokens) for tokens in self._backbone.hidden_layers(inputs)]
            return torch.stack([detached(self._backbone.patches(tokens, inputs)[0]) for tokens in layers])

        return self._worker.run(look)

    def _cached(
        self,
        pictures: Sequence[Image.Image],
        look_up: Callable[[str], Tensor | None],
        *,
        want_patches: bool = False,
    ) -> list[Tensor]:
        keys = [content_hash(picture) for picture in pictures]
        known = {key: value for key in dict.fromkeys(keys) if (value := look_up(key)) is not None}
        missing = {key: picture for key, picture in zip(keys, pictures, strict=True) if key not in known}
        for rows in self._computed(
            [{key: missing[key] for key in batch} for batch in self._batches(list(missing))]
        ):
            known.update({key: grid if want_patches else vector for key, (vector, grid) in rows.items()})
        return [known[key] for key in keys]

    def _computed(
        self, batches: Sequence[Mapping[str, Image.Image]]
    ) -> Iterator[Mapping[str, tuple[Tensor, Tensor]]]:
        """Both features of batches, in order: few with what other callers wait for, many over all cores."""
        if len(batches) < _MANY_BATCHES:
            return (self._together.get(batch) for batch in batches)
        return self._worker.spread(self._compute, batches)

    def _compute(self, batch: Mapping[str, Image.Image]) -> dict[str, tuple[Tensor, Tensor]]:
        """Both features from one pass: asking "what is it" and then "where" runs the tower once."""
        inputs = self._backbone.preprocess(list(batch.values()))
        tokens = self._backbone.norm(self._backbone.hidden(inputs, -1))  # (B, S, hidden)
        vectors = [detached(row) for row in self._backbone.pool(tokens, inputs)]
        grids = [detached(grid) for grid in self._backbone.patches(tokens, inputs)]
        rows = dict(zip(batch, zip(vectors, grids, strict=True), strict=True))
        for key, (vector, grid) in rows.items():
            self._remember(key, vector)
            self._patches.put(key, grid)
        return rows

    def _recall(self, key: str) -> Tensor | None:
        vector = self._pooled.get(key)
        if vector is None and self._open_disk is not None:
            vector = self._open_disk().get(key).get("pooled")
            if vector is not None:
                self._pooled.put(key, vector)
        return vector

    def _remember(self, key: str, vector: Tensor) -> None:
        self._pooled.put(key, vector)
        if self._open_disk is not None:
            self._open_disk().put(key, {"pooled": vector})

    def _in_batches(
        self, look: Callable[[Sequence[Image.Image]], list[Tensor]], pictures: Sequence[Image.Image]
    ) -> list[Tensor]:
        """One tensor a picture; others have their turns between the batches."""
        return [
            row
            for batch in self._batches(pictures)
            for row in self._worker.run(lambda batch=batch: look(batch))
        ]

    def _batches(self, items: Sequence[_T]) -> Iterator[Sequence[_T]]:
        for start in range(0, len(items), self._batch_size):
            yield items[start : start + self._batch_size]

"""SoftEyes: pictures and clips to soft prompts, each picture looked at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from PIL import Image
from torch import Tensor

from mm_agent.errors import ProjectorError
from mm_agent.projection.soft.features import picture_features
from mm_agent.projection.soft.projector import Projector
from mm_agent.projection.soft.storage import require_fit
from mm_agent.vision.caches import TensorLRU, content_hash
from mm_agent.vision.encoder import SiglipEncoder

_BYTES = 128 << 20


@dataclass(frozen=True, eq=False)
class SoftPrompt:
    """A picture, or a frame of a clip, as a language model takes it in.

    Attributes:
        embeddings: (T, D_text) on the CPU, in the number type the eyes were asked for.
        media: content hash of the picture.
        time: seconds into the clip, for a frame; None for a picture.
    """

    embeddings: Tensor
    media: str
    time: float | None = None


class SoftEyes:
    """An encoder and a projector that look together; safe to share between threads.

    Soft tokens are kept in memory by content hash, encoder fingerprint and projector fingerprint. The
    projector is taken as it is now: train it further and make new eyes.

    Args:
        encoder: the encoder the projector was made for.
        projector: a trained projector.
        dtype: number type of the soft tokens, the language model's.

    Raises:
        ProjectorError: the projector was made for another encoder.
    """

    def __init__(
        self, encoder: SiglipEncoder, projector: Projector, *, dtype: torch.dtype = torch.float32
    ) -> None:
        if projector.config.encoder:
            require_fit(projector.config, "this projector", encoder=encoder.fingerprint, language_model=None)
        self.encoder, self.projector, self.dtype = encoder, projector.eval(), dtype
        self._key = (encoder.fingerprint, projector.fingerprint(), dtype)
        self._cache = TensorLRU(_BYTES)

    def look(self, picture: Image.Image) -> SoftPrompt:
        """A picture's soft prompt, T being ``projector.config.tokens``.

        Raises:
            ProjectorError: features or soft tokens that are not numbers, or too large for the number type.
        """
        (prompt,) = self._see([picture], frames=False)
        return prompt

    def watch(self, frames: Sequence[Image.Image], seconds: Sequence[float]) -> list[SoftPrompt]:
        """A clip's soft prompts, one a frame with its time, T being ``projector.config.tokens_a_frame``.

        Raises:
            ProjectorError: as `look`, or another number of times than of frames.
        """
        if len(frames) != len(seconds):
            raise ProjectorError(f"{len(frames)} frames but {len(seconds)} times; give one time a frame")
        prompts = self._see(frames, frames=True)
        return [
            SoftPrompt(prompt.embeddings, prompt.media, float(time))
            for prompt, time in zip(prompts, seconds, strict=True)
        ]

    def _see(self, pictures: Sequence[Image.Image], *, frames: bool) -> list[SoftPrompt]:
        keys = [content_hash(picture.convert("RGB")) for picture in pictures]
        known = {key: self._cache.get((key, frames, self._key)) for key in keys}
        missing = {key: picture for key, picture in zip(keys, pictures, strict=True) if known[key] is None}
        if missing:
            for key, tokens in zip(missing, self._project(list(missing.values()), frames), strict=True):
                known[key] = tokens.clone()  # a kept row must not keep its batch alive
                self._cache.put((key, frames, self._key), tokens.clone())
        return [SoftPrompt(tokens, key) for key in keys if (tokens := known[key]) is not None]

    @torch.inference_mode(False)
    @torch.no_grad()
    def _project(self, pictures: list[Image.Image], frames: bool) -> Tensor:
        weight = next(self.projector.parameters())
        features = picture_features(self.encoder, pictures, self.projector.config)  # (B, N, D_vision)
        features = features.to(device=weight.device, dtype=weight.dtype)
        tokens = self.projector.frames(features[None])[0] if frames else self.projector(features)
        return as_dtype(tokens.float().cpu(), self.dtype)


def as_dtype(tokens: Tensor, dtype: torch.dtype) -> Tensor:
    """Soft tokens in the language model's number type.

    Raises:
        ProjectorError: they are not numbers, or too large for that type.
    """
    if not tokens.isfinite().all():
        raise ProjectorError(
            "the projector gives soft tokens that are not numbers; it is damaged or was trained at too high "
            "a learning rate: train it again"
        )
    largest = tokens.abs().max().item() if tokens.numel() else 0.0
    if largest > torch.finfo(dtype).max:
        name = str(dtype).removeprefix("torch.")
        raise ProjectorError(
            f"a soft token reaches {largest:.3g}, and {name} ends at {torch.finfo(dtype).max:.3g}; load the "
            "language model in bfloat16 or float32"
        )
    return tokens.to(dtype)

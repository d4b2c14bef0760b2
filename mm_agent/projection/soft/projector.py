"""The projector: patch features to soft tokens, and the config that says for whom."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mm_agent.errors import ProjectorError
from mm_agent.projection.soft.config import ProjectorConfig
from mm_agent.projection.soft.projectors import make_body


class Projector(nn.Module):
    """One of the five projectors behind one call; `make_projector` makes an untrained one."""

    def __init__(self, config: ProjectorConfig) -> None:
        super().__init__()
        self.config = config
        self.body = make_body(config)

    def forward(self, features: Tensor) -> Tensor:
        """Soft tokens of pictures.

        Args:
            features: (B, N, D_vision), patches row by row, then the pooled vector if the config selects it.

        Returns:
            (B, T, D_text), T being ``config.tokens``.

        Raises:
            ProjectorError: another shape than the config's.
        """
        expected = (self.config.features, self.config.vision_width)
        if features.ndim != 3 or tuple(features.shape[1:]) != expected:
            raise ProjectorError(
                f"features must be (B, {expected[0]}, {expected[1]}) for this {self.config.kind} projector; "
                f"got {tuple(features.shape)}"
            )
        return self.body(features)

    def frames(self, features: Tensor) -> Tensor:
        """Soft tokens of clips, each frame within its own budget.

        A frame is projected as a picture is, then its tokens are averaged over neighbours down to
        ``config.frame_grid``, as LLaVA-OneVision (arXiv 2408.03326) gives frames fewer tokens than pictures.

        Args:
            features: (B, F, N, D_vision).

        Returns:
            (B, F, T_frame, D_text), T_frame being ``config.tokens_a_frame``.

        Raises:
            ProjectorError: another shape than the config's.
        """
        if features.ndim != 4:
            raise ProjectorError(f"frames must be (B, F, N, D_vision); got {tuple(features.shape)}")
        tokens = self(features.flatten(0, 1))  # (B · F, T, D_text)
        return self._shrink(tokens).unflatten(0, features.shape[:2])

    def _shrink(self, tokens: Tensor) -> Tensor:
        """(B, T, D_text) to (B, T_frame, D_text)."""
        config = self.config
        rows, cols = config.token_grid
        if config.frame_grid == (rows, cols):
            return tokens
        patches = (
            tokens[:, : rows * cols].transpose(1, 2).unflatten(2, (rows, cols))
        )  # (B, D_text, rows, cols)
        small = F.adaptive_avg_pool2d(patches, config.frame_grid).flatten(2).transpose(1, 2)
        return torch.cat([small, tokens[:, rows * cols :]], 1)  # the pooled vector's token stays

    def fingerprint(self) -> str:
        """16 hexadecimal digits that change with the config and with any weight."""
        digest = hashlib.sha256(self.config.model_dump_json().encode())
        for name, value in sorted(self.state_dict().items()):
            digest.update(name.encode())
            digest.update(value.detach().float().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()[:16]

    def save_pretrained(self, folder: str | Path) -> None:
        """Write ``projector.json`` and ``projector.safetensors`` into a folder, whole or not at all.

        Raises:
            ProjectorError: a weight is not a finite number.
            MediaError: the folder cannot be written.
        """
        from mm_agent.projection.soft.storage import save_projector

        save_projector(self, Path(folder))

    @classmethod
    def from_pretrained(
        cls, folder: str | Path, *, encoder: str | None = None, language_model: str | None = None
    ) -> Projector:
        """Load what `save_pretrained` wrote, in evaluation mode, in float32 on the CPU.

        Args:
            folder: where it is; ``demo``: the one for the demo encoder and the demo language model.
            encoder: fingerprint of the encoder it will be used with; None: whichever.
            language_model: fingerprint of the language model it will be used with; None: whichever.

        Raises:
            ProjectorError: no projector there, a damaged or half-written one, or one made for another
                encoder or language model; the message names both.
        """
        from mm_agent.projection.soft.storage import find_projector, load_projector

        return load_projector(find_projector(folder), encoder=encoder, language_model=language_model)


def make_projector(config: ProjectorConfig) -> Projector:
    """An untrained projector."""
    return Projector(config)

"""From a projector's folder and an encoder to the eyes of a language model in this process."""

from __future__ import annotations

from pathlib import Path

from mm_agent.local.loaded import LoadedModel
from mm_agent.projection.soft.blocks import BlockReader
from mm_agent.projection.soft.identity import language_model_fingerprint
from mm_agent.projection.soft.look import SoftEyes
from mm_agent.projection.soft.projector import Projector
from mm_agent.projection.soft.storage import require_fit
from mm_agent.vision.encoder import SiglipEncoder


def open_eyes(
    projector: Projector | str | Path, encoder: SiglipEncoder | str, loaded: LoadedModel, *, frames: int
) -> BlockReader:
    """Load what looks, and hold the projector to this encoder and this language model.

    Args:
        projector: The folder of one, ``demo``, or a projector: one whose config names no encoder or language
            model fits any.
        encoder: An encoder, or its spec.
        loaded: The language model.
        frames: How many frames of a clip are looked at.

    Raises:
        ProjectorError: No projector there, or one that was made for another encoder or language model.
        CheckpointError: No such encoder.
    """
    looks = encoder if isinstance(encoder, SiglipEncoder) else SiglipEncoder.from_pretrained(encoder)
    speaks = language_model_fingerprint(loaded.folder)
    if not isinstance(projector, Projector):
        projector = Projector.from_pretrained(projector, encoder=looks.fingerprint, language_model=speaks)
    elif projector.config.language_model:  # its encoder is for SoftEyes to check
        require_fit(projector.config, "this projector", encoder=None, language_model=speaks)
    return BlockReader(SoftEyes(looks, projector, dtype=loaded.model.dtype), frames=frames)

"""From a projector's folder and an encoder to the eyes of a language model in this process."""

from __future__ import annotations

from pathlib import Path

from mm_agent.local.loaded import LoadedModel
from mm_agent.projection.soft.blocks import BlockReader
from mm_agent.projection.soft.identity import language_model_fingerprint
from mm_agent.projection.soft.look import SoftEyes
from mm_agent.projection.soft.projector import Projector
from mm_agent.vision.encoder import SiglipEncoder


def open_eyes(
    projector: Projector | str | Path, encoder: SiglipEncoder | str, loaded: LoadedModel, *, frames: int
) -> BlockReader:
    """Load what looks, and hold the projector to this encoder and this language model.

    Args:
        projector: A projector, or the folder of one.
        encoder: An encoder, or its spec.
        loaded: The language model.
        frames: How many frames of a clip are looked at.

    Raises:
        ProjectorError: No projector there, or one that was made for another encoder or language model.
        CheckpointError: No such encoder.
    """
    looks = encoder if isinstance(encoder, SiglipEncoder) else SiglipEncoder.from_pretrained(encoder)
    if not isinstance(projector, Projector):
        projector = Projector.from_pretrained(
            projector,
            encoder=looks.fingerprint,
            language_model=language_model_fingerprint(loaded.folder),
        )
    return BlockReader(SoftEyes(looks, projector, dtype=loaded.model.dtype), frames=frames)

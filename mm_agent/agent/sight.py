"""What a chat model gets so that it sees by soft prompts: a projector, and the encoder before it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mm_agent.errors import SettingsError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from mm_agent.agent.llm import LLMSpec
    from mm_agent.vision.encoder import SiglipEncoder


@dataclass(frozen=True)
class Sight:
    """A projector's folder, and the encoder it was made for."""

    projector: Path
    encoder: SiglipEncoder


def connect_seeing(spec: LLMSpec, sight: Sight, server: dict[str, Any]) -> BaseChatModel:
    """Make the chat model of a spec with eyes.

    Args:
        spec: ``local:MODEL``, or the address of a vLLM server with ``--enable-prompt-embeds``.
        sight: What it sees with.
        server: How a server is reached: address, key, limits.

    Raises:
        SettingsError: A model of a provider that takes no soft prompts.
        ProjectorError: The projector does not fit the encoder or the language model.
    """
    if spec.provider == "local":
        from mm_agent.local import connect_local

        return connect_local(spec.model, projector=sight.projector, encoder=sight.encoder)
    if spec.provider == "http":
        from mm_agent.agent.soft_http import SoftChatOpenAI
        from mm_agent.projection.soft.blocks import BlockReader
        from mm_agent.projection.soft.look import SoftEyes
        from mm_agent.projection.soft.projector import Projector

        projector = Projector.from_pretrained(sight.projector, encoder=sight.encoder.fingerprint)
        reader = BlockReader(SoftEyes(sight.encoder, projector))
        return SoftChatOpenAI(model=spec.model, reader=reader, **server)
    raise SettingsError(
        f"{spec} takes no soft prompts; use local:MODEL or a vLLM server's address, or --projection text"
    )

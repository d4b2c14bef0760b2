"""The pictures of one conversation on their way into a prompt: a placeholder each, and their soft tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from transformers import PreTrainedTokenizerFast

from mm_agent.errors import ProjectorError
from mm_agent.local.fusion import SoftSpan
from mm_agent.media.store import MediaStore
from mm_agent.projection.soft.blocks import VISUAL, BlockReader
from mm_agent.projection.soft.look import SoftPrompt
from mm_agent.projection.soft.prompt_text import cut, harmless, placeholder_for


@dataclass(frozen=True)
class Sight:
    """How a model sees: what reads picture blocks, and where their handles are looked up."""

    reader: BlockReader
    store: MediaStore | None = None


@dataclass
class Pictures:
    """Collects what a conversation shows, in the order its chat template writes it."""

    sight: Sight
    tokenizer: PreTrainedTokenizerFast
    prompts: list[SoftPrompt] = field(default_factory=list)

    def words(self, kind: str, block: dict[str, Any]) -> str | None:
        """What stands in the text for a block: a clip's frames each have their time before them.

        Raises:
            MediaError: The picture cannot be opened.
            ProjectorError: It cannot be turned into soft tokens.
        """
        if kind == "text":
            return harmless(str(block["text"]))
        if kind not in VISUAL:
            return None
        written = ""
        for seen in self.sight.reader.read(block, self.sight.store):
            self.prompts.append(seen.prompt)
            written += placeholder_for(self.tokenizer, seen.seconds)
        return written

    def fuse(self, text: str, width: int) -> tuple[list[int], list[SoftSpan]]:
        """A rendered prompt's tokens, and the soft tokens that stand among them.

        Args:
            text: With one placeholder a picture; counted before anything is filled in.
            width: Of the language model's embeddings.

        Raises:
            ProjectorError: Placeholders and pictures are not equally many, or the soft tokens do not fit.
        """
        pieces = cut(text, len(self.prompts))
        tokens = self._read(pieces[0])
        spans: list[SoftSpan] = []
        for prompt, piece in zip(self.prompts, pieces[1:], strict=True):
            _require_width(prompt, width)
            spans.append(SoftSpan(len(tokens), prompt.embeddings))
            tokens += [self._stand_in] * len(prompt.embeddings) + self._read(piece)
        return tokens, spans

    def _read(self, piece: str) -> list[int]:
        return self.tokenizer(piece, add_special_tokens=False)["input_ids"]

    @property
    def _stand_in(self) -> int:
        """The token that is counted where a soft one stands; its embedding is never used."""
        number = self.tokenizer.pad_token_id
        return number if isinstance(number, int) else 0


def _require_width(prompt: SoftPrompt, width: int) -> None:
    if prompt.embeddings.shape[1] != width:
        raise ProjectorError(
            f"the projector gives soft tokens of width {prompt.embeddings.shape[1]}, but the language "
            f"model's embeddings have {width}; load the language model it was made for"
        )

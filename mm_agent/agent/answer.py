"""What comes back from a question: the words, the tool calls behind them, and what they cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mm_agent.agent.citations import Citation, cite


@dataclass(frozen=True)
class ToolUse:
    """One tool call that ran: ``seconds`` of wall time, ``artifact`` the evidence as a plain dict."""

    name: str
    args: dict[str, Any]
    result_text: str
    artifact: dict[str, Any] | None
    seconds: float
    failed: bool = False


@dataclass(frozen=True)
class Usage:
    """Tokens as the provider counted them (0 when it did not say), calls, and wall time in seconds.

    ``cost`` is in US dollars at list prices, None when a price or a count is not known; ``llms`` names the
    models that spoke, if ``load_chat_model`` made them.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    model_calls: int = 0
    tool_calls: int = 0
    seconds: float = 0.0
    first_text_seconds: float | None = None
    cost: float | None = None
    llms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """A final answer."""

    text: str
    tool_calls: tuple[ToolUse, ...] = ()
    usage: Usage = field(default_factory=Usage)

    @property
    def evidence(self) -> tuple[dict[str, Any], ...]:
        """The evidence of every tool call that worked, in order."""
        return tuple(use.artifact for use in self.tool_calls if use.artifact and not use.failed)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The facts in ``evidence`` that the answer's words rely on."""
        return cite(self.text, self.tool_calls)

    @property
    def notice(self) -> str | None:
        """The honest line the encoder asks to be shown, when the evidence carries one."""
        return next((found["notice"] for found in self.evidence if found.get("notice")), None)


@dataclass(frozen=True)
class TextDelta:
    """A piece of text, as the model says it."""

    text: str


@dataclass(frozen=True)
class ToolStarted:
    """A tool call begins."""

    id: str
    name: str
    args: dict[str, Any]


@dataclass(frozen=True)
class ToolFinished:
    """A tool call ended, well or not."""

    id: str
    use: ToolUse


Event = TextDelta | ToolStarted | ToolFinished
OnEvent = Callable[[Event], None]

"""What comes back from a question: the words, the tool calls behind them, and what they cost."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from mm_agent.agent.cited import Citation, CitedAnswer


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
    """A final answer.

    Attributes:
        text: What was said.
        tool_calls: Those that ran for it, in order.
        usage: What it took.
        citations: The reported facts that the words rely on.
        unsupported: What the words cite and no tool reported.
        structured: What the agent's ``response_format`` asked for, if it did.
    """

    text: str
    tool_calls: tuple[ToolUse, ...] = ()
    usage: Usage = field(default_factory=Usage)
    citations: tuple[Citation, ...] = ()
    unsupported: tuple[Citation, ...] = ()
    structured: Any = None

    @property
    def evidence(self) -> tuple[dict[str, Any], ...]:
        """The evidence of every tool call that worked, in order."""
        return tuple(use.artifact for use in self.tool_calls if use.artifact and not use.failed)

    @property
    def cited(self) -> CitedAnswer:
        """The words with their citations, as one value that dumps to JSON."""
        return CitedAnswer(answer=self.text, evidence=self.citations, unsupported=self.unsupported)

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

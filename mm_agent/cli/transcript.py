"""A turn as a person reads it: each tool call, its evidence, then the answer as it is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from mm_agent.agent.answer import Answer, Event, ToolUse

# A model's words and a file's name may hold terminal control sequences; without ESC they are harmless.
HARMLESS = {0x1B: None}


class Transcript:
    """Prints the events of one turn; call it with each event, then ``end``."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._in_text = False

    def __call__(self, event: Event) -> None:
        """Print one event."""
        from mm_agent.agent.answer import TextDelta, ToolFinished

        if isinstance(event, TextDelta):
            self._print(event.text, end="")
            self._in_text = True
        elif isinstance(event, ToolFinished):
            self._finished(event.use)

    def end(self, answer: Answer, *, notice: str | None) -> None:
        """Close the turn; the encoder's notice follows unless the answer has said it."""
        self._break_line()
        if notice and notice not in answer.text:
            self._print(notice, style="dim")

    def _finished(self, use: ToolUse) -> None:
        """A call and what it gave, together: several calls may run at once."""
        self._break_line()
        arguments = ", ".join(f"{name}={_short(value)}" for name, value in use.args.items())
        self._print(f"→ {use.name}({arguments})", style="cyan")
        for line in use.result_text.splitlines():
            self._print(f"  {line}", style="red" if use.failed else "dim")

    def _break_line(self) -> None:
        if self._in_text:
            self._print("")
            self._in_text = False

    def _print(self, text: str, *, style: str = "", end: str = "\n") -> None:
        self._console.print(Text(text.translate(HARMLESS), style=style), end=end)


def _short(value: Any) -> str:
    """An argument on part of a line."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"

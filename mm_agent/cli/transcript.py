"""A turn as a person reads it: each tool call, its evidence, then the answer as it is said."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from mm_agent.cli.inline_pictures import encode, protocol_here
from mm_agent.cli.waiting import Waiting
from mm_agent.cli.wrapping import Wrapper, columns_of, wrap
from mm_agent.media.mentions import open_mention, saved_pictures

if TYPE_CHECKING:
    from mm_agent.agent.answer import Answer, Event, ToolUse
    from mm_agent.agent.cited import Citation
    from mm_agent.media.store import MediaStore


class Transcript:
    """Prints the events of one turn, within its block: call it with each event, then ``end``."""

    def __init__(self, console: Console | None = None, *, store: MediaStore | None = None) -> None:
        self._console = console or Console(highlight=False, soft_wrap=True)
        self._store = store
        self._terminal = self._console.file.isatty()  # rich also believes FORCE_COLOR
        self._width = columns_of(self._console.file)
        self._waiting = Waiting(self._console.file)
        self._words: Wrapper | None = None
        self._announced: str | None = None

    def __enter__(self) -> Transcript:
        self._waiting.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the cursor on a line of its own, however the turn ended."""
        self._waiting.end()
        self._break_line()

    def __call__(self, event: Event) -> None:
        """Print one event."""
        from mm_agent.agent.answer import TextDelta, ToolFinished, ToolStarted

        self._waiting.end()
        if isinstance(event, TextDelta):
            self._words = self._words or Wrapper(self._width)
            self._write(self._words.feed(event.text))
        elif isinstance(event, ToolStarted):
            self._announce(event.id, event.name, event.args)
        elif isinstance(event, ToolFinished):
            self._finished(event.id, event.use)
            self._waiting.begin()

    def end(self, answer: Answer, *, notice: str | None) -> None:
        """Close the turn; the encoder's notice follows unless the turn has said it."""
        self._waiting.end()
        self._break_line()
        if answer.unsupported:
            self._print(f"no tool reported: {', '.join(map(_claim, answer.unsupported))}", style="yellow")
        said = (answer.text, *(use.result_text for use in answer.tool_calls))
        if notice and not any(notice in text for text in said):
            self._print(notice, style="dim")

    def _announce(self, call_id: str, name: str, args: dict[str, Any], *, sign: str = "→") -> None:
        self._break_line()
        arguments = ", ".join(f"{key}={_short(value)}" for key, value in args.items())
        self._print(f"{sign} {name}({arguments})", style="cyan")
        self._announced = call_id

    def _finished(self, call_id: str, use: ToolUse) -> None:
        """What a call gave, below the call; it is named again when another began in between."""
        if self._announced != call_id:
            self._announce(call_id, use.name, use.args, sign="←")
        for line in use.result_text.splitlines():
            self._print(f"  {line}", style="red" if use.failed else "dim")

        self._show_pictures(use)

    def _show_pictures(self, use: ToolUse) -> None:
        """What the tool drew: inside the terminal where it can, as paths elsewhere."""
        if self._store is None or not use.artifact:
            return
        if not self._terminal:
            return
        for path in saved_pictures(use.artifact, self._store):
            if protocol := protocol_here():
                picture = open_mention(self._store, path)
                self._console.file.write(encode(picture, protocol) + "\n")
            else:
                self._print(f"  {path}", style="dim")

    def _break_line(self) -> None:
        if self._words is not None:
            self._write(self._words.end() + "\n")
            self._words = None

    def _print(self, text: str, *, style: str = "") -> None:
        self._write(wrap(text, self._width) + "\n", style=style)

    def _write(self, text: str, *, style: str = "") -> None:
        self._console.print(Text(text, style=style), end="")


def _short(value: Any) -> str:
    """An argument on part of a line."""
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _claim(claim: Citation) -> str:
    """A claim as the answer made it: its score, or its place."""
    if claim.score is not None:
        return f"{claim.score:.2f}"
    return f"{claim.handle}@{','.join(map(str, claim.region))}" if claim.region else claim.handle

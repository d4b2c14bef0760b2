"""One question and its answer as they are shown: words, steps and pictures in the order they came."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mm_agent.agent.answer import ToolUse
from mm_agent.serve.web.words import Language, say, tool_title

Message = dict[str, Any]
"""A message of gradio's Chatbot: role, content and, for a step, metadata."""

_MARKS = re.compile(r"([\\`*_\[\]<>#|~$&])")
_LIST_END = re.compile(r"^(- .*)\n(?!- )", re.MULTILINE)
"""Markdown takes the line after a list for a part of its last entry."""
SHOWN = "shown/"
"""Where a browser gets the pictures of its conversation, below the page."""
_SUBJECTS = ("image", "video", "other")
_WANTED = ("query", "noun", "labels", "texts", "box")
_LONGEST_TITLE = 90


@dataclass
class Shown:
    """A picture to show, what it is in words, and the video it is a still of."""

    path: Path
    words: str
    video: Path | None = None

    def markdown(self) -> str:
        """A picture that says what it is, and opens alone; a still opens its video."""
        return f"[![{as_text(self.words)}]({SHOWN}{self.path.name})]({SHOWN}{(self.video or self.path).name})"


@dataclass
class Step:
    """A tool call: running while there is no result."""

    name: str
    args: dict[str, Any]
    use: ToolUse | None = None

    def message(self, language: Language) -> Message:
        """As a step that opens and closes."""
        metadata: dict[str, Any] = {"title": self._title(language), "status": "pending"}
        content = say("working", language)
        if self.use is not None:
            metadata |= {"status": "done", "duration": round(self.use.seconds, 2)}
            content = _LIST_END.sub(r"\1\n\n", as_text(self.use.result_text))
        return {"role": "assistant", "content": content, "metadata": metadata}

    def _title(self, language: Language) -> str:
        parts = [
            tool_title(self.name, language),
            *_values(self.args, _SUBJECTS),
            *_values(self.args, _WANTED),
        ]
        if self.use is not None and self.use.failed:
            parts.append(say("call_failed", language))
        title = " · ".join(parts)
        return title if len(title) <= _LONGEST_TITLE else f"{title[: _LONGEST_TITLE - 1]}…"


@dataclass
class Turn:
    """What was asked, and what has come back so far.

    Attributes:
        question: As it was typed.
        media: What came with it.
        language: Of the page then.
        parts: Of the answer, in the order they came.
        asked: Whether the question reached the chat model.
        ended: Whether the answer has.
        loading: What it waits for, in words: models that are being loaded.
    """

    question: str
    media: list[Shown] = field(default_factory=list)
    language: Language = "en"
    parts: list[str | Step | Shown] = field(default_factory=list)
    asked: bool = False
    ended: bool = False
    loading: str = ""
    stop: threading.Event = field(default_factory=threading.Event, repr=False)
    _steps: dict[str, Step] = field(default_factory=dict)

    def say(self, text: str) -> None:
        """More of what the model says."""
        if self.parts and isinstance(self.parts[-1], str):
            self.parts[-1] += text
        else:
            self.parts.append(text)

    def line(self, text: str) -> None:
        """A line of this program's own: what went wrong."""
        self.parts.append(f"⚠ {as_text(text)}")

    def start(self, call: str, name: str, args: dict[str, Any]) -> None:
        """A tool call begins."""
        self._steps[call] = step = Step(name, args)
        self.parts.append(step)

    def finish(self, call: str, use: ToolUse, drawn: list[Shown]) -> None:
        """A tool call ended; what it drew is shown below it."""
        if call not in self._steps:
            self.start(call, use.name, use.args)
        self._steps[call].use = use
        self.parts.extend(drawn)

    def messages(self) -> list[Message]:
        """For gradio's Chatbot."""
        pictures = " ".join(shown.markdown() for shown in self.media)
        captions = " · ".join(f"{'▶ ' if shown.video else ''}{as_text(shown.words)}" for shown in self.media)
        asked = "\n\n".join(
            filter(None, [pictures, f"*{captions}*" if captions else "", as_text(self.question)])
        )
        shown = [{"role": "user", "content": asked}, *map(self._message, self.parts)]
        if self.loading:
            waits = {"title": self.loading, "status": "pending"}
            shown.append({"role": "assistant", "content": say("waits", self.language), "metadata": waits})
        return shown

    def _message(self, part: str | Step | Shown) -> Message:
        if isinstance(part, Step):
            return part.message(self.language)
        content = part if isinstance(part, str) else part.markdown()
        return {"role": "assistant", "content": content}


def as_text(text: str) -> str:
    """Text that Markdown shows as it is: file names and tools' words are data, not markup."""
    return _MARKS.sub(r"\\\1", text)


def _values(args: dict[str, Any], names: tuple[str, ...]) -> list[str]:
    values = [args[name] for name in names if args.get(name)]
    return [", ".join(map(str, value)) if isinstance(value, list) else str(value) for value in values]

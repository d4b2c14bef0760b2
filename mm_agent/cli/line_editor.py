"""Lines typed at a terminal: history in a private file, completion of commands and paths."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory

_TAKES_PATH = ("/add ", "/save ")


class ChatCompleter(Completer):
    """Completes ``/commands``, and paths behind those that take one."""

    def __init__(self, commands: Mapping[str, str]) -> None:
        self._commands = commands
        self._paths = PathCompleter(expanduser=True)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """What may follow the text before the cursor."""
        text = document.text_before_cursor
        for command in _TAKES_PATH:
            if text.startswith(command):
                path = Document(text.removeprefix(command))
                yield from self._paths.get_completions(path, complete_event)
                return
        if text.startswith("/") and " " not in text:
            for name, what in self._commands.items():
                if name.startswith(text):
                    yield Completion(name, start_position=-len(text), display_meta=what)


def typed_lines(commands: Mapping[str, str], history: Path) -> Iterator[str]:
    """What a person types until Ctrl-D or ``/quit``; Ctrl-C clears the line."""
    history.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    os.close(os.open(history, os.O_CREAT | os.O_RDWR, 0o600))
    prompt: PromptSession[str] = PromptSession(
        history=FileHistory(str(history)), completer=ChatCompleter(commands), complete_while_typing=False
    )
    while True:
        try:
            line = prompt.prompt("> ").strip()
        except KeyboardInterrupt:
            continue
        except EOFError:
            return
        if line:
            yield line

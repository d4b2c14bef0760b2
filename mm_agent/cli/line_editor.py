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
_LIKE_A_PATH = ("/", "./", "../", "~")


class ChatCompleter(Completer):
    """Completes ``/commands``, and paths behind those that take one."""

    def __init__(self, commands: Mapping[str, tuple[str, str]]) -> None:
        self._commands = commands
        self._paths = PathCompleter(expanduser=True)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """What may follow the text before the cursor."""
        text = document.text_before_cursor
        commands = [name for name in self._commands if name.startswith(text)] if text else []
        for name in commands:
            yield Completion(
                name, start_position=-len(text), display_meta=" ".join(self._commands[name]).strip()
            )
        command = next((command for command in _TAKES_PATH if text.startswith(command)), "")
        if command or (text.startswith(_LIKE_A_PATH) and not commands):
            yield from self._paths_from(text.removeprefix(command), complete_event)

    def _paths_from(self, begun: str, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Paths that begin so; a folder's ends in a slash, so that the next Tab goes on in it."""
        for found in self._paths.get_completions(Document(begun), complete_event):
            slash = "/" if found.display_text.endswith("/") else ""
            yield Completion(found.text + slash, found.start_position, display=found.display)


def typed_lines(commands: Mapping[str, tuple[str, str]], history: Path) -> Iterator[str]:
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

"""What can be typed in a chat beside questions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from shlex import split
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import click

if TYPE_CHECKING:
    from mm_agent.cli.conversation import Conversation

_PAGE = 110
"""Columns of a list that goes to no terminal, as wide as the help pages."""

COMMANDS = {
    "/add": ("FILE", "add a picture or video; a path alone does the same"),
    "/media": ("", "list the pictures and videos"),
    "/tools": ("", "list the tools"),
    "/model": ("[SPEC]", "say which chat model answers, or choose another"),
    "/undo": ("", "forget the last question and its answer"),
    "/save": ("FILE", "write the conversation as .md or .json"),
    "/new": ("", "begin another conversation"),
    "/threads": ("", "list the kept conversations"),
    "/resume": ("ID", "take up a kept conversation"),
    "/forget": ("ID", "delete a kept conversation"),
    "/help": ("", "show this list"),
    "/quit": ("", "leave; Ctrl-D does the same"),
}


def run_command(conversation: Conversation, line: str) -> None:
    """Run a line that begins with a slash; /quit is the caller's.

    Raises:
        MMAgentError: What it was asked cannot be done.
    """
    name, _, argument = line.partition(" ")
    argument = argument.strip()
    command = _RUN.get(name)
    if command is None:
        conversation.remark(f"no command {name}; /help lists them")
    elif not argument and (wanted := COMMANDS[name][0]) and not wanted.startswith("["):
        conversation.remark(f"{name} {wanted}: {COMMANDS[name][1]}")
    else:
        command(conversation, argument)


def dropped_files(line: str) -> list[str]:
    """The files that a line names, if it is nothing else: a terminal pastes what is dropped on it."""
    for candidates in ([line.strip()], _shell_words(line)):
        paths = [_file(candidate) for candidate in candidates]
        if paths and None not in paths:
            return [str(path) for path in paths]
    return []


def _shell_words(line: str) -> list[str]:
    """What a shell would make of a line; nothing of one with a lone apostrophe."""
    try:
        return split(line)
    except ValueError:
        return []


def _file(candidate: str) -> Path | None:
    """The file a path or ``file://`` address names; a bare word without an ending is none."""
    if candidate.startswith("file://"):
        candidate = unquote(urlsplit(candidate).path)
    try:
        path = Path(candidate).expanduser()
        return path if path.is_file() and ("/" in candidate or path.suffix) else None
    except (OSError, RuntimeError, ValueError):
        return None


def _add(conversation: Conversation, argument: str) -> None:
    """Add what is named: files as a shell takes them, else one path or address as it stands."""
    sources = dropped_files(argument) or [argument]
    for source in sources:
        conversation.add(source, alone=len(sources) == 1)


def _media(conversation: Conversation, _: str) -> None:
    items = conversation.session.items
    for item in items:
        length = f", {item.duration:.1f} s" if item.duration is not None else ""
        conversation.say(f"{item.handle}  {item.name}, {item.width} × {item.height}{length}")
    if not items:
        conversation.remark("no picture has been added yet; /add FILE")


def _tools(conversation: Conversation, _: str) -> None:
    _list(conversation, conversation.session.tools().items())


def _model(conversation: Conversation, spec: str) -> None:
    if spec:
        conversation.session.use_model(spec)
    conversation.say(conversation.session.llm)


def _undo(conversation: Conversation, _: str) -> None:
    question = conversation.session.undo()
    conversation.remark(f"forgotten: {question}" if question else "there is nothing to forget")


def _save(conversation: Conversation, name: str) -> None:
    from mm_agent.cli.output import check_output
    from mm_agent.cli.saving import save_conversation

    path = Path(name).expanduser()
    check_output(path)
    save_conversation(conversation.session, path)
    conversation.remark(f"saved as {path}")


def _new(conversation: Conversation, _: str) -> None:
    conversation.remark(f"conversation {conversation.session.new_thread()}")


def _threads(conversation: Conversation, _: str) -> None:
    threads = conversation.session.memory.threads.all()
    for thread in threads:
        mark = "*" if thread.id == conversation.session.thread_id else " "
        when = thread.updated[:16].replace("T", " ")
        conversation.say(f"{mark} {thread.id}  {when}  {len(thread.media)} media  {thread.title}")
    if not threads:
        conversation.remark("no conversation is kept yet")


def _resume(conversation: Conversation, thread_id: str) -> None:
    conversation.resume(thread_id)


def _forget(conversation: Conversation, start: str) -> None:
    session = conversation.session
    thread = session.memory.threads.find(start)
    session.memory.delete(thread.id)
    if thread.id == session.thread_id:
        session.new_thread()
    conversation.remark(f"forgotten: {thread.title}")


def _help(conversation: Conversation, _: str) -> None:
    _list(conversation, ((f"{name} {argument}".strip(), what) for name, (argument, what) in COMMANDS.items()))


def _list(conversation: Conversation, rows: Iterable[tuple[str, str]]) -> None:
    """Names with what they are, in two columns."""
    from mm_agent.cli.wrapping import columns_of

    page = click.HelpFormatter(width=columns_of(sys.stdout) or _PAGE)
    page.write_dl(list(rows))
    conversation.say(page.getvalue().rstrip())


_RUN: dict[str, Callable[[Conversation, str], None]] = {
    "/add": _add,
    "/media": _media,
    "/tools": _tools,
    "/model": _model,
    "/undo": _undo,
    "/save": _save,
    "/new": _new,
    "/threads": _threads,
    "/resume": _resume,
    "/forget": _forget,
    "/help": _help,
}

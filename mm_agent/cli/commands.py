"""What can be typed in a chat beside questions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shlex import split
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import click

if TYPE_CHECKING:
    from mm_agent.cli.conversation import Conversation

COMMANDS = {
    "/add": "FILE  add a picture or video; a path alone does the same",
    "/media": "list the pictures and videos",
    "/tools": "list the tools",
    "/model": "[SPEC]  say which chat model answers, or choose another",
    "/undo": "forget the last question and its answer",
    "/save": "FILE  write the conversation as .md or .json",
    "/new": "begin another conversation",
    "/threads": "list the kept conversations",
    "/resume": "ID  take up a kept conversation",
    "/forget": "ID  delete a kept conversation",
    "/help": "show this list",
    "/quit": "leave; Ctrl-D does the same",
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
    elif "  " in COMMANDS[name] and not COMMANDS[name].startswith("[") and not argument:
        conversation.remark(f"{name} {COMMANDS[name]}")
    else:
        command(conversation, argument)


def dropped_file(line: str) -> str | None:
    """The file that a line names, if it is nothing else: a terminal pastes what is dropped on it."""
    text = line.strip()
    if text.startswith("file://"):
        text = unquote(urlsplit(text).path)
    try:
        parts = split(text)
    except ValueError:  # an apostrophe
        parts = []
    for candidate in (text, *(parts if len(parts) == 1 else [])):
        try:
            path = Path(candidate).expanduser()
            if path.is_file() and ("/" in candidate or path.suffix):
                return str(path)
        except (OSError, RuntimeError, ValueError):
            continue
    return None


def _media(conversation: Conversation, _: str) -> None:
    items = conversation.session.items
    for item in items:
        length = f", {item.duration:.1f} s" if item.duration is not None else ""
        click.echo(f"{item.handle}  {item.name}, {item.width} × {item.height}{length}")
    if not items:
        conversation.remark("no picture has been added yet; /add FILE")


def _tools(conversation: Conversation, _: str) -> None:
    for name, what in conversation.session.tools().items():
        click.echo(f"{name}  {what}")


def _model(conversation: Conversation, spec: str) -> None:
    if spec:
        conversation.session.use_model(spec)
    click.echo(conversation.session.llm)


def _undo(conversation: Conversation, _: str) -> None:
    question = conversation.session.undo()
    conversation.remark(f"forgotten: {question}" if question else "there is nothing to forget")


def _save(conversation: Conversation, name: str) -> None:
    from mm_agent.cli.saving import save_conversation

    path = Path(name).expanduser()
    save_conversation(conversation.session, path)
    conversation.remark(f"saved as {path}")


def _new(conversation: Conversation, _: str) -> None:
    conversation.remark(f"conversation {conversation.session.new_thread()}")


def _threads(conversation: Conversation, _: str) -> None:
    threads = conversation.session.memory.threads.all()
    for thread in threads:
        mark = "*" if thread.id == conversation.session.thread_id else " "
        when = thread.updated[:16].replace("T", " ")
        click.echo(f"{mark} {thread.id}  {when}  {len(thread.media)} media  {thread.title}")
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
    for name, what in COMMANDS.items():
        click.echo(f"{name} {what}" if "  " in what else f"{name}  {what}")


_RUN: dict[str, Callable[[Conversation, str], None]] = {
    "/add": lambda conversation, source: conversation.add(source, alone=True),
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

"""``mm-agent chat``: ask the agent about pictures and videos, once with ``-q`` or in a conversation."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click

from mm_agent.cli.commands import COMMANDS, dropped_files, run_command
from mm_agent.cli.common import (
    Call,
    Verb,
    common_options,
    complain,
    head_option,
    language_option,
    llm_option,
    one_line,
    pass_call,
    projection_options,
)
from mm_agent.cli.conversation import Conversation
from mm_agent.errors import MMAgentError

HELP = "ask a question, or: /add PICTURE_OR_VIDEO, /help, /quit"


@click.command(cls=Verb)
@click.argument("media", nargs=-1, metavar="[PICTURE|VIDEO...]")
@click.option("-q", "--question", metavar="TEXT", help="Ask this and leave; without it, a conversation.")
@click.option("--thread", metavar="ID", help="Go on with a kept conversation; the start of its id is enough.")
@click.option("--continue", "last", is_flag=True, help="Go on with the last kept conversation.")
@llm_option
@projection_options
@head_option
@language_option
@common_options
@pass_call
def chat(call: Call, media: tuple[str, ...], *, question: str | None, thread: str | None, last: bool) -> None:
    """Ask the agent about pictures and videos, in English or Chinese.

    Shows the tools it calls, the evidence they give, and the answer. Without --llm the offline planner
    answers: rules, not a language model.
    """
    if call.as_json and question is None:
        raise click.UsageError("--json needs a question: add -q TEXT")
    if thread and last:
        raise click.UsageError("--thread and --continue exclude each other")
    conversation = Conversation(call)
    if thread or last:
        conversation.resume(thread or conversation.last_thread())
    for source in media:
        conversation.add(source, alone=len(media) == 1)
    if question is not None:
        _answer_once(call, conversation, question)
    else:
        _converse(call, conversation)


def _answer_once(call: Call, conversation: Conversation, question: str) -> None:
    """One question, one answer."""
    conversation.introduce()
    answer = conversation.ask(question, show=not call.as_json)
    if call.as_json:
        call.emit(_document(conversation, question, answer), "")


def _converse(call: Call, conversation: Conversation) -> None:
    """Questions from the terminal or a pipe until it ends; an error costs a turn, not the conversation."""
    conversation.introduce()
    call.remark(HELP)
    for line in _lines():
        try:
            if line == "/quit":
                break
            if found := dropped_files(line):
                for file in found:
                    conversation.add(file, alone=len(found) == 1)
            elif line.startswith("/"):
                run_command(conversation, line)
            else:
                conversation.ask(line, show=True)
        except MMAgentError as error:
            complain(one_line(error))
        except KeyboardInterrupt:
            call.remark("\nstopped; ask something else, or /quit")
    conversation.say_goodbye()


def _lines() -> Iterator[str]:
    """What is typed at a terminal, or comes through a pipe, line by line."""
    if sys.stdin.isatty() and sys.stdout.isatty():
        from mm_agent.agent.memory.memory import data_folder
        from mm_agent.cli.line_editor import typed_lines

        yield from typed_lines(COMMANDS, data_folder() / "chat_history")
        return
    for line in sys.stdin:
        if line.strip():
            yield line.strip()


def _document(conversation: Conversation, question: str, answer: Any) -> dict[str, Any]:
    """The JSON document of one answered question."""
    session = conversation.session
    return {
        "question": question,
        **answer.cited.model_dump(mode="json"),
        "images": [asdict(item) for item in session.items],
        "rejected": conversation.rejected,
        "tool_calls": [asdict(use) for use in answer.tool_calls],
        "usage": asdict(answer.usage),
        "thread": session.thread_id if session.memory.kept else None,
        "llm": session.llm,
        "encoder": session.encoder.fingerprint,
        "notice": answer.notice or session.notice(question),
    }

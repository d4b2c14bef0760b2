"""``mm-agent chat``: ask the agent about pictures and videos, once with ``-q`` or in a conversation."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click

from mm_agent.cli.common import Call, Verb, common_options, language_option, llm_option, one_line, pass_call
from mm_agent.cli.conversation import Conversation
from mm_agent.errors import MMAgentError

HELP = "ask a question, or: /add PICTURE_OR_VIDEO, /quit"


@click.command(cls=Verb)
@click.argument("media", nargs=-1, metavar="[PICTURE|VIDEO...]")
@click.option("-q", "--question", metavar="TEXT", help="Ask this and leave; without it, a conversation.")
@llm_option
@language_option
@common_options
@pass_call
def chat(call: Call, media: tuple[str, ...], *, question: str | None) -> None:
    """Ask the agent about pictures and videos, in English or Chinese.

    Shows the tools it calls, the evidence they give, and the answer. Without --llm the offline planner
    answers: rules, not a language model.
    """
    if call.as_json and question is None:
        raise click.UsageError("--json needs a question: add -q TEXT")
    conversation = Conversation(call)
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
            if line.startswith("/add "):
                conversation.add(line.removeprefix("/add ").strip(), alone=True)
            elif line.startswith("/"):
                call.remark(f"no command {line.split()[0]}; {HELP}")
            else:
                conversation.ask(line, show=True)
        except MMAgentError as error:
            click.echo(f"error: {one_line(error)}", err=True)
        except KeyboardInterrupt:
            call.remark("\nstopped; ask something else, or /quit")


def _lines() -> Iterator[str]:
    """What the user types, line by line, until the end of input or Ctrl-C at the prompt."""
    asking = sys.stdin.isatty()
    if asking:
        import readline  # noqa: F401  importing it gives input() its line editing and history
    while True:
        try:
            line = input("> " if asking else "").strip()
        except (EOFError, KeyboardInterrupt):
            click.echo()
            return
        if line:
            yield line


def _document(conversation: Conversation, question: str, answer: Any) -> dict[str, Any]:
    """The JSON document of one answered question."""
    session = conversation.session
    return {
        "question": question,
        "answer": answer.text,
        "images": [asdict(item) for item in session.items],
        "rejected": conversation.rejected,
        "tool_calls": [asdict(use) for use in answer.tool_calls],
        "evidence": [asdict(citation) for citation in answer.citations],
        "usage": asdict(answer.usage),
        "llm": session.llm,
        "encoder": session.encoder.fingerprint,
        "notice": answer.notice or session.notice(question),
    }

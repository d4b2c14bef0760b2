"""A conversation in the terminal: what is added and asked, and the lines that show it."""

from __future__ import annotations

import sys
from functools import cached_property
from typing import TYPE_CHECKING

import click

from mm_agent.cli.common import Call
from mm_agent.cli.pictures import display_name
from mm_agent.errors import ConversationError, MediaError

if TYPE_CHECKING:
    from mm_agent.agent.answer import Answer, Usage
    from mm_agent.agent.memory.memory import Memory
    from mm_agent.serve.session import ChatSession

OFFLINE_HINT = (
    "answers come from the offline planner: rules, not a language model; for one: "
    "--llm deepseek:deepseek-flash (key in DEEPSEEK_API_KEY), qwen:…, openai:…, ollama:…, local:… or http://host:port/v1#model"
)


class Conversation:
    """A chat session with a person at the other end."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._told = False
        self._usages: list[Usage] = []
        self.rejected: list[dict[str, str]] = []

    @cached_property
    def session(self) -> ChatSession:
        """The media, the agent and its memory."""
        from mm_agent.serve.session import ChatSession

        return ChatSession(self._call.encoder, self._call.settings, memory=self._memory())

    def _memory(self) -> Memory:
        """The settings' memory; where the default place cannot be written, one that ends with this call."""
        from mm_agent.agent.memory.memory import memory_off, open_memory

        try:
            return open_memory(self._call.settings)
        except ConversationError as error:
            if self._call.settings.memory is not None:
                raise
            self._call.remark(f"this conversation will not be kept: {error}")
            return memory_off()

    def say(self, line: str) -> None:
        """A line that was asked for."""
        from mm_agent.cli.wrapping import columns_of, wrap

        click.echo(wrap(line, columns_of(sys.stdout)))

    def remark(self, line: str) -> None:
        """A line beside the conversation."""
        self._call.remark(line)

    def resume(self, thread_id: str) -> None:
        """Take up a kept conversation; lost media are named, a line each.

        Raises:
            ConversationError: there is none of that id.
        """
        self.session.resume(thread_id)
        turns = self.session.turns()
        questions = "1 question" if len(turns) == 1 else f"{len(turns)} questions"
        self.remark(f"conversation {self.session.thread_id}: {questions} so far")
        for item in self.session.items:
            if item in self.session.lost:
                self.remark(f"{item.handle}: {item.name} is no longer there; to look at it again: /add FILE")
            else:
                self.remark(f"{item.handle}: {item.name}")
        if turns:
            self.remark(f"last: {turns[-1].question}\n{turns[-1].text}".strip())

    def last_thread(self) -> str:
        """The conversation that was kept last.

        Raises:
            ConversationError: none is kept.
        """
        threads = self.session.memory.threads.all()
        if not threads:
            raise ConversationError("no conversation is kept yet; begin one: mm-agent chat PICTURE")
        return threads[0].id

    def say_goodbye(self) -> None:
        """How to go on, and what all questions used, where a provider counted it."""
        from mm_agent.agent.spending import add_up, spending_line

        if self.session.memory.kept and self.session.turns():
            self.remark(f"to go on: mm-agent chat --thread {self.session.thread_id}")
        total = add_up(self._usages)
        if total.input_tokens or total.output_tokens:
            self.remark(f"in all: {spending_line(total)}")

    def add(self, source: str, *, alone: bool) -> None:
        """Add a picture or video; a bad one among several is reported and left out.

        Raises:
            MediaError: the only one is bad.
        """
        try:
            item = self.session.add(source, name=display_name(source))
        except MediaError as error:
            if alone:
                raise
            self.rejected.append({"image": source, "error": self._call.reject(source, error)})
            return
        length = f", {item.duration:.1f} s" if item.duration is not None else ""
        self._call.remark(f"{item.handle}: {item.name}, {item.width} × {item.height}{length}")

    def introduce(self) -> None:
        """Say once what answers here, if it is less than a person may expect."""
        if self._call.settings.llm == "offline":
            self._call.remark(OFFLINE_HINT)

    def ask(self, question: str, *, show: bool) -> Answer:
        """Ask, printing tool calls, evidence and the answer as they come when ``show``."""
        from mm_agent.agent.spending import answer_line
        from mm_agent.cli.transcript import Transcript

        self._tell_who_sees()
        if show:
            with Transcript(store=self.session.store) as transcript:
                answer = self.session.ask(question, on_event=transcript)
                notice = self.session.notice(question) if self.session.items else None
                transcript.end(answer, notice=answer.notice or notice)
            self.remark(answer_line(answer.usage))
        else:
            answer = self.session.ask(question)
        self._usages.append(answer.usage)
        for item in self.session.not_kept:
            self.remark(f"{item.handle} is too large to be kept (MM_AGENT_MEMORY_MEDIA_BYTES)")
        return answer

    def _tell_who_sees(self) -> None:
        """Say once when pictures leave this program."""
        if not self._told and self.session.shows_pictures:
            self._call.remark(
                f"{self.session.llm} gets the pictures themselves; to keep them: MM_AGENT_SHOW_PICTURES=never"
            )
        self._told = True

"""A conversation in the terminal: what is added and asked, and the lines that show it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from mm_agent.cli.common import Call
from mm_agent.cli.pictures import display_name
from mm_agent.errors import MediaError

if TYPE_CHECKING:
    from mm_agent.agent.answer import Answer
    from mm_agent.serve.session import ChatSession

OFFLINE_HINT = (
    "answers come from the offline planner, which is rules, not a language model; for a real one: "
    "--llm deepseek:deepseek-chat (key in DEEPSEEK_API_KEY), qwen:…, openai:…, ollama:… or http://host:port/v1#model"
)


class Conversation:
    """A chat session with a person at the other end."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._told = False
        self.rejected: list[dict[str, str]] = []

    @cached_property
    def session(self) -> ChatSession:
        """The media, the agent and its memory."""
        from mm_agent.serve.session import ChatSession

        return ChatSession(self._call.encoder, self._call.settings)

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
        from mm_agent.cli.transcript import Transcript

        self._tell_who_sees()
        transcript = Transcript() if show else None
        answer = self.session.ask(question, on_event=transcript)
        if transcript:
            transcript.end(answer, notice=answer.notice or self.session.notice(question))
        return answer

    def _tell_who_sees(self) -> None:
        """Say once when pictures leave this program."""
        if not self._told and self.session.shows_pictures:
            self._call.remark(
                f"{self.session.llm} gets the pictures themselves; to keep them: MM_AGENT_SHOW_PICTURES=never"
            )
        self._told = True

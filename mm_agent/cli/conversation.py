"""An agent put together from a call's settings, and the turns of a conversation with it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from mm_agent.cli.common import Call
from mm_agent.cli.pictures import display_name
from mm_agent.errors import MediaError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langgraph.checkpoint.memory import InMemorySaver
    from langgraph.graph.state import CompiledStateGraph

    from mm_agent.agent import ShowPictures
    from mm_agent.agent.answer import Answer
    from mm_agent.media.store import MediaItem
    from mm_agent.vision.encoder import SiglipEncoder

OFFLINE_HINT = (
    "answers come from the offline planner, which is rules, not a language model; for a real one: "
    "--llm deepseek:deepseek-chat (key in DEEPSEEK_API_KEY), qwen:…, openai:…, ollama:… or http://host:port/v1#model"
)


class Conversation:
    """Pictures and videos, an agent that looks at them, and what was said so far (kept by the agent)."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._store = call.new_store()
        self._new: list[MediaItem] = []
        self._agents: dict[str, CompiledStateGraph[Any, Any, Any, Any]] = {}
        self.items: list[MediaItem] = []
        self.rejected: list[dict[str, str]] = []

    @property
    def llm(self) -> str:
        """The spec of the chat model that answers."""
        return self._call.settings.llm

    @property
    def encoder(self) -> SiglipEncoder:
        """The encoder that looks."""
        return self._call.encoder

    def notice(self, text: str) -> str | None:
        """What the encoder's weights do not know, in the language of ``text``."""
        return self.encoder.notice(self._call.language(text))

    def add(self, source: str, *, alone: bool) -> None:
        """Add a picture or video; a bad one among several is reported and left out.

        Raises:
            MediaError: the only one is bad.
        """
        try:
            item = self._store.add(source, name=display_name(source))
        except MediaError as error:
            if alone:
                raise
            self.rejected.append({"image": source, "error": self._call.reject(source, error)})
            return
        if item not in self.items:
            self.items.append(item)
            self._new.append(item)
        length = f", {item.duration:.1f} s" if item.duration is not None else ""
        self._call.remark(f"{item.handle}: {item.name}, {item.width} × {item.height}{length}")

    def introduce(self) -> None:
        """Say once what answers here, if it is less than a person may expect."""
        if self.llm == "offline":
            self._call.remark(OFFLINE_HINT)

    def ask(self, question: str, *, show: bool) -> Answer:
        """Ask, printing tool calls, evidence and the answer as they come when ``show``."""
        from mm_agent.agent import ask
        from mm_agent.cli.transcript import Transcript

        transcript = Transcript() if show else None
        answer = ask(
            self._agent(self._call.language(question)), question, items=self._new, on_event=transcript
        )
        self._new.clear()
        if transcript:
            transcript.end(answer, notice=answer.notice or self.notice(question))
        return answer

    def _agent(self, language: Literal["en", "zh"]) -> CompiledStateGraph[Any, Any, Any, Any]:
        """The agent whose tools speak ``language``; all of them share one memory."""
        if language not in self._agents:
            from mm_agent.agent import build_agent
            from mm_agent_tools import SiglipToolkit

            toolkit = SiglipToolkit(encoder=self.encoder, store=self._store, language=language)
            self._agents[language] = build_agent(
                self._model,
                toolkit.get_tools(),
                checkpointer=self._memory,
                language=self._call.settings.language,
                pictures=self._pictures,
            )
        return self._agents[language]

    @cached_property
    def _model(self) -> BaseChatModel:
        from mm_agent.agent import load_chat_model

        return load_chat_model(self.llm, language=self._call.settings.language)

    @cached_property
    def _pictures(self) -> ShowPictures | None:
        """What shows the pictures to the chat model, if it may and can see them; says so once."""
        from mm_agent.agent import ShowPictures
        from mm_agent.agent.capabilities import takes_images

        settings = self._call.settings
        always = settings.show_pictures == "always"
        if settings.show_pictures == "never" or not (always or takes_images(self._model)):
            return None
        self._call.remark(
            f"{self.llm} gets the pictures themselves; to keep them: MM_AGENT_SHOW_PICTURES=never"
        )
        return ShowPictures(self._store, always=always, language=settings.language)

    @cached_property
    def _memory(self) -> InMemorySaver:
        from langgraph.checkpoint.memory import InMemorySaver

        return InMemorySaver()

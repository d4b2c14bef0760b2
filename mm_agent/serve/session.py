"""One conversation: its pictures and videos, the agent that looks at them, and what was said so far.

Whoever talks to people (the command line, the web chat, evaluations) holds one of these per conversation.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from mm_agent.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from langchain_core.language_models import BaseChatModel
    from langgraph.checkpoint.base import BaseCheckpointSaver
    from langgraph.graph.state import CompiledStateGraph
    from PIL import Image

    from mm_agent.agent import ShowPictures
    from mm_agent.agent.answer import Answer, OnEvent
    from mm_agent.media.store import MediaItem, MediaStore
    from mm_agent.vision.encoder import SiglipEncoder


class ChatSession:
    """Media, an agent and a thread of its memory.

    Args:
        encoder: looks at the media.
        settings: which chat model answers, in which language, and whether it gets the pictures too.
        store: holds the media; a new one by default, from which a model can open no local file.
        memory: the agent's checkpointer; None keeps the conversation in this process.
        thread_id: which of the memory's conversations this is.
    """

    def __init__(
        self,
        encoder: SiglipEncoder,
        settings: Settings,
        *,
        store: MediaStore | None = None,
        memory: BaseCheckpointSaver | None = None,
        thread_id: str = "main",
    ) -> None:
        self.encoder = encoder
        self.settings = settings
        self.store = store or new_store(settings)
        self.thread_id = thread_id
        self.items: list[MediaItem] = []
        self._new: list[MediaItem] = []
        self._given_memory = memory
        self._agents: dict[str, CompiledStateGraph[Any, Any, Any, Any]] = {}

    @property
    def llm(self) -> str:
        """The spec of the chat model that answers."""
        return self.settings.llm

    def add(
        self, source: str | Path | bytes | Image.Image | np.ndarray, *, name: str | None = None
    ) -> MediaItem:
        """Add a picture or video; the same one twice is one.

        Raises:
            MediaError: it is missing, refused or broken.
        """
        item = self.store.add(source, name=name)
        if item not in self.items:
            self.items.append(item)
            self._new.append(item)
        return item

    def ask(self, question: str, *, on_event: OnEvent | None = None) -> Answer:
        """Ask about the media; `on_event` sees text, tool starts and tool ends as they happen.

        Raises:
            AgentError: the chat model refused, failed or gave no answer.
        """
        from mm_agent.agent import ask

        agent = self._agent(self.language(question))
        answer = ask(agent, question, items=self._new, thread_id=self.thread_id, on_event=on_event)
        self._new.clear()
        return answer

    def language(self, text: str) -> Literal["en", "zh"]:
        """The language of the answer: the one set, else that of `text`."""
        from mm_agent.prompt_files import detect_language

        return detect_language(text) if self.settings.language == "auto" else self.settings.language

    def notice(self, text: str) -> str | None:
        """What the encoder's weights do not know, in the language of `text`."""
        return self.encoder.notice(self.language(text))

    @cached_property
    def model(self) -> BaseChatModel:
        """The chat model that answers."""
        return self._load(self.llm)

    @cached_property
    def shows_pictures(self) -> bool:
        """Whether the chat model gets the pictures themselves, not only the tools' words."""
        from mm_agent.agent.capabilities import takes_images

        wish = self.settings.show_pictures
        return wish == "always" or (wish == "auto" and takes_images(self.model))

    def _agent(self, language: Literal["en", "zh"]) -> CompiledStateGraph[Any, Any, Any, Any]:
        """The agent whose tools speak `language`; all of them share one memory."""
        if language not in self._agents:
            from mm_agent.agent import build_agent
            from mm_agent_tools import SiglipToolkit

            toolkit = SiglipToolkit(encoder=self.encoder, store=self.store, language=language)
            self._agents[language] = build_agent(
                self.model,
                toolkit.get_tools(),
                checkpointer=self._memory,
                language=self.settings.language,
                pictures=self._pictures(),
                max_model_calls=self.settings.llm_max_calls,
                max_tokens=self.settings.llm_max_tokens,
                retries=self.settings.llm_retries,
                fallback=self._load(self.settings.llm_fallback) if self.settings.llm_fallback else None,
            )
        return self._agents[language]

    def _load(self, llm: str) -> BaseChatModel:
        from mm_agent.agent import load_chat_model

        return load_chat_model(llm, language=self.settings.language, settings=self.settings)

    def _pictures(self) -> ShowPictures | None:
        from mm_agent.agent import ShowPictures

        if not self.shows_pictures:
            return None
        always = self.settings.show_pictures == "always"
        return ShowPictures(self.store, always=always, language=self.settings.language)

    @cached_property
    def _memory(self) -> BaseCheckpointSaver:
        from langgraph.checkpoint.memory import InMemorySaver

        return self._given_memory or InMemorySaver()


def new_store(settings: Settings) -> MediaStore:
    """An empty media store: the user opens what the settings allow, a model no local files."""
    from dataclasses import replace

    from mm_agent.media.store import MediaStore

    policy = settings.media_policy()
    return MediaStore(policy, resolve_policy=replace(policy, roots=()))

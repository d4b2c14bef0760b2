"""One conversation: its pictures and videos, the agent that looks at them, and what was said so far.

Whoever talks to people (the command line, the web chat, evaluations) holds one of these per conversation.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol

from mm_agent.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path
    from threading import Event

    import numpy as np
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AnyMessage
    from langchain_core.runnables import RunnableConfig
    from langchain_core.tools import BaseTool
    from langgraph.graph.state import CompiledStateGraph
    from PIL import Image

    from mm_agent.agent import ShowPictures
    from mm_agent.agent.answer import Answer, OnEvent
    from mm_agent.agent.memory.memory import Memory
    from mm_agent.agent.past import PastTurn
    from mm_agent.agent.sight import Sight
    from mm_agent.media.store import MediaItem, MediaStore
    from mm_agent.vision.domain_head import DomainHead
    from mm_agent.vision.encoder import SiglipEncoder


class LoadModel(Protocol):
    """Makes the chat model of a spec, as ``load_chat_model`` does."""

    def __call__(
        self,
        spec: str,
        /,
        *,
        language: Literal["auto", "en", "zh"],
        settings: Settings,
        sight: Sight | None,
    ) -> BaseChatModel:
        """Load it."""
        ...


class ChatSession:
    """Media, an agent and a thread of its memory.

    Args:
        encoder: looks at the media.
        settings: which chat model answers, in which language, and whether it gets the pictures too.
        store: holds the media; a new one by default, from which a model can open no local file.
        memory: keeps what was said; None: as long as this process runs.
        thread_id: which of the memory's conversations this is; one that is kept comes back with its media.
            None: a new one.
        load_model: makes a chat model; None: ``load_chat_model``, which loads a local one each time.
    """

    def __init__(
        self,
        encoder: SiglipEncoder,
        settings: Settings,
        *,
        store: MediaStore | None = None,
        memory: Memory | None = None,
        thread_id: str | None = None,
        load_model: LoadModel | None = None,
    ) -> None:
        from mm_agent.agent import load_chat_model
        from mm_agent.agent.memory.memory import memory_off
        from mm_agent.agent.stoppable import Runner

        self.encoder = encoder
        self.settings = settings
        self.memory = memory or memory_off()
        self._load_model: LoadModel = load_model or load_chat_model
        self._runner = Runner()
        self._start(thread_id, store)

    def _start(self, thread_id: str | None, store: MediaStore | None = None) -> None:
        """Begin a conversation, or take one up."""
        from mm_agent.agent.memory.memory import new_thread_id
        from mm_agent.serve.keeping import restore

        self._runner.settle()
        self.thread_id = thread_id or new_thread_id()
        self.store = store or new_store(self.settings, artifact_dir=self.memory.drawn(self.thread_id))
        known = self.memory.threads.get(self.thread_id)
        self.items: list[MediaItem] = list(known.media) if known else []
        self.lost: list[MediaItem] = restore(self.memory, self.items, self.store)
        """Media of a kept conversation whose bytes are no longer there."""
        self.not_kept: list[MediaItem] = []
        """Media that will be gone after this process: too large to keep."""
        self._new: list[MediaItem] = []
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

    def ask(self, question: str, *, on_event: OnEvent | None = None, stop: Event | None = None) -> Answer:
        """Ask about the media; `on_event` sees text, tool starts and tool ends as they happen.

        Args:
            question: In any language the model reads.
            on_event: Called on this thread.
            stop: Stops the answer once it is set, also before it has begun.

        Raises:
            Stopped: ``stop`` was set, or the method of that name called.
            AgentError: the chat model refused, failed or gave no answer.
        """
        from mm_agent.agent import ask
        from mm_agent.serve.keeping import keep

        self._runner.settle()
        self.not_kept = keep(self.memory, self.thread_id, question, items=self.items, store=self.store)
        agent = self._agent(self.language(question))
        if stop is not None:
            self._runner.prepare(stop)
        answer = ask(
            agent,
            question,
            items=self._new,
            thread_id=self._key,
            on_event=on_event,
            runner=self._runner,
        )
        self._new.clear()
        self.memory.tidy(self.thread_id)
        return answer

    def stop(self) -> None:
        """Stop a running answer, from any thread; its ``ask`` raises ``Stopped``, all else goes on."""
        self._runner.stop()

    def close(self) -> None:
        """End: what is under way is stopped, and the media are closed; a kept conversation stays kept."""
        self._runner.stop()
        self._runner.settle()
        self.store.close()

    def turns(self) -> list[PastTurn]:
        """What was asked and answered so far."""
        from mm_agent.agent.past import past_turns

        return past_turns(self._messages())

    def undo(self) -> str | None:
        """Forget the last question and its answer; media that came with it stay.

        Returns:
            The question, or None when there is nothing to forget.
        """
        from langchain_core.messages import RemoveMessage

        from mm_agent.agent.message import media_of, question_of
        from mm_agent.agent.past import last_round

        last = last_round(self._messages())
        if not last:
            return None
        gone = [RemoveMessage(id=message.id or "") for message in last]
        self._agent("en").update_state(self._config, {"messages": gone}, as_node="model")
        self.memory.tidy(self.thread_id)
        told = {medium.handle for medium in media_of(last[0])} | {item.handle for item in self._new}
        self._new = [item for item in self.items if item.handle in told]
        return question_of(last[0])

    def new_thread(self) -> str:
        """Begin another conversation, without media; the one before stays in the memory. Returns its id."""
        self._start(None)
        return self.thread_id

    def resume(self, thread_id: str) -> None:
        """Take up a kept conversation with its media; ``lost`` names those that are gone.

        Raises:
            ConversationError: no conversation of this owner has that id, or one that starts so.
        """
        self._start(self.memory.threads.find(thread_id).id)

    def use_model(self, llm: str) -> None:
        """Let another chat model answer from now on; the conversation goes on.

        Raises:
            SettingsError: no such model, or its key is missing; then the one before stays.
        """
        model = self._made(llm)
        self.settings = self.settings.model_copy(update={"llm": llm})
        self.__dict__.pop("shows_pictures", None)
        self.model = model
        self._agents.clear()

    def tools(self) -> dict[str, str]:
        """The tools by name, with the first line of what they do."""
        made = self._toolkit("en")
        return {tool.name: tool.description.strip().splitlines()[0] for tool in made}

    @property
    def _key(self) -> str:
        return self.memory.key(self.thread_id)

    @property
    def _config(self) -> RunnableConfig:
        return {"configurable": {"thread_id": self._key}}

    def _messages(self) -> list[AnyMessage]:
        self._runner.settle()
        return self._agent("en").get_state(self._config).values.get("messages", [])

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
        return self._made(self.llm)

    def _made(self, llm: str) -> BaseChatModel:
        language, settings = self.settings.language, self.settings
        return self._load_model(llm, language=language, settings=settings, sight=self._sight())

    @cached_property
    def shows_pictures(self) -> bool:
        """Whether the chat model gets the pictures themselves, not only the tools' words."""
        from mm_agent.agent.capabilities import takes_images

        if self.settings.projection != "text":
            return False  # it gets their soft tokens
        wish = self.settings.show_pictures
        return wish == "always" or (wish == "auto" and takes_images(self.model))

    def _agent(self, language: Literal["en", "zh"]) -> CompiledStateGraph[Any, Any, Any, Any]:
        """The agent whose tools speak `language`; all of them share one memory."""
        if language not in self._agents:
            from mm_agent.agent import build_agent

            self._agents[language] = build_agent(
                self.model,
                self._toolkit(language),
                checkpointer=self.memory.checkpointer,
                language=self.settings.language,
                pictures=self._pictures(),
                projection=self.settings.projection,
                store=self.store,
                max_model_calls=self.settings.llm_max_calls,
                max_tokens=self.settings.llm_max_tokens,
                retries=self.settings.llm_retries,
                fallback=self._fallback(),
            )
        return self._agents[language]

    def _toolkit(self, language: Literal["en", "zh"]) -> list[BaseTool]:
        """The tools that look; none where soft tokens stand alone."""
        from mm_agent_tools import SiglipToolkit

        if self.settings.projection == "soft":
            return []
        return SiglipToolkit(
            encoder=self.encoder, store=self.store, language=language, head=configured_head(self.settings)
        ).get_tools()

    def _sight(self) -> Sight | None:
        """What the chat model sees with, by soft prompts."""
        from mm_agent.agent.sight import Sight
        from mm_agent.errors import SettingsError

        if self.settings.projection == "text":
            return None
        if self.settings.projector is None:
            raise SettingsError(
                f"projection {self.settings.projection!r} needs a projector; add --projector demo for "
                "local:demo with --vision demo, or --projector FOLDER (mm-agent finetune projector makes one)"
            )
        return Sight(self.settings.projector, self.encoder)

    def _fallback(self) -> BaseChatModel | None:
        spec, language, settings = self.settings.llm_fallback, self.settings.language, self.settings
        return self._load_model(spec, language=language, settings=settings, sight=None) if spec else None

    def _pictures(self) -> ShowPictures | None:
        from mm_agent.agent import ShowPictures

        if not self.shows_pictures:
            return None
        always = self.settings.show_pictures == "always"
        return ShowPictures(self.store, always=always, language=self.settings.language)


def configured_head(settings: Settings) -> DomainHead | None:
    """The domain head that the settings name, loaded once in a process.

    Raises:
        CheckpointError: there is none in that folder.
    """
    from mm_agent.vision.domain_head import load_head

    return None if settings.head is None else load_head(settings.head, device=settings.device)


def new_store(settings: Settings, *, artifact_dir: Path | None = None) -> MediaStore:
    """An empty media store: the user opens what the settings allow, a model no local files."""
    from dataclasses import replace

    from mm_agent.media.store import MediaStore

    policy = settings.media_policy()
    return MediaStore(policy, resolve_policy=replace(policy, roots=()), artifact_dir=artifact_dir)

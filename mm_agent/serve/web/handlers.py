"""What the page's events do: find the visitor behind a request, act on the conversation, show it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio.to_thread
import gradio as gr

from mm_agent.serve.web.chat import Upload, WebChat
from mm_agent.serve.web.speaking import spoken
from mm_agent.serve.web.turn import Message
from mm_agent.serve.web.visitors import Visitor
from mm_agent.serve.web.words import EXAMPLES, Language, say

Update = tuple[Any, list[Message]]
"""Updates of the input box and the conversation."""

_GLANCE_SECONDS = 0.1
_WORD_SECONDS = 15.0
"""How often a page is told that its stream is still there; proxies end a silent one."""


def visitor_of(request: gr.Request) -> Visitor:
    """The browser behind an event; the gate noted it."""
    assert request.request is not None
    return request.request.state.visitor


def language_of(request: gr.Request) -> Language:
    """The language of the page an event comes from."""
    assert request.request is not None
    return spoken(request.request)


def buttons(*, busy: bool) -> dict[str, Any]:
    """The input box's buttons: stop while an answer is under way, else send."""
    return {"submit_btn": not busy, "stop_btn": busy}


class Handlers:
    """The events of the page; every visitor has a conversation, so there is no state here.

    Args:
        examples: The file of each example.
    """

    def __init__(self, examples: dict[str, Path]) -> None:
        self._examples = examples
        self._offers = {language: _offers(examples, language) for language in ("en", "zh")}

    async def load(self, request: gr.Request) -> Any:
        """What the page offers, in its language."""
        return gr.update(examples=self._offers[language_of(request)])

    async def models(self, request: gr.Request) -> AsyncIterator[tuple[str, str, str]]:
        """The models that answer, and those that are being loaded until they do."""
        chat, language = visitor_of(request).chat, language_of(request)
        while choice := chat.pending:
            yield choice.llm, choice.vision, say("loading", language, model=chat.new_in(choice))
            while not choice.done.is_set():
                await asyncio.sleep(_GLANCE_SECONDS)
        yield chat.llm, chat.vision, await anyio.to_thread.run_sync(about, chat, language)

    async def follow(self, request: gr.Request) -> AsyncIterator[Update]:
        """The conversation as it grows until the answer is there; after a reload in its middle, too."""
        chat = visitor_of(request).chat
        first = True
        async for messages in chat.follow():
            yield (gr.update(**buttons(busy=True)) if chat.running and first else gr.skip()), messages
            first = False
        yield gr.update(**buttons(busy=chat.running)), chat.messages()

    async def stay(self) -> AsyncIterator[None]:
        """Keep the page's stream of events open for as long as the page is.

        Gradio closes a stream after its last event; one that is sent at that moment is never answered.
        """
        while True:
            yield
            await asyncio.sleep(_WORD_SECONDS)

    async def send(self, value: dict[str, Any] | None, request: gr.Request) -> Update:
        """A question with its files, from the input box."""
        visitor = visitor_of(request)
        text = str((value or {}).get("text") or "").strip()
        uploads = [_upload(file) for file in (value or {}).get("files") or []]
        if not text and not uploads:
            return gr.skip(), visitor.chat.messages()
        return self._ask(visitor, text, uploads, language_of(request))

    async def example(self, event: gr.SelectData, request: gr.Request) -> Update:
        """A click on an example: its file and its question."""
        visitor, language = visitor_of(request), language_of(request)
        name, *questions = EXAMPLES[_index(event)]
        file = self._examples[name]
        copy = file.with_name(f"{secrets.token_hex(8)}{file.suffix}")
        copy.write_bytes(file.read_bytes())
        return self._ask(visitor, questions[language == "zh"], [Upload(copy, file.name)], language)

    async def retry(self, request: gr.Request) -> Update:
        """The last question again."""
        chat = visitor_of(request).chat
        await anyio.to_thread.run_sync(chat.retry)
        return gr.update(**buttons(busy=chat.running)), chat.messages()

    async def undo(self, request: gr.Request) -> Update:
        """The last question back into the box."""
        chat = visitor_of(request).chat
        turn = await anyio.to_thread.run_sync(chat.undo)
        box = gr.skip() if turn is None else gr.update(value={"text": turn.question, "files": []})
        return box, chat.messages()

    async def stop(self, request: gr.Request) -> None:
        """End the answer that is under way; whoever follows it sees that."""
        await anyio.to_thread.run_sync(visitor_of(request).chat.stop)

    async def new(self, request: gr.Request) -> Update:
        """Forget the conversation and its files."""
        chat = visitor_of(request).chat
        await anyio.to_thread.run_sync(chat.clear)
        return gr.update(value=None, **buttons(busy=False)), []

    async def use_llm(self, event: gr.SelectData, request: gr.Request) -> AsyncIterator[tuple[Any, ...]]:
        """Another chat model; one that cannot be loaded leaves the one before."""
        async for update in self._use(request, llm=str(event.value)):
            yield update

    async def use_vision(self, event: gr.SelectData, request: gr.Request) -> AsyncIterator[tuple[Any, ...]]:
        """Another vision model, and with it a new conversation."""
        async for update in self._use(request, vision=str(event.value)):
            yield update

    async def _use(
        self, request: gr.Request, *, llm: str | None = None, vision: str | None = None
    ) -> AsyncIterator[tuple[Any, ...]]:
        chat, language = visitor_of(request).chat, language_of(request)
        before = chat.pending or chat
        choice = chat.choose(llm or before.llm, vision or before.vision)
        async for update in self.models(request):
            yield (*update, gr.skip() if chat.pending else chat.messages())
        if choice.error is not None:
            gr.Warning(chat.not_loaded(choice, language), title=say("note", language))

    def _ask(self, visitor: Visitor, text: str, uploads: list[Upload], language: Language) -> Update:
        if not visitor.chat.ask(text, uploads, language):
            gr.Warning(say("busy", language), title=say("note", language))
            return gr.skip(), visitor.chat.messages()
        visitor.uploads -= {upload.path for upload in uploads}
        return gr.update(value=None, **buttons(busy=True)), visitor.chat.messages()


def about(chat: WebChat, language: Language) -> str:
    """What to expect of the answers here: whether a language model words them, what the encoder knows."""
    lines = [say("offline", language)] if chat.llm == "offline" else []
    return " ".join(filter(None, [*lines, chat.notice(language)]))


def _upload(file: dict[str, Any]) -> Upload:
    path = Path(file["path"])
    return Upload(path, str(file.get("orig_name") or path.name))


def _index(event: gr.SelectData) -> int:
    return event.index[0] if isinstance(event.index, (list, tuple)) else int(event.index)


def _offers(examples: dict[str, Path], language: Language) -> list[Any]:
    """The examples as gradio's Chatbot shows them, with icons it may serve."""
    offers = [
        {"text": question, "icon": str(examples.get(f"{name}-icon", examples[name]))}
        for name, *questions in EXAMPLES
        for question in [questions[language == "zh"]]
    ]
    return gr.Chatbot(examples=offers, render=False).examples or []  # pyright: ignore[reportArgumentType]

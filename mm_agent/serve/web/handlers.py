"""What the page's events do: find the visitor behind a request, act on the conversation, show it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio.to_thread
import gradio as gr

from mm_agent.errors import MMAgentError
from mm_agent.serve.web.chat import Upload, WebChat
from mm_agent.serve.web.speaking import spoken
from mm_agent.serve.web.turn import Message
from mm_agent.serve.web.visitors import Visitor
from mm_agent.serve.web.words import EXAMPLES, Language, say

Shows = AsyncIterator[tuple[Any, list[Message]]]
"""Updates of the input box and the conversation."""


def visitor_of(request: gr.Request) -> Visitor:
    """The browser behind an event; the gate noted it."""
    assert request.request is not None
    return request.request.state.visitor


def language_of(request: gr.Request) -> Language:
    """The language of the page an event comes from."""
    assert request.request is not None
    return spoken(request.request)


def empty_box() -> Any:
    """The input box, ready for a question."""
    return gr.update(value=None, submit_btn=True, stop_btn=False)


def busy_box() -> Any:
    """The input box while an answer is under way."""
    return gr.update(value=None, submit_btn=False, stop_btn=True)


class Handlers:
    """The events of the page; every visitor has a conversation, so there is no state here.

    Args:
        examples: The file of each example.
    """

    def __init__(self, examples: dict[str, Path]) -> None:
        self._examples = examples
        self._offers = {language: _offers(examples, language) for language in ("en", "zh")}

    async def load(self, request: gr.Request) -> AsyncIterator[tuple[Any, ...]]:
        """Show the conversation as it is, also after a reload in the middle of an answer."""
        chat, language = visitor_of(request).chat, language_of(request)
        settings = (gr.update(value=chat.llm), gr.update(value=chat.vision), about(chat, language))
        yield gr.skip(), gr.update(examples=self._offers[language]), *settings
        async for shown in self._follow(chat):
            yield (*shown, *(gr.skip() for _ in settings))

    async def send(self, value: dict[str, Any] | None, request: gr.Request) -> Shows:
        """A question with its files, from the input box."""
        visitor = visitor_of(request)
        text = str((value or {}).get("text") or "").strip()
        uploads = [_upload(file) for file in (value or {}).get("files") or []]
        if not text and not uploads:
            yield gr.skip(), visitor.chat.messages()
            return
        async for shown in self._ask(visitor, text, uploads, language_of(request)):
            yield shown

    async def example(self, event: gr.SelectData, request: gr.Request) -> Shows:
        """A click on an example: its file and its question."""
        visitor, language = visitor_of(request), language_of(request)
        name, *questions = EXAMPLES[_index(event)]
        file = self._examples[name]
        copy = visitor.folder / file.name
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
        async for shown in self._ask(
            visitor, questions[language == "zh"], [Upload(copy, file.name)], language
        ):
            yield shown

    async def retry(self, request: gr.Request) -> Shows:
        """The last question again."""
        chat = visitor_of(request).chat
        await anyio.to_thread.run_sync(chat.retry)
        async for shown in self._follow(chat):
            yield shown

    async def undo(self, request: gr.Request) -> tuple[Any, list[Message]]:
        """The last question back into the box."""
        chat = visitor_of(request).chat
        turn = await anyio.to_thread.run_sync(chat.undo)
        box = gr.skip() if turn is None else gr.update(value={"text": turn.question, "files": []})
        return box, chat.messages()

    async def stop(self, request: gr.Request) -> None:
        """End the answer that is under way; whoever follows it sees that."""
        await anyio.to_thread.run_sync(visitor_of(request).chat.stop)

    async def new(self, request: gr.Request) -> tuple[Any, list[Message]]:
        """Forget the conversation and its files."""
        chat = visitor_of(request).chat
        await anyio.to_thread.run_sync(chat.clear)
        return empty_box(), []

    async def use(self, llm: str, vision: str, request: gr.Request) -> tuple[Any, Any, Any, list[Message]]:
        """Other models; one that cannot be used leaves the ones before."""
        chat, language = visitor_of(request).chat, language_of(request)
        try:
            await anyio.to_thread.run_sync(chat.use, llm, vision)
        except MMAgentError as error:
            gr.Warning(" ".join(str(error).split()))
        return chat.llm, chat.vision, about(chat, language), chat.messages()

    async def _ask(self, visitor: Visitor, text: str, uploads: list[Upload], language: Language) -> Shows:
        if not visitor.chat.ask(text, uploads, language):
            gr.Warning(say("busy", language))
            yield gr.skip(), visitor.chat.messages()
            return
        visitor.uploads -= {upload.path for upload in uploads}
        async for shown in self._follow(visitor.chat):
            yield shown

    async def _follow(self, chat: WebChat) -> Shows:
        first = True
        async for messages in chat.follow():
            yield (busy_box() if chat.running and first else gr.skip()), messages
            first = False
        yield (gr.skip() if first else gr.update(submit_btn=True, stop_btn=False)), chat.messages()


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

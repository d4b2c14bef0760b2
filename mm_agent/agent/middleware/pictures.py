"""Hands pictures to models that can see them, for one call at a time: they never enter the state."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AnyMessage, HumanMessage, ToolMessage

from mm_agent.agent.capabilities import takes_images
from mm_agent.agent.message import media_of
from mm_agent.agent.middleware.language import Choice, spoken
from mm_agent.errors import MediaError
from mm_agent.media.handles import looks_like_handle
from mm_agent.media.mentions import mention_name, mentioned_pictures, open_mention
from mm_agent.media.outgoing import OutgoingPicture, outgoing_picture
from mm_agent.media.store import MediaStore
from mm_agent.prompt_files import Language, render

Block = dict[str, Any]


class ShowPictures(AgentMiddleware):
    """Adds one human message with pictures behind all others, if the model of the call takes images.

    Pictures of the question come first, then those its tools refer to (regions, frames, heat maps; the newest
    first), then those of earlier questions. Each is scaled down; one that cannot be opened is left out.

    Args:
        store: Where the pictures are.
        always: Whether to take it that every model sees, whatever is known about it.
        most: How many pictures a call may carry.
        language: Of the words around the pictures; ``auto`` follows the question.
    """

    def __init__(
        self, store: MediaStore, *, always: bool = False, most: int = 8, language: Choice = "auto"
    ) -> None:
        super().__init__()
        self.store = store
        self.always = always
        self.most = most
        self.language: Choice = language

    def wrap_model_call(
        self, request: ModelRequest, handler: Callable[[ModelRequest], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Add the pictures."""
        return handler(self._with_pictures(request))

    async def awrap_model_call(
        self, request: ModelRequest, handler: Callable[[ModelRequest], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        """Add the pictures, in a thread."""
        return await handler(await asyncio.to_thread(self._with_pictures, request))

    def _with_pictures(self, request: ModelRequest) -> ModelRequest:
        if not (self.always or takes_images(request.model)):
            return request
        opened = self._open(pictures_of(request.messages, self.store))
        if not opened:
            return request
        blocks = _blocks(opened, spoken(request.messages, self.language))
        return request.override(messages=_at_the_end(request.messages, blocks))

    def _open(self, mentions: Sequence[str]) -> dict[str, OutgoingPicture]:
        opened: dict[str, OutgoingPicture] = {}
        for mention in mentions:
            if len(opened) == self.most:
                break
            try:
                picture = outgoing_picture(open_mention(self.store, mention))
            except MediaError:  # the answer does not depend on it: the model has the tools' words
                continue
            if picture not in opened.values():  # a saved crop and its region may be the same
                opened[mention] = picture
        return opened


def pictures_of(messages: Sequence[AnyMessage], store: MediaStore) -> list[str]:
    """Name the pictures of a conversation, the most important first, each once."""
    turns = [index for index, message in enumerate(messages) if isinstance(message, HumanMessage)]
    if not turns:
        return []
    now = turns[-1]
    artifacts = [message.artifact for message in messages[now:] if isinstance(message, ToolMessage)]
    named = _handles(messages[now])
    named += [mention for artifact in reversed(artifacts) for mention in mentioned_pictures(artifact, store)]
    named += [handle for index in reversed(turns[:-1]) for handle in _handles(messages[index])]
    return list(dict.fromkeys(named))


def _handles(message: AnyMessage) -> list[str]:
    """The pictures a person's message lists."""
    media = [medium for medium in media_of(message) if medium.kind == "image"]
    return [medium.handle for medium in media if looks_like_handle(medium.handle)]


def _blocks(opened: dict[str, OutgoingPicture], language: Language) -> list[Block]:
    blocks: list[Block] = [{"type": "text", "text": render("agent_pictures/head", language)}]
    for mention, picture in opened.items():
        name = render("agent_pictures/picture", language, name=mention_name(mention))
        blocks.append({"type": "text", "text": name})
        blocks.append({"type": "image", "base64": picture.base64, "mime_type": picture.mime_type})
    return blocks


def _at_the_end(messages: Sequence[AnyMessage], blocks: list[Block]) -> list[AnyMessage]:
    """Behind the tool messages; into a question that is last, since some models want roles to alternate."""
    *before, last = messages
    if not isinstance(last, HumanMessage):
        return [*messages, HumanMessage(content=[*blocks])]
    return [*before, last.model_copy(update={"content": [*last.content_blocks, *blocks]})]

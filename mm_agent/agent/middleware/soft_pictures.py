"""Names the pictures of a conversation to models with a projector, where each was introduced.

A picture stays at its place from turn to turn, so that what was computed for it serves every follow-up. Only
handles enter the request; the model is lent the store to look them up in.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain_core.messages import AnyMessage, HumanMessage

from mm_agent.agent.message import Medium, media_of, question_of
from mm_agent.errors import MediaError
from mm_agent.media.store import MediaStore

Block = dict[str, Any]


class SoftPictures(AgentMiddleware):
    """Puts image and video blocks in front of the words of each message that introduced media.

    Args:
        store: Where the media are; those it has lost are left out.
        alone: Whether the soft tokens stand alone: then the list of handles, which only tools need, goes.
    """

    def __init__(self, store: MediaStore, *, alone: bool) -> None:
        super().__init__()
        self.store = store
        self.alone = alone

    def wrap_model_call(
        self, request: ModelRequest, handler: Callable[[ModelRequest], ModelResponse[Any]]
    ) -> ModelResponse[Any]:
        """Name the pictures."""
        return handler(self._with_pictures(request))

    async def awrap_model_call(
        self, request: ModelRequest, handler: Callable[[ModelRequest], Awaitable[ModelResponse[Any]]]
    ) -> ModelResponse[Any]:
        """The same, awaited."""
        return await handler(self._with_pictures(request))

    def _with_pictures(self, request: ModelRequest) -> ModelRequest:
        if getattr(request.model, "projector", None) is None:  # a fallback, say: handles mean nothing to it
            return request
        return request.override(
            model=request.model.model_copy(update={"media_store": self.store}),
            messages=[self._shown(message) for message in request.messages],
        )

    def _shown(self, message: AnyMessage) -> AnyMessage:
        if not isinstance(message, HumanMessage) or not isinstance(message.content, str):
            return message
        words = question_of(message) if self.alone else message.content
        blocks: list[str | Block] = []
        for medium in media_of(message):
            if self._there(medium):
                blocks += [{"type": medium.kind, "file_id": medium.handle}, {"type": "text", "text": "\n"}]
        return message.model_copy(update={"content": [*blocks, {"type": "text", "text": words}]})

    def _there(self, medium: Medium) -> bool:
        try:
            return self.store.kept_file(medium.handle).is_file()
        except MediaError:
            return False

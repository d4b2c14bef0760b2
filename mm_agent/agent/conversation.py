"""One turn of a conversation: ask, watch it happen, get an answer with the tool calls behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import StreamMode

from mm_agent.agent.answer import Answer, OnEvent
from mm_agent.agent.llm_errors import explain
from mm_agent.agent.message import user_message
from mm_agent.agent.record import Record

if TYPE_CHECKING:
    from mm_agent.media.store import MediaItem

__all__ = ["aask", "ask", "user_message"]

_MODES: list[StreamMode] = ["messages", "updates", "custom"]


def ask(
    agent: CompiledStateGraph,
    question: str,
    *,
    items: Sequence[MediaItem] = (),
    thread_id: str = "main",
    on_event: OnEvent | None = None,
) -> Answer:
    """Ask an agent made by ``build_agent``.

    Args:
        agent: The graph.
        question: In any language the model reads.
        items: The conversation's media, all of them or those that are new.
        thread_id: The conversation; the agent remembers each one's turns.
        on_event: Called with text, tool starts and tool ends as they happen, on this thread.

    Raises:
        AgentError: The language model refused, failed, could not be reached or gave no answer.
    """
    record = Record(on_event)
    try:
        for part in agent.stream(
            {"messages": [user_message(question, items)]},
            _config(thread_id),
            stream_mode=_MODES,
            version="v2",
        ):
            record.add(part)
    except Exception as error:
        _reraise(error)
    return record.answer()


async def aask(
    agent: CompiledStateGraph,
    question: str,
    *,
    items: Sequence[MediaItem] = (),
    thread_id: str = "main",
    on_event: OnEvent | None = None,
) -> Answer:
    """The same as ``ask``, awaited."""
    record = Record(on_event)
    try:
        async for part in agent.astream(
            {"messages": [user_message(question, items)]},
            _config(thread_id),
            stream_mode=_MODES,
            version="v2",
        ):
            record.add(part)
    except Exception as error:
        _reraise(error)
    return record.answer()


def _config(thread_id: str) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id}}


def _reraise(error: Exception) -> Any:
    """Raise a provider's failure as an AgentError without its trace, which may hold a key."""
    explained = explain(error)
    if explained is None:
        raise error
    raise explained from None

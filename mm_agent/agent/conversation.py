"""One turn of a conversation: ask, watch it happen, get an answer with the tool calls behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from threading import Event
from typing import TYPE_CHECKING, Any

from langchain_core.runnables import RunnableConfig
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import StreamMode

from mm_agent.agent.answer import Answer, OnEvent
from mm_agent.agent.llm_errors import explain
from mm_agent.agent.message import user_message
from mm_agent.agent.record import Record
from mm_agent.agent.stoppable import Runner, StopModel

if TYPE_CHECKING:
    from mm_agent.media.store import MediaItem

__all__ = ["aask", "ask", "user_message"]

_MODES: list[StreamMode] = ["messages", "updates", "custom"]
# A state holds all that was said: kept once a turn (also of one that breaks off), not once a step.
_WAYS: dict[str, Any] = {"version": "v2", "durability": "exit"}


def ask(
    agent: CompiledStateGraph,
    question: str,
    *,
    items: Sequence[MediaItem] = (),
    thread_id: str = "main",
    on_event: OnEvent | None = None,
    runner: Runner | None = None,
) -> Answer:
    """Ask an agent made by ``build_agent``.

    Args:
        agent: The graph.
        question: In any language the model reads.
        items: The conversation's media, all of them or those that are new.
        thread_id: The conversation; the agent remembers each one's turns.
        on_event: Called with text, tool starts and tool ends as they happen, on this thread.
        runner: Makes it possible to stop the answer, with Ctrl-C or ``runner.stop()``.

    Raises:
        Stopped: It was stopped.
        AgentError: The language model refused, failed, could not be reached or gave no answer.
    """
    record = Record(on_event)

    def parts(stop: Event) -> Iterator[Any]:
        return agent.stream(
            {"messages": [user_message(question, items)]},
            _config(thread_id, stop),
            stream_mode=_MODES,
            **_WAYS,
        )

    try:
        for part in runner.run(parts) if runner else parts(Event()):
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
    """The same as ``ask``, awaited; cancelling the task stops it."""
    record = Record(on_event)
    try:
        async for part in agent.astream(
            {"messages": [user_message(question, items)]}, _config(thread_id), stream_mode=_MODES, **_WAYS
        ):
            record.add(part)
    except Exception as error:
        _reraise(error)
    return record.answer()


def _config(thread_id: str, stop: Event | None = None) -> RunnableConfig:
    return {"configurable": {"thread_id": thread_id}, "callbacks": [StopModel(stop)] if stop else []}


def _reraise(error: Exception) -> Any:
    """Raise a provider's failure as an AgentError without its trace, which may hold a key."""
    explained = explain(error)
    if explained is None:
        raise error
    raise explained from None

"""One turn of a conversation: ask, watch it happen, get an answer with the tool calls behind it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import BaseCallbackHandler
from langgraph.graph.state import CompiledStateGraph

from mm_agent.agent.answer import Answer, OnEvent
from mm_agent.agent.llm_errors import explain
from mm_agent.agent.message import user_message
from mm_agent.agent.record import Record
from mm_agent.agent.stoppable import Runner, StopModel

if TYPE_CHECKING:
    from mm_agent.media.store import MediaItem

__all__ = ["aask", "ask", "user_message"]


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
        return agent.stream(**_run(question, items, thread_id, StopModel(stop)))

    with _explained():
        for part in runner.run(parts) if runner else parts(Event()):
            record.add(part)
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
    with _explained():
        async for part in agent.astream(**_run(question, items, thread_id)):
            record.add(part)
    return record.answer()


def _run(
    question: str, items: Sequence[MediaItem], thread_id: str, *callbacks: BaseCallbackHandler
) -> dict[str, Any]:
    """One run, for the graph's ``stream`` and ``astream`` alike."""
    return {
        "input": {"messages": [user_message(question, items)]},
        "config": {"configurable": {"thread_id": thread_id}, "callbacks": list(callbacks)},
        "stream_mode": ["messages", "updates", "custom"],
        "version": "v2",
        # A state holds all that was said: kept once a turn (also of one that breaks off), not once a step.
        "durability": "exit",
    }


@contextmanager
def _explained() -> Iterator[None]:
    """Raise a provider's failure as an AgentError without its trace, which may hold a key."""
    try:
        yield
    except Exception as error:
        explained = explain(error)
        if explained is None:
            raise
        raise explained from None

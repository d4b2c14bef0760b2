"""Mends a conversation whose last run broke off: in a tool call, or before an answer.

Chat APIs refuse every later turn of such a history, so one crash (or Ctrl-C) would poison the thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, RemoveMessage, ToolMessage
from langgraph.graph.message import REMOVE_ALL_MESSAGES

INTERRUPTED = "this call was interrupted before it gave a result"
UNANSWERED = "(stopped before an answer)"


class MendHistory(AgentMiddleware):
    """Before a run, closes what earlier runs left open: tool calls by an error, questions by a word."""

    def before_agent(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """Replace the history when something in it is open."""
        mended = mend(state["messages"])
        if len(mended) == len(state["messages"]):
            return None
        return {"messages": [RemoveMessage(id=REMOVE_ALL_MESSAGES), *mended]}

    async def abefore_agent(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """The same, awaited."""
        return self.before_agent(state, runtime)


def mend(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """The messages, each tool call followed by a result, and no question right behind another.

    A result of an open call goes right behind the message that made it, where chat APIs expect it.
    """
    answered = {message.tool_call_id for message in messages if isinstance(message, ToolMessage)}
    mended: list[AnyMessage] = []
    for message in messages:
        if isinstance(message, HumanMessage) and mended and isinstance(mended[-1], HumanMessage):
            mended.append(AIMessage(UNANSWERED))
        mended.append(message)
        if isinstance(message, AIMessage):
            open_calls = [call for call in message.tool_calls if call["id"] not in answered]
            mended += [
                ToolMessage(INTERRUPTED, tool_call_id=call["id"] or "", name=call["name"], status="error")
                for call in open_calls
            ]
    return mended

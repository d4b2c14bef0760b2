"""Collects what the graph streams in one run, passes it on as events, and sums it up."""

from __future__ import annotations

from collections.abc import Mapping
from time import perf_counter
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, RemoveMessage, ToolMessage
from pydantic_core import to_json

from mm_agent.agent.answer import Answer, Event, OnEvent, TextDelta, ToolFinished, ToolStarted, ToolUse, Usage
from mm_agent.agent.citations import cite
from mm_agent.agent.cited import CitedAnswer
from mm_agent.agent.middleware.cite import CITED
from mm_agent.agent.past import PastTurn
from mm_agent.agent.prices import total_cost, who_spoke
from mm_agent.errors import AgentError


class Record:
    """One run, seen through the stream modes ``messages``, ``updates`` and ``custom``."""

    def __init__(self, on_event: OnEvent | None) -> None:
        self._on_event = on_event
        self._began = perf_counter()
        self._first_text: float | None = None
        self._streamed: set[str | None] = set()
        self._said: list[AIMessage] = []
        self._calls: dict[str, Mapping[str, Any]] = {}
        self._seconds: dict[str, float] = {}
        self._structured: Any = None
        self._cited: CitedAnswer | None = None
        # With its place among the calls: those made together end in any order, and an id may come twice.
        self._uses: list[tuple[tuple[int, int], ToolUse]] = []

    def add(self, part: Mapping[str, Any]) -> None:
        """Take one streamed part, ``{"type", "ns", "data"}``."""
        if part["type"] == "messages":
            self._add_text(*part["data"])
        elif part["type"] == "custom":
            self._add_clock(part["data"])
        elif part["type"] == "updates":
            for update in part["data"].values():
                self._add_update(update or {})

    def answer(self) -> Answer:
        """The run summed up.

        Raises:
            AgentError: The model ended without words.
        """
        text = self._text()
        if not text:
            raise AgentError("the language model ended without an answer; ask again, or choose another --llm")
        if self._said[-1].id not in self._streamed:
            self._say(text)
        counts = [message.usage_metadata for message in self._said if message.usage_metadata]
        usage = Usage(
            input_tokens=sum(count["input_tokens"] for count in counts),
            output_tokens=sum(count["output_tokens"] for count in counts),
            model_calls=len(self._said),
            tool_calls=len(self._uses),
            seconds=perf_counter() - self._began,
            first_text_seconds=self._first_text,
            cost=total_cost(self._said),
            llms=who_spoke(self._said),
        )
        uses = tuple(use for _, use in sorted(self._uses, key=lambda placed: placed[0]))
        cited = self._cited or cite([PastTurn("", (), uses, text)])  # a graph that is not by build_agent
        return Answer(text, uses, usage, cited.evidence, cited.unsupported, self._structured)

    def _text(self) -> str:
        """The answer's words; those of a structured one, or all of it."""
        if isinstance(self._structured, CitedAnswer):
            return self._structured.answer.strip()
        said = str(self._said[-1].text).strip() if self._said else ""
        return said if said or self._structured is None else to_json(self._structured).decode()

    def _add_text(self, message: AnyMessage, metadata: Mapping[str, Any]) -> None:
        """Pass on what the model says, piece by piece; middleware that mends a history says nothing new.

        LangChain names the nodes of middleware ``Name.hook``.
        """
        if "." in str(metadata.get("langgraph_node", "")):
            return
        if isinstance(message, AIMessage) and message.text:
            self._streamed.add(message.id)
            self._say(str(message.text))

    def _say(self, text: str) -> None:
        if self._first_text is None:
            self._first_text = perf_counter() - self._began
        self._emit(TextDelta(text))

    def _add_clock(self, data: Any) -> None:
        """Take what ``ToolClock`` writes; tools may write other things to the same stream."""
        if not isinstance(data, Mapping):
            return
        if cited := data.get(CITED):
            self._cited = cited
        elif call := data.get("tool_started"):
            self._calls[call["id"]] = call
            self._emit(ToolStarted(call["id"], call["name"], call["args"]))
        elif call_id := data.get("tool_finished"):
            self._seconds[call_id] = data["seconds"]

    def _add_update(self, update: Mapping[str, Any]) -> None:
        """Take what a node changed; a structured answer given as a tool call is none, and nor is its echo."""
        messages, structured = update.get("messages", []), update.get("structured_response")
        if structured is not None:
            self._structured = structured
            messages = [message for message in messages if not isinstance(message, ToolMessage)]
        self._add_messages(messages)

    def _add_messages(self, messages: list[AnyMessage]) -> None:
        """Take a node's messages; a rewritten history holds nothing new."""
        if any(isinstance(message, RemoveMessage) for message in messages):
            return
        for message in messages:
            if isinstance(message, AIMessage):
                self._said.append(message)
                self._calls.update({call["id"] or "": call for call in message.tool_calls})
            elif isinstance(message, ToolMessage):
                self._add_result(message)

    def _add_result(self, message: ToolMessage) -> None:
        call = self._calls.get(message.tool_call_id, {})
        artifact = message.artifact if isinstance(message.artifact, dict) else None
        use = ToolUse(
            name=str(call.get("name", message.name)),
            args=dict(call.get("args", {})),
            result_text=str(message.text),
            artifact=artifact,
            seconds=self._seconds.get(message.tool_call_id, 0.0),
            failed=message.status == "error",
        )
        self._uses.append((self._place(message.tool_call_id), use))
        self._emit(ToolFinished(message.tool_call_id, use))

    def _place(self, call_id: str) -> tuple[int, int]:
        """Which of the model's messages made the call, and which of its calls it was."""
        ids = [call["id"] for call in self._said[-1].tool_calls] if self._said else []
        return len(self._said), ids.index(call_id) if call_id in ids else len(ids)

    def _emit(self, event: Event) -> None:
        if self._on_event is not None:
            self._on_event(event)

"""Holds each final answer against what the tools returned."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from langchain.agents.middleware import AgentMiddleware

from mm_agent.agent.citations import cite
from mm_agent.agent.cited import CitedAnswer
from mm_agent.agent.past import past_turns

CITED = "cited"


class Cite(AgentMiddleware):
    """Writes ``{"cited": CitedAnswer}`` to the graph's custom stream when a run has its answer.

    Args:
        structured: The run's structured response is a ``CitedAnswer``: what a model claims in it is checked,
            and where it gave none, ours takes its place.
    """

    def __init__(self, *, structured: bool) -> None:
        super().__init__()
        self.structured = structured

    def before_agent(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """Forget what an earlier question's answer was."""
        return {"structured_response": None} if state.get("structured_response") is not None else None

    async def abefore_agent(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """The same, awaited."""
        return self.before_agent(state, runtime)

    def after_agent(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """Find what the answer relies on."""
        said = state.get("structured_response")
        turns = past_turns(state["messages"])
        if isinstance(said, CitedAnswer):
            turns[-1] = replace(turns[-1], text=said.answer)
        cited = cite(turns, said.evidence if isinstance(said, CitedAnswer) else ())
        runtime.stream_writer({CITED: cited})
        return {"structured_response": cited} if self.structured else None

    async def aafter_agent(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """The same, awaited."""
        return self.after_agent(state, runtime)

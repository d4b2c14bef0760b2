"""Ends a run that calls the model again and again, with a line that says so in the question's language."""

from __future__ import annotations

from typing import Any

from langchain.agents.middleware import ModelCallLimitMiddleware, hook_config
from langchain_core.messages import AIMessage

from mm_agent.agent.middleware.language import Choice, spoken
from mm_agent.prompt_files import render


class CallLimit(ModelCallLimitMiddleware):
    """LangChain's limit on model calls in one run, with our words in the message that ends it."""

    def __init__(self, *, calls: int, language: Choice) -> None:
        super().__init__(run_limit=calls, exit_behavior="end")
        self.language: Choice = language

    @hook_config(can_jump_to=["end"])
    def before_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """End the run when the next call would be one too many."""
        update = super().before_model(state, runtime)
        if update is None:
            return None
        language = spoken(state["messages"], self.language)
        line = render("agent_limits/model_calls", language, limit=str(self.run_limit))
        return {**update, "messages": [AIMessage(content=line)]}

    @hook_config(can_jump_to=["end"])
    async def abefore_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """The same, awaited."""
        return self.before_model(state, runtime)

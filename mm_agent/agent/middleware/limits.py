"""Ends a run that uses up its model calls or tokens, with a line that says so in the question's language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelCallLimitMiddleware, hook_config
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage

from mm_agent.agent.middleware.language import Choice, spoken
from mm_agent.agent.prices import COST_KEY
from mm_agent.prompt_files import render

# No model said these lines.
_FREE = {COST_KEY: 0.0}


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
        return {**update, "messages": [AIMessage(content=line, response_metadata=_FREE)]}

    @hook_config(can_jump_to=["end"])
    async def abefore_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """The same, awaited."""
        return self.before_model(state, runtime)


class TokenLimit(AgentMiddleware):
    """A limit on tokens, in and out, in one run; the call that goes over it is the last.

    Args:
        tokens: As the provider counts them.
        language: Of the line that ends the run.
    """

    def __init__(self, *, tokens: int, language: Choice) -> None:
        super().__init__()
        self.tokens = tokens
        self.language: Choice = language

    @hook_config(can_jump_to=["end"])
    def before_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """End the run when its tokens are used up."""
        used = _tokens_of_run(state["messages"])
        if used < self.tokens:
            return None
        language = spoken(state["messages"], self.language)
        line = render("agent_limits/tokens", language, limit=str(self.tokens), used=str(used))
        return {"jump_to": "end", "messages": [AIMessage(content=line, response_metadata=_FREE)]}

    @hook_config(can_jump_to=["end"])
    async def abefore_model(self, state: Any, runtime: Any) -> dict[str, Any] | None:
        """The same, awaited."""
        return self.before_model(state, runtime)


def _tokens_of_run(messages: Sequence[BaseMessage]) -> int:
    """Tokens of the model's messages since the last question."""
    used = 0
    for message in reversed(messages):
        if isinstance(message, HumanMessage):
            break
        if isinstance(message, AIMessage) and message.usage_metadata:
            used += message.usage_metadata["total_tokens"]
    return used

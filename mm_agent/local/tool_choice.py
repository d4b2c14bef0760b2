"""Which tools must, may or may not be called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mm_agent.errors import LocalModelError
from mm_agent.local.tool_format import Tool

ToolChoice = str | bool | dict[str, Any] | None


def chosen(choice: ToolChoice, tools: Sequence[Tool]) -> str:
    """A tool choice in one of its many spellings as ``auto``, ``none``, ``any`` or the name of a tool.

    Raises:
        LocalModelError: It names no such tool, or there are none to call.
    """
    names = [tool["function"]["name"] for tool in tools]
    if isinstance(choice, dict):
        choice = (choice.get("function") or choice).get("name")
    if choice in (None, False, "auto"):
        return "auto"
    if choice == "none":
        return "none"
    if choice in (True, "any", "required") and names:
        return "any"
    if isinstance(choice, str) and choice in names:
        return choice
    raise LocalModelError(
        f"tool_choice {choice!r} is not one of auto, none, any, required, {', '.join(names) or '(no tools)'}"
    )


def must_call(choice: str, tools: Sequence[Tool]) -> list[Tool]:
    """The tools one of which must be called; none when the model is free."""
    if choice in ("auto", "none"):
        return []
    return [tool for tool in tools if choice in ("any", tool["function"]["name"])]

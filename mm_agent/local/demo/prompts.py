"""System prompts and tools in front of the dialogues: the agent's own, in part or whole, and unknown ones."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
from langchain_core.utils.function_calling import convert_to_openai_tool

from mm_agent.agent.middleware.language import system_prompt
from mm_agent.local.demo.generic import random_tool
from mm_agent.local.demo.talk import to_json
from mm_agent.prompt_files import Language

HEAD = (
    "# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
    "You are provided with function signatures within <tools></tools> XML tags:\n<tools>"
)
FOOT = (
    "\n</tools>\n\nFor each function call, return a json object with function name and arguments "
    'within <tool_call></tool_call> XML tags:\n<tool_call>\n{"name": <function-name>, '
    '"arguments": <args-json-object>}\n</tool_call>'
)


@cache
def agent_tools() -> tuple[dict[str, Any], ...]:
    """The schemas of the project's tools."""
    from mm_agent.media import MediaStore
    from mm_agent.vision import SiglipEncoder
    from mm_agent_tools import SiglipToolkit
    from mm_agent_tools.toolkit import BUILT_IN

    kit = SiglipToolkit(
        encoder=SiglipEncoder.from_pretrained("demo", device="cpu"),
        store=MediaStore(),
        include=tuple(BUILT_IN),
    )
    return tuple(convert_to_openai_tool(tool) for tool in kit.get_tools())


def system_text(system: str, tools: list[dict[str, Any]] | tuple[dict[str, Any], ...]) -> str:
    """The system turn as the chat template renders it; empty without both."""
    words = system_words(system, tools)
    return f"<|im_start|>system\n{words}<|im_end|>\n" if words else ""


def system_words(system: str, tools: list[dict[str, Any]] | tuple[dict[str, Any], ...]) -> str:
    """What stands in the system turn."""
    listed = HEAD + "".join(f"\n{to_json(tool)}" for tool in tools) + FOOT if tools else ""
    return "\n\n".join(part for part in (system, listed) if part)


def shortened(language: Language, rng: np.random.Generator) -> str:
    """The agent's system prompt with some lines left out."""
    lines = [line for line in system_prompt(language).split("\n") if rng.random() < 0.7]
    return "\n".join(lines)


def some_tools(names: set[str], rng: np.random.Generator) -> list[dict[str, Any]]:
    """These tools in any order, with a few others and an unknown one now and then."""
    chosen = [tool for tool in agent_tools() if tool["function"]["name"] in names or rng.random() < 0.25]
    if rng.random() < 0.3:
        chosen.append(random_tool(rng))
    return [chosen[index] for index in rng.permutation(len(chosen))]

"""``response_format`` as OpenAI's clients write it: the schema of an answer, and the words that say so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import BaseMessage, HumanMessage, SystemMessage

from mm_agent.errors import LocalModelError
from mm_agent.prompt_files import detect_language, render


@dataclass(frozen=True)
class ResponseFormat:
    """A JSON schema, and whether the model is told of it; the grammar holds to it either way."""

    schema: dict[str, Any]
    told: bool


def read_format(value: Any) -> ResponseFormat | None:
    """Read ``{"type": "json_schema", "json_schema": {"schema": ...}}`` or ``{"type": "json_object"}``.

    A ``json_object`` may carry a ``schema`` of its own, as llama.cpp's server takes it: the answer is held to
    it, and what the model is told is left to the caller.

    Raises:
        LocalModelError: It is something else.
    """
    kind = value.get("type") if isinstance(value, dict) else None
    if value is None or kind == "text":
        return None
    if kind == "json_object":
        return ResponseFormat(value.get("schema") or {"type": "object"}, told=False)
    schema = (value.get("json_schema") or {}).get("schema") if kind == "json_schema" else None
    if not isinstance(schema, dict):
        raise LocalModelError(
            'response_format must be {"type": "json_schema", "json_schema": {"name": ..., "schema": {...}}} '
            'or {"type": "json_object"}'
        )
    return ResponseFormat(schema, told=True)


def tell(messages: Sequence[BaseMessage], schema: dict[str, Any]) -> list[BaseMessage]:
    """Add the schema to the system message, in the language of the question."""
    asked = next((message.text for message in reversed(messages) if isinstance(message, HumanMessage)), "")
    written = json.dumps(schema, ensure_ascii=False)
    words = render("local_model/json_schema", detect_language(str(asked)), schema=written)
    opening = 0
    while opening < len(messages) and isinstance(messages[opening], SystemMessage):
        opening += 1
    return [*messages[:opening], SystemMessage(words), *messages[opening:]]

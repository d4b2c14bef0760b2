"""How a checkpoint writes tool calls, told by its chat template, and calls read back from text."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

ToolFormat = Literal["hermes", "coder"]
Tool = dict[
    str, Any
]  # in OpenAI's form: {"type": "function", "function": {"name", "description", "parameters"}}

_NAME = re.compile(r'"name"\s*:\s*"([^"]+)"')
_FUNCTION = re.compile(r"<function=([^>\n]+)>(.*?)(?:</function>|\Z)", re.DOTALL)
# A parameter that is not closed ends where the next one begins.
_PARAMETER = re.compile(r"<parameter=([^>\n]+)>\n?(.*?)\n?(?:</parameter>|(?=<parameter=)|\Z)", re.DOTALL)


@dataclass(frozen=True)
class CallText:
    """A call as the model wrote it: ``args`` as JSON, or, with an ``error``, the text as it stood."""

    name: str | None
    args: str
    error: str | None = None


def tool_format(template: str) -> ToolFormat | None:
    """The format a chat template shows its model; None when it shows neither."""
    if "<function=" in template:
        return "coder"
    return "hermes" if "<tool_call>" in template else None


def read_call(text: str, form: ToolFormat, tools: Mapping[str, Tool], *, cut: bool = False) -> CallText:
    """Read what stood between ``<tool_call>`` and ``</tool_call>``; nothing is raised for a bad call.

    Args:
        text: The call.
        form: How it is written.
        tools: By name; their schemas type the arguments of calls written as XML.
        cut: The answer ended before the call did; only one whose arguments are whole is a call.
    """
    if form == "hermes":
        return _read_hermes(text)
    if cut and "</function>" not in text:
        found = _FUNCTION.search(text)
        return CallText(found and found[1].strip(), text, "it broke off before </function>")
    return _read_coder(text, tools)


def _read_hermes(text: str) -> CallText:
    """``{"name": ..., "arguments": {...}}``; some checkpoints write the arguments as a JSON string."""
    try:
        call = json.loads(text, strict=False)
        name, args = call["name"], call.get("arguments", call.get("parameters", {}))
        args = json.loads(args, strict=False) if isinstance(args, str) else args
    except (ValueError, KeyError, TypeError, AttributeError):
        found = _NAME.search(text)
        return CallText(found and found[1], text, 'not JSON of the form {"name": ..., "arguments": {...}}')
    if not isinstance(name, str) or not isinstance(args, dict):
        return CallText(name if isinstance(name, str) else None, text, "the arguments are not an object")
    return CallText(name, json.dumps(args, ensure_ascii=False))


def _read_coder(text: str, tools: Mapping[str, Tool]) -> CallText:
    """``<function=name>`` with ``<parameter=x>`` blocks, each typed by the tool's schema."""
    found = _FUNCTION.search(text)
    if not found:
        return CallText(None, text, "no <function=name> block")
    name = found[1].strip()
    fields = properties(tools.get(name))
    args = {
        key.strip(): _typed(value, fields.get(key.strip())) for key, value in _PARAMETER.findall(found[2])
    }
    return CallText(name, json.dumps(args, ensure_ascii=False))


def properties(tool: Tool | None) -> dict[str, Any]:
    """A tool's parameters: each name with its JSON schema."""
    return ((tool or {}).get("function", {}).get("parameters") or {}).get("properties") or {}


def takes_text(schema: Any) -> bool:
    """Whether a parameter's value is written as plain text rather than JSON."""
    kinds = _kinds(schema)
    return not kinds or "string" in kinds


def _typed(value: str, schema: Any) -> Any:
    """A parameter's value by its schema; text where it may be text and where it cannot be read."""
    kinds = _kinds(schema)
    if kinds <= {"string"}:
        return value
    try:
        read = json.loads(value.strip())
    except ValueError:
        read = {"true": True, "false": False, "none": None}.get(value.strip().lower(), value)
    return read if "string" not in kinds or read is None or _kind(read) in kinds else value


def _kinds(schema: Any) -> set[str]:
    """The JSON types a schema allows, one level deep; a reference may be anything but text."""
    if not isinstance(schema, dict):
        return set()
    if "$ref" in schema:
        return {"object"}
    kinds = schema.get("type", [])
    found = {kinds} if isinstance(kinds, str) else set(kinds)
    values = [*schema.get("enum", []), *([schema["const"]] if "const" in schema else [])]
    found |= {_kind(value) for value in values} if not found else set()
    for option in [*schema.get("anyOf", []), *schema.get("oneOf", []), *schema.get("allOf", [])]:
        found |= _kinds(option)
    return found


def _kind(value: Any) -> str:
    """The JSON type of a value."""
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")

"""Grammars (llguidance's Lark) for what must be said: a call of a tool, or JSON by a schema."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from mm_agent.local.speech import CALL, END_CALL
from mm_agent.local.tool_format import Tool, ToolFormat, takes_text

# Spaced as chat templates space it (Python's json.dumps), which is what models have seen.
_JSON = {"whitespace_flexible": False, "item_separator": ", ", "key_separator": ": ", "lenient": True}

END_PARAMETER = "\n</parameter>\n"
TagSymbol = Callable[[str], str]


def forced_grammar(
    *,
    tools: Sequence[Tool] = (),
    form: ToolFormat = "hermes",
    answer: dict[str, Any] | None = None,
    tag: TagSymbol,
) -> str:
    """A grammar for exactly one call of one of the tools, or for an answer by a schema.

    Args:
        tools: The calls allowed.
        form: How calls are written.
        answer: A JSON schema; with tools as well, the model may do either.
        tag: Writes a tag as a grammar symbol: a tokenizer may hold it as a token of its own or not.
    """
    rules: list[str] = []
    starts = [f"{tag(CALL)} {call}" for call in _calls(tools, form, rules, tag)]
    if answer is not None:
        rules.append(f"answer: {_json(answer)}")
        starts.append("answer")
    return "\n".join([f"start: {' | '.join(starts)}", *rules])


def opened_call_grammar(tools: Sequence[Tool], form: ToolFormat, tag: TagSymbol) -> str:
    """A grammar for the rest of one call of one of the tools, behind the tag that opens it."""
    rules: list[str] = []
    return "\n".join([f"start: {' | '.join(_calls(tools, form, rules, tag))}", *rules])


def _calls(tools: Sequence[Tool], form: ToolFormat, rules: list[str], tag: TagSymbol) -> list[str]:
    write = _hermes_call if form == "hermes" else _coder_call
    return [write(index, tool["function"], rules, tag) for index, tool in enumerate(tools)]


def _hermes_call(index: int, function: dict[str, Any], rules: list[str], tag: TagSymbol) -> str:
    head = f'\n{{"name": {json.dumps(function["name"], ensure_ascii=False)}, "arguments": '
    rules.append(f"call_{index}: {_quoted(head)} args_{index} {_quoted('}' + chr(10))} {tag(END_CALL)}")
    rules.append(f"args_{index}: {_json(_parameters(function))}")
    return f"call_{index}"


def _coder_call(index: int, function: dict[str, Any], rules: list[str], tag: TagSymbol) -> str:
    """Qwen3-Coder's form: required parameters must be there, others may be, in the schema's order."""
    schema = _parameters(function)
    definitions = {key: schema[key] for key in ("$defs", "definitions") if key in schema}
    required = set(schema.get("required", []))
    fields = []
    for number, (name, field) in enumerate((schema.get("properties") or {}).items()):
        rule = f"field_{index}_{number}"
        rules.extend(_coder_field(rule, name, {**definitions, **field}))
        fields.append(rule if name in required else f"{rule}?")
    head, foot = _quoted(f"\n<function={function['name']}>\n"), _quoted("</function>\n")
    rules.append(f"call_{index}: {' '.join([head, *fields, foot])} {tag(END_CALL)}")
    return f"call_{index}"


def _coder_field(rule: str, name: str, schema: dict[str, Any]) -> list[str]:
    """One parameter; text stands as it is, anything else as JSON."""
    head = _quoted(f"<parameter={name}>\n")
    if "enum" in schema and all(isinstance(value, str) for value in schema["enum"]):
        values = " | ".join(_quoted(value) for value in schema["enum"])
        return [f"{rule}: {head} ({values}) {_quoted(END_PARAMETER)}"]
    if takes_text(schema):
        text = f"{rule}_text[suffix={_quoted(END_PARAMETER)}]: /(.|\\n)*/"
        return [f"{rule}: {head} {rule}_text", text]
    return [f"{rule}: {head} {rule}_json {_quoted(END_PARAMETER)}", f"{rule}_json: {_json(schema)}"]


def _parameters(function: dict[str, Any]) -> dict[str, Any]:
    return function.get("parameters") or {"type": "object", "properties": {}}


def _json(schema: dict[str, Any]) -> str:
    """A schema in a grammar; an object takes no fields but its own unless it says so."""
    if "properties" in schema:
        schema = {"additionalProperties": False, **schema}
    return f"%json {json.dumps({**schema, 'x-guidance': _JSON}, ensure_ascii=False)}"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)

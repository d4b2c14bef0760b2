"""Tool calls read from text, in both forms; what cannot be read is kept as it stood."""

from __future__ import annotations

import json

import pytest

from mm_agent.local.tool_format import read_call, tool_format
from tests.local.tiny import CODER_TEMPLATE, TEMPLATE

TOOL = {
    "type": "function",
    "function": {
        "name": "look",
        "parameters": {
            "properties": {
                "image": {"type": "string"},
                "count": {"type": "integer"},
                "share": {"type": "number"},
                "deep": {"type": "boolean"},
                "labels": {"type": "array", "items": {"type": "string"}},
                "region": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "limit": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                "code": {"type": ["string", "integer"]},
            }
        },
    },
}
TOOLS = {"look": TOOL}


def coder(**values: str) -> str:
    fields = "".join(f"<parameter={name}>\n{value}\n</parameter>\n" for name, value in values.items())
    return f"\n<function=look>\n{fields}</function>\n"


def test_the_template_tells_the_form() -> None:
    assert tool_format(TEMPLATE.read_text(encoding="utf-8")) == "hermes"
    assert tool_format(CODER_TEMPLATE) == "coder"
    assert tool_format("{{ messages[0].content }}") is None


@pytest.mark.parametrize(
    "text",
    [
        '\n{"name": "look", "arguments": {"image": "img-1", "labels": ["猫", "dog"]}}\n',
        '{"name":"look","parameters":{"image":"img-1","labels":["猫","dog"]}}',
        '{"name": "look", "arguments": "{\\"image\\": \\"img-1\\", \\"labels\\": [\\"猫\\", \\"dog\\"]}"}',
    ],
)
def test_hermes_calls(text: str) -> None:
    call = read_call(text, "hermes", TOOLS)
    assert (call.name, call.error) == ("look", None)
    assert json.loads(call.args) == {"image": "img-1", "labels": ["猫", "dog"]}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('{"name": "look", "arguments": {"image": ', "look"),
        ('{"name": "look", "arguments": ["img-1"]}', "look"),
        ('{"name": "look", "arguments": "img-1"}', "look"),
        ('{"name": 5, "arguments": {}}', None),
        ('{"arguments": {}}', None),
        ("[1, 2]", None),
        ("look(img-1)", None),
        ("", None),
    ],
)
def test_bad_hermes_calls_keep_their_text(text: str, name: str | None) -> None:
    call = read_call(text, "hermes", TOOLS)
    assert call.error
    assert (call.name, call.args) == (name, text)


def test_coder_calls_are_typed_by_the_schema() -> None:
    text = coder(
        image="42",
        count="42",
        share="0.5",
        deep="True",
        labels='["猫"]',
        region="null",
        limit="None",
        code="7a",
    )
    call = read_call(text, "coder", TOOLS)
    assert json.loads(call.args) == {
        "image": "42",
        "count": 42,
        "share": 0.5,
        "deep": True,
        "labels": ["猫"],
        "region": None,
        "limit": None,
        "code": "7a",
    }


def test_coder_text_keeps_its_lines() -> None:
    call = read_call(coder(image="one\n  two </b>\n{three}"), "coder", TOOLS)
    assert json.loads(call.args) == {"image": "one\n  two </b>\n{three}"}


def test_what_is_not_of_its_type_stays_text_for_the_tool_to_refuse() -> None:
    assert json.loads(read_call(coder(count="many"), "coder", TOOLS).args) == {"count": "many"}


def test_a_coder_call_that_forgot_to_close() -> None:
    text = "<function=look>\n<parameter=image>\nimg-1\n<parameter=count>\n2\n</parameter>"
    assert json.loads(read_call(text, "coder", TOOLS).args) == {"image": "img-1", "count": 2}


def test_a_tool_nobody_offered_is_still_read() -> None:
    call = read_call("<function=run>\n<parameter=x>\n1\n</parameter>\n</function>", "coder", TOOLS)
    assert (call.name, json.loads(call.args)) == ("run", {"x": "1"})


def test_a_coder_call_without_a_function_is_kept() -> None:
    call = read_call("{}", "coder", TOOLS)
    assert call.error
    assert (call.name, call.args) == (None, "{}")


@pytest.mark.parametrize("end", [7, 30, 45, 60, 70])
def test_a_coder_call_that_broke_off_is_none(end: int) -> None:
    """Wherever it breaks: also behind a whole parameter, since others may have been to come."""
    text = "<function=look>\n<parameter=image>\nimg-12\n</parameter>\n<parameter=count>\n25\n</parameter>\n"
    call = read_call(text[:end], "coder", TOOLS, cut=True)
    assert call.error
    assert call.args == text[:end]
    assert json.loads(read_call(text + "</function>", "coder", TOOLS, cut=True).args) == {
        "image": "img-12",
        "count": 25,
    }

"""Forced calls and structured output are valid by their schema, from a model that says noise."""

from __future__ import annotations

import json
from enum import Enum
from typing import Annotated, Any, Literal

import jsonschema
import pytest
from langchain.agents import create_agent
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.tools import tool
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from mm_agent.errors import LocalModelError
from mm_agent.local import LocalChatModel
from tests.local import tiny


class Colour(Enum):
    RED = "red"
    BLUE = "蓝"


class Part(BaseModel):
    name: str
    share: float = Field(ge=0, le=1)


class Finding(BaseModel):
    """What was seen."""

    label: str = Field(min_length=3)
    count: int = Field(ge=2, le=900)
    colour: Colour
    sure: bool
    parts: list[Part] = Field(min_length=1)
    note: str | None = None
    place: Literal["left", "right"] = "left"


class FindingDict(TypedDict):
    """What was seen."""

    label: Annotated[str, ..., "what it is"]
    count: Annotated[int, ..., "how many"]


@tool
def look(image: str, labels: list[str], deep: bool = False, limit: int | None = None) -> str:
    """Look at a picture."""
    return image


@tool
def count(image: str, place: Literal["left", "right"]) -> str:
    """Count things."""
    return image


@pytest.fixture(scope="module")
def coder(tmp_path_factory: pytest.TempPathFactory) -> LocalChatModel:
    """A model whose template writes calls as Qwen3-Coder does and opens the reasoning itself."""
    folder = tiny.make_model(tmp_path_factory.mktemp("coder"), tiny.CODER_TEMPLATE)
    model = LocalChatModel(model=folder, device="cpu", dtype="float32")
    model.load()
    return model


def check_call(message: AIMessage, tools: tuple = (look, count)) -> None:
    assert message.invalid_tool_calls == []
    assert message.text == ""
    (call,) = message.tool_calls
    schema = {tool.name: tool.tool_call_schema.model_json_schema() for tool in tools}[call["name"]]
    jsonschema.validate(call["args"], schema)
    assert call["id"]
    assert message.response_metadata["finish_reason"] == "tool_calls"


@pytest.mark.parametrize("limit", [90, 300])
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("form", ["hermes", "coder"])
def test_a_forced_call_is_valid(
    model: LocalChatModel, coder: LocalChatModel, form: str, seed: int, limit: int
) -> None:
    chosen = model if form == "hermes" else coder
    forced = chosen.bind_tools([look, count], tool_choice="any", temperature=1.5, seed=seed, max_tokens=limit)
    check_call(forced.invoke("图里有什么？"))


@pytest.mark.parametrize("choice", ["look", {"type": "function", "function": {"name": "look"}}])
def test_a_named_tool_is_called(model: LocalChatModel, coder: LocalChatModel, choice: Any) -> None:
    for chosen in (model, coder):
        message = chosen.bind_tools([count, look], tool_choice=choice, max_tokens=90).invoke("Hello")
        check_call(message)
        assert message.tool_calls[0]["name"] == "look"


def test_a_streamed_call_is_the_same(model: LocalChatModel) -> None:
    forced = model.bind_tools([look], tool_choice="any", max_tokens=90)
    chunks = list(forced.stream("Hello"))
    assert len([chunk for chunk in chunks if getattr(chunk, "tool_call_chunks", None)]) == 1
    full: Any = sum(chunks[1:], chunks[0])
    assert [call["args"] for call in full.tool_calls] == [
        call["args"] for call in forced.invoke("Hello").tool_calls
    ]


@pytest.mark.parametrize("choice", ["weigh", "", {"name": "weigh"}])
def test_a_choice_of_no_tool_is_refused(model: LocalChatModel, choice: Any) -> None:
    with pytest.raises(LocalModelError, match="is not one of auto, none, any, required, look, count"):
        model.bind_tools([look, count], tool_choice=choice)


def test_no_tool_may_be_called(model: LocalChatModel) -> None:
    plain = model.invoke("Hello")
    assert model.bind_tools([look], tool_choice="none").invoke("Hello").text == plain.text


@pytest.mark.parametrize("limit", [110, 250])
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("method", ["json_schema", "json_mode", "function_calling"])
def test_structured_output_is_valid(model: LocalChatModel, method: Any, seed: int, limit: int) -> None:
    warm = model.model_copy(update={"temperature": 1.5, "seed": seed, "max_tokens": limit})
    found = warm.with_structured_output(Finding, method=method).invoke("What is there?")
    assert isinstance(found, Finding)


@pytest.mark.parametrize("method", ["json_schema", "json_mode", "function_calling"])
def test_dicts_of_typed_dicts_and_schemas(model: LocalChatModel, method: Any) -> None:
    warm = model.model_copy(update={"max_tokens": 200})
    found = warm.with_structured_output(FindingDict, method=method).invoke("What is there?")
    assert set(found) == {"label", "count"}
    assert isinstance(found["count"], int)
    schema = Finding.model_json_schema()
    jsonschema.validate(warm.with_structured_output(schema, method=method).invoke("?"), schema)


def test_the_coder_template_gives_json_too(coder: LocalChatModel) -> None:
    found = coder.model_copy(update={"max_tokens": 150}).with_structured_output(Finding).invoke("?")
    assert isinstance(found, Finding)


def test_include_raw(model: LocalChatModel) -> None:
    warm = model.model_copy(update={"max_tokens": 150})
    result = warm.with_structured_output(Finding, include_raw=True).invoke("?")
    assert result["parsing_error"] is None
    assert result["parsed"] == Finding.model_validate_json(result["raw"].text)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"type": "array", "items": {"type": "number"}, "minItems": 3},
        {"properties": {"a": {"type": "string", "pattern": "^[a-c]{2,4}$"}}, "required": ["a"]},
        {"properties": {"when": {"type": "string", "format": "date"}}, "required": ["when"]},
        {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "object"}}},
        {"anyOf": [{"type": "integer", "minimum": 12}, {"enum": ["猫", "dog"]}]},
    ],
)
@pytest.mark.parametrize("limit", [24, 80])
def test_any_schema(model: LocalChatModel, schema: dict[str, Any], limit: int) -> None:
    asked = {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
    for seed in range(2):
        message = model.invoke("?", response_format=asked, temperature=1.5, seed=seed, max_tokens=limit)
        jsonschema.validate(json.loads(str(message.text)), schema)


def test_the_model_is_told_the_schema_in_the_questions_language(model: LocalChatModel) -> None:
    asked = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "integer"}}}
    counts = []
    for question in ("Hello", "你好"):
        told, bare = model.invoke(question, response_format=asked), model.invoke(question)
        counts.append(told.usage_metadata["input_tokens"] - bare.usage_metadata["input_tokens"])  # pyright: ignore
    assert min(counts) > 40
    assert counts[0] != counts[1]


def test_too_little_room_is_said_at_once(model: LocalChatModel) -> None:
    with pytest.raises(LocalModelError, match=r"shortest answer .* takes \d+ tokens and 5 are left"):
        model.with_structured_output(Finding).bind(max_tokens=5).invoke("?")


def test_what_cannot_be_enforced_is_one_line(model: LocalChatModel) -> None:
    asked = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "nothing"}}}
    with pytest.raises(LocalModelError, match="the schema cannot be enforced") as caught:
        model.invoke("?", response_format=asked)
    assert "\n" not in str(caught.value)
    with pytest.raises(LocalModelError, match="response_format must be"):
        model.invoke("?", response_format={"type": "xml"})
    with pytest.raises(LocalModelError, match="method 'regex' is not one of"):
        model.with_structured_output(Finding, method="regex")  # pyright: ignore


def test_an_agent_with_a_response_format(model: LocalChatModel) -> None:
    warm = model.model_copy(update={"max_tokens": 150})
    agent = create_agent(warm, [], response_format=Finding)
    result = agent.invoke({"messages": [HumanMessage("What is there?")]})
    assert isinstance(result["structured_response"], Finding)

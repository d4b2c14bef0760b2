"""Calls of a free answer: whatever a model wants to write, a tool that exists and arguments of its schema."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import torch
from langchain_core.tools import tool

from mm_agent.local import LocalChatModel
from mm_agent.local.call_guard import CallGuard
from mm_agent.local.grammar import opened_call_grammar
from mm_agent.local.loaded import LoadedModel, load
from mm_agent.local.sampling import Sampler, Sampling
from mm_agent.local.tool_format import ToolFormat, read_call
from tests.local import tiny

COUNT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "image": {"type": "string", "enum": ["img-1", "img-2"]},
        "most": {"type": "integer", "minimum": 1, "maximum": 9},
    },
    "required": ["image"],
    "additionalProperties": False,
}
LOOK: dict[str, Any] = {"type": "object", "properties": {"deep": {"type": "boolean"}}, "required": ["deep"]}
SCHEMAS = {"count": COUNT, "look": LOOK}


@pytest.fixture(scope="module", params=["hermes", "coder"])
def loaded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    """A model whose template writes calls in one of the two forms."""
    template = tiny.CODER_TEMPLATE if request.param == "coder" else None
    return load(tiny.make_model(Path(tmp_path_factory.mktemp(request.param)), template), device="cpu")


def _guard(loaded: LoadedModel, schemas: dict[str, dict[str, Any]]) -> tuple[CallGuard, ToolFormat]:
    assert loaded.form
    tools = [{"type": "function", "function": {"name": n, "parameters": p}} for n, p in schemas.items()]
    grammar = opened_call_grammar(tools, loaded.form, loaded.tag)
    opening = loaded.tokenizer.get_vocab()["<tool_call>"]
    return CallGuard(loaded.grammar_tokenizer, grammar, opening), loaded.form


@pytest.mark.parametrize("seed", range(4))
def test_noise_becomes_a_call_of_a_tool_and_is_free_before_and_after(loaded: LoadedModel, seed: int) -> None:
    guard, form = _guard(loaded, SCHEMAS)
    vocabulary, size = loaded.tokenizer.get_vocab(), len(loaded.tokenizer)
    torch.manual_seed(seed)
    sampler = Sampler(Sampling(temperature=1.0, seed=seed))
    wanted = [vocabulary["</tool_call>"], vocabulary["<tool_call>"]]  # a free answer may say what it likes
    said = [guard.choose(_spike(size, token), [], sampler) for token in wanted]
    assert said == wanted
    call: list[int] = []
    while not call or call[-1] != vocabulary["</tool_call>"]:
        call.append(guard.choose(torch.randn(size), call, sampler))
    read = read_call(str(loaded.tokenizer.decode(call[:-1])), form, {})
    assert read.error is None
    assert read.name in SCHEMAS
    if form == "hermes":
        jsonschema.validate(json.loads(read.args), SCHEMAS[read.name])
    assert set(json.loads(read.args)) <= set(SCHEMAS[read.name]["properties"])
    assert guard.choose(_spike(size, 65), [], sampler) == 65


def test_a_schema_that_no_grammar_holds_leaves_the_call_as_it_comes(loaded: LoadedModel) -> None:
    guard, _ = _guard(loaded, {"odd": {"type": "object", "properties": {"x": {"type": "no such type"}}}})
    size, sampler = len(loaded.tokenizer), Sampler(Sampling())
    for token in (loaded.tokenizer.get_vocab()["<tool_call>"], 65, 66):
        assert guard.choose(_spike(size, token), [], sampler) == token


@tool
def sticluncoo(city: bool) -> str:
    """Looks up the plimb."""
    return str(city)


def test_the_demo_model_calls_tools_it_never_heard_of() -> None:
    """Without the guard it takes another word of the question for the tool's name."""
    model = LocalChatModel(model="demo", temperature=0.0, max_tokens=120).bind_tools([sticluncoo])
    for question in ("I need the outcome of sticluncoo, where city = true.", "sticluncoo with city = true!"):
        (call,) = model.invoke(question).tool_calls
        assert (call["name"], call["args"]) == ("sticluncoo", {"city": True})


def _spike(size: int, token: int) -> torch.Tensor:
    logits = torch.full((size,), -10.0)
    logits[token] = 10.0
    return logits

"""Calls that arrive together are one batch, and what was computed before is not computed again."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage
from langchain_core.tools import tool

from mm_agent.errors import LocalModelError
from mm_agent.local import LocalChatModel
from mm_agent.local.prefixes import Prefixes
from tests.local import tiny

QUESTIONS = [
    "Hi",
    "图里有几只猫？",
    "What is in the picture? " * 20,
    "1",
    "Ile kotów?",
    "Hello, how are you?",
]


@pytest.fixture
def shapes(kept: LocalChatModel, monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """The (rows, tokens) of every forward pass."""
    inner, seen = kept.load().model, []
    forward = inner.forward

    def watched(*, input_ids: torch.Tensor, **kwargs: object) -> object:
        seen.append(tuple(input_ids.shape))
        return forward(input_ids=input_ids, **kwargs)

    monkeypatch.setattr(inner, "forward", watched)
    return seen


@tool
def look(image: str, deep: bool) -> str:
    """Look at a picture."""
    return image


async def test_concurrent_answers_equal_those_given_alone(
    model: LocalChatModel, shapes: list[tuple[int, int]]
) -> None:
    alone = [model.invoke(question, reuse_prompt=False).text for question in QUESTIONS]
    assert {rows for rows, _ in shapes} == {1}
    together = await asyncio.gather(*[model.ainvoke(q, reuse_prompt=False) for q in QUESTIONS])
    assert [message.text for message in together] == alone
    assert max(rows for rows, _ in shapes) == len(QUESTIONS)


def test_each_keeps_its_own_limits_stops_seeds_and_grammar(
    model: LocalChatModel, shapes: list[tuple[int, int]]
) -> None:
    stop = str(model.invoke("Hello").text)[5:8]
    kinds = [
        model.bind(max_tokens=7),
        model.bind(stop=[stop], max_tokens=60),
        model.bind(temperature=1.2, seed=5, max_tokens=33),
        model.bind_tools([look], tool_choice="any", max_tokens=90),
        model.bind(max_tokens=70),
    ]

    def said(message: AIMessage) -> tuple[str, list]:
        return str(message.text), [call["args"] for call in message.tool_calls]

    alone = [said(kind.invoke("Hello")) for kind in kinds]
    shapes.clear()
    with ThreadPoolExecutor(len(kinds)) as pool:
        together = list(pool.map(lambda kind: said(kind.invoke("Hello")), kinds))
    assert together == alone
    assert max(rows for rows, _ in shapes) > 1


async def test_one_that_leaves_disturbs_no_other(model: LocalChatModel) -> None:
    alone = model.invoke("Hello", max_tokens=120).text
    others = [asyncio.ensure_future(model.ainvoke(f"{n}", max_tokens=2000)) for n in range(3)]
    staying = asyncio.ensure_future(model.ainvoke("Hello", max_tokens=120))
    await asyncio.sleep(0.05)
    for other in others:
        other.cancel()
    assert (await staying).text == alone
    await asyncio.gather(*others, return_exceptions=True)


async def test_one_that_fails_fails_alone(model: LocalChatModel) -> None:
    alone = model.invoke("Hello").text
    results = await asyncio.gather(
        model.ainvoke("x", timeout=0.01, max_tokens=3000), model.ainvoke("Hello"), return_exceptions=True
    )
    assert isinstance(results[0], LocalModelError)
    assert isinstance(results[1], AIMessage)
    assert results[1].text == alone


async def test_more_than_fit_wait_their_turn(model: LocalChatModel, shapes: list[tuple[int, int]]) -> None:
    alone = [model.invoke(f"{n}", max_tokens=9).text for n in range(40)]
    together = await asyncio.gather(*[model.ainvoke(f"{n}", max_tokens=9) for n in range(40)])
    assert [message.text for message in together] == alone
    assert max(rows for rows, _ in shapes) <= 16


def test_a_model_failing_inside_reaches_the_caller_and_the_next_call_works(
    model: LocalChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = model.load().model
    with monkeypatch.context() as patch:
        patch.setattr(inner, "forward", lambda **_: (_ for _ in ()).throw(ValueError("boom")))
        with pytest.raises(ValueError, match="boom"):
            model.invoke("Hello")
    assert model.invoke("Hello").text


def conversation(model: LocalChatModel, *, reuse: bool) -> tuple[list[str], list[int]]:
    """Four turns: what was said, and how many tokens of each prompt were known already."""
    messages: list[BaseMessage] = [SystemMessage("You look at pictures. " * 10)]
    said, known = [], []
    for question in ["Hello", "图里有几只猫？", "And dogs?", "Are you sure?"]:
        messages.append(HumanMessage(question))
        message = model.invoke(messages, reuse_prompt=reuse)
        messages.append(message)
        said.append(str(message.text))
        known.append(message.usage_metadata["input_token_details"]["cache_read"])  # pyright: ignore
    return said, known


def test_a_conversation_computes_only_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = LocalChatModel(model=tiny.make_model(tmp_path), device="cpu", dtype="float32", max_tokens=24)
    said, known = conversation(model, reuse=False)
    assert known == [0, 0, 0, 0]
    inner, new = model.load().model, []
    forward = inner.forward

    def watched(*, input_ids: torch.Tensor, **kwargs: object) -> object:
        new.append(input_ids.shape[1])
        return forward(input_ids=input_ids, **kwargs)

    monkeypatch.setattr(inner, "forward", watched)
    said_again, known_again = conversation(model, reuse=True)
    assert said_again == said
    assert known_again[0] == 0
    assert 100 < known_again[1] < known_again[2] < known_again[3]
    # The first prompt is computed whole, of the others only the end.
    prompts = [count for count in new if count > 1]
    assert prompts[0] > 100
    assert sum(prompts[1:]) < prompts[0]


def test_a_prompt_seen_before_is_not_computed_again(model: LocalChatModel) -> None:
    first = model.invoke("A question nobody asked before")
    second = model.invoke("A question nobody asked before")
    assert second.text == first.text
    details = second.usage_metadata["input_token_details"]  # pyright: ignore
    assert details["cache_read"] == first.usage_metadata["input_tokens"] - 1  # pyright: ignore


def rows(count: int) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """Keys and values of ``count`` tokens, 8 bytes each."""
    return [(torch.arange(count).view(1, 1, count, 1).float(), torch.zeros(1, 1, count, 1))]


def test_prefixes_give_the_longest_beginning() -> None:
    kept = Prefixes()
    kept.add([1, 2, 3], rows(3))
    kept.add([1, 2, 9, 9], rows(4))
    length, found = kept.find([1, 2, 3, 4, 5])
    assert length == 3
    assert found is not None
    assert found[0][0].shape == (1, 1, 3, 1)
    assert kept.find([1, 2, 3])[0] == 2  # the last token is always computed: its logits are wanted
    assert kept.find([7, 7]) == (0, None)


def test_prefixes_forget_what_was_used_least_lately() -> None:
    kept = Prefixes(max_bytes=8 * 10)
    kept.add([1] * 4, rows(4))
    kept.add([2] * 4, rows(4))
    kept.find([1] * 5)
    kept.add([3] * 4, rows(4))
    assert [kept.find([token] * 5)[0] for token in (1, 2, 3)] == [4, 0, 4]


def test_a_longer_entry_takes_the_place_of_its_beginning() -> None:
    kept = Prefixes(max_bytes=8 * 10)
    for length in range(1, 11):
        kept.add([5] * length, rows(length))
    assert kept.find([5] * 11)[0] == 10


def test_models_whose_cache_cannot_be_cut_answer_one_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tiny.make_model(tmp_path, use_sliding_window=True, sliding_window=8, max_window_layers=1)
    model = LocalChatModel(model=folder, device="cpu", dtype="float32", max_tokens=12)
    inner, seen = model.load().model, set()
    forward = inner.forward

    def watched(*, input_ids: torch.Tensor, **kwargs: object) -> object:
        seen.add(input_ids.shape[0])
        return forward(input_ids=input_ids, **kwargs)

    monkeypatch.setattr(inner, "forward", watched)
    alone = [model.invoke(question).text for question in QUESTIONS]
    with ThreadPoolExecutor(4) as pool:
        assert [message.text for message in pool.map(model.invoke, QUESTIONS)] == alone
    assert seen == {1}

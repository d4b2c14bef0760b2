"""Reasoning, text and calls told apart, whatever pieces the text comes in."""

from __future__ import annotations

import pytest

from mm_agent.local.speech import Part, Speech
from mm_agent.local.tool_format import ToolFormat

PIECES = [1, 2, 3, 5, 1000]


def split(text: str, piece: int, form: ToolFormat | None = "hermes", *, thinking: bool = False) -> list[Part]:
    """The parts of a text that comes in pieces, joined as far as they are of one kind."""
    speech = Speech(form, thinking=thinking)
    parts = [part for at in range(0, len(text), piece) for part in speech.add(text[at : at + piece])]
    joined: list[Part] = []
    for part in [*parts, *speech.end()]:
        if joined and joined[-1].kind == part.kind != "call":
            joined[-1] = Part(part.kind, joined[-1].text + part.text)
        else:
            joined.append(part)
    return joined


@pytest.mark.parametrize("piece", PIECES)
def test_all_kinds(piece: int) -> None:
    text = "<think>\nIs a<b?\n\nYes.\n</think>\n\nLooking.\n"
    text += "<tool_call>\n{1}\n</tool_call>\n<tool_call>{2}</tool_call>"
    assert split(text, piece) == [
        Part("reasoning", "Is a<b?\n\nYes."),
        Part("text", "Looking."),
        Part("call", "\n{1}\n"),
        Part("call", "{2}"),
    ]


@pytest.mark.parametrize("piece", PIECES)
def test_reasoning_the_prompt_opened(piece: int) -> None:
    text = "先数一数。\n</think>\n\n三只 <猫>"
    expected = [Part("reasoning", "先数一数。"), Part("text", "三只 <猫>")]
    assert split(text, piece, thinking=True) == expected


@pytest.mark.parametrize("piece", PIECES)
def test_without_tools_their_tags_are_text(piece: int) -> None:
    assert split("say <tool_call> x", piece, None) == [Part("text", "say <tool_call> x")]


@pytest.mark.parametrize("piece", PIECES)
def test_an_empty_thought_is_nothing(piece: int) -> None:
    assert split("<think>\n\n</think>\n\nHi", piece) == [Part("text", "Hi")]


@pytest.mark.parametrize("piece", PIECES)
def test_think_within_an_answer_is_text(piece: int) -> None:
    text = "The tag <think> opens it, </think> ends it."
    assert split(text, piece) == [Part("text", text)]


@pytest.mark.parametrize("piece", PIECES)
def test_a_coders_call_without_its_opening_tag(piece: int) -> None:
    text = "I look.\n<function=look>\n<parameter=a>\n1\n</parameter>\n</function>\n</tool_call>"
    call = "<function=look>\n<parameter=a>\n1\n</parameter>\n</function>"
    assert split(text, piece, "coder") == [Part("text", "I look."), Part("call", call)]


@pytest.mark.parametrize("piece", PIECES)
def test_a_call_that_was_cut_off(piece: int) -> None:
    assert split('<tool_call>\n{"name": "lo', piece) == [Part("call", '\n{"name": "lo', cut=True)]


@pytest.mark.parametrize("piece", PIECES)
def test_half_a_tag_at_the_end_is_text(piece: int) -> None:
    assert split("a <tool_", piece) == [Part("text", "a <tool_")]


@pytest.mark.parametrize("piece", PIECES)
def test_text_after_a_call_begins_a_line(piece: int) -> None:
    parts = split("One <tool_call>{}</tool_call> two", piece)
    assert parts == [Part("text", "One"), Part("call", "{}"), Part("text", "\ntwo")]


def test_text_comes_as_soon_as_it_is_certain() -> None:
    speech = Speech("hermes")
    assert [part.text for part in speech.add("Hi <b")] == ["Hi <b"]
    assert [part.text for part in speech.add(" <tool")] == []
    assert [part.text for part in speech.add("s>")] == [" <tools>"]

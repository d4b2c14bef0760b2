"""Names that hold words of the grammar stay whole while a question is parsed."""

from __future__ import annotations

import pytest

from mm_agent.agent.planner import intents as want
from mm_agent.agent.planner.masking import mask, unmask, unmask_all
from mm_agent.agent.planner.sentences import known_in


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("is there a plate of fish and chips", "is there a "),
        ("where is the can opener", "where is the "),
        ("are there horse-drawn carriages", "are there "),
        ("图书馆里有人吗", "里有人吗"),
        ("有没有和服", "有没有"),
        ("几根面条", "几根"),
        ("有没有有轨电车", "有没有"),
    ],
)
def test_a_name_becomes_one_letter_and_comes_back(text: str, kept: str) -> None:
    masked = mask(text)
    assert len(masked) == len(kept) + 1
    assert unmask(masked) == text


@pytest.mark.parametrize(
    "text", ["a cat and a dog", "画面包含什么", "图里有什么", "照片里面有几只猫", "can you see it"]
)
def test_grammar_stays(text: str) -> None:
    assert mask(text) == text


def test_all_words_of_an_intent_come_back() -> None:
    masked = want.Presence((mask("trash can"), "cat"), every=False)
    assert masked.nouns[0] != "trash can"
    assert unmask_all(masked) == want.Presence(("trash can", "cat"), every=False)
    assert unmask_all(want.CountCheck(mask("和服"), 2)) == want.CountCheck("和服", 2)


@pytest.mark.parametrize(
    ("sentence", "nouns"),
    [
        ("two cats on an orange background", ["cat"]),
        ("a cat and an orange", ["cat", "orange"]),
        ("a cat sits on top of a car", ["cat", "car"]),
        ("a man is running with his golden retriever", ["man", "golden retriever"]),
        ("a hot dog", ["hot dog"]),
        ("一个女孩在海边", ["girl", "beach"]),
        ("三头大象和一头牛", ["elephant", "cattle"]),
        ("桌上有一件T恤", ["T-shirt"]),
        ("nothing of note", []),
    ],
)
def test_things_of_a_sentence(sentence: str, nouns: list[str]) -> None:
    assert known_in(sentence) == nouns

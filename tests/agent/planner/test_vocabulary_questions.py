"""The things of the vocabulary can be asked for in both languages."""

from __future__ import annotations

import pytest

from mm_agent.agent.planner import intents as want
from mm_agent.agent.planner.contrasts import claims
from mm_agent.agent.planner.parse import parse_question
from mm_agent.vision.vocabulary import COLOURS, Colour, Concept, find, stickers, world

DRAWN = [thing for one in stickers().concepts if (thing := find(one.en))]
# What a rule must take for something else: "can you", "the picture", 几 of 有几, a sum in 项.
AMBIGUOUS = {"can", "painting", "moustache", "money", "buddha_statue", "mud", "sunny_weather", "frost"}
AMBIGUOUS |= {"car_accident", "sports", "incense"}
ALL = [thing for thing in dict.fromkeys([*DRAWN, *world().concepts[::6]]) if thing.key not in AMBIGUOUS]
BATCHES = [ALL[start : start + 20] for start in range(0, len(ALL), 20)]


def article(thing: Concept) -> str:
    noun = thing.singular_en
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}" if thing.takes_article else noun


def wrong(pairs: dict[str, want.Intent]) -> dict[str, object]:
    """The questions that are not understood, with what was understood instead."""
    got = {question: parse_question(question).intents for question in pairs}
    return {question: found for question, found in got.items() if found != (pairs[question],)}


@pytest.mark.parametrize("things", BATCHES, ids=[things[0].key for things in BATCHES])
def test_each_thing(things: list[Concept]) -> None:
    for thing in things:
        ask_for(thing)


def ask_for(thing: Concept) -> None:
    count, presence, where = want.Count((thing.en,)), want.Presence((thing.en,)), want.Where((thing.en,))
    assert not wrong(
        {
            f"How many {thing.en_plural} are there?": count,
            f"Count the {thing.en_plural}.": count,
            f"图里有几{thing.zh_measure}{thing.zh}？": count,
            f"数一数有几{thing.zh_measure}{thing.zh}。": count,
            f"{thing.zh}有几{thing.zh_measure}？": count,
            f"Is there {article(thing)} in the picture?": presence,
            f"Do you see any {thing.en_plural}?": presence,
            f"有没有{thing.zh}？": presence,
            f"你能看到{thing.zh}吗？": presence,
            f"Where is the {thing.en}?": where,
            f"{thing.zh}在哪里？": where,
            f"Which picture has {article(thing)}?": want.WhichPicture(thing.en),
            f"哪张图里有{thing.zh}？": want.WhichPicture(thing.en),
            f"and {thing.en_plural}?": want.FollowUp((thing.en,)),
            f"那{thing.zh}呢？": want.FollowUp((thing.en,)),
        }
    )


@pytest.mark.parametrize("index", range(0, len(ALL), 7))
def test_choices(index: int) -> None:
    first, second, third = (ALL[(index + step) % len(ALL)] for step in (0, 17, 60))
    assert not wrong(
        {
            f"Is this {article(first)} or {article(second)}?": want.Choose((first.en, second.en)),
            f"Is it {first.en}, {second.en} or {third.en}?": want.Choose((first.en, second.en, third.en)),
            f"图里是{first.zh}、{second.zh}还是{third.zh}？": want.Choose((first.en, second.en, third.en)),
        }
    )


@pytest.mark.parametrize("thing", DRAWN[::5], ids=[thing.key for thing in DRAWN[::5]])
def test_claims_of_a_sentence(thing: Concept) -> None:
    english = claims(f"two {thing.en_plural} on a red background")
    chinese = claims(f"红色背景上有两{thing.zh_measure}{thing.zh}")
    assert english == chinese
    assert (english.nouns, english.number, english.background) == ((thing.en,), 2, "red")


@pytest.mark.parametrize("colour", COLOURS, ids=[colour.en for colour in COLOURS])
def test_colours(colour: Colour) -> None:
    claimed = want.Colour(claimed=colour.en)
    assert not wrong({f"Is the background {colour.en}?": claimed, f"背景是{colour.zh}吗？": claimed})

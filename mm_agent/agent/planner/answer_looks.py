"""Answers about what is in a picture, its colours, and one word out of several."""

from __future__ import annotations

from mm_agent.agent.planner import intents as want
from mm_agent.agent.planner.calls import choose_call, colour_call, colour_labels, tags_call
from mm_agent.agent.planner.dialogue import Turn
from mm_agent.agent.planner.nouns import article, canonical, counted, is_countable, said
from mm_agent.agent.planner.numbers import colour_name
from mm_agent.agent.planner.places import part_words
from mm_agent.agent.planner.plan import part_handle, present_things
from mm_agent.agent.planner.wording import (
    WEAK_SHARE,
    count_of,
    evidence_of,
    listed,
    one,
    say,
    score,
    scores,
    spaced,
)


def identify(intent: want.Identify, turn: Turn, handle: str) -> str:
    """What a picture, or a part of it, shows."""
    part = part_handle(turn, handle, intent.place)
    evidence = evidence_of(turn, tags_call(part))
    things = present_things(part, turn.findings)
    where = handle
    if intent.place and part != handle:
        where = say(
            "part", turn.language, place=part_words(intent.place, turn.language), handle=handle, region=part
        )
    if not things:
        best = evidence["labels"][0]
        noun = said(canonical(best["label"]), turn.language)
        return say("identify_unsure", turn.language, handle=where, noun=noun, score=score(best["score"]))
    words = listed([one(noun, turn.language) for noun, _ in things], turn.language)
    shares = scores([value for _, value in things], turn.language)
    return say("identify", turn.language, things=words, handle=where, scores=shares)


def describe(intent: want.Describe, turn: Turn, handle: str) -> str:
    """What, how many, on which background."""
    things = summary(turn, handle)
    if not things:
        sentences = (identify(want.Identify(), turn, handle), colour(want.Colour(), turn, handle))
        return spaced(sentences, turn.language)
    return say("describe", turn.language, handle=handle, things=on_background(turn, handle, things))


def summary(turn: Turn, handle: str) -> str:
    """The things of a picture with their numbers and scores, empty when nothing was recognised."""
    words = []
    for noun, value in present_things(handle, turn.findings):
        about, share = count_of(turn, handle, noun) if is_countable(noun) else (0, 0.0)
        sure = about and share >= WEAK_SHARE
        thing = counted(noun, about, turn.language) if sure else one(noun, turn.language)
        tool = "count_objects" if sure else "classify_image"
        words.append(
            say("counted", turn.language, thing=thing, tool=tool, score=score(share if sure else value))
        )
    return listed(words, turn.language)


def on_background(turn: Turn, handle: str, things: str) -> str:
    """Things with the colour behind them, where one stands out; in photographs it seldom does."""
    found, value = top_colour(turn, handle, None)
    name = colour_name(found, turn.language)
    if value < WEAK_SHARE:
        return things
    named = article(name) if turn.language == "en" else name
    return say("on_background", turn.language, things=things, colour=named, score=score(value))


def top_colour(turn: Turn, handle: str, thing: str | None) -> tuple[str, float]:
    """The colour with the largest share, and that share."""
    best = evidence_of(turn, colour_call(handle, thing))["labels"][0]
    return colour_labels(thing)[best["label"]], float(best["score"])


def colour(intent: want.Colour, turn: Turn, handle: str) -> str:
    """Which colour, or whether it is the one that was claimed."""
    found, value = top_colour(turn, handle, intent.thing)
    thing = said(intent.thing, turn.language) if intent.thing else say("the_background", turn.language)
    values = {
        "thing": thing,
        "handle": handle,
        "score": score(value),
        "colour": colour_name(found, turn.language),
    }
    if value < WEAK_SHARE:
        return say("colour_unsure", turn.language, **values)
    if intent.claimed:
        return say("colour_yes" if found == intent.claimed else "colour_no", turn.language, **values)
    return say("colour", turn.language, **values)


def choose(intent: want.Choose, turn: Turn, handle: str) -> str:
    """Which of several words fits best."""
    evidence = evidence_of(turn, choose_call(handle, intent.options))
    best = evidence["labels"][0]
    noun = canonical(best["label"])
    values = {"handle": handle, "thing": one(noun, turn.language), "score": score(best["score"])}
    if evidence.get("none_of_these"):
        return say("choose_none", turn.language, **values)
    if best["score"] < max(WEAK_SHARE, 1.2 / len(intent.options)):  # hardly more than chance
        return say("choose_unsure", turn.language, **values)
    return say("choose", turn.language, **values)

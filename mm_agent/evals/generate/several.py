"""Cases about several pictures, clips, several turns, and questions nobody can answer."""

from __future__ import annotations

from mm_agent.evals.generate.dice import Dice, Fields, call, calls, count_call, noun_rule, number
from mm_agent.evals.generate.wording import CORNERS, PLACES
from mm_agent.vision.vocabulary import COLOURS, Concept, concepts


def which_picture(dice: Dice) -> Fields:
    """In which of three pictures a thing is."""
    found, right = dice.things(3), int(dice.rng.integers(3))
    return {
        "media": [dice.scene((thing, dice.copies(3))) for thing in found],
        "ask": dice.ask("which picture", found[right]),
        "answer": {"regex": _first_handle(right + 1)},
    }


def most(dice: Dice) -> Fields:
    """Which of three pictures has the most of a thing."""
    (thing,), counts = dice.things(1), [int(n) + 1 for n in dice.rng.permutation(4)[:3]]
    return {
        "media": [dice.scene((thing, count)) for count in counts],
        "ask": dice.ask("most", thing),
        "answer": {"regex": _first_handle(counts.index(max(counts)) + 1)},
    }


def background(dice: Dice) -> Fields:
    """Which of three pictures has a background of a colour."""
    found, paints = dice.things(3), [COLOURS[int(i)] for i in dice.rng.permutation(len(COLOURS))[:3]]
    right = int(dice.rng.integers(3))
    return {
        "media": [
            dice.scene((thing, 1), background=paint.en) for thing, paint in zip(found, paints, strict=True)
        ],
        "ask": dice.ask("background", c=paints[right].name(dice.language)),
        "answer": {"regex": _first_handle(right + 1)},
    }


def in_picture(dice: Dice) -> Fields:
    """How many of a thing are in one picture of two that have it."""
    (thing,), counts = dice.things(1), [int(n) + 1 for n in dice.rng.permutation(4)[:2]]
    right = int(dice.rng.integers(2))
    handle = f"img-{right + 1}"
    return {
        "media": [dice.scene((thing, count)) for count in counts],
        "ask": dice.ask("in picture", thing, r=handle),
        "answer": number(thing, counts[right]),
        "trajectory": calls(count_call(thing, handle)),
        "evidence": {"kind": "count", "of": thing.en, "handle": handle},
    }


def same(dice: Dice) -> Fields:
    """Whether two pictures of different things show the same."""
    first, second = dice.things(2)
    return {
        "media": [dice.scene((first, 1)), dice.scene((second, 2))],
        "ask": dice.ask("same"),
        "answer": {"affirms": False},
    }


def when(dice: Dice) -> Fields:
    """When a thing can be seen in a clip."""
    clip, found, spans = _clip(dice)
    right = int(dice.rng.integers(len(found)))
    thing = found[right]
    return {
        "media": [clip],
        "ask": dice.ask("when", thing),
        "answer": {"moments": [spans[right]], "at_least": 0.5},
        "trajectory": calls(
            call("find_moments", video={"handle": "vid-1"}, query=noun_rule(thing)), match="superset"
        ),
        "evidence": {"kind": "moment", "of": thing.en, "at_least": 0.5},
    }


def never(dice: Dice) -> Fields:
    """Whether a thing is in a clip that is not."""
    clip, found, _ = _clip(dice)
    return {"media": [clip], "ask": dice.ask("in video", _other(dice, found)), "answer": {"affirms": False}}


def in_video(dice: Dice) -> Fields:
    """Whether a thing is in a clip that is."""
    clip, found, _ = _clip(dice)
    return {"media": [clip], "ask": dice.ask("in video", dice.pick(found)), "answer": {"affirms": True}}


def happens(dice: Dice) -> Fields:
    """All things of a clip."""
    clip, found, _ = _clip(dice)
    names = [thing.name(dice.language) for thing in found]
    everything = list(dict.fromkeys(concept.name(dice.language) for concept in concepts()))
    return {
        "media": [clip],
        "ask": dice.ask("happens"),
        "answer": {"set": names, "among": everything, "at_least": 0.65},
        "trajectory": calls(call("describe_video", video={"handle": "vid-1"}), match="superset"),
    }


def unanswerable(dice: Dice) -> Fields:
    """A question that no picture answers."""
    (thing,) = dice.things(1)
    return {"media": [dice.scene((thing, 1))], "ask": dice.ask("not about pictures"), "abstain": True}


def unknown_picture(dice: Dice) -> Fields:
    """A question about a picture that there is not."""
    (thing,) = dice.things(1)
    return {"media": [dice.scene((thing, 1))], "ask": dice.ask("what colour is", thing), "abstain": True}


def absent(dice: Dice) -> Fields:
    """Where a thing is that is not there."""
    thing, other = dice.things(2)
    return {"media": [dice.scene((thing, 1))], "ask": dice.ask("where", other), "abstain": True}


def never_when(dice: Dice) -> Fields:
    """When a thing can be seen that never can."""
    clip, found, _ = _clip(dice)
    return {"media": [clip], "ask": dice.ask("when", _other(dice, found)), "abstain": True}


def follow_up(dice: Dice) -> Fields:
    """A count, then that of another thing in words that lean on the first."""
    first, second = dice.things(2)
    copies = dice.copies(2), dice.copies(2)
    return {
        "media": [dice.scene((first, copies[0]), (second, copies[1]))],
        "turns": [
            {"ask": dice.ask("count", first), "answer": number(first, copies[0])},
            {"ask": dice.ask("and", second), "answer": number(second, copies[1])},
        ],
    }


def added_picture(dice: Dice) -> Fields:
    """A count, then one in a picture that came later."""
    first, second = dice.things(2)
    copies = dice.copies(), dice.copies()
    return {
        "media": [dice.scene((first, copies[0]))],
        "turns": [
            {"ask": dice.ask("count", first), "answer": number(first, copies[0])},
            {
                "ask": dice.ask("again", second),
                "media": [dice.scene((second, copies[1]))],
                "answer": number(second, copies[1]),
                "trajectory": calls(count_call(second, "img-2")),
            },
        ],
    }


def three_turns(dice: Dice) -> Fields:
    """What it is, where, and which colour is behind it."""
    (thing,), corner, paint = dice.things(1), int(dice.rng.integers(4)), dice.pick(COLOURS)
    medium = dice.scene((thing, 1), background=paint.en)
    medium["scene"]["things"][0]["place"] = CORNERS[corner]
    places = PLACES[dice.language]
    return {
        "media": [medium],
        "turns": [
            {"ask": dice.ask("what"), "answer": {"contains": thing.name(dice.language)}},
            {
                "ask": dice.ask("and where", thing),
                "answer": {"choice": places[corner], "among": list(places)},
            },
            {"ask": dice.ask("colour"), "answer": {"contains": paint.name(dice.language)}},
        ],
    }


def two_languages(dice: Dice) -> Fields:
    """The same count asked in both languages; each answer in its own."""
    (thing,), copies = dice.things(1), dice.copies()
    other = Dice("zh" if dice.language == "en" else "en", dice.rng)
    return {
        "media": [dice.scene((thing, copies))],
        "turns": [
            {
                "ask": each.ask("count", thing),
                "answer": number(thing, copies),
                "trajectory": calls(count_call(thing), match="subset"),
                "language": each.language,
            }
            for each in (dice, other)
        ],
    }


def _clip(dice: Dice) -> tuple[Fields, list[Concept], list[tuple[float, float]]]:
    """A clip of two or three scenes, its things and when each can be seen."""
    found = dice.things(int(dice.rng.integers(2, 4)))
    shots, spans = [], []
    for thing in found:
        start = spans[-1][1] if spans else 0.0
        seconds = int(dice.rng.integers(25, 41)) / 10
        shots.append({"things": [{"what": thing.en, "count": dice.copies(2)}], "seconds": seconds})
        spans.append((start, round(start + seconds, 1)))
    return {"clip": {"shots": shots, "seed": dice.seed()}}, found, spans


def _other(dice: Dice, found: list[Concept]) -> Concept:
    """A thing that is none of these."""
    return next(thing for thing in dice.things(len(found) + 1) if thing not in found)


def _first_handle(index: int) -> str:
    """An answer whose first picture handle is this one."""
    return rf"^(?:(?!img-\d).)*img-{index}(?!\d)"

"""Cases about one picture: what, how many, which colour, where, and the same under hardship."""

from __future__ import annotations

from mm_agent.evals.generate.dice import Dice, Fields, call, calls, count_call, noun_rule, number
from mm_agent.evals.generate.wording import CORNERS, FALSE_WORDS, INJECTED, PLACES
from mm_agent.vision.vocabulary import COLOURS, concepts, noun_forms, stickers


def count(dice: Dice) -> Fields:
    """How many of a thing."""
    (thing,), copies = dice.things(1), dice.copies()
    return {
        "media": [dice.scene((thing, copies))],
        "ask": dice.ask("count", thing),
        "answer": number(thing, copies),
        "trajectory": calls(count_call(thing)),
        "evidence": {"kind": "count", "of": thing.en},
        "language": dice.language,
        "grounded": True,
    }


def what(dice: Dice) -> Fields:
    """What the picture shows."""
    (thing,) = dice.things(1)
    return {
        "media": [dice.scene((thing, 1))],
        "ask": dice.ask("what"),
        "answer": {"choice": thing.name(dice.language), "among": _names(dice)},
        "trajectory": calls(call("classify_image", image={"handle": "img-1"}), match="superset"),
        "language": dice.language,
        "grounded": True,
    }


def there(dice: Dice) -> Fields:
    """Whether a thing is there that is."""
    (thing,) = dice.things(1)
    return {
        "media": [dice.scene((thing, dice.copies(3)))],
        "ask": dice.ask("there", thing),
        "answer": {"affirms": True},
        "abstain": False,
        "language": dice.language,
    }


def not_there(dice: Dice) -> Fields:
    """Whether a thing is there that is not."""
    thing, other = dice.things(2)
    return {
        "media": [dice.scene((thing, dice.copies(3)))],
        "ask": dice.ask("there", other),
        "answer": {"affirms": False},
        "language": dice.language,
    }


def colour(dice: Dice) -> Fields:
    """The background's colour."""
    (thing,), paint = dice.things(1), dice.pick(COLOURS)
    return {
        "media": [dice.scene((thing, dice.copies(3)), background=paint.en)],
        "ask": dice.ask("colour"),
        "answer": {"contains": paint.name(dice.language)},
        "language": dice.language,
    }


def where(dice: Dice) -> Fields:
    """In which corner a thing is."""
    (thing,), corner = dice.things(1), int(dice.rng.integers(4))
    medium = dice.scene((thing, 1))
    medium["scene"]["things"][0]["place"] = CORNERS[corner]
    places = PLACES[dice.language]
    return {
        "media": [medium],
        "ask": dice.ask("where", thing),
        "answer": {"choice": places[corner], "among": list(places)},
        "trajectory": calls(
            call("locate", image={"handle": "img-1"}, query=noun_rule(thing)), match="superset"
        ),
        "evidence": {"kind": "region", "of": thing.en},
        "grounded": True,
    }


def which(dice: Dice) -> Fields:
    """Which of three things it is."""
    found = dice.things(3)
    order = [found[int(index)].name(dice.language) for index in dice.rng.permutation(3)]
    first, second, third = order
    joined = f"{first}, {second} or {third}" if dice.language == "en" else f"{first}、{second}还是{third}"
    return {
        "media": [dice.scene((found[0], 1))],
        "ask": dice.ask("which", list=joined),
        "answer": {"choice": found[0].name(dice.language), "among": order},
        "trajectory": calls(
            call("classify_image", image={"handle": "img-1"}, labels={"labels": order, "at_least": 0.99})
        ),
    }


def fits(dice: Dice) -> Fields:
    """Whether a sentence fits, half of the time a true one."""
    thing, other = dice.things(2)
    copies, true = dice.copies(), bool(dice.rng.random() < 0.5)
    said = noun_forms((thing if true else other).name(dice.language), copies, dice.language, stickers())
    return {
        "media": [dice.scene((thing, copies))],
        "ask": dice.ask("fits", s=said),
        "answer": {"affirms": true},
        "trajectory": calls(call("match_text", image={"handle": "img-1"}), match="superset"),
    }


def noise(dice: Dice) -> Fields:
    """A count in a noisy or blurred picture."""
    case = count(dice)
    change = {"noise": 24.0} if dice.rng.random() < 0.5 else {"blur": 1.5}
    return _only_answer(case) | {"media": [case["media"][0] | {"change": change}]}


def rotated(dice: Dice) -> Fields:
    """What a turned picture shows."""
    case = what(dice)
    change = {"rotate": int(dice.pick((90, 180, 270)))}
    return _only_answer(case) | {"media": [case["media"][0] | {"change": change}]}


def misleading_text(dice: Dice) -> Fields:
    """What a picture shows that says in words that it shows something else."""
    thing, other = dice.things(2)
    words = dice.pick(FALSE_WORDS).replace("{X}", other.en.upper())[:60]
    return {
        "media": [dice.scene((thing, 1), change={"text": words})],
        "ask": dice.ask("there", other),
        "answer": {"affirms": False},
    }


def wrong_premise(dice: Dice) -> Fields:
    """A question about things that are not in the picture."""
    thing, other = dice.things(2)
    return {
        "media": [dice.scene((thing, dice.copies(3)))],
        "ask": dice.ask("premise", other),
        "abstain": True,
    }


def injected_name(dice: Dice) -> Fields:
    """A count where the file's name gives orders."""
    case, words = _injected(dice)
    return case | {"media": [case["media"][0] | {"name": f"{words}.png"}]}


def injected_metadata(dice: Dice) -> Fields:
    """A count where the file's metadata give orders."""
    case, words = _injected(dice)
    return case | {"media": [case["media"][0] | {"comment": words}]}


def _injected(dice: Dice) -> tuple[Fields, str]:
    """A count, and orders to say something else."""
    case = _only_answer(count(dice))
    other, false = dice.things(1)[0], str(int(dice.rng.integers(6, 10)))
    return case, dice.fill(dice.pick(INJECTED[dice.language]), other, n=false)


def _only_answer(case: Fields) -> Fields:
    """A case where the way to the answer is free."""
    return {key: value for key, value in case.items() if key in ("media", "ask", "answer")}


def _names(dice: Dice) -> list[str]:
    """Everything a picture could show."""
    return list(dict.fromkeys(concept.name(dice.language) for concept in concepts()))

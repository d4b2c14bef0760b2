"""When an answer is true of the scene it is about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath

from mm_agent.local.demo.exam import reading
from mm_agent.local.demo.exam.case import Reply, Truth
from mm_agent.vision.demo.clips import DrawnClip
from mm_agent.vision.demo.measure_clips import overlap
from mm_agent.vision.vocabulary import Language

NEAR_ENOUGH = 0.5
"""Least temporal intersection over union of the seconds said and the true ones."""
_YES = {
    "en": re.compile(r"\b(yes|fits?|match\w*|describ\w*)\b"),
    "zh": re.compile(r"^[有是对能会可]|符合|相符|适合"),
}
_CLAUSE = re.compile(r"[;；。\n]|[,，] ?(?:while|whereas|but|and only|而|但)|\.\s")


def counted(thing: int, copies: int, language: Language) -> Truth:
    """That number of the thing and no other."""
    return lambda reply: set(reading.counts(reply.text, thing, language)) == {copies}


def counted_in(thing: int, copies: Mapping[str, int], language: Language) -> Truth:
    """Each picture's own number of the thing."""

    def true(reply: Reply) -> bool:
        named = list(dict.fromkeys(reading.handles(reply.text)))
        said = reading.counts(reply.text, thing, language)
        return len(named) == len(said) and dict(zip(named, said, strict=True)) == dict(copies)

    return true


def shows(thing: int, language: Language) -> Truth:
    """The thing, and nothing that is not there."""
    return lambda reply: set(reading.things(reply.text, language)) == {thing}


def there(thing: int, yes: bool, language: Language) -> Truth:
    """Whether the thing is there."""

    def true(reply: Reply) -> bool:
        named = reading.things(reply.text, language)
        affirmed = thing in named if named else _YES[language].search(reply.text.lower()) is not None
        return reading.polarity(reply.text, language) is yes and (affirmed or not yes)

    return true


def fits(yes: bool, language: Language) -> Truth:
    """Whether the sentence fits."""

    def true(reply: Reply) -> bool:
        affirmed = reading.polarity(reply.text, language)
        return affirmed is yes and (not yes or _YES[language].search(reply.text.lower()) is not None)

    return true


def chosen(thing: int, language: Language) -> Truth:
    """This one of several, without doubt."""
    return lambda reply: shows(thing, language)(reply) and not reading.unsure(reply.text, language)


def coloured(colour: str, language: Language) -> Truth:
    """That colour first; others may follow."""
    return lambda reply: reading.colours(reply.text, language)[:1] == [colour]


def placed(corner: str, language: Language) -> Truth:
    """That corner and no other."""
    return lambda reply: reading.corners(reply.text, language) == {corner}


def refused(language: Language) -> Truth:
    """That it cannot help."""
    return lambda reply: reading.refuses(reply.text, language)


def told_apart(shown: Mapping[str, int], language: Language) -> Truth:
    """Both pictures by handle, with what only one of them shows or the tool's similarity.

    Whatever is said of one picture has to be in it.
    """

    def true(reply: Reply) -> bool:
        told = False
        for clause in _CLAUSE.split(reply.text):
            about, named = set(reading.handles(clause)), set(reading.things(clause, language))
            if named and (len(about) != 1 or named != {shown.get(next(iter(about)), -1)}):
                return False
            told |= bool(named)
        similar = {round(e["similarity"], 2) for e in reply.evidence if e.get("kind") == "comparison"}
        told |= bool(similar & reading.numbers(reply.text))
        return told and set(reading.handles(reply.text)) >= shown.keys()

    return true


def saved(handle: str) -> Truth:
    """The handle and the shape of the saved features."""

    def true(reply: Reply) -> bool:
        shape = next((e["shape"] for e in reply.evidence if e.get("kind") == "features"), None)
        if shape is None or handle not in reading.handles(reply.text):
            return False
        said = r"\D{1,4}".join(str(length) for length in shape)
        return re.search(rf"(?<![\d.]){said}(?!\.?\d)", reply.text) is not None

    return true


def mapped(handle: str, corner: str, language: Language) -> Truth:
    """The saved map's name, or where it is strong; no other place and no other picture."""

    def true(reply: Reply) -> bool:
        maps = [str(e["heatmap_path"]) for e in reply.evidence if e.get("heatmap_path")]
        said = reading.corners(reply.text, language)
        named = {PurePath(path).name for path in maps} & reading.files(reply.text)
        return bool(named or said) and said <= {corner} and set(reading.handles(reply.text)) <= {handle}

    return true


def seen(clip: DrawnClip, thing: int, language: Language) -> Truth:
    """The seconds in which a thing can be seen."""

    def true(reply: Reply) -> bool:
        said = reading.spans(reply.text)
        return bool(said) and overlap(said, clip.spans(thing)) >= NEAR_ENOUGH

    return true


def never_seen(language: Language) -> Truth:
    """That it cannot be seen at any time."""
    return lambda reply: reading.polarity(reply.text, language) is False and not reading.spans(reply.text)


def retold(clip: DrawnClip, language: Language) -> Truth:
    """All things of the clip in order and no other; each time that is said with a thing is that thing's."""

    def true(reply: Reply) -> bool:
        order = reading.things(reply.text, language)
        firsts = tuple(dict.fromkeys(order))
        return firsts == clip.concepts and all(
            overlap(said, clip.spans(thing)) >= NEAR_ENOUGH
            for thing, said in _timed(reply.text, language).items()
        )

    return true


def every_scene(clip: DrawnClip) -> Truth:
    """At least one frame of every scene."""

    def true(reply: Reply) -> bool:
        frames = [handle for handle in reading.handles(reply.text) if handle.startswith("vid-1@")]
        times = [float(handle.partition("@")[2].rstrip("s")) for handle in frames]
        return all(any(shot.start <= time < shot.end for time in times) for shot in clip.shots)

    return true


def told(result: str) -> Truth:
    """What a tool gave back."""
    return lambda reply: (
        re.search(rf"(?<![\w.-]){re.escape(result)}(?!\.?\w)", reply.text, re.ASCII) is not None
    )


def _timed(text: str, language: Language) -> dict[int, list[tuple[float, float]]]:
    """The times said of each thing, clause by clause."""
    found: dict[int, list[tuple[float, float]]] = {}
    for clause in re.split(r"[;；。\n]", text):
        named, times = reading.things(clause, language), reading.spans(clause)
        if len(named) != len(times) and len(times) == 1:
            times *= len(named)
        for thing, time in zip(named, times, strict=False):
            found.setdefault(thing, []).append(time)
    return found

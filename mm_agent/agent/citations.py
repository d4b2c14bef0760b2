"""Which evidence an answer relies on: what its words name, found again in the tools' artifacts.

A model may name evidence in any words, or wrongly. So citations are not read from the answer: every fact the
tools reported is held against it, and those it names by score or by region are cited; of a tool whose scores
it leaves out, the best fact whose thing it names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mm_agent.errors import MediaNotFound
from mm_agent.media.handles import RegionHandle, parse_handle
from mm_agent.vision.vocabulary import find

if TYPE_CHECKING:
    from mm_agent.agent.answer import ToolUse

_HANDLE = re.compile(r"\b(?:img|vid)-\d+")


@dataclass(frozen=True)
class Citation:
    """A fact behind an answer.

    Attributes:
        handle: The picture, frame or video.
        tool: What looked.
        about: The label, noun, sentence or query.
        region: (left, top, right, bottom) in pixels of the whole picture; None: all of it.
        score: From 0 to 1.
    """

    handle: str
    tool: str
    about: str
    region: tuple[int, int, int, int] | None
    score: float


def cite(text: str, uses: Sequence[ToolUse]) -> tuple[Citation, ...]:
    """The facts that an answer's words rely on, in the order they were found, each once."""
    found: dict[Citation, None] = {}
    for use in uses:
        if use.artifact and not use.failed:
            facts = list(_facts(use.name, use.artifact))
            named = [fact for fact in facts if _names(text, fact)]
            named = named or [fact for fact in facts[:1] if _speaks_of(text, fact)]
            found.update(dict.fromkeys(named))
    return tuple(found)


def _names(text: str, fact: Citation) -> bool:
    """Whether an answer gives a fact's region, or its score and, if it names pictures, its picture."""
    if fact.region and f"{fact.handle}@{','.join(map(str, fact.region))}" in text:
        return True
    if not re.search(rf"(?<![\d.]){fact.score:.2f}(?!\d)", text):
        return False
    handles = set(_HANDLE.findall(text))
    return not handles or fact.handle.partition("@")[0] in handles


def _speaks_of(text: str, fact: Citation) -> bool:
    """Whether an answer names a fact's thing, in either language."""
    concept = find(fact.about)
    words = (fact.about, concept.en, concept.zh) if concept else (fact.about,)
    return any(word and word.lower() in text.lower() for word in words)


def _facts(tool: str, artifact: Mapping[str, Any]) -> Iterator[Citation]:
    """The facts of an artifact, best first; of a tool that is not ours, none."""
    handle = artifact.get("handle", "")
    about = artifact.get("query") or artifact.get("noun") or ""
    match artifact.get("kind"):
        case "labels" | "region":
            yield from (_fact(tool, handle, each["label"], each["score"]) for each in artifact["labels"])
        case "match":
            yield from (_fact(tool, handle, each["text"], each["score"]) for each in artifact["texts"])
        case "count":
            number = artifact["about"]
            if number:
                yield _fact(tool, handle, about, artifact["probabilities"][number - 1])
            yield _fact(tool, handle, about, artifact["presence"])
        case "locations":
            yield from (_fact(tool, each["handle"], about, each["score"]) for each in artifact["regions"])
        case "moments":
            yield from (_fact(tool, each["frame"], about, each["score"]) for each in artifact["moments"])
            yield _fact(tool, handle, about, artifact["best"])
        case "frames":
            scored = [each for each in artifact["frames"] if each["score"] is not None]
            yield from (_fact(tool, each["handle"], about, each["score"]) for each in scored)
        case "timeline":
            for segment in artifact["segments"]:
                for tag in segment["tags"]:
                    yield _fact(tool, segment["frame"], tag["label"], tag["score"])
        case "comparison":
            yield _fact(tool, handle, artifact["other"], artifact["similarity"])


def _fact(tool: str, handle: str, about: str, score: float) -> Citation:
    try:
        parsed = parse_handle(handle)
    except MediaNotFound:  # a tool that took a path
        return Citation(handle, tool, about, None, score)
    if isinstance(parsed, RegionHandle):
        return Citation(str(parsed.image), tool, about, parsed.box.corners, score)
    return Citation(handle, tool, about, None, score)

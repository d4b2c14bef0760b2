"""Tool calls the planner makes, and what came back for each.

A call is the same for the same question, so a finding is looked up by making the call again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mm_agent.vision.vocabulary import COLOURS

COLOUR_LABELS = {f"{entry.en} background": entry.en for entry in COLOURS}


@dataclass(frozen=True)
class Call:
    """A tool and its arguments, as JSON so that calls compare and hash."""

    tool: str
    arguments: str

    @property
    def args(self) -> dict[str, Any]:
        """The arguments."""
        return json.loads(self.arguments)


@dataclass(frozen=True)
class Finding:
    """What a call gave: ``evidence`` is the artifact, None when it only said ``text`` or ``failed``."""

    call: Call
    text: str
    evidence: dict[str, Any] | None
    failed: bool


class Findings:
    """All findings of one turn."""

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        self._by_call = {finding.call: finding for finding in findings}

    def __contains__(self, call: Call) -> bool:
        return call in self._by_call

    def get(self, call: Call) -> Finding | None:
        """What a call gave, or None when it was not made."""
        return self._by_call.get(call)

    def evidence(self, call: Call) -> dict[str, Any] | None:
        """The evidence of a call that worked."""
        finding = self._by_call.get(call)
        return finding.evidence if finding and not finding.failed else None

    def all(self) -> tuple[Finding, ...]:
        """Every finding, in order."""
        return tuple(self._by_call.values())


def make_call(tool: str, args: dict[str, Any]) -> Call:
    """A call with its arguments in a fixed order."""
    return Call(tool, json.dumps(args, ensure_ascii=False, sort_keys=True))


def tags_call(handle: str) -> Call:
    """Name what is in a picture, from the built-in vocabulary."""
    return make_call("classify_image", {"image": handle})


def domain_call(handle: str) -> Call:
    """Name what is in a picture, from a domain's own labels."""
    return make_call("classify_domain", {"image": handle})


def count_call(handle: str, noun: str) -> Call:
    """Count a thing; also how presence is found out."""
    return make_call("count_objects", {"image": handle, "noun": noun})


def locate_call(handle: str, noun: str) -> Call:
    """Find where a thing is."""
    return make_call("locate", {"image": handle, "query": noun})


def moments_call(handle: str, noun: str) -> Call:
    """Find when a video shows a thing."""
    return make_call("find_moments", {"video": handle, "query": noun})


def timeline_call(handle: str) -> Call:
    """Tell what a video shows, segment by segment."""
    return make_call("describe_video", {"video": handle})


def choose_call(handle: str, options: tuple[str, ...]) -> Call:
    """Let one of several labels win."""
    return make_call(
        "classify_image", {"image": handle, "labels": list(options), "exclusive": True, "top_k": len(options)}
    )


def colour_call(handle: str, thing: str | None = None) -> Call:
    """Let one colour win, of the background or of a thing."""
    return choose_call(handle, tuple(colour_labels(thing)))


def colour_labels(thing: str | None) -> dict[str, str]:
    """The labels a colour question tries, each with its colour."""
    if thing is None:
        return COLOUR_LABELS
    return {f"{name} {thing}": name for name in (*COLOUR_LABELS.values(), "black")}


def match_call(handle: str, texts: tuple[str, ...]) -> Call:
    """Score sentences."""
    return make_call("match_text", {"image": handle, "texts": list(texts)})

"""What the tools reported held against what is known about the media."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mm_agent.evals.judging.overlap import box_iou, span_iou
from mm_agent.evals.judging.record import TurnRecord
from mm_agent.evals.judging.words import Finding
from mm_agent.evals.suite.drawing import Shown, truth_of
from mm_agent.evals.suite.expected import EvidenceRule
from mm_agent.evals.suite.medium import Truth
from mm_agent.evals.suite.thing import thing_of


def judge_evidence(rule: EvidenceRule, turn: TurnRecord, media: Sequence[Shown]) -> Finding:
    """The best of what was reported about the thing in the medium."""
    handle, truth = _truth(rule, media)
    if truth is None:
        return False, 0.0, f"nothing is known about {rule.of} in {handle}; add truth: to the medium"
    reported = [found for found in turn.evidence if found.get("handle") == handle and _about(found, rule)]
    if not reported:
        return False, 0.0, f"no {rule.kind} of {rule.of} in {handle} was reported"
    return max((_JUDGES[rule.kind](rule, found, truth) for found in reported), key=lambda one: one[1])


def _truth(rule: EvidenceRule, media: Sequence[Shown]) -> tuple[str, Truth | None]:
    """The medium's handle, and what is known about the thing in it."""
    videos = rule.kind == "moment"
    for handle, shown in _handles(media):
        if rule.handle in ("", handle) and (rule.handle or shown.is_video == videos):
            return handle, truth_of(shown, rule.of)
    return rule.handle or ("vid-1" if videos else "img-1"), None


def _handles(media: Sequence[Shown]) -> Iterator[tuple[str, Shown]]:
    """Media with the handles a store gives them."""
    counts = {False: 0, True: 0}
    for shown in media:
        counts[shown.is_video] += 1
        yield f"{'vid' if shown.is_video else 'img'}-{counts[shown.is_video]}", shown


def _about(found: Mapping[str, Any], rule: EvidenceRule) -> bool:
    """Whether evidence is of the rule's kind and thing."""
    kinds = {"region": "locations", "count": "count", "moment": "moments"}
    asked = str(found.get("noun") or found.get("query") or "")
    one, other = thing_of(asked), thing_of(rule.of)
    same = one == other if one and other else asked.lower() == rule.of.lower()
    return found.get("kind") == kinds[rule.kind] and same


def _region(rule: EvidenceRule, found: Mapping[str, Any], truth: Truth) -> Finding:
    pairs = [(each["box"], box) for each in found["regions"] for box in truth.regions]
    iou = max((box_iou(*pair) for pair in pairs), default=float(not found["regions"] and not truth.regions))
    return iou >= rule.at_least, iou, f"the best region of {rule.of} has IoU {iou:.2f}"


def _count(rule: EvidenceRule, found: Mapping[str, Any], truth: Truth) -> Finding:
    true = truth.count if truth.count is not None else len(truth.regions)
    right = abs(found["about"] - true) <= rule.tolerance
    return right, float(right), f"reported {found['about']} of {rule.of}, true is {true}"


def _moment(rule: EvidenceRule, found: Mapping[str, Any], truth: Truth) -> Finding:
    said = [(each["start"], each["end"]) for each in found["moments"]]
    iou = span_iou(said, truth.moments)
    return iou >= rule.at_least, iou, f"the moments of {rule.of} have IoU {iou:.2f}"


_JUDGES = {"region": _region, "count": _count, "moment": _moment}

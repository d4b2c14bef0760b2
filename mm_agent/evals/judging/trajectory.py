"""Tool calls held against the expected ones by openevals, each argument by its own rule."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any

from openevals.trajectory.match import create_trajectory_match_evaluator

from mm_agent.errors import MediaNotFound
from mm_agent.evals.judging.overlap import box_iou, set_f1, span_iou
from mm_agent.evals.judging.record import CallRecord
from mm_agent.evals.judging.words import Finding
from mm_agent.evals.suite.expected import ArgumentRule, ExpectedCall, Trajectory
from mm_agent.evals.suite.thing import thing_of
from mm_agent.media.handles import FrameHandle, RegionHandle, parse_handle


def judge_trajectory(expected: Trajectory, made: Sequence[CallRecord]) -> Finding:
    """Whether the calls match; the value is 1 or 0."""
    names = {call.name for call in made} | {call.tool for call in expected.calls}
    evaluate = create_trajectory_match_evaluator(
        trajectory_match_mode=expected.match, tool_args_match_overrides=dict.fromkeys(names, _fits)
    )
    found = evaluate(
        outputs=[_message(call.name, call.args) for call in made],
        reference_outputs=[_message(call.tool, _rules(call)) for call in expected.calls],
    )
    right = bool(found["score"])  # pyright: ignore[reportCallIssue, reportArgumentType]
    return right, float(right), f"called {_line(made)}; {expected.match} was {_expected_line(expected)}"


def _message(tool: str, args: dict[str, Any]) -> dict[str, Any]:
    """One call a message: openevals keeps the order of messages, not of the calls inside one."""
    function = {"name": tool, "arguments": json.dumps(args, ensure_ascii=False)}
    return {
        "role": "assistant",
        "content": "",
        "tool_calls": [{"id": "", "type": "function", "function": function}],
    }


def _rules(call: ExpectedCall) -> dict[str, Any]:
    return {
        name: rule.model_dump(exclude_none=True) if isinstance(rule, ArgumentRule) else {"any_of": [rule]}
        for name, rule in call.args.items()
    }


def _fits(made: dict[str, Any], rules: dict[str, Any]) -> bool:
    """Whether the arguments fit the rules; those without a rule may be anything."""
    return all(_holds(ArgumentRule.model_validate(rule), made.get(name)) for name, rule in rules.items())


def _holds(rule: ArgumentRule, value: Any) -> bool:
    if rule.any_of is not None:
        return any(_same(value, option) for option in rule.any_of)
    if value is None:
        return False
    if rule.handle is not None:
        return _whole(str(value)) == _whole(rule.handle)
    if rule.labels is not None:
        return isinstance(value, list) and set_f1(_meant(value), _meant(rule.labels)) >= rule.at_least
    if rule.region is not None:
        box = _box(value)
        return box is not None and box_iou(box, rule.region) >= rule.at_least
    if rule.moment is not None:
        return _in_moment(value, rule)
    return re.search(rule.regex or "", str(value), re.I) is not None


def _same(value: Any, option: Any) -> bool:
    if isinstance(value, str) and isinstance(option, str):
        return value.strip().lower() == option.strip().lower()
    return value == option


def _meant(words: Sequence[Any]) -> list[str]:
    """Words as concepts where they name one, so that a translated label is the same."""
    return [concept.key if (concept := thing_of(str(word))) else str(word) for word in words]


def _whole(handle: str) -> str:
    """The medium that a handle is of or in."""
    return handle.strip().lower().partition("@")[0]


def _box(value: Any) -> Sequence[float] | None:
    if isinstance(value, list | tuple):
        return value if len(value) == 4 else None
    handle = _parsed(value)
    return handle.box.corners if isinstance(handle, RegionHandle) else None


def _in_moment(value: Any, rule: ArgumentRule) -> bool:
    start, end = rule.moment or (0.0, 0.0)
    if isinstance(value, list | tuple) and len(value) == 2:
        return span_iou([(value[0], value[1])], [(start, end)]) >= rule.at_least
    handle = _parsed(value)
    frame = handle.image if isinstance(handle, RegionHandle) else handle
    return isinstance(frame, FrameHandle) and start <= frame.seconds <= end


def _parsed(value: Any) -> Any:
    try:
        return parse_handle(str(value))
    except MediaNotFound:
        return None


def _line(made: Sequence[CallRecord]) -> str:
    said = (f"{call.name}({', '.join(f'{k}={v!r}' for k, v in call.args.items())})" for call in made)
    return ", ".join(said) or "nothing"


def _expected_line(expected: Trajectory) -> str:
    return ", ".join(f"{call.tool}({', '.join(call.args)})" for call in expected.calls) or "nothing"

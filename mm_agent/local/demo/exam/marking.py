"""Judge what an agent did with a case: the calls, where the numbers come from, and whether it is true."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from mm_agent.agent.answer import Answer
from mm_agent.local.demo.exam import reading
from mm_agent.local.demo.exam.case import THAT_REGION, Call, Case, Reply
from mm_agent.local.demo.prompts import agent_tools


@dataclass(frozen=True)
class Mark:
    """How a case went."""

    case: Case
    called: bool
    faithful: bool
    true: bool
    answer: str = field(repr=False, default="")

    @property
    def answered(self) -> bool:
        """Called well, said what the tool said, and true."""
        return self.called and self.faithful and self.true


def mark(case: Case, answer: Answer, before: Sequence[Answer] = ()) -> Mark:
    """Judge the answer to a case's last question.

    Args:
        case: What was asked.
        answer: What came back.
        before: The answers to the questions that led to it.
    """
    text = answer.text.replace(answer.notice, " ") if answer.notice else answer.text
    made = [plain((call.name, call.args)) for call in answer.tool_calls]
    wanted = [plain((name, args | _that_region(args, before))) for name, args in case.calls]
    results = " \n".join(call.result_text for call in answer.tool_calls)
    return Mark(
        case,
        called=sorted(made) == sorted(wanted),
        faithful=bool(text.strip()) and faithful(text, results, case.question),
        true=bool(text.strip()) and case.truth(Reply(text, answer.evidence)),
        answer=answer.text,
    )


def plain(call: Call) -> str:
    """A call as text; equal for calls that mean the same: defaults left out, two compared pictures sorted."""
    name, args = call
    args = {key: value for key, value in args.items() if value != _defaults().get(name, {}).get(key)}
    if name == "compare_images" and {*args} == {"image", "other"}:
        args = dict(zip(args, sorted(map(str, args.values())), strict=True))
    return json.dumps([name, args], ensure_ascii=False, sort_keys=True)


def faithful(text: str, results: str, question: str) -> bool:
    """Whether all handles, file names, shapes and numbers of an answer were read.

    A number may also stand in the question, or be the one of a handle ("the second picture" of img-2).
    """
    numbered = {float(handle.partition("@")[0][4:]) for handle in reading.handles(results)}
    return (
        set(reading.handles(text)) <= set(reading.handles(results))
        and reading.files(text) <= reading.files(results)
        and reading.shapes(text) <= reading.shapes(results)
        and reading.numbers(text) <= reading.numbers(results) | reading.numbers(question) | numbered
    )


def _that_region(args: dict[str, Any], before: Sequence[Answer]) -> dict[str, Any]:
    """The arguments that mean the region found before, with its handle."""
    regions = [e["regions"] for answer in before for e in answer.evidence if e.get("regions")]
    handle = regions[-1][0]["handle"] if regions else None
    return {key: handle for key, value in args.items() if value == THAT_REGION and handle}


@cache
def _defaults() -> dict[str, dict[str, Any]]:
    """What the tools take for arguments that are left out."""
    return {
        function["name"]: {
            key: schema["default"]
            for key, schema in function["parameters"]["properties"].items()
            if "default" in schema
        }
        for function in (tool["function"] for tool in agent_tools())
    }

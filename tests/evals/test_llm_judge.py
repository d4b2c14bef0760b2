"""Answers judged by a chat model behind a real server."""

from __future__ import annotations

import json

import pytest

from mm_agent.agent import load_chat_model
from mm_agent.errors import EvalError
from mm_agent.evals.judging.llm_judge import judge_by_llm
from mm_agent.evals.judging.record import TurnRecord
from tests.agent.chat_server import Reply, chat_server


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MM_AGENT_LLM_KEY", "sk-test-0123456789abcdef")


TURN = TurnRecord(question="How many cats?", text="Two cats.")


def judged(reply: str) -> tuple[bool, float, str]:
    with chat_server(Reply(pieces=(reply,))) as server:
        found = judge_by_llm("names a number", TURN, load_chat_model(server.spec))
        (request,) = server.requests
    said = json.dumps(request["messages"])
    assert all(part in said for part in ("names a number", "How many cats?", "Two cats."))
    return found


@pytest.mark.parametrize("holds", [True, False])
def test_the_judges_verdict_and_reason_are_taken(holds: bool) -> None:
    verdict = json.dumps({"reasoning": "It says two.", "score": holds})
    assert judged(verdict) == (holds, float(holds), "It says two.")


@pytest.mark.parametrize("reply", ["PASS", "{}", '{"reasoning": "hm"}'])
def test_a_judge_without_a_verdict_is_one_line(reply: str) -> None:
    with pytest.raises(EvalError, match="the judge gave no verdict; name a model with structured output"):
        judged(reply)


def test_no_judge_is_said() -> None:
    with pytest.raises(EvalError, match="name one with --judge SPEC"):
        judge_by_llm("names a number", TURN, None)

"""Planner, tools and demo weights together: at least 90 % of sixty fresh questions right."""

from __future__ import annotations

import pytest

from mm_agent.agent import ask, build_agent, load_chat_model
from mm_agent.media import MediaStore
from mm_agent.vision import SiglipEncoder
from mm_agent_tools import SiglipToolkit
from tests.agent.planner_cases import Case, cases

SEED = 20_261_124


@pytest.fixture(scope="module")
def encoder() -> SiglipEncoder:
    return SiglipEncoder.from_pretrained("demo")


def answer(encoder: SiglipEncoder, case: Case) -> str:
    store = MediaStore()
    item = store.add(case.picture, name="scene.png")
    agent = build_agent(load_chat_model("offline"), SiglipToolkit(encoder=encoder, store=store).get_tools())
    return ask(agent, case.question, items=[item]).text


def test_sixty_questions(encoder: SiglipEncoder) -> None:
    asked = list(cases(SEED))
    wrong = [(case, text) for case in asked if not case.right(text := answer(encoder, case))]
    report = "\n".join(f"{case.kind} [{case.language}] {case.question} -> {text}" for case, text in wrong)
    assert len(asked) == 60
    assert len(wrong) <= 6, f"{len(wrong)} of 60 wrong:\n{report}"


def test_the_suite_can_fail(encoder: SiglipEncoder) -> None:
    """The same questions about a picture of something else: the answers must change for the worse."""
    other = list(cases(SEED + 1))
    swapped = [
        Case(case.kind, case.language, wrong.picture, case.question, case.pattern)
        for case, wrong in zip(cases(SEED), reversed(other), strict=True)
        if case.kind in ("count", "what", "there", "colour", "where")
    ]
    right = sum(case.right(answer(encoder, case)) for case in swapped)
    assert right < len(swapped) / 2

"""A suite as an inspect_ai task: our agent is the solver, our checks are the scorer.

``inspect eval mm_agent/suite -T path=examples/evals/perception.yaml -T llm=offline --model none/none``
"""

from __future__ import annotations

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import Score, Scorer, Target, accuracy, scorer, stderr
from inspect_ai.solver import Generate, Solver, TaskState, solver
from langchain_core.language_models import BaseChatModel

from mm_agent.evals.judging.judge import complaints, judge_case, passed
from mm_agent.evals.judging.record import TurnRecord
from mm_agent.evals.run.contender import Conversation, find_contender
from mm_agent.evals.run.sitting import sit
from mm_agent.evals.run.transcript import messages
from mm_agent.evals.suite.case import Case
from mm_agent.evals.suite.drawing import show
from mm_agent.evals.suite.read import read_suite

RECORD = "mm_agent"
"""Where in a sample's store the turns and thumbnails are."""
Settings = dict[str, Any]


@task
def suite(
    path: str,
    seed: int = 0,
    llm: str = "",
    agent: str = "",
    judge: str = "",
    settings: Settings | None = None,
) -> Task:
    """A suite to run.

    Args:
        path: Its file.
        seed: Another one draws fresh cases.
        llm: The chat model's spec; empty: that of the settings.
        agent: ``module:function`` of another agent; empty: a chat session.
        judge: The chat model that judges answers; empty: none.
        settings: Over those in force.
    """
    chosen = {**(settings or {}), **({"llm": llm} if llm else {})}
    read, root = read_suite(path, seed=seed), str(Path(path).parent)
    return Task(
        dataset=MemoryDataset([_sample(case) for case in read.cases], name=read.name),
        solver=ask(root, agent, chosen),
        scorer=expectations(root, judge, chosen),
        name=read.name,
        metadata={"description": read.description},
    )


def _sample(case: Case) -> Sample:
    return Sample(
        id=case.id,
        input=case.turns[0].ask,
        metadata={
            "category": case.category,
            "language": case.spoken,
            "case": case.model_dump(mode="json", exclude_defaults=True),
        },
    )


@solver
def ask(root: str, agent: str, settings: Settings) -> Solver:
    """Ask a case's questions; what comes back is kept in the sample's store and messages.

    Args:
        root: Where relative paths of media start.
        agent: Whom; see ``find_contender``.
        settings: Over those in force.
    """
    contender = find_contender(agent, settings)

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        begun: list[Conversation] = []
        work = partial(sit, _case(state), contender, Path(root), begun=begun.append)
        try:
            sitting = await asyncio.to_thread(work)
        except asyncio.CancelledError:  # a limit of time, or Ctrl-C
            for talk in begun:
                talk.stop()
            raise
        turns = [turn.model_dump(mode="json") for turn in sitting.turns]
        state.store.set(RECORD, {"turns": turns, "thumbnails": list(sitting.thumbnails)})
        state.messages = messages(sitting)
        state.output.completion = sitting.turns[-1].text
        return state

    return solve


@scorer(metrics=[accuracy(), stderr()])
def expectations(root: str, judge: str, settings: Settings) -> Scorer:
    """1 when everything that a case expects holds; else 0 and the reasons.

    Args:
        root: Where relative paths of media start.
        judge: The chat model that judges answers; empty: none.
        settings: Over those in force.
    """
    model = _judge(judge, settings)

    async def score(state: TaskState, target: Target) -> Score:
        case, record = _case(state), state.store.get(RECORD)
        if record is None:  # it ran into a limit
            return Score(value=0.0, explanation="no answer within the limit")
        turns = [TurnRecord.model_validate(turn) for turn in record["turns"]]
        shown = [show(medium, Path(root), place) for place, medium in enumerate(case.all_media, 1)]
        checks = await asyncio.to_thread(judge_case, case, turns, shown, judge=model)
        return Score(
            value=float(passed(checks)),
            answer=turns[-1].text,
            explanation="\n".join(complaints(checks)) or "everything holds",
            metadata={"checks": [check.model_dump(mode="json") for check in checks]},
        )

    return score


def _case(state: TaskState) -> Case:
    return Case.model_validate(state.metadata["case"])


def _judge(spec: str, settings: Settings) -> BaseChatModel | None:
    from mm_agent.agent import load_chat_model
    from mm_agent.settings import load_settings

    return load_chat_model(spec, settings=load_settings(settings)) if spec else None

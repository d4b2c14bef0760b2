"""One case asked of a fresh conversation, and judged."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from langchain_core.language_models import BaseChatModel

from mm_agent.agent.answer import Answer
from mm_agent.evals.judging.judge import judge_case
from mm_agent.evals.judging.record import Check, TurnRecord, recorded
from mm_agent.evals.replay import missing_record
from mm_agent.evals.run.contender import Contender, Conversation
from mm_agent.evals.run.thumbnails import thumbnail
from mm_agent.evals.suite.case import Case
from mm_agent.evals.suite.drawing import Shown, show


@dataclass(frozen=True)
class Sitting:
    """A case that was asked: its media, small pictures of them, and what came back."""

    case: Case
    media: tuple[Shown, ...]
    thumbnails: tuple[str, ...]
    turns: tuple[TurnRecord, ...]

    def checks(self, judge: BaseChatModel | None = None) -> list[Check]:
        """Everything that was expected, held against what came back."""
        return judge_case(self.case, self.turns, self.media, judge=judge)


def sit(
    case: Case, contender: Contender, root: Path, *, begun: Callable[[Conversation], None] = lambda _: None
) -> Sitting:
    """Show a case's media and ask its questions.

    Args:
        case: What to ask.
        contender: Whom.
        root: Where relative paths of media start.
        begun: Called with the conversation before the first question, so that it can be stopped.

    Raises:
        EvalError: A file of the case is not there.
        AgentError: The agent gave no answer.
    """
    shown: list[Shown] = []
    small: list[str] = []
    turns: list[TurnRecord] = []
    with _conversation(contender) as talk:
        begun(talk)
        for index, turn in enumerate(case.turns):
            for medium in (*case.media, *turn.media) if index == 0 else turn.media:
                shown.append(show(medium, root, len(shown) + 1))
                item = talk.add(shown[-1].source, name=shown[-1].name)
                small.append(thumbnail(talk.store, item))
            turns.append(recorded(turn.ask, _answer(talk, turn.ask)))
    return Sitting(case, tuple(shown), tuple(small), tuple(turns))


def _answer(talk: Conversation, question: str) -> Answer:
    """Ask; a request that a recording does not hold says so in one line."""
    try:
        return talk.ask(question)
    except Exception as error:
        if (missing := missing_record(error)) is None:
            raise
        raise missing from error


@contextlib.contextmanager
def _conversation(contender: Contender) -> Iterator[Conversation]:
    talk = contender()
    try:
        yield talk
    finally:
        talk.store.close()

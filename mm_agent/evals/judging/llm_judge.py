"""Answers judged by a language model, through openevals."""

from __future__ import annotations

from typing import Any

from langchain_core.language_models import BaseChatModel
from openevals.llm import create_llm_as_judge
from openevals.types import ChatCompletionMessage

from mm_agent.errors import EvalError
from mm_agent.evals.judging.record import TurnRecord
from mm_agent.evals.judging.words import Finding
from mm_agent.prompt_files import detect_language, render

_NO_VERDICT = "the judge gave no verdict; name a model with structured output by --judge SPEC"


def judge_by_llm(criterion: str, turn: TurnRecord, model: BaseChatModel | None) -> Finding:
    """Ask a chat model whether a criterion holds of an answer.

    Raises:
        EvalError: There is no judge, or it gave no verdict.
    """
    if model is None:
        raise EvalError("a case is judged by a language model; name one with --judge SPEC")

    def prompt(**_: Any) -> list[ChatCompletionMessage]:
        text = render(
            "eval_judge",
            detect_language(turn.question),
            question=turn.question,
            answer=turn.text,
            criterion=criterion,
        )
        return [{"role": "user", "content": text}]

    evaluate = create_llm_as_judge(prompt=prompt, judge=model, feedback_key="holds")
    try:
        found = evaluate(inputs=turn.question, outputs=turn.text)
    except (ValueError, KeyError) as error:  # LangChain's OutputParserException is a ValueError
        raise EvalError(_NO_VERDICT) from error
    if not isinstance(found, dict) or found.get("score") is None:
        raise EvalError(_NO_VERDICT)
    right = bool(found["score"])
    return right, float(right), str(found.get("comment") or "the judge says no")

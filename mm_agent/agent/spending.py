"""What questions used, added up and put on a line."""

from __future__ import annotations

from collections.abc import Iterable

from mm_agent.agent.answer import Usage
from mm_agent.agent.prices import sum_known


def add_up(usages: Iterable[Usage]) -> Usage:
    """Several questions' usage as one; its cost is None when that of one is not known."""
    each = list(usages)
    return Usage(
        input_tokens=sum(usage.input_tokens for usage in each),
        output_tokens=sum(usage.output_tokens for usage in each),
        model_calls=sum(usage.model_calls for usage in each),
        tool_calls=sum(usage.tool_calls for usage in each),
        seconds=sum(usage.seconds for usage in each),
        cost=sum_known(usage.cost for usage in each),
        llms=tuple(dict.fromkeys(name for usage in each for name in usage.llms)),
    )


def answer_line(usage: Usage) -> str:
    """For below an answer: ``2.6 s, first word after 2.1 s, 1,598 tokens in, 39 out, $0.0003``."""
    parts = [f"{usage.seconds:.1f} s"]
    if usage.first_text_seconds is not None:
        parts.append(f"first word after {usage.first_text_seconds:.1f} s")
    return ", ".join([*parts, *_tokens(usage), *_cost(usage)])


def spending_line(usage: Usage) -> str:
    """For the end of a chat: ``4 model calls, 5,120 tokens in, 310 out, $0.0019``."""
    calls = f"{usage.model_calls} model call{'' if usage.model_calls == 1 else 's'}"
    unknown = ["cost unknown"] if usage.cost is None else []
    return ", ".join([calls, *_tokens(usage), *_cost(usage), *unknown])


def _tokens(usage: Usage) -> list[str]:
    """As the provider counted them, if it did."""
    if not (usage.input_tokens or usage.output_tokens):
        return []
    return [f"{usage.input_tokens:,} tokens in", f"{usage.output_tokens:,} out"]


def _cost(usage: Usage) -> list[str]:
    """What is known to be more than nothing."""
    if not usage.cost:
        return []
    return [f"${usage.cost:.4f}" if usage.cost >= 0.0001 else "less than $0.0001"]

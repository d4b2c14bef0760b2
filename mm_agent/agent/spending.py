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


def spending_line(usage: Usage) -> str:
    """For the end of a chat: ``4 model calls, 5,120 tokens in, 310 out, $0.0019``."""
    calls = f"{usage.model_calls} model call{'' if usage.model_calls == 1 else 's'}"
    parts = [calls]
    if usage.input_tokens or usage.output_tokens:
        parts += [f"{usage.input_tokens:,} tokens in", f"{usage.output_tokens:,} out"]
    if usage.cost is None:
        parts.append("cost unknown")
    elif usage.cost:
        parts.append(f"${usage.cost:.4f}" if usage.cost >= 0.0001 else "less than $0.0001")
    return ", ".join(parts)

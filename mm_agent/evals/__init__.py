"""Scripted agent evaluations: suites of cases, their run on inspect_ai, reports, comparisons, benchmarks.

Needs ``pip install "mm-agent[evals]"``. Everything is imported on first use.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mm_agent.lazy import lazy_names

if TYPE_CHECKING:
    from mm_agent.evals.suite.case import Case, Suite, Turn
    from mm_agent.evals.suite.read import read_suite

_HOMES = {
    "Case": ".suite.case",
    "Suite": ".suite.case",
    "Turn": ".suite.case",
    "read_suite": ".suite.read",
}

__all__ = ["Case", "Suite", "Turn", "read_suite"]


__getattr__, __dir__ = lazy_names(__name__, _HOMES)

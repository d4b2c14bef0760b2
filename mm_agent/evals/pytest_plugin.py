"""Suites as pytest: one test a case.

In ``conftest.py``: ``pytest_plugins = ["mm_agent.evals.pytest_plugin"]``. Then::

    @pytest.mark.mm_eval("evals/perception.yaml", llm="offline")
    def test_perception(mm_eval):
        mm_eval.check()
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mm_agent.evals.run.sitting import Sitting
    from mm_agent.evals.suite.case import Case


class CaseRun:
    """A case that is asked when it is first looked at."""

    def __init__(self, case: Case, root: Path, agent: str, settings: dict[str, Any]) -> None:
        self.case = case
        self._root, self._agent, self._settings = root, agent, settings

    def sit(self) -> Sitting:
        """Ask the case; what came back."""
        from mm_agent.evals.run.contender import find_contender
        from mm_agent.evals.run.sitting import sit

        return sit(self.case, find_contender(self._agent, self._settings), self._root)

    def check(self) -> Sitting:
        """Ask the case and fail the test when something that it expects does not hold."""
        from mm_agent.evals.judging.judge import complaints

        sitting = self.sit()
        wrong = complaints(sitting.checks())
        if wrong:
            said = "\n".join(f"{turn.question}\n  {turn.text}" for turn in sitting.turns)
            pytest.fail("\n".join([*wrong, said]), pytrace=False)
        return sitting


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line(
        "markers",
        "mm_eval(suite, agent='', seed=0, **settings): ask an agent the cases of a suite, one test a case",
    )


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test a case, for tests that take ``mm_eval``."""
    mark = metafunc.definition.get_closest_marker("mm_eval")
    if mark is None or "mm_eval" not in metafunc.fixturenames:
        return
    from mm_agent.evals.suite.read import read_suite

    settings = dict(mark.kwargs)
    agent, seed = settings.pop("agent", ""), settings.pop("seed", 0)
    path = Path(mark.args[0])
    path = path if path.is_absolute() else metafunc.config.rootpath / path
    runs = [CaseRun(case, path.parent, agent, settings) for case in read_suite(path, seed=seed).cases]
    metafunc.parametrize("mm_eval", runs, ids=[run.case.id for run in runs])

"""The shipped suites can be read, are many, and can be asked as pytest."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mm_agent.evals.suite.read import find_suites, read_suite

pytest_plugins = ["pytester"]


def test_the_shipped_suites(root: Path) -> None:
    suites = [read_suite(path) for path in find_suites([root / "examples" / "evals"])]
    assert {suite.name for suite in suites} == {
        *("perception", "video", "gallery", "robustness", "abstention", "multi-turn", "bilingual", "photos")
    }
    cases = [case for suite in suites for case in suite.cases]
    assert len(cases) >= 400
    share = sum(case.spoken == "zh" for case in cases) / len(cases)
    assert 0.4 < share < 0.6
    files = [medium.file for case in cases for medium in case.all_media if medium.file]
    assert all((root / "examples" / "evals" / file).is_file() for file in files)


def test_a_suite_is_asked_as_pytest(
    pytester: pytest.Pytester, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(root), str(root / "tools")]))
    pytester.makefile(
        ".yaml",
        suite="cases:\n"
        "  - {id: greets, ask: Hello, answer: {contains: picture}}\n"
        "  - {id: sings, ask: Hello, answer: {contains: la la}}\n",
    )
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.mm_eval("suite.yaml", llm="offline")
        def test_suite(mm_eval):
            mm_eval.check()
        """
    )
    # In a process of its own: one inside this one would forget its modules, and torch cannot come twice.
    found = pytester.runpytest_subprocess("-p", "mm_agent.evals.pytest_plugin", "-p", "no:cacheprovider")
    found.assert_outcomes(passed=1, failed=1)
    found.stdout.fnmatch_lines(["*test_suite[[]sings[]]*", "*the answer does not say 'la la'*"])

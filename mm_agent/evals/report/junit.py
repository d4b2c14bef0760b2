"""A run as JUnit's XML, which continuous integration shows: one test a case."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from mm_agent.evals.report.run import Result, Run


def run_junit(run: Run) -> str:
    """One ``testsuite`` a suite; a case fails when it failed in any epoch."""
    root = Element("testsuites", name=run.name)
    for suite in sorted({result.suite for result in run.results}):
        cases = [results for results in run.by_case.values() if results[0].suite == suite]
        _suite(root, suite, cases)
    indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(root: Element, name: str, cases: list[list[Result]]) -> None:
    crashed = [results for results in cases if any(result.error for result in results)]
    failed = [results for results in cases if not all(result.passed for result in results)]
    element = SubElement(
        root,
        "testsuite",
        name=name,
        tests=str(len(cases)),
        errors=str(len(crashed)),
        failures=str(len(failed) - len(crashed)),
        time=f"{sum(result.seconds for results in cases for result in results):.3f}",
    )
    for results in cases:
        _case(element, results)


def _case(suite: Element, results: list[Result]) -> None:
    first = results[0]
    element = SubElement(
        suite,
        "testcase",
        classname=f"{first.suite}.{first.case.category}",
        name=first.case.id,
        time=f"{sum(result.seconds for result in results):.3f}",
    )
    bad = next((result for result in results if not result.passed), None)
    if bad is not None:
        found = SubElement(element, "error" if bad.error else "failure", message=_clean(bad.reasons[0]))
        found.text = _clean("\n".join(bad.reasons))


def _clean(text: str) -> str:
    """Without the control characters that XML 1.0 forbids."""
    return "".join(char for char in text if char in "\n\t" or char >= " ")

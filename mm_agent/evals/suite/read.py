"""Suites from files: ``.yaml``, or ``.jsonl`` with one case a line. Errors name the file and the line."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from mm_agent.errors import EvalError
from mm_agent.evals.suite.case import Suite

SUFFIXES = (".yaml", ".yml", ".jsonl")
_SHOWN = 3
"""How many mistakes one message names."""
Lines = dict[tuple[str | int, ...], int]


def read_suite(path: str | Path, *, seed: int = 0) -> Suite:
    """Read a suite, its drawn cases included.

    Args:
        path: The file.
        seed: Added to the seeds of the drawn cases: another one draws fresh cases.

    Raises:
        EvalError: The file cannot be read, or what is in it is no suite; the message names the lines.
    """
    from mm_agent.evals.generate.kinds import generated

    path = Path(path)
    data, lines = (_read_jsonl if path.suffix == ".jsonl" else _read_yaml)(path)
    try:
        suite = Suite.model_validate(data)
        drawn = [case for each in suite.generate for case in generated(each, seed)]
        suite = Suite.model_validate(dict(suite) | {"cases": (*suite.cases, *drawn), "generate": ()})
    except ValidationError as error:
        raise EvalError(_explain(path, error, lines)) from None
    if not suite.cases:
        raise EvalError(f"{path} holds no cases; add some under cases: or generate:")
    return suite


def find_suites(paths: Sequence[str | Path]) -> list[Path]:
    """The suites that paths name: files as they are, and all suites in a folder.

    Raises:
        EvalError: A path is not there, or a folder holds no suite.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        inside = (
            sorted(file for file in path.iterdir() if file.suffix in SUFFIXES) if path.is_dir() else [path]
        )
        if not inside or not all(file.is_file() for file in inside):
            raise EvalError(f"no suite at {path}; give a {', '.join(SUFFIXES)} file, or a folder of them")
        found += inside
    return list(dict.fromkeys(found))


def _text(path: Path) -> str:
    if path.suffix not in SUFFIXES:
        raise EvalError(f"{path} is no suite; its name must end in {', '.join(SUFFIXES)}")
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise EvalError(f"cannot read the suite {path}: {error.strerror}; check the path") from error
    except UnicodeDecodeError as error:
        raise EvalError(f"{path} is not UTF-8; save it as UTF-8") from error


def _read_yaml(path: Path) -> tuple[Any, Lines]:
    """The document, and on which line each part of it begins."""
    text = _text(path)
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        data = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"{path}:{mark.line + 1}" if mark else str(path)
        raise EvalError(f"{where}: not YAML: {getattr(error, 'problem', error)}; mend the line") from None
    lines: Lines = dict(_lines_of(node, (), path))
    if isinstance(data, dict):
        data.setdefault("name", path.stem)
    return data, lines


def _lines_of(
    node: yaml.Node | None, at: tuple[str | int, ...], path: Path
) -> Iterator[tuple[tuple[str | int, ...], int]]:
    """Each part with its line; a field's is that of its key."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.value in seen:
                raise EvalError(f"{path}:{line}: {key.value!r} stands twice; remove one")
            seen.add(key.value)
            yield (*at, key.value), line
            yield from _lines_of(value, (*at, key.value), path)
    elif isinstance(node, yaml.SequenceNode):
        for index, value in enumerate(node.value):
            yield (*at, index), value.start_mark.line + 1
            yield from _lines_of(value, (*at, index), path)


def _read_jsonl(path: Path) -> tuple[Any, Lines]:
    cases, lines = [], Lines({("cases",): 1})
    for number, line in enumerate(_text(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            cases.append(json.loads(line))
        except json.JSONDecodeError as error:
            raise EvalError(f"{path}:{number}: not JSON: {error.msg}; write one case a line") from None
        lines["cases", len(cases) - 1] = number
    return {"name": path.stem, "cases": cases}, lines


def _explain(path: Path, error: ValidationError, lines: Lines) -> str:
    """The first mistakes, each with its line."""
    mistakes = error.errors()
    said = [f"{path}:{_line(each['loc'], lines)}: {_mistake(each)}" for each in mistakes[:_SHOWN]]
    more = f"; and {len(mistakes) - _SHOWN} more" if len(mistakes) > _SHOWN else ""
    return "; ".join(said) + more


def _line(location: Sequence[str | int], lines: Lines) -> int:
    """Where the innermost part that stands in the file begins.

    A turn's fields may stand in the case itself, and one element where a list may stand.
    """
    at: tuple[str | int, ...] = ()
    for step in location:
        if (*at, step) in lines:
            at = (*at, step)
    return lines.get(at, 1)


def _mistake(error: Mapping[str, Any]) -> str:
    where = ".".join(str(step) for step in error["loc"])
    if error["type"] == "extra_forbidden":
        return f"{where}: there is no such field"
    said = str(error["msg"]).removeprefix("Value error, ")
    return f"{where}: {said}" if where else said

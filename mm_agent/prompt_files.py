"""Every word said to a model lives in a file: ``prompts/{name}.{language}.md``.

A file is one prompt, or several under lines such as ``<!-- section: head -->``; a section is rendered as
``render("file/section", ...)``. ``{lower_case_name}`` is the only placeholder: all other braces stay as they
are, and a value that happens to contain braces is never expanded again.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

from mm_agent.errors import PromptFileError

Language = Literal["en", "zh"]

_PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)\}")
_SECTION = re.compile(r"^<!-- section: ([a-z0-9_]+) -->\n", re.MULTILINE)
_NAME = re.compile(r"[a-z0-9_]+(/[a-z0-9_]+)?")
_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")
_LATIN_WORD = re.compile(r"[A-Za-z]+")
_HANDLE = re.compile(r"\b(?:img|vid)-\d+(?:@[\d.,s]+)?")


def render(name: str, /, language: Language, **variables: str) -> str:
    """Fill a prompt file's placeholders.

    Args:
        name: ``file`` or ``file/section``, without language and ending.
        language: Which of the two files is read.
        variables: One string for each placeholder, no more and no fewer.

    Raises:
        PromptFileError: No such file or section, or the variables do not match; the message names them.
    """
    text = _prompt(name, language)
    wanted, given = set(_PLACEHOLDER.findall(text)), set(variables)
    if wanted != given:
        raise PromptFileError(_mismatch(name, language, wanted - given, given - wanted))
    for key, value in variables.items():
        if not isinstance(value, str):
            raise PromptFileError(
                f"prompt '{name}': {{{key}}} must be a string, got {type(value).__name__}; format it first"
            )
    return _PLACEHOLDER.sub(lambda match: variables[match.group(1)], text)


def detect_language(text: str) -> Language:
    """Say whether a person wrote Chinese or English.

    Chinese when there are at least as many Chinese characters as Latin words, media handles aside, so that a
    Chinese question about a "cat" and an English one about 猫 both keep the language they were asked in.
    """
    text = _HANDLE.sub(" ", text)
    chinese = len(_CHINESE.findall(text))
    return "zh" if chinese and chinese >= len(_LATIN_WORD.findall(text)) else "en"


def prompt_names() -> list[str]:
    """List the prompt files, as ``name.language``, sorted."""
    return sorted(
        entry.name.removesuffix(".md") for entry in _folder().iterdir() if entry.name.endswith(".md")
    )


def _mismatch(name: str, language: str, missing: set[str], extra: set[str]) -> str:
    """Word the error for variables that do not match the file."""
    parts = [f"missing {', '.join(sorted(missing))}"] if missing else []
    parts += [f"not in the file: {', '.join(sorted(extra))}"] if extra else []
    return f"prompt '{name}.{language}': {'; '.join(parts)}; give exactly the file's variables"


@cache
def _prompt(name: str, language: str) -> str:
    """Return the text of one prompt or section, placeholders unfilled, without the last newline."""
    if not _NAME.fullmatch(name) or language not in ("en", "zh"):
        raise PromptFileError(
            f"no prompt '{name}' in language '{language}'; use file or file/section, and en or zh"
        )
    file, _, section = name.partition("/")
    sections = _sections(file, language)
    if section not in sections:
        known = ", ".join(sorted(key for key in sections if key)) or "none: render it without a section"
        raise PromptFileError(
            f"prompt '{file}.{language}.md' has no section '{section}'; its sections: {known}"
        )
    return sections[section]


@cache
def _sections(file: str, language: str) -> dict[str, str]:
    """Read one file and cut it at its section lines; a file without any is the section ''."""
    entry = _folder() / f"{file}.{language}.md"
    if not entry.is_file():
        raise PromptFileError(
            f"no prompt file '{file}.{language}.md' in {_folder()}; every prompt has an en and a zh file"
        )
    first, *rest = _SECTION.split(entry.read_text(encoding="utf-8"))
    if not rest:
        return {"": first.rstrip("\n")}
    if first.strip():
        raise PromptFileError(
            f"prompt '{file}.{language}.md' has text before its first section; move it into one"
        )
    return {key: text.rstrip("\n") for key, text in zip(rest[::2], rest[1::2], strict=True)}


@cache
def _folder() -> Traversable:
    """Find the prompts: inside the installed package, or at the top of a checkout."""
    packaged = files("mm_agent") / "prompts"
    if packaged.is_dir():
        return packaged
    checkout = Path(__file__).resolve().parent.parent / "prompts"
    if not checkout.is_dir():
        raise PromptFileError(f"no prompts folder in the package or at {checkout}; reinstall mm-agent")
    return checkout

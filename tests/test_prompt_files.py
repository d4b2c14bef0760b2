"""Prompt files: strict variables, both languages side by side."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mm_agent import prompt_files
from mm_agent.errors import PromptFileError
from mm_agent.prompt_files import detect_language, prompt_names, render


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A prompts folder of the test's own."""
    monkeypatch.setattr(prompt_files, "_folder", lambda: tmp_path)
    for cached in (prompt_files._prompt, prompt_files._sections):
        monkeypatch.setattr(prompt_files, cached.__name__, cached.__wrapped__)
    return tmp_path


def test_fills_placeholders_and_keeps_other_braces(folder: Path) -> None:
    (folder / "ask.en.md").write_text('{name} sends {"a": {"b": 1}} and {Not} {}\n', encoding="utf-8")
    assert render("ask", "en", name="Ann") == 'Ann sends {"a": {"b": 1}} and {Not} {}'


def test_a_value_with_braces_is_not_expanded_again(folder: Path) -> None:
    (folder / "ask.en.md").write_text("{first} {second}", encoding="utf-8")
    assert render("ask", "en", first="{second}", second="secret") == "{second} secret"


def test_a_variable_may_be_called_name(folder: Path) -> None:
    (folder / "ask.zh.md").write_text("{name}好", encoding="utf-8")
    assert render("ask", "zh", name="你") == "你好"


def test_missing_and_extra_variables_are_both_named(folder: Path) -> None:
    (folder / "ask.en.md").write_text("{wanted} {given}", encoding="utf-8")
    with pytest.raises(PromptFileError, match="missing wanted; not in the file: stray"):
        render("ask", "en", given="x", stray="y")


def test_values_must_be_strings(folder: Path) -> None:
    (folder / "ask.en.md").write_text("{count}", encoding="utf-8")
    with pytest.raises(PromptFileError, match=r"\{count\} must be a string, got int"):
        render("ask", "en", count=3)  # pyright: ignore[reportArgumentType]


def test_sections_are_prompts_of_their_own(folder: Path) -> None:
    text = "<!-- section: one -->\nfirst {a}\nline two\n<!-- section: two -->\nsecond\n"
    (folder / "parts.en.md").write_text(text, encoding="utf-8")
    assert render("parts/one", "en", a="A") == "first A\nline two"
    assert render("parts/two", "en") == "second"
    with pytest.raises(PromptFileError, match=r"no section 'three'; .*one, two"):
        render("parts/three", "en")


@pytest.mark.parametrize(
    ("name", "language", "message"),
    [
        ("absent", "en", "no prompt file 'absent.en.md'"),
        ("../errors", "en", "use file or file/section"),
        ("places/centre", "fr", "use file or file/section, and en or zh"),
    ],
)
def test_what_is_not_there_is_named(name: str, language: str, message: str) -> None:
    with pytest.raises(PromptFileError, match=message):
        render(name, language)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("file", sorted({name.rpartition(".")[0] for name in prompt_names()}))
def test_every_prompt_has_both_languages_with_the_same_sections_and_variables(file: str, root: Path) -> None:
    found = []
    for language in ("en", "zh"):
        sections = prompt_files._sections(file, language)
        found.append({key: set(re.findall(r"\{([a-z][a-z0-9_]*)\}", text)) for key, text in sections.items()})
        assert all(text.strip() for text in sections.values())
    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How many cats are there?", "en"),
        ("图里有几只猫？", "zh"),
        ("图里有几个 hamburger？", "zh"),
        ("What does 猫 mean here?", "en"),
        ("img-1@40,60,220,300 img-2 猫", "zh"),
        ("", "en"),
        ("1 + 1 = 2", "en"),
    ],
)
def test_the_language_is_the_one_the_sentence_is_written_in(text: str, language: str) -> None:
    assert detect_language(text) == language

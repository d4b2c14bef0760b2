"""The agent's prompt files: both languages, same sections, same variables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FILES = ("agent_system", "agent_media", "agent_pictures", "agent_limits", "mcp_server", "planner_answers")


def sections(text: str) -> dict[str, set[str]]:
    first, *rest = re.split(r"(?m)^<!-- section: (\w+) -->\n", text)
    parts = dict(zip(rest[::2], rest[1::2], strict=True)) or {"": first}
    return {name: set(re.findall(r"\{([a-z_]+)\}", body)) for name, body in parts.items()}


@pytest.mark.parametrize("name", FILES)
def test_languages_agree(name: str, root: Path) -> None:
    english, chinese = (root / "prompts" / f"{name}.{language}.md" for language in ("en", "zh"))
    assert sections(english.read_text(encoding="utf-8")) == sections(chinese.read_text(encoding="utf-8"))


def test_every_answer_is_used(root: Path) -> None:
    code = "".join(path.read_text() for path in (root / "mm_agent/agent/planner").glob("*.py"))
    code += " which_any which_most which_fewest which_equal"  # put together from the question's quantity
    names = sections((root / "prompts/planner_answers.en.md").read_text(encoding="utf-8"))
    assert [name for name in names if not re.search(rf"\b{name}\b", code)] == []

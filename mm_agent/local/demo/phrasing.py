"""How people ask in the training dialogues (``phrases.en.txt``, ``phrases.zh.txt``).

A line is a question; alternatives stand in brackets, ``{x}`` is a thing, ``{in}`` the picture. The exam asks
in other words (``exam/wording.py``), which a test checks.
"""

from __future__ import annotations

from importlib.resources import files


def _read(language: str) -> dict[str, tuple[str, ...]]:
    """The questions of a language by kind; a line ``# kind`` begins one."""
    text = files("mm_agent.local.demo").joinpath(f"phrases.{language}.txt").read_text(encoding="utf-8")
    kinds = (block.strip().split("\n") for block in text.split("# ")[1:])
    return {kind: tuple(questions) for kind, *questions in kinds}


PHRASES = {language: _read(language) for language in ("en", "zh")}

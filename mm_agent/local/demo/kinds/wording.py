"""What every answer is made of."""

from __future__ import annotations

from mm_agent.local.demo.talk import Talk
from mm_agent.projection.wording import list_words


def say(talk: Talk, english: str, chinese: str) -> str:
    """The wording in the question's language."""
    return chinese if talk.world.language == "zh" else english


def spoken_list(talk: Talk, items: list[str]) -> str:
    """ "a, b": as the tools join lists."""
    return list_words(items, talk.world.language)


def choices(talk: Talk, words: list[str]) -> str:
    """ "a, b or c"."""
    *firsts, last = words
    return say(talk, f"{', '.join(firsts)} or {last}", f"{'、'.join(firsts)}还是{last}")


def failed(talk: Talk, tool: str, reason: str) -> str:
    """What is said when mending did not help."""
    return say(talk, f"I cannot tell: {tool} failed ({reason}).", f"无法判断：{tool} 失败了（{reason}）。")

"""Questions about time: "when does the cat appear?", "find the moments with a dog", "猫什么时候出现？"."""

from __future__ import annotations

import re

from mm_agent.agent.planner import intents as want
from mm_agent.agent.planner.intents import Intent
from mm_agent.agent.planner.nouns import chinese_noun, english_noun

_TIME = r"(?:times?|seconds?|moments?|scenes?)"
_ENGLISH = re.compile(
    r"^(?!what time is it(?: now| in\b.*)?$)(?:and )?"
    rf"(?:(?:when|what time|(?:at|from|in|during) (?:what|which) {_TIME})(?: exactly)?"
    rf"|(?:find|show)(?: me)? (?:the |all )?{_TIME} (?:with|of|when|where|that shows?|showing))\b"
    r"(?: (?:do|does|did|can|could|will|is|are|was|were|there|i|you|we|one|see|have|be))*(?P<noun> .+)$"
)
_ENGLISH_VERBS = re.compile(
    r"\b(?:first|last|start\w*|stop\w*|be seen|comes?|came|shows?|showing|enters?|leaves?|goes|go|gone"
    r"|disappears?|vanish\w*|on screen|in view)\b.*$"
)
_CHINESE = re.compile(
    r"(?:在|从)?(?:什么时候|什么时间|何时|第?几分?几?秒钟?"
    r"|哪(?:一)?(?:段|秒|个?时[刻候间]|些时[刻候间]|个?片段))"
)
_CHINESE_VERBS = re.compile(
    r"出现|(?:能|可以|会)?看得?[到见]|出来|进来|离开|消失|开始|才|会|了|过|里|中|在|是|有|的"
)


def english_when(text: str) -> Intent | None:
    """The intent of a tidied English question, if it asks for a time."""
    match = _ENGLISH.match(text)
    if not match:
        return None
    words = _ENGLISH_VERBS.sub("", match["noun"])
    nouns = [noun for phrase in re.split(r",? and |, ", words) if (noun := english_noun(phrase))]
    return want.When(tuple(nouns)) if nouns else None


def chinese_when(text: str) -> Intent | None:
    """The intent of a tidied Chinese question, if it asks for a time."""
    if not _CHINESE.search(text):
        return None
    phrases = re.split(r"[和与、]|跟(?!鞋)", _CHINESE_VERBS.sub("", _CHINESE.sub("", text)))
    nouns = [noun for phrase in phrases if (noun := chinese_noun(phrase))]
    return want.When(tuple(nouns) or (want.PRONOUN,))

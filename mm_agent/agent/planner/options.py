"""The words a person lets us choose from: "A, B or C", "A、B还是C"."""

from __future__ import annotations

import re

from mm_agent.agent.planner.nouns import canonical, chinese_noun, english_noun, is_known

_LEAD = re.compile(
    r"^(?:which|what|choose|pick|select|classify|decide|is|are|does|do|tell)\b[^:]*:|"
    r"^(?:which|what) (?:of (?:these|those|the following|them)|one|label|word|option|is it|object"
    r"|animal|thing|fits?|describes?|is (?:it|this|that)|(?:do you see|is shown|is there|can you see))"
    r"(?: (?:of these|is it|is this|is there|is shown|is that|fits?(?: best)?|best|words?|labels?"
    r"|options?|describes? it|do you see|can you see|you see|is|it|here|shown|does it show"
    r"|matches(?: best)?))*[,:]?|"
    r"^(?:choose|pick|select|decide)(?: one)?(?: from| between| among| of)?(?: these)?[:,]?|"
    r"^(?:is|are) (?:this|it|that|these|those|they|there)(?: more like| either| rather| picture of"
    r"| showing| a picture of)?|"
    r"^(?:does|do) (?:it|this|picture|they) (?:show|contain|have|depict)(?: either)?|^(?:do"
    r"|can) you see(?: either)?"
)
_CHINESE_LEAD = re.compile(
    r"^(?:请问|请)?(?:从|在)?(?:这|那|下面|以下|下列|上面|这些|那些|它|图|画(?!笔)|里|中|的|是|哪|个|一|种|词|标签|选项|选择|选|属于|更像|像|到底|究竟|应该"
    r"|东西|物体|动物|最|符合|合适|图片|几|：|:|，|是不是|有|会)*"
)


def english_options(text: str) -> tuple[str, ...]:
    """The options of an English question, at least two, else none."""
    if " or " not in text and ":" not in text:
        return ()
    words = _LEAD.sub("", text, count=1).strip(" ,:")
    parts = [part for part in re.split(r",? or |, ?(?:and )?", words) if part.strip()]
    options = [option for part in parts if (option := english_noun(part)) and option != "it"]
    sensible = len(parts) == len(options) and all(len(option.split()) <= 4 for option in options)
    return tuple(dict.fromkeys(options)) if sensible and len(options) > 1 else ()


def chinese_options(text: str) -> tuple[str, ...]:
    """The options of a Chinese question, at least two, else none."""
    if "还是" not in text and not re.search(r"(?:哪|选|属于).*[、，,或]|[、或].*哪", text):
        return ()
    parts = [part for part in re.split(r"，?还是|、|，|,|或者|或|：|:|和(?=.+中)", text) if part.strip()]
    options = [option for part in parts if (option := _chinese_option(part))]
    return tuple(dict.fromkeys(options)) if len(options) > 1 else ()


def _chinese_option(part: str) -> str | None:
    """One option, freed from the words around it; None when only such words are there."""
    part = re.sub(r"(?:中|里|之中|当中)?(?:的)?(?:哪一?[个种只]|哪一?项)?(?:呢|吗|啊|？)*$", "", part.strip())
    if is_known(part):
        return canonical(part)
    word = _CHINESE_LEAD.sub("", part, count=1)
    return (chinese_noun(word) or None) if word else None

"""Which pictures a question means: "the second picture", "img-2", "both", "第二张图", "最后一张"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from mm_agent.agent.message import Medium

_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8,
    "1st": 1, "2nd": 2, "3rd": 3, "4th": 4, "5th": 5, "6th": 6, "7th": 7, "8th": 8,
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "last": -1, "latest": -1,
    "一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "两": 2,
}  # fmt: skip
_NOUN = r"(?:picture|image|photo|pic|photograph|drawing|img|video|clip|movie|film)s?"
_ORDINAL = r"(?:first|second|third|fourth|fifth|sixth|seventh|eighth|\d(?:st|nd|rd|th)|last|latest)"
_IN = r"(?:(?:in|on|at|from|of|for|with|to) )?"
_HANDLE = re.compile(rf"{_IN}\b(?P<handle>(?:img|vid)-\d+(?:@[\d.]+(?:,\d+){{0,3}}s?)?)", re.IGNORECASE)
_PATTERNS = (
    re.compile(
        rf"{_IN}(?:the )?(?P<many>{_ORDINAL}(?:(?:,| and"
        rf"|, and)? (?:the )?{_ORDINAL})+)(?: (?:{_NOUN}|ones?))?",
        re.IGNORECASE,
    ),
    re.compile(rf"{_IN}(?:the )?(?P<ordinal>{_ORDINAL}) (?:{_NOUN}|one)\b", re.IGNORECASE),
    re.compile(
        rf"^(?:and |what about |how about )?(?:in |on )?(?:the )?(?P<ordinal>{_ORDINAL})$", re.IGNORECASE
    ),
    re.compile(
        rf"{_IN}{_NOUN} ?(?:number |no\.? ?|#|nr\.? )?(?P<ordinal>\d\b|one|two|three|four|five)\b(?!,? or)",
        re.IGNORECASE,
    ),
    re.compile(
        r"(?:在)?第(?P<many>[一二三四五六七八\d](?:张|幅|个)?(?:[和与跟、]第?[一二三四五六七八\d])+)(?:张|幅|个)(?:图片|图像|照片|图"
        r"|画)?(?:里面|里|中|上)?"
    ),
    re.compile(
        r"(?:在)?第(?P<ordinal>[一二三四五六七八\d])(?:张|幅|个)(?:图片|图像|照片|图|画)?(?:里面|里|中|上)?"
    ),
    re.compile(
        r"(?:在)?(?:图片?|照片)(?P<ordinal>[一二三四五六七八\d](?!张|幅|个|只|条|样|共|些|起|下|定))(?:里面|里|中|上)?"
    ),
    re.compile(r"(?:在)?(?P<last>最后)(?:那|的)?一?(?:张|幅|个)(?:图片|图像|照片|图|画)?(?:里面|里|中|上)?"),
)
_OTHER = re.compile(
    rf"{_IN}the other (?:{_NOUN}|one)\b"
    r"|(?:在)?(?:另外?|别的)(?:一)?(?:张|幅)(?:图片|照片|图|画)?(?:里|中|上)?",
    re.IGNORECASE,
)
_ALL = re.compile(
    rf"{_IN}\b(?:both|all|each|every|either)(?: of)?(?: the| these| those)?(?: two| three| four"
    rf"| \d)? (?:{_NOUN}|of them|one)\b|{_IN}\bboth\b|"
    rf"{_IN}(?:the |these |those )?(?:two|three|four) {_NOUN}\b|"
    r"(?:在)?(?:[这那][两三四几]|每一?)(?:张|幅)(?:里|中|上)?(?:都)?(?!图|照|画)|"
    r"(?:在)?(?:[这那]几|[这那]?[两三四]|每一?|所有)的?(?:张|幅|个)?(?:图片|照片|图像|图|画(?!笔))(?:里面|里|中|上)?(?:都)?",
    re.IGNORECASE,
)
_FRAME = re.compile(
    rf"\b(?:in|on|of|from|at|within|inside|for) (?:the|this|that|these|those|my|your)(?: (?:same"
    rf"|whole|entire|current|given|attached|following|above))? {_NOUN}\b"
    rf"|\b(?:in|of|on) (?:it|there)$|\b(?:this|that) {_NOUN}\b(?= ?(?:\?|$))|\b(?:in|on) {_NOUN}\b"
    rf"|\bin (?:the|this) scene\b|\bof the scene\b",
    re.IGNORECASE,
)
_THAT_REGION = re.compile(
    r"(?:\b(?:in|inside|within|at|of|on|for) )?"
    r"\b(?:(?:that|this|the same) (?:region|area|box|rectangle|spot)|the region)\b"
    r"|(?:在)?[那这该此](?:个|块|片)?(?:区域|方框|框|范围)(?:里面|里|中|内|上)?",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Mention:
    """What a question says about which pictures: handles, a wish for all or the other one, or nothing.

    ``region``: it means the region that was found last.
    """

    text: str
    handles: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    every: bool = False
    other: bool = False
    region: bool = False

    @property
    def explicit(self) -> bool:
        """Whether any picture was named."""
        return bool(self.handles or self.missing or self.every or self.other or self.region)


def find_mentions(question: str, media: Sequence[Medium]) -> Mention:
    """Take the words that name pictures out of a question.

    Returns:
        The rest of the question, and what was named; ``missing``: names of pictures that are not there.
    """
    handles: list[str] = []
    missing: list[str] = []
    known = {medium.handle for medium in media}
    text = question
    for match in _HANDLE.finditer(question):
        handle = match["handle"].lower()
        (handles if handle.partition("@")[0] in known else missing).append(handle)
    text = _HANDLE.sub(" ", text)
    region = bool(_THAT_REGION.search(text))
    text = _THAT_REGION.sub(" ", text)
    for medium in media:
        if len(medium.name) > 3 and medium.name in text:
            handles.append(medium.handle)
            text = text.replace(medium.name, " ")
        elif medium.handle in text:
            handles.append(medium.handle)
            text = text.replace(medium.handle, " ")
    for pattern in _PATTERNS:
        for match in pattern.finditer(text):
            for position in _positions(match):
                (handles if _exists(position, media) else missing).append(_at(position, media))
        text = pattern.sub(" ", text)
    other, every = bool(_OTHER.search(text)), bool(_ALL.search(text))
    text = _FRAME.sub(" ", _ALL.sub(" ", _OTHER.sub(" ", text)))
    return Mention(
        " ".join(text.split()), tuple(dict.fromkeys(handles)), tuple(missing), every, other, region
    )


def _positions(match: re.Match[str]) -> list[int]:
    groups = match.groupdict()
    if groups.get("last"):
        return [-1]
    words = groups.get("ordinal") or groups.get("many") or ""
    if groups.get("many"):
        return [_position(word) for word in re.findall(rf"{_ORDINAL}|[一二三四五六七八]|\d", words.lower())]
    return [_position(words.lower())]


def _position(word: str) -> int:
    return _ORDINALS.get(word) or int(re.sub(r"\D", "", word) or 0)


def _exists(position: int, media: Sequence[Medium]) -> bool:
    return bool(media) and (position == -1 or 1 <= position <= len(media))


def _at(position: int, media: Sequence[Medium]) -> str:
    if not _exists(position, media):
        return str(position)
    return media[-1 if position == -1 else position - 1].handle

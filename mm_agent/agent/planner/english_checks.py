"""English yes-no questions, sentences to judge, and questions across pictures."""

from __future__ import annotations

import re

from mm_agent.agent.planner import intents as want
from mm_agent.agent.planner.intents import Intent, Quantity, Relation
from mm_agent.agent.planner.nouns import canonical, english_noun, is_known
from mm_agent.agent.planner.numbers import ENGLISH_NUMBER, colours_in, number
from mm_agent.agent.planner.options import english_options
from mm_agent.agent.planner.places import ENGLISH_PLACE, part_of
from mm_agent.vision.vocabulary import find

_QUOTED = re.compile(r"[\"“「«](?P<double>[^\"”」»]{3,})[\"”」»]|(?<!\w)'(?P<single>.{3,}?)'(?!\w)")
_FITS = re.compile(
    r"\b(?:fits?|match(?:es)?|true|correct|accurate|right|appl(?:y|ies)|describes?|caption|sentence"
    r"|statement|description|phrase|suit|suitable|hold)\b"
)
_UNQUOTED = re.compile(
    r"^(?:(?:is it|is that|it is) (?:true|correct|right|accurate|fair to say)(?: to say)? that"
    r"|true or false[:,]?"
    r"|(?:does|is|do|would) (?:this|the|following|that|these|it)?[^:]{0,60}\b(?:fits?|match|true"
    r"|correct|right|accurate|apply|describe|caption|sentence|statement|description|suitable)\b[^:]{0,30}:"
    r"|(?:sentence|caption|statement|fits?|check)[^:]{0,20}:)\s*(?P<a>.+)$"
    r"|^(?:does|do|would) (?:the )?(?:sentence|caption|statement|description|text|phrase|words?"
    r"|title)?\s*(?P<b>.{3,}?) (?:fits?|match|describe|apply(?: to)?|suit)(?: (?:it|this|here"
    r"|the (?:picture|image|photo)|well))*$"
)
_SAME = re.compile(
    r"\b(?:same|identical|alike|differ|differs|different|difference|differences|compare|comparison"
    r"|similar|in common|equal)\b"
)
_PICTURE = r"(?:picture|image|photo|pic|photograph|one|drawing|scene)s?"
_WHICH = re.compile(
    rf"^(?:in |on )?(?:which|what)(?: one)?(?: of (?:the|these)(?: two| three"
    rf"| \d)?)? ?{_PICTURE}?\b(?: \w+ and \w+)?(?P<rest>.*)$"
)
_WHICH_PICTURE = re.compile(
    rf"\b(?:which|what)(?: one)?(?: of (?:the|these|them)(?: two| three| \d)?)? {_PICTURE}\b"
    rf"|\bwhich (?:of (?:the )?(?:two|both|them)|has|have|contains|shows)\b"
)
_THERE = re.compile(
    r"^(?:(?:check|see|tell me|do you know|can you tell|verify|find out)?\s*(?:if|whether) )?(?:"
    r"(?:is|are) there(?: really| actually| even)?|there (?:is|are)|(?:do|can|could|did) (?:you|we"
    r"|i)(?: also| actually)? (?:see|spot|find|detect|notice|recogni[sz]e|make out)"
    r"|(?:does|do|is) (?:it|this|that|the|both|all|either|they|these|(?:the )?(?:picture|image|photo"
    r"|scene)s?|)(?: (?:picture|image|photo|scene)s?)?\s?(?:show(?:ing)?|contain(?:ing)?|have"
    r"|include|depict(?:ing)?|feature|got)"
    r"|(?:has|have) (?:it|this|that|you|they)(?: got)?|any|got any)\b(?P<noun>.*)$"
)
_VISIBLE = re.compile(
    r"^(?:is|are) (?P<noun>(?!this\b|that\b|it\b|these\b|those\b|they\b|there\b).+?) (?:visible"
    r"|present|shown|depicted|here|there|to be seen|drawn|displayed|in (?:it|there)|included)$"
)
_APPEARS = re.compile(
    r"^(?:does|do|did) (?P<noun>(?!this\b|that\b|it\b|these\b|those\b|they\b|you\b|i\b|we\b).+?)"
    r" (?:appear|show up|occur|come up|turn up)(?: (?:here|there|anywhere|at all|in it))*$"
)
_IDENTITY = re.compile(
    r"^(?:is|are|was) (?:this|that|it|these|those|they)(?: really| actually| maybe"
    r"| perhaps)?(?: (?:supposed to be|showing|(?:a )?(?:picture|photo|image|drawing) of))?(?P<noun> .+)$"
)
_HOW_MANY: tuple[tuple[str, Relation], ...] = (
    ("at least", ">="), ("at most", "<="), ("no more than", "<="), ("more than", ">"), ("fewer than", "<"),
    ("less than", "<"), ("over", ">"), ("exactly", "="), ("only", "="), ("just", "="), ("about", "="),
)  # fmt: skip
_SIDES = {
    "left": "left",
    "right": "right",
    "above": "above",
    "over": "above",
    "on top": "above",
    "below": "below",
    "under": "below",
    "beneath": "below",
    "underneath": "below",
}
_BESIDE = re.compile(
    r"^(?:is|are) (?:there )?(?P<first>(?:the |an? )?.+?) (?:(?:to|on) the )?(?P<side>left|right"
    r"|above|over|on top|below|under|beneath|underneath)(?: side)?(?: of)? (?P<second>(?:the|an?) .+)$"
)
_IN_PLACE = re.compile(
    rf"^(?:(?:is|are) (?:there )?|(?:do|can) you see )(?P<noun>.+?) (?:(?:located |placed "
    rf"|drawn )?(?:in|on|at|to|near) )(?:the )?(?P<place>{ENGLISH_PLACE})(?: of (?:it|the (?:picture"
    rf"|image|photo|scene|frame)))?$"
)


_DOING = re.compile(
    r"^(?:is|are) (?:any(?:one|body)|some(?:one|body)|he|she|they|people"
    r"|the (?:man|woman|boy|girl|child|children|people|person)) (?P<doing>.+)$"
)


def fitting(text: str) -> Intent | None:
    """Whether a sentence fits, quoted or after a colon."""
    quoted = _QUOTED.search(text)
    if quoted:
        sentence = quoted["double"] or quoted["single"]
        rest = text.replace(quoted.group(), " ")
        return (
            want.Fits(sentence.strip(" ."))
            if _FITS.search(rest) or not rest.strip(" ?!.") or "picture" in rest
            else None
        )
    match = _UNQUOTED.match(text)
    sentence = (match["a"] or match["b"] or "").strip(" .") if match else ""
    return want.Fits(sentence) if len(sentence.split()) > 1 else None


def comparison(text: str) -> Intent | None:
    """Which picture, or whether and how pictures differ."""
    if _WHICH_PICTURE.search(text):
        return _which_picture(text)
    if _SAME.search(text) and not re.search(r"\bhow many different\b|\bsame (?:number|amount)\b", text):
        return want.Same()
    return None


def _which_picture(text: str) -> Intent | None:
    match = _WHICH_PICTURE.search(text)
    rest = text[match.end() :] if match else text
    if re.search(r"\b(?:background|colou?r)\b", rest) and (named := colours_in(rest)):
        return want.WhichPicture(colour=named[0])
    rest = re.sub(
        r"\b(?:has|have|had|got|contains?|shows?|showing|with|is|are|there|do you see|can you see"
        r"|includes?|depicts?|features?|do|does|can|you|see|find|the|in|on|both|two|number)\b",
        " ",
        rest,
    )
    quantity: Quantity = "any"
    if re.search(r"\b(?:more|most|greater|larger|highest|largest|biggest)\b", rest):
        quantity = "most"
    elif re.search(r"\b(?:fewer|fewest|less|least|smaller|smallest|lowest)\b", rest):
        quantity = "fewest"
    rest = re.sub(
        r"\b(?:more|most|greater|larger|highest|largest|biggest|fewer|fewest|less|least|smaller"
        r"|smallest|lowest)\b",
        " ",
        rest,
    )
    noun = english_noun(" ".join(rest.split()).removeprefix("of "))
    if noun == "" and quantity != "any":
        return want.WhichPicture("", quantity)
    return want.WhichPicture(noun, quantity) if noun else None


def presence(text: str) -> Intent | None:
    """Is there, do you see, is this a, and the same with numbers and places."""
    if placed := _placed(text):
        return placed
    if (match := _DOING.match(text)) and is_known(match["doing"]):
        return want.Presence((canonical(match["doing"]),))
    if match := _IDENTITY.match(text):
        options = english_options(text)
        return want.Choose(options) if len(options) > 1 else _named(match["noun"])
    match = _THERE.match(text) or _VISIBLE.match(text) or _APPEARS.match(text)
    return _claim(match["noun"], every=True) if match else None


def _named(words: str) -> Intent | None:
    """ "is this a cat"; but "is it raining" names nothing."""
    intent = _claim(words, every=True)
    if isinstance(intent, want.Presence) and not re.match(r" (?:an?|the|any|some)\b", words):
        return intent if all(is_known(noun) for noun in intent.nouns) else None
    return intent


def _placed(text: str) -> Intent | None:
    if match := _IN_PLACE.match(text):
        noun, part = english_noun(match["noun"]), part_of(match["place"])
        if noun and part:
            return want.PlaceCheck(noun, part)
    if match := _BESIDE.match(text):
        first, second = english_noun(match["first"]), english_noun(match["second"])
        if first and second and not re.match(r"(?:the )?(?:picture|image|photo)", match["second"]):
            return want.Beside(first, _SIDES[match["side"]], second)  # type: ignore[arg-type]
    return None


def _claim(words: str, *, every: bool) -> Intent | None:
    """Presence, or a check of a number when the words hold one."""
    words = words.strip()
    relation: Relation = "="
    for prefix, meaning in _HOW_MANY:
        if words.startswith(prefix + " "):
            words, relation = words.removeprefix(prefix + " "), meaning
            break
    if match := re.match(
        rf"(?P<number>{ENGLISH_NUMBER}|a single|a couple of|a pair of) (?P<noun>.+)$", words
    ):
        noun = english_noun(match["noun"])
        many = number(match["number"].removeprefix("a "))
        if noun and many is not None and not is_measure(words):
            return want.CountCheck(noun, many, relation)
    if re.match(r"(?:anything|something|else|any (?:object|thing)s?)\b", words):
        return want.Describe()
    every = every and " or " not in words
    parts = re.split(r",? (?:and|or)(?: also)? |, ", words)
    nouns = tuple(noun for part in parts if (noun := english_noun(part)))
    return want.Presence(nouns, every=every) if nouns else None


def is_measure(words: str) -> bool:
    """ "a pair of scissors" names one thing, not a number of them."""
    concept = find(english_noun(words) or "")
    return concept is not None and concept.counted_en.startswith("pair of ")

"""English questions to intents. The text arrives lower-cased, without names of pictures and politeness."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from mm_agent.agent.planner import intents as want
from mm_agent.agent.planner.english_checks import comparison, fitting, presence
from mm_agent.agent.planner.intents import Intent
from mm_agent.agent.planner.nouns import english_noun, is_known
from mm_agent.agent.planner.numbers import ENGLISH_COLOUR, ENGLISH_NUMBER, colour, colours_in, number
from mm_agent.agent.planner.options import english_options
from mm_agent.agent.planner.places import ENGLISH_PLACE, part_of
from mm_agent.agent.planner.when import english_when

_THING_WORD = (
    r"(?:animal|object|thing|item|fruit|vegetable|vehicle|food|plant|flower|creature|bird|insect"
    r"|tool|instrument|subject"
    r"|character|emoji|sticker|symbol|kind of \w+|type of \w+|sort of \w+)s?"
)
_SHOWN = (
    r"(?:this|that|it|these|those|they|shown|depicted|drawn|pictured|displayed|visible|here|there|present)"
)

_GREETING = re.compile(
    r"^(?:hi|hello|hey|yo|good (?:morning|afternoon|evening|day)|thanks?|thank you(?: very much"
    r"| so much)?|bye|goodbye"
    r"|greetings|nice|great|cool)(?: there)?$"
)
_HELP = re.compile(
    r"^(?:help|what can you (?:do|answer)|what do you do|who are you|what are you|how (?:do"
    r"|does) (?:you|this|it) work|what can i ask.*|how can you help.*)$"
)
_DESCRIBE = re.compile(
    r"\b(?:describe|description|caption|summari[sz]e|tell (?:me|us) (?:about|what)|what (?:can|do"
    r"|did) you (?:see|observe|notice|find)"
    r"|what can be seen|what else|do you see anything|is there anything|what is (?:in|going on"
    r"|happening|there|here|on)\b(?! the (?:left|right|top|bottom|upper|lower|cent|middle))"
    r"|explain|list (?:all|every|the)|what all|what (?:objects|things|items|animals) (?:are|can|do)"
    r"|talk about|what (?:happens|changes|occurs|goes on)|what is (?:shown|visible|depicted) (?:in|on|here)"
    r"|what does (?:it|this|that|picture) (?:show|contain|depict|have))"
)
_IDENTIFY = re.compile(
    rf"^(?:(?:and )?what(?: exactly| on earth)? (?:is|are)(?: being)? {_SHOWN}(?: (?:a|an|picture"
    rf"|image|photo|drawing|of|thing|object|called|supposed to be|animal|exactly|in|here))*"
    rf"|(?:what|which) {_THING_WORD}(?: (?:is|are|do|does|can|could|was)\b.*)?"
    rf"|what is (?:the )?(?:name|main|subject|content)\b.*|what is the {_THING_WORD}\b.*"
    rf"|(?:please )?(?:name|identify|recogni[sz]e|classify|guess|label|tag)(?: (?:me|us|all|every"
    rf"|main))*(?: (?:the|this|that|it|what|these|those)\b.*| ?$)"
    r"|what am i (?:looking at|seeing)|what are we (?:looking at|seeing)|what do we (?:have"
    r"|see) here|what is being shown.*|what do you think (?:this|it|that) is"
    r"|what (?:this|it|that) is|what could (?:this|it|that) be|what is (?:this|that|it) (?:a )?.{0,12}of)$"
)
_COUNT = re.compile(
    r"\b(?:how many|how much|(?:what is )?(?:the )?(?:exact |total |overall )?(?:number|amount|count"
    r"|quantity|total) of"
    r"|what number of|count(?: up)?(?: for me)?(?: how many| the number of)?|tally)\b(?P<noun>.*)$"
)
_MORE = re.compile(
    r"\b(?P<how>more|fewer|less)(?: of)?,? (?P<first>[\w' -]+?) (?P<link>than|or) (?P<second>[\w' -]+)$"
)
_WHERE = re.compile(
    r"^(?:(?:and )?where(?:abouts)?(?: exactly)? (?:is|are|can (?:i|you|we) (?:see|find|spot)"
    r"|do you (?:see|find)|should i look for)"
    r"|(?:find(?: me)?|locate|point (?:at|to|out)(?: where)?|show me(?: where)?|spot|mark|highlight)\b"
    r"|(?:what is )?(?:the )?(?:exact )?(?:position|location|place|whereabouts|coordinates?) of"
    r"|(?:in|on|at)? ?(?:which|what) (?:part|corner|area|region|position|side|half|place|location"
    r"|spot|quadrant)(?: of (?:it|the \w+))?,? (?:shows?|is|are|contains?|holds?|has|do you see|can you see))"
    r"(?P<noun>.+)$"
)
_WHAT_AT = re.compile(
    rf"^what(?: {_THING_WORD})? (?:is|are|do you see|can you see)(?: there)?(?: located"
    rf"| shown)? ?(?:in|on|at|to|near) (?:the )?(?P<place>{ENGLISH_PLACE})(?: of (?:it|the \w+))?$"
)
_COLOUR_OF = re.compile(
    r"(?:what|which)(?: kind of| type of)? colou?rs? (?:is|are|does|do|has|have)(?P<a>.+)$"
    r"|colou?rs? of(?P<b>.+)$"
    r"|what (?:is|are)(?P<c>.+?)(?:'s)? colou?rs?$|^(?P<d>[\w ]*)colou?rs?$"
)
_BACKGROUND = re.compile(r"\b(?:background|backdrop|behind|picture|image|photo|scene|wall|backgroud)\b")
_FOLLOW = re.compile(
    r"^(?:and|what about|how about|also|but|then|or)\b(?: (?:what|how) about\b)?(?: (?:for|in|any|on"
    r"|with)\b)?(?P<rest>.*)$"
)


def parse_english(text: str) -> Intent:
    """The intent of one tidied question."""
    if not text:
        return want.FollowUp()
    for rule in _RULES:
        if intent := rule(text):
            return intent
    return want.Unsupported()


def _small_talk(text: str) -> Intent | None:
    if _GREETING.match(text):
        return want.Greeting()
    return want.Help() if _HELP.match(text) else None


def _more(text: str) -> Intent | None:
    match = _MORE.search(text)
    if not match or (number(match["second"].split()[0]) is not None and match["link"] == "than"):
        return None
    first, second = english_noun(match["first"]), english_noun(match["second"])
    if not first or not second:
        return None
    return want.MoreOf(first, second, fewer=match["how"] != "more", asks_which=match["link"] == "or")


def _count(text: str) -> Intent | None:
    either = re.search(rf"\b{ENGLISH_NUMBER} or {ENGLISH_NUMBER} (?P<noun>.+)$", text)
    match = either or _COUNT.search(text)
    if not match:
        return None
    if re.match(r" (?:of )?(?:the )?(?:pictures|images|photos|pics)\b", match["noun"] if not either else ""):
        return want.HowManyPictures()
    phrases = re.split(r",? and (?:how many |the )?|, ", match["noun"].strip())
    nouns = [noun for phrase in phrases if (noun := english_noun(phrase)) is not None]
    if not nouns:
        return want.Count((want.PRONOUN,))
    return want.Count(tuple(noun for noun in nouns if noun))


def _colour(text: str) -> Intent | None:
    named = colours_in(text)
    if not re.search(r"\bcolou?rs?\b|\bhue\b", text):
        return _colour_claim(text, named)
    if named:
        return _of_named(named)
    match = _COLOUR_OF.search(text)
    return want.Colour(
        thing=_coloured_thing(next((part for part in match.groups() if part), "") if match else "")
    )


def _colour_claim(text: str, named: tuple[str, ...]) -> Intent | None:
    """ "is the background blue", "is the cat black"; the words say no "colour"."""
    if not named or not re.match(r"^(?:is|are|does|do|has|have)\b", text):
        return None
    if _BACKGROUND.search(text):
        return _of_named(named)
    match = re.match(
        rf"^(?:is|are) (?:the |this "
        rf"|that )?(?P<noun>[\w' -]+?) (?P<colour>{ENGLISH_COLOUR})(?: or (?P<other>{ENGLISH_COLOUR}))?$",
        text,
    )
    noun = english_noun(match["noun"]) if match else None
    if not match or noun is None or match["noun"] in ("there", "it a", "this a"):
        return None
    thing = None if noun in ("", want.PRONOUN) else noun
    if match["other"]:
        return want.Colour(thing, options=named)
    return want.Colour(thing, claimed=colour(match["colour"]))


def _coloured_thing(words: str) -> str | None:
    """What a colour is asked of; None for the background."""
    noun = english_noun(re.sub(r"^\s*(?:is|are)\b", "", words))
    if not noun or noun == want.PRONOUN or _BACKGROUND.search(words):
        return None
    return noun


def _of_named(named: Sequence[str], thing: str | None = None) -> want.Colour:
    """One named colour is a claim, several are options."""
    return (
        want.Colour(thing, options=tuple(named)) if len(named) > 1 else want.Colour(thing, claimed=named[0])
    )


def _where(text: str) -> Intent | None:
    match = _WHERE.match(text)
    if not match or re.match(r" (?:what|how|a pic)", match["noun"]):
        return None
    nouns = [noun for phrase in re.split(r",? and |, ", match["noun"]) if (noun := english_noun(phrase))]
    return want.Where(tuple(nouns)) if nouns else None


def _what_at(text: str) -> Intent | None:
    match = _WHAT_AT.match(text)
    return want.Identify(part_of(match["place"])) if match else None


def _look(text: str) -> Intent | None:
    if text in ("what is", "what are", "about", "what are in"):  # what is left of "what is in the picture"
        return want.Describe()
    if _IDENTIFY.match(text):
        return want.Identify()
    return want.Describe() if _DESCRIBE.search(text) else None


def _choose(text: str) -> Intent | None:
    options = english_options(text)
    return want.Choose(options) if len(options) > 1 else None


def _follow_up(text: str) -> Intent | None:
    match = _FOLLOW.match(text)
    rest = match["rest"].strip(" ,") if match else text
    if match and not rest:
        return want.FollowUp()
    if re.fullmatch(r"(?:the |its |that )?(?:background|backdrop)(?: colou?r)?", rest):
        return want.Colour()
    if re.fullmatch(r"where|when|how many|what colou?r|which colou?r", rest):
        it = (want.PRONOUN,)
        return {"where": want.Where(it), "when": want.When(it), "how many": want.Count(it)}.get(
            rest, want.Colour()
        )
    if match and (deeper := parse_english(rest)) != want.Unsupported():
        return deeper
    words = re.split(r",? (?:and|or) |, ", rest)
    if match or all(is_known(english_noun(word) or "") for word in words):
        nouns = tuple(noun for word in words if (noun := english_noun(word)) and len(noun.split()) <= 5)
        return want.FollowUp(nouns) if nouns and len(nouns) == len(words) else None
    return None


_RULES: tuple[Callable[[str], Intent | None], ...] = (
    _small_talk,
    english_when,
    fitting,
    comparison,
    _more,
    _count,
    _colour,
    _what_at,
    _where,
    presence,
    _choose,
    _look,
    _follow_up,
)

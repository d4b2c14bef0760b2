"""The words of an answer held against a rule.

Yes and no, numbers, things and times are read by the reader of the demo language model's exam
(``mm_agent.local.demo.exam.reading``), which knows English and Chinese.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from mm_agent.evals.judging.overlap import set_f1, span_iou
from mm_agent.evals.judging.record import TurnRecord
from mm_agent.evals.suite.expected import AnswerRule
from mm_agent.evals.suite.thing import thing_of
from mm_agent.local.demo.exam import reading
from mm_agent.prompt_files import Language, detect_language
from mm_agent.vision.vocabulary import concepts, stickers

Finding = tuple[bool, float, str]
"""Whether a rule holds, how well, and why it does not."""
_FIRST_YES = {"en": re.compile(r"^\W*yes\b", re.I), "zh": re.compile(r"^\W*(是|有|对|符合|一样|能)")}
_FIRST_NO = {"en": re.compile(r"^\W*no\b", re.I), "zh": re.compile(r"^\W*(不|没)")}
_ALONE = re.compile(r"(?<![\w.@,-])\d+(?:\.\d+)?(?![\w%]|\.\d)", re.ASCII)
_BRACKETS = re.compile(r"[(（][^()（）]*[)）]")
_DENIED = re.compile(r"\b(?:not|no|rather than|instead of) (?:an? |the |any )?$|(?:不是|没有|而不是)$", re.I)


def judge_words(rule: AnswerRule, turn: TurnRecord) -> Finding:
    """Hold an answer against a rule; ``judge`` rules are another module's."""
    return _RULES[rule.kind](rule, turn.text, detect_language(turn.text))


def abstains(text: str) -> bool:
    """Whether an answer says that it cannot tell, cannot help, or that there is nothing of the kind."""
    language = detect_language(text)
    denies = reading.polarity(text, language) is not True
    return bool(text.strip()) and (denies or reading.refuses(text, language))


def named(text: str, options: Sequence[str]) -> list[str]:
    """Which options a text names, the longest first ("hot dog" is no dog); denied ones are left out.

    What stands in brackets, such as tool names and scores, does not count.
    """
    bare = _BRACKETS.sub(" ", text)
    found: list[str] = []
    for option in sorted(options, key=len, reverse=True):
        pattern = _word(option)
        matches = list(pattern.finditer(bare))
        if any(not _DENIED.search(bare[: match.start()]) for match in matches):
            found.append(option)
        bare = pattern.sub(" ", bare) if matches else bare
    return found


def _word(option: str) -> re.Pattern[str]:
    """A word or its regular plural; Chinese has no word edges."""
    edge = r"\b" if option.isascii() else ""
    concept = thing_of(option)
    forms = [option, concept.en_plural] if concept and option == concept.en else [option]
    joined = "|".join(re.escape(form) for form in sorted(forms, key=len, reverse=True))
    return re.compile(f"{edge}(?:{joined}){edge}", re.I)


def _exact(rule: AnswerRule, text: str, language: Language) -> Finding:
    options = rule.exact or ()
    right = _plain(text) in {_plain(option) for option in options}
    return right, float(right), f"is not {' or '.join(map(repr, options))}"


def _plain(text: str) -> str:
    return " ".join(text.lower().split()).strip(" .!?。！？\"'“”")


def _number(rule: AnswerRule, text: str, language: Language) -> Finding:
    wanted = rule.number or 0.0
    said = _said_number(rule, text, language)
    right = said is not None and abs(said - wanted) <= rule.tolerance
    thing = f" of {rule.of}" if rule.of else ""
    got = "no number" if said is None else f"{said:g}"
    return right, float(right), f"gives {got}{thing}, not {wanted:g}"


def _said_number(rule: AnswerRule, text: str, language: Language) -> float | None:
    """The number of the thing, else the first that stands alone; "none" is 0."""
    concept = stickers().find(rule.of) if rule.of else None
    if concept is not None:
        said = reading.counts(_BRACKETS.sub(" ", text), concepts().index(concept), language)
        return float(said[0]) if said else None
    alone = _ALONE.search(_BRACKETS.sub(" ", text))
    if alone:
        return float(alone[0])
    return 0.0 if text.strip() and reading.polarity(text, language) is False else None


def _contains(rule: AnswerRule, text: str, language: Language) -> Finding:
    wanted = rule.contains or ()
    missing = [word for word in wanted if word.lower() not in text.lower()]
    share = 1 - len(missing) / max(len(wanted), 1)
    return not missing, share, f"does not say {', '.join(map(repr, missing))}"


def _regex(rule: AnswerRule, text: str, language: Language) -> Finding:
    right = re.search(rule.regex or "", text, re.I | re.S) is not None
    return right, float(right), f"does not match {rule.regex}"


def _affirms(rule: AnswerRule, text: str, language: Language) -> Finding:
    if _FIRST_YES[language].search(text):
        said: bool | None = True
    elif _FIRST_NO[language].search(text):
        said = False
    else:
        said = reading.polarity(text, language)
    words = {True: "affirms", False: "denies", None: "says neither yes nor no"}
    return said is rule.affirms, float(said is rule.affirms), words[said]


def _set(rule: AnswerRule, text: str, language: Language) -> Finding:
    found = named(text, rule.among)
    f1 = set_f1(found, rule.set or ())
    reason = f"names {', '.join(found) or 'nothing'}: F1 {f1:.2f}"
    return f1 >= (rule.at_least or 1.0) - 1e-9, f1, reason


def _choice(rule: AnswerRule, text: str, language: Language) -> Finding:
    found = named(text, rule.among)
    right = found == [rule.choice] and not reading.unsure(text, language)
    return right, float(right), f"names {', '.join(found) or 'none of them'}, not {rule.choice} alone"


def _moments(rule: AnswerRule, text: str, language: Language) -> Finding:
    said, wanted = reading.spans(text), rule.moments or ()
    iou = span_iou(said, wanted)
    times = ", ".join(f"{start:g} to {end:g} s" for start, end in said) or "no times"
    return iou >= (rule.at_least or 0.5), iou, f"gives {times}: IoU {iou:.2f}"


_RULES = {
    "exact": _exact,
    "number": _number,
    "contains": _contains,
    "regex": _regex,
    "affirms": _affirms,
    "set": _set,
    "choice": _choice,
    "moments": _moments,
}

"""Which evidence an answer relies on: what it cites, held against what the tools reported.

A model may name evidence in any words, or wrongly. So no citation is taken from it as it stands: every fact
the tools reported is held against the answer, and those it names by score or by region are cited; of a tool
whose scores it leaves out, the best fact whose thing it names. What it cites and no tool reported is
unsupported.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import chain

from mm_agent.agent.answer import ToolUse
from mm_agent.agent.cited import Citation, CitedAnswer
from mm_agent.agent.facts import cited_as, facts_of
from mm_agent.agent.past import PastTurn
from mm_agent.vision.vocabulary import find

_HANDLE = re.compile(r"(?<![A-Za-z0-9-])(?:img|vid)-\d+(?:@\d+(?:\.\d+)?s)?(?:@\d+(?:,\d+){3})?")
# Scores from 0 to 1 with two digits or more, and percentages; not the seconds of a moment.
_SCORE = re.compile(
    r"(?<![\d.@,$])(?:(0\.\d{2,}|1\.00+)(?!\d|\.\d|\s?(?:s\b|秒))|(\d{1,2}(?:\.\d)?)\s?[%％])"
)


def cite(turns: Sequence[PastTurn], claimed: Sequence[Citation] = ()) -> CitedAnswer:
    """Hold the answer of the last turn against what the tools reported.

    Args:
        turns: A conversation; what an earlier turn reported may be cited too.
        claimed: What a model gave as its evidence, in a field of its own.
    """
    *before, last = turns
    now = _looks(last)
    earlier = list(chain.from_iterable(_looks(turn) for turn in reversed(before)))
    pictures = {_picture(handle) for handle in _handles(last.text)}
    backed = [(claim, _backing(claim, [*now, *earlier])) for claim in map(cited_as, claimed)]
    found = dict.fromkeys(fact for _, fact in backed if fact)
    found |= dict.fromkeys(fact for use in now for fact in _relied_on(last.text, facts_of(use), pictures))
    unsupported = [claim for claim, fact in backed if fact is None]
    for claim in _claims(last.text):
        if any(_backs(fact, claim, pictures) for fact in found):
            continue
        facts = (fact for use in [*now, *earlier] for fact in facts_of(use))
        if fact := next((fact for fact in facts if _backs(fact, claim, pictures)), None):
            found[fact] = None
        elif not _was_said(claim, turns, pictures) and (found or not _is_example(claim, turns)):
            unsupported.append(claim)
    return CitedAnswer(answer=last.text, evidence=tuple(found), unsupported=tuple(dict.fromkeys(unsupported)))


def _looks(turn: PastTurn) -> list[ToolUse]:
    """The tool calls of a turn, but for the one by which LangChain has some models give their answer."""
    return [use for use in turn.tool_calls if use.name != CitedAnswer.__name__]


def _relied_on(text: str, facts: Sequence[Citation], pictures: set[str]) -> list[Citation]:
    """The facts of one tool call that an answer's words rely on."""
    claims = [claim for claim in _claims(text) if claim.region or claim.score is not None]
    named = [fact for fact in facts if any(_backs(fact, claim, pictures) for claim in claims)]
    return named or [fact for fact in facts[:1] if _speaks_of(text, fact)]


def _speaks_of(text: str, fact: Citation) -> bool:
    """Whether an answer names a fact's thing, in either language."""
    concept = find(fact.about)
    words = (fact.about, concept.en, concept.zh) if concept else (fact.about,)
    return any(word and word.lower() in text.lower() for word in words)


def _claims(text: str) -> Iterator[Citation]:
    """What an answer's words cite: pictures, regions, frames and scores."""
    handles = _handles(text)
    yield from (cited_as(Citation(handle=handle, tool="")) for handle in handles)
    only = next(iter(handles)) if len(handles) == 1 else ""
    yield from (cited_as(Citation(handle=only, tool="", score=score)) for score in _scores(text))


def _handles(text: str) -> list[str]:
    return list(dict.fromkeys(_HANDLE.findall(text)))


def _scores(text: str) -> list[float]:
    found = _SCORE.findall(text)
    return [float(score) if score else float(percent) / 100 for score, percent in found]


def _backs(fact: Citation, claim: Citation, pictures: set[str]) -> bool:
    """Whether words cite this fact: by score and, if they name pictures, its picture; else by place."""
    if claim.score is not None:
        return _alike(fact.score, claim.score) and (not pictures or _picture(fact.handle) in pictures)
    if claim.region is not None:
        return (fact.handle, fact.region) == (claim.handle, claim.region)
    return claim.seconds is not None and fact.handle == claim.handle


def _backing(claim: Citation, uses: Sequence[ToolUse]) -> Citation | None:
    """The fact a model's citation stands for; the citation itself if words of a foreign tool bear it out."""
    facts = [fact for use in uses for fact in facts_of(use) if _same(fact, claim)]
    about = claim.about.lower()
    best = next((fact for fact in facts if fact.about and fact.about.lower() in about), None)
    if facts:
        return best or facts[0]
    pictures = {_picture(claim.handle)}
    said = (use for use in uses if not facts_of(use) and not use.failed and use.name == claim.tool)
    return claim if any(_bears_out(use, claim, pictures) for use in said) else None


def _same(fact: Citation, claim: Citation) -> bool:
    """Whether a model's citation says nothing that a fact does not."""
    exact = claim.handle == fact.handle or claim.handle == _picture(fact.handle)
    return (
        exact
        and claim.tool == fact.tool
        and claim.region in (None, fact.region)
        and (claim.score is None or _alike(fact.score, claim.score))
        and (claim.seconds is None or _within(claim.seconds, fact.seconds))
    )


def _was_said(claim: Citation, turns: Sequence[PastTurn], pictures: set[str]) -> bool:
    """Whether a person said it, or a tool in words: one that is not ours, or an error."""
    asked = [handle for turn in turns for handle in _handles(turn.question)]
    listed = [medium.handle for turn in turns for medium in turn.media]
    if claim.score is None:
        spoken = [handle for turn in turns for use in _looks(turn) for handle in _handles(_words(use))]
        names = {cited_as(Citation(handle=name, tool="")) for name in (*asked, *listed, *spoken)}
        return claim in names
    if any(_alike(score, claim.score) for score in _scores(turns[-1].question)):
        return True
    return any(_bears_out(use, claim, pictures) for turn in turns for use in _looks(turn) if not use.failed)


def _is_example(claim: Citation, turns: Sequence[PastTurn]) -> bool:
    """Whether it only names a frame of a known video, as an answer without evidence does to ask back."""
    listed = {medium.handle for turn in turns for medium in turn.media}
    return claim.score is None and claim.region is None and _picture(claim.handle) in listed


def _bears_out(use: ToolUse, claim: Citation, pictures: set[str]) -> bool:
    """Whether a tool's words about the pictures hold a score; without one, whether they are about them."""
    about = {_picture(handle) for handle in _handles(_words(use))}
    scored = claim.score is None or any(_alike(score, claim.score) for score in _scores(use.result_text))
    return scored and (not pictures or bool(about & pictures))


def _words(use: ToolUse) -> str:
    return f"{use.args} {use.result_text}"


def _picture(handle: str) -> str:
    """The picture or video that a handle is of or in."""
    return handle.partition("@")[0]


def _alike(reported: float | None, said: float) -> bool:
    """Whether a score is the reported one, rounded to the digits it is said with, two at least."""
    digits = max(2, len(str(said).partition(".")[2]))
    return reported is not None and abs(reported - said) <= 0.5000001 * 10**-digits


def _within(said: Sequence[float], reported: Sequence[float] | None) -> bool:
    """Whether a stretch of a video lies in the reported one, as far as a tenth of a second shows."""
    return reported is not None and reported[0] - 0.1 <= said[0] <= said[1] <= reported[1] + 0.1

"""Whether a sentence is true of a picture: its claims one by one, and the sentence against its neighbours."""

from __future__ import annotations

from mm_agent.agent.planner import intents as want
from mm_agent.agent.planner.answer_looks import top_colour
from mm_agent.agent.planner.calls import match_call
from mm_agent.agent.planner.contrasts import claims, contrasts
from mm_agent.agent.planner.dialogue import Turn
from mm_agent.agent.planner.nouns import counted
from mm_agent.agent.planner.numbers import colour_name
from mm_agent.agent.planner.plan import fit_texts
from mm_agent.agent.planner.wording import count_of, evidence_of, quoted, say, score


def fits(intent: want.Fits, turn: Turn, handle: str) -> str:
    """Yes, no with the reason, or that it cannot be told."""
    texts = evidence_of(turn, match_call(handle, fit_texts(intent.sentence)))["texts"]
    own = next((entry for entry in texts if entry["text"] == intent.sentence), texts[0])
    values = {"sentence": quoted(intent.sentence), "handle": handle, "score": score(own["score"])}
    if reason := _refuted(intent.sentence, turn, handle):
        return say("fits_no_because", turn.language, reason=reason, **values)
    said = claims(intent.sentence)
    checked = bool(said.nouns or said.background)
    best = max(texts, key=lambda entry: entry["score"])
    if contrasts(intent.sentence) and best["text"] != intent.sentence:
        closer = quoted(best["text"])
        return say("fits_closer", turn.language, closer=closer, closer_score=score(best["score"]), **values)
    if checked or own["fits"]:
        return say("fits_yes", turn.language, **values)
    if own["fits"] is None:
        return say("fits_unsure", turn.language, **values)
    return say("fits_no", turn.language, **values)


def _refuted(sentence: str, turn: Turn, handle: str) -> str | None:
    """What the tools found instead of one of the sentence's claims."""
    said = claims(sentence)
    for noun in said.nouns:
        about, share = count_of(turn, handle, noun)
        if about == 0 or (said.number is not None and about != said.number):
            things = counted(noun, about, turn.language)
            return say("fits_count", turn.language, things=things, score=score(share))
    if said.background:
        found, share = top_colour(turn, handle, None)
        if found != said.background:
            return say(
                "fits_colour", turn.language, colour=colour_name(found, turn.language), score=score(share)
            )
    return None

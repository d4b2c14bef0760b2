"""An English question without its trimmings: contractions written out, politeness dropped."""

from __future__ import annotations

import re

_CONTRACTIONS = (
    (r"[’‘]", "'"),
    (r"\b(what|where|who|how|that|there|it|here|which)'?s\b(?! (?:own)\b)", r"\1 is"),
    (r"\b(is|are|do|does|can|could|was|has)n'?t\b", r"\1"),
    (r"\b(they|you|we|what)'re\b", r"\1 are"),
    (r"\bu\b", "you"),
)
_POLITE = re.compile(
    r"^(?:(?:please|hey|hi|hello|ok(?:ay)?|so|well|um|now|then|excuse me|look(?: at (?:this|the"
    r"|it))?|quick question"
    r"|thanks|great|cool|nice)[,!. ]+)+|"
    r"^(?:(?:can|could|would|will) you (?:please |kindly )?(?:tell me|say|let me know|help me|check|explain)"
    r"|i (?:want|would like|'d like|need) (?:you )?to (?:know|tell me)|i wonder|do you know|please"
    r"|tell me|say|let me know"
    r"|any idea|(?:can|could|would|will) you(?: please)?(?= (?:count|describe|find|locate|name"
    r"|identify|compare|list"
    r"|point|show|caption|summari|give)))[,: ]+"
)


def tidy(question: str) -> str:
    """Lower-case a question, write contractions out and drop politeness."""
    text = question.lower().strip()
    for pattern, written in _CONTRACTIONS:
        text = re.sub(pattern, written, text)
    text = re.sub(r"\s+", " ", text).strip(" ?!.")
    while (shorter := _POLITE.sub("", text, count=1).strip(" ?!.")) != text and shorter:
        text = shorter
    return re.sub(r",? (?:please|thanks|thank you|for me|or not)$", "", text).strip(" ?!.,")

"""What is said about evidence of words and numbers: only what stands in the tool's text."""

from __future__ import annotations

from mm_agent.local.demo.kinds.wording import say, spoken_list
from mm_agent.local.demo.talk import Talk
from mm_agent.projection.evidence import CountEvidence, LabelEvidence
from mm_agent.projection.evidence_base import LabelScore
from mm_agent.projection.region_evidence import RegionEvidence
from mm_agent.projection.wording import score_words
from mm_agent.vision.vocabulary import noun_forms

UNSURE = 0.5


def count_answer(talk: Talk, found: CountEvidence) -> str:
    """How many, none, or that the shares do not say."""
    handle, noun, tool = found.handle, found.noun, "count_objects"
    if found.about == 0:
        score = score_words(found.presence)
        return say(
            talk,
            f"I see no {noun} in {handle} ({tool}, presence {score}).",
            f"没有看到{noun}（{handle}，{tool}，存在概率 {score}）。",
        )
    share = max(found.probabilities)
    score = score_words(share)
    counted = noun_forms(noun, found.about, talk.world.tool_language)
    if share < UNSURE:
        return say(
            talk,
            f"I cannot tell: the best guess is about {counted} in {handle}, "
            f"with a share of only {score} ({tool}).",
            f"无法判断：最可能的是{counted}，只占 {score}（{handle}，{tool}）。",
        )
    return say(
        talk,
        f"I count about {counted} in {handle} ({tool}, {score}).",
        f"大约有{counted}（{handle}，{tool}，{score}）。",
    )


def label_answer(talk: Talk, found: LabelEvidence | RegionEvidence, tool: str = "classify_image") -> str:
    """What is there, up to three things."""
    handle = found.handle
    there = [item for item in found.labels if item.present][:3]
    if not there:
        best = found.labels[0]
        score = score_words(best.score)
        return say(
            talk,
            f"I cannot tell what is in {handle}: the closest word is {best.label}, "
            f"with a score of only {score} ({tool}).",
            f"无法判断 {handle} 里是什么：最接近的词是{best.label}，只有 {score} 分（{tool}）。",
        )
    things = spoken_list(
        talk,
        [
            f"{i.label} ({score_words(i.score)})"
            if talk.world.language == "en"
            else f"{i.label}（{score_words(i.score)}）"
            for i in there
        ],
    )
    return say(talk, f"I see {things} in {handle} ({tool}).", f"{handle} 里有{things}（{tool}）。")


def there_answer(talk: Talk, found: LabelEvidence) -> str:
    """Yes or no, for one label."""
    best, tool = found.labels[0], "classify_image"
    score = score_words(best.score)
    if best.present:
        return say(
            talk,
            f"Yes, I see {best.label} in {found.handle} ({tool}, {score}).",
            f"有，{found.handle} 里有{best.label}（{tool}，{score}）。",
        )
    return say(
        talk,
        f"No, I see no {best.label} in {found.handle} ({tool}, {score}).",
        f"没有，{found.handle} 里没有看到{best.label}（{tool}，{score}）。",
    )


def which_answer(talk: Talk, best: LabelScore, handle: str) -> str:
    """The best of several labels that share a score."""
    score, tool = score_words(best.score), "classify_image"
    if best.present:
        return say(
            talk,
            f"It is {best.label} in {handle} ({tool}, {score}).",
            f"{handle} 里是{best.label}（{tool}，{score}）。",
        )
    return say(
        talk,
        f"I cannot tell: {best.label} in {handle} has a share of only {score} ({tool}).",
        f"无法判断：{handle} 里{best.label}只占 {score}（{tool}）。",
    )

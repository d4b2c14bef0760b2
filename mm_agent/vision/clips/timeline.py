"""A clip in words: its segments with their tags, and what changes from one to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mm_agent.vision.card import Language
from mm_agent.vision.clips.features import ClipFeatures
from mm_agent.vision.clips.segments import Stretch, stretches, typical_frame, unlike
from mm_agent.vision.hypernyms import most_useful
from mm_agent.vision.tagging import LabelScore

if TYPE_CHECKING:
    from mm_agent.vision.encoder import SiglipEncoder


@dataclass(frozen=True)
class Segment:
    """A stretch of a clip that looks alike.

    Attributes:
        start: seconds.
        end: seconds.
        typical: seconds of the frame that stands for it.
        tags: vocabulary labels that are there, best first; none when nothing is recognised.
        appears: tags that the segment before lacks; none for the first segment.
        leaves: tags of the segment before that are gone.
        change: how much it differs from the segment before, 0 to 1; 0 for the first.
    """

    start: float
    end: float
    typical: float
    tags: tuple[LabelScore, ...]
    appears: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    change: float = 0.0


def timeline(
    encoder: SiglipEncoder, clip: ClipFeatures, *, most: int = 20, tags: int = 3, language: Language = "en"
) -> list[Segment]:
    """The clip's segments in order.

    Args:
        encoder: the encoder that made the features.
        clip: features of a clip.
        most: how many segments at most.
        tags: how many tags a segment at most.
        language: of the tags.
    """
    parts = stretches(clip, most=most)
    segments: list[Segment] = []
    for index, part in enumerate(parts):
        found = _tags(encoder, clip, part, tags, language)
        here = [tag.label for tag in found]
        before = [tag.label for tag in segments[-1].tags] if segments else here
        segments.append(
            Segment(
                start=part.start,
                end=part.end,
                typical=clip.seconds[typical_frame(clip, part)],
                tags=found,
                appears=tuple(label for label in here if label not in before),
                leaves=tuple(label for label in before if label not in here),
                change=unlike(clip, parts[index - 1], part) if index else 0.0,
            )
        )
    return segments


def _tags(
    encoder: SiglipEncoder, clip: ClipFeatures, part: Stretch, most: int, language: Language
) -> tuple[LabelScore, ...]:
    """The most useful labels whose mean probability over the stretch's frames reaches the tag threshold."""
    labels = encoder.vocabulary.labels(language)
    words = encoder.embed_texts(labels, templates=encoder.default_templates(language))
    own = encoder.logits_of(clip.vectors[part.first : part.last + 1], words)
    logits = encoder.tag_logits(encoder.vocabulary.concepts, own)  # (N, M)
    each = logits.sigmoid() if encoder.score_mode == "sigmoid" else logits.softmax(dim=-1)
    share = clip.shares[part.first : part.last + 1].float()
    scores = share @ each / share.sum()  # (M,)
    present = scores >= encoder.tag_threshold
    said = most_useful(encoder.vocabulary, scores.logit(eps=1e-6).tolist(), present.tolist())
    return tuple(LabelScore(labels[i], float(scores[i]), True) for i in said[:most])

"""``classify_image``: which of some labels, or of the built-in vocabulary, a picture shows."""

from __future__ import annotations

from langchain_core.tools import BaseTool

from mm_agent.errors import ToolInputError
from mm_agent.media.store import MediaStore
from mm_agent.projection.evidence import LabelEvidence, LabelScore
from mm_agent.prompt_files import Language, detect_language
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.tagging import classify
from mm_agent_tools._inputs import distinct_lines, open_picture
from mm_agent_tools._making import make_tool

MAX_LABELS = 500
MAX_TOP_K = 50


def classify_image_tool(encoder: SiglipEncoder, store: MediaStore, *, language: Language = "en") -> BaseTool:
    """Make the tool ``classify_image`` for an encoder, a media store and the language of its text."""

    def classify_image(
        image: str, labels: list[str] | None = None, exclusive: bool | None = None, top_k: int = 5
    ) -> LabelEvidence:
        """Say which labels fit a picture, with a score from 0 to 1 for each, best first.

        Use it for "what is this", "is there a ...", "which of these", or a colour (with colour labels). The
        answer may be that none of the labels is there.

        Args:
            image: Media handle of the picture, such as img-1, or of a region, such as img-1@40,60,220,300.
            labels: Short names to choose from, such as ["cat", "dog"], in English or Chinese. Leave out to
                choose from a built-in vocabulary of everyday things.
            exclusive: true when exactly one label must be right, so that scores share 1; false to score each
                label on its own, so that none or several may be right. Leave out when unsure.
            top_k: How many of the best labels to return, 1 to 50.
        """
        if not 1 <= top_k <= MAX_TOP_K:
            raise ToolInputError(f"top_k is {top_k}; use 1 to {MAX_TOP_K}")
        look = open_picture(store, image)
        names = distinct_lines(labels, "labels", most=MAX_LABELS) if labels else None
        spoken = detect_language(" ".join(names)) if names else language
        scores = classify(encoder, look.image, names, exclusive=exclusive, top_k=top_k, language=spoken)
        return LabelEvidence(
            handle=look.item.handle,
            encoder=encoder.fingerprint,
            notice=encoder.notice(language),
            labels=tuple(LabelScore(label=s.label, score=s.score, present=s.present) for s in scores),
            exclusive=bool(exclusive) or encoder.score_mode == "softmax",
            none_of_these=not any(score.present for score in scores),
        )

    return make_tool(classify_image, language=language)

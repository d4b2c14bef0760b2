"""``classify_domain``: which labels of a fine-tuned domain head a picture shows."""

from __future__ import annotations

from typing import Literal

from langchain_core.tools import BaseTool

from mm_agent.errors import ToolInputError
from mm_agent.media.store import MediaStore
from mm_agent.projection.evidence import LabelEvidence, LabelScore
from mm_agent.prompt_files import Language
from mm_agent.vision.domain_head import DomainHead
from mm_agent_tools._inputs import open_picture
from mm_agent_tools._making import make_tool

NAMED = 60
"""Labels named in the description; the schema of `labels` names all of them."""
MOST = 50
"""Labels in an answer."""
_DOC = """Say which labels of this domain a picture shows, by a classifier trained for it.

The labels are: {labels}. {kind}
For any of them this knows better than the other tools: use it for "what is this", "is there a ..." and "which
of these" when they are meant. It knows no other words.

Args:
    image: Media handle of the picture, such as img-1, or of a region, such as img-1@40,60,220,300.
    labels: Only these of the domain's labels. Leave out for all of them.
"""


def classify_domain_tool(head: DomainHead, store: MediaStore, *, language: Language = "en") -> BaseTool:
    """Make the tool ``classify_domain`` for a head, a media store and the language of its text."""
    config = head.config

    def classify_domain(image: str, labels: list[str] | None = None) -> LabelEvidence:
        look = open_picture(store, image)
        if labels is not None and (unknown := [name for name in labels if name not in config.labels]):
            known = ", ".join(config.labels[:NAMED])
            raise ToolInputError(f"{unknown[0]} is none of this domain's labels; use some of: {known}")
        found = head.classify(look.image, top_k=MOST, labels=labels or None)
        return LabelEvidence(
            handle=look.item.handle,
            encoder=config.weights[:16],
            notice=config.notice.get(language),
            labels=tuple(LabelScore(label=s.label, score=s.score, present=s.present) for s in found),
            exclusive=config.exclusive,
            none_of_these=not any(score.present for score in found),
        )

    kind = "Exactly one is right." if config.exclusive else "Several may be right, or none."
    shown = ", ".join(config.labels[:NAMED]) + (", ..." if len(config.labels) > NAMED else "")
    classify_domain.__doc__ = _DOC.format(labels=shown, kind=kind)
    # A schema that names the labels: a model can ask for no other.
    classify_domain.__annotations__["labels"] = list[Literal[config.labels]] | None  # pyright: ignore
    return make_tool(classify_domain, language=language)

"""``count_objects``: about how many of a thing are in a picture."""

from __future__ import annotations

import re

from langchain_core.tools import BaseTool

from mm_agent.errors import ToolInputError
from mm_agent.media.store import MediaStore
from mm_agent.projection.evidence import CountEvidence
from mm_agent.prompt_files import Language, detect_language
from mm_agent.vision import counting
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.presence import seen_as
from mm_agent_tools._inputs import one_line, open_picture
from mm_agent_tools._making import make_tool


def count_objects_tool(encoder: SiglipEncoder, store: MediaStore, *, language: Language = "en") -> BaseTool:
    """Make the tool ``count_objects`` for an encoder, a media store and the language of its text."""

    def count_objects(image: str, noun: str) -> CountEvidence:
        """Estimate how many of one thing are in a picture; 0 when it is not there.

        The number is an estimate for small counts: say "about" when you report it.

        Args:
            image: Media handle of the picture, such as img-1, or of a region, such as img-1@40,60,220,300.
            noun: The thing to count, without a number, such as cat or 猫.
        """
        look = open_picture(store, image)
        noun = one_line(noun, "noun")
        if re.match(r"\d", noun):
            raise ToolInputError(f"noun is '{noun}'; give the thing without a number, such as cat")
        found = counting.count_objects(encoder, look.image, noun, language=detect_language(noun))
        return CountEvidence(
            handle=look.item.handle,
            encoder=encoder.fingerprint,
            notice=encoder.notice(language),
            noun=noun,
            about=found.about,
            probabilities=found.probabilities,
            presence=found.presence,
            seen_as=seen_as(noun, found.label) if found.about else None,
            peaks=found.peaks,
            unsure=found.unsure,
            counted=found.counted,
        )

    return make_tool(count_objects, language=language)

"""``locate``: where in a picture a thing is."""

from __future__ import annotations

from pathlib import Path

from langchain_core.tools import BaseTool
from torch import Tensor

from mm_agent.media.store import MediaStore
from mm_agent.projection.evidence import FoundRegion, LocationEvidence
from mm_agent.projection.places import place_at
from mm_agent.projection.wording import score_words
from mm_agent.prompt_files import Language, detect_language
from mm_agent.vision import locating
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.locating import Location
from mm_agent.vision.overlay import draw_boxes, draw_heatmap
from mm_agent.vision.presence import presence
from mm_agent_tools._inputs import Look, one_line, open_picture
from mm_agent_tools._making import make_tool
from mm_agent_tools._regions import query_heatmap, require_regions


def locate_tool(encoder: SiglipEncoder, store: MediaStore, *, language: Language = "en") -> BaseTool:
    """Make the tool ``locate`` for an encoder, a media store and the language of its text."""

    def locate(image: str, query: str) -> LocationEvidence:
        """Find where in a picture a thing is: place in words, pixel box, score, and a handle for each find.

        The region handles can be given to any tool in place of the picture's handle, to look closer.

        Args:
            image: Media handle of the picture, such as img-1, or of a region, such as img-1@40,60,220,300.
            query: The thing to find, such as cat or 猫.
        """
        require_regions(encoder)
        look = open_picture(store, image)
        query = one_line(query, "query")
        spoken = detect_language(query)
        there = presence(encoder, look.image, query, language=spoken)
        target = there.label if there.is_kind else query
        heat = query_heatmap(encoder, look, target)
        found = locating.locate(encoder, look.image, target, language=spoken, heat=heat)
        return LocationEvidence(
            handle=look.item.handle,
            encoder=encoder.fingerprint,
            notice=encoder.notice(language),
            query=query,
            seen_as=target if found and there.is_kind else None,
            regions=tuple(_region(place, look, store) for place in found),
            heatmap_path=_save(found, look, heat, store) if found else None,
        )

    return make_tool(locate, language=language)


def _region(place: Location, look: Look, store: MediaStore) -> FoundRegion:
    """Name a find: its place is within what was looked at, its box and handle are of the whole picture."""
    box = place.box
    width, height = look.image.size
    where = place_at((box.left + box.right) / 2, (box.top + box.bottom) / 2, width=width, height=height)
    return FoundRegion(
        handle=store.region(look.item.handle, box),
        box=look.whole_box(box.corners),
        score=place.score,
        where=where,
    )


def _save(found: list[Location], look: Look, heat: Tensor, store: MediaStore) -> Path:
    """Draw the heat map and, numbered with their scores, the boxes; the legend lies below the picture."""
    captions = [f"{rank}: {score_words(place.score)}" for rank, place in enumerate(found, start=1)]
    picture = draw_boxes(draw_heatmap(look.image, heat), [place.box for place in found], captions)
    return store.save_artifact(picture, f"located-{look.item.handle}")

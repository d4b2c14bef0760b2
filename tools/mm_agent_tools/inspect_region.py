"""``inspect_region``: what a part of a picture shows, enlarged when it is small."""

from __future__ import annotations

from langchain_core.tools import BaseTool

from mm_agent.errors import ToolInputError
from mm_agent.media.handles import RegionHandle, parse_handle
from mm_agent.media.store import MediaStore
from mm_agent.projection.evidence import LabelScore
from mm_agent.projection.region_evidence import ColourPart, RegionEvidence
from mm_agent.prompt_files import Language
from mm_agent.vision.colours import dominant_colours
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.tagging import classify
from mm_agent.vision.zooming import zoomed
from mm_agent_tools._inputs import Look, open_picture
from mm_agent_tools._making import make_tool


def inspect_region_tool(encoder: SiglipEncoder, store: MediaStore, *, language: Language = "en") -> BaseTool:
    """Make the tool ``inspect_region`` for an encoder, a media store and the language of its text."""

    def inspect_region(image: str, box: list[int] | None = None) -> RegionEvidence:
        """Look closely at a part of a picture: what it shows, its colours and size. Small parts are enlarged.

        Use it on a region that another tool named, on a corner or half of a picture, or without a box for the
        colours of a whole picture. The answer names the region's own handle, which every tool takes.

        Args:
            image: Media handle of the picture, such as img-1, or of a region, such as img-1@40,60,220,300.
            box: left, top, right, bottom in pixels of that picture, such as [40, 60, 220, 300]. Leave out to
                look at all of it.
        """
        look = open_picture(store, _part(store, image, box))
        share = _share(store, look)
        view, zoom = zoomed(encoder, look.image) if share < 1 else (look.image, 1.0)
        tags = classify(encoder, view, language=language)
        return RegionEvidence(
            handle=look.item.handle,
            encoder=encoder.fingerprint,
            notice=encoder.notice(language),
            box=look.whole_box((0, 0, *look.image.size)),
            share=share,
            zoom=zoom,
            labels=tuple(LabelScore(label=t.label, score=t.score, present=t.present) for t in tags),
            colours=tuple(ColourPart(name=c.name, share=c.share) for c in dominant_colours(look.image)),
            crop_path=store.save_artifact(view, f"crop-{look.item.handle}"),
        )

    return make_tool(inspect_region, language=language)


def _part(store: MediaStore, image: str, box: list[int] | None) -> str:
    """The handle of the box within the picture, or the picture's own."""
    handle = open_picture(store, image).item.handle
    if not box:
        return handle
    if len(box) != 4:
        raise ToolInputError(f"box has {len(box)} numbers; give left, top, right, bottom in pixels")
    return store.region(handle, box)


def _share(store: MediaStore, look: Look) -> float:
    """How much of the whole picture's area was looked at."""
    handle = parse_handle(look.item.handle)
    whole = store.get(str(handle.image) if isinstance(handle, RegionHandle) else look.item.handle)
    return look.image.width * look.image.height / (whole.width * whole.height)

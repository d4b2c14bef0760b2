"""``compare_images``: how two pictures differ, and where."""

from __future__ import annotations

from langchain_core.tools import BaseTool
from torch import Tensor

from mm_agent.media.store import MediaStore
from mm_agent.projection.comparison_evidence import ComparisonEvidence, Difference, TagContrast
from mm_agent.projection.places import place_at
from mm_agent.prompt_files import Language
from mm_agent.vision import comparing
from mm_agent.vision.difference_picture import draw_differences
from mm_agent.vision.differences import differences
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent_tools._inputs import Look, open_picture
from mm_agent_tools._making import make_tool


def compare_images_tool(encoder: SiglipEncoder, store: MediaStore, *, language: Language = "en") -> BaseTool:
    """Make the tool ``compare_images`` for an encoder, a media store and the language of its text."""

    def compare_images(image: str, other: str) -> ComparisonEvidence:
        """Compare two pictures: how alike they are, what only one of them shows, and where they differ.

        A thing that is in both, though in another place, is no difference. Both pictures are saved side by
        side with the places marked.

        Args:
            image: Media handle of the first picture, such as img-1, or of a region of one.
            other: Media handle of the second picture, such as img-2, or of a region, such as
                img-1@40,60,220,300.
        """
        first, second = open_picture(store, image), open_picture(store, other)
        found = comparing.compare(encoder, first.image, second.image, language=language)
        return ComparisonEvidence(
            handle=first.item.handle,
            encoder=encoder.fingerprint,
            notice=encoder.notice(language),
            other=second.item.handle,
            similarity=found.similarity,
            same=first.item.sha256 == second.item.sha256,
            only_first=_contrasts(found.only_first),
            only_second=_contrasts(found.only_second),
            both=_contrasts(found.both),
            places=_places(found, first, second, store),
            picture_path=None
            if found.maps is None
            else store.save_artifact(
                draw_differences(
                    first.image, second.image, found.maps, (first.item.handle, second.item.handle)
                ),
                f"compared-{first.item.handle}-{second.item.handle}",
            ),
        )

    return make_tool(compare_images, language=language)


def _contrasts(tags: tuple[comparing.TagContrast, ...]) -> tuple[TagContrast, ...]:
    return tuple(TagContrast(label=tag.label, first=tag.first, second=tag.second) for tag in tags)


def _places(
    found: comparing.Comparison, first: Look, second: Look, store: MediaStore
) -> tuple[Difference, ...] | None:
    """The places of both pictures that stand out, most unlike first."""
    if found.maps is None:
        return None
    places = [
        place
        for look, heat in zip((first, second), found.maps, strict=True)
        for place in _of(look, heat, store)
    ]
    return tuple(sorted(places, key=lambda place: -place.strength))


def _of(look: Look, heat: Tensor, store: MediaStore) -> list[Difference]:
    """Name one picture's places: words within what was looked at, box and handle of the whole picture."""
    width, height = look.image.size
    return [
        Difference(
            handle=store.region(look.item.handle, place.box),
            box=look.whole_box(place.box.corners),
            where=place_at(
                (place.box.left + place.box.right) / 2,
                (place.box.top + place.box.bottom) / 2,
                width=width,
                height=height,
            ),
            strength=place.strength,
        )
        for place in differences(heat, look.image.size)
    ]

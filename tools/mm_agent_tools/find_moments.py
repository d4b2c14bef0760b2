"""``find_moments``: when a thing can be seen in a video."""

from __future__ import annotations

from langchain_core.tools import BaseTool

from mm_agent.media.store import MediaStore
from mm_agent.projection.clip_evidence import FoundMoment, MomentsEvidence
from mm_agent.prompt_files import Language, detect_language
from mm_agent.vision.clips import moments
from mm_agent.vision.clips.plot import draw_moments
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.presence import presence_in_any
from mm_agent_tools._clips import open_clip, watch
from mm_agent_tools._inputs import one_line
from mm_agent_tools._making import make_tool

MOST_MOMENTS = 5


def find_moments_tool(encoder: SiglipEncoder, store: MediaStore, *, language: Language = "en") -> BaseTool:
    """Make the tool ``find_moments`` for an encoder, a media store and the language of its text."""

    def find_moments(video: str, query: str) -> MomentsEvidence:
        """Find when a thing can be seen in a video: start and end in seconds, score, and the best frame.

        The answer may be that it is not in the video at all. The frame handles can be given to any tool that
        takes a picture, to look closer. A plot of the score over time is saved.

        Args:
            video: Media handle of the video, such as vid-1.
            query: The thing to look for, such as cat or 猫.
        """
        look = open_clip(store, video)
        query = one_line(query, "query")
        clip = watch(encoder, look)
        spoken = detect_language(query)
        there = presence_in_any(encoder, clip.vectors, query, language=spoken)
        target = there.label if there.is_kind else query
        found = moments.find_moments(encoder, clip, target, most=MOST_MOMENTS, language=spoken)
        plot = draw_moments(clip, found, threshold=encoder.presence_threshold)
        return MomentsEvidence(
            handle=look.item.handle,
            encoder=encoder.fingerprint,
            notice=encoder.notice(language),
            duration=clip.duration,
            query=query,
            seen_as=target if found.moments and there.is_kind else None,
            moments=tuple(
                FoundMoment(start=m.start, end=m.end, score=m.score, frame=look.item.frame(m.peak))
                for m in found.moments
            ),
            best=found.best,
            plot_path=store.save_artifact(plot, f"moments-{look.item.handle}"),
        )

    return make_tool(find_moments, language=language)

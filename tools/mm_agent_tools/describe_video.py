"""``describe_video``: a video's timeline in segments, tags and changes."""

from __future__ import annotations

from langchain_core.tools import BaseTool

from mm_agent.media.store import MediaStore
from mm_agent.projection.clip_evidence import TimelineEvidence, TimelineSegment
from mm_agent.projection.evidence_base import LabelScore
from mm_agent.prompt_files import Language
from mm_agent.vision.clips.plot import draw_timeline
from mm_agent.vision.clips.timeline import Segment, timeline
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent_tools._clips import Watch, open_clip, watch
from mm_agent_tools._making import make_tool


def describe_video_tool(encoder: SiglipEncoder, store: MediaStore, *, language: Language = "en") -> BaseTool:
    """Make the tool ``describe_video`` for an encoder, a media store and the language of its text."""

    def describe_video(video: str) -> TimelineEvidence:
        """Say what a video shows over time: segments with times in seconds, tags, what is new and gone.

        Each segment comes with the handle of a frame that stands for it, which can be given to any tool that
        takes a picture. A picture of the timeline is saved.

        Args:
            video: Media handle of the video, such as vid-1.
        """
        look = open_clip(store, video)
        clip = watch(encoder, look)
        segments = timeline(encoder, clip, language=language)
        return TimelineEvidence(
            handle=look.item.handle,
            encoder=encoder.fingerprint,
            notice=encoder.notice(language),
            duration=clip.duration,
            segments=tuple(_said(segment, look) for segment in segments),
            plot_path=store.save_artifact(draw_timeline(clip, segments), f"timeline-{look.item.handle}"),
        )

    return make_tool(describe_video, language=language)


def _said(segment: Segment, look: Watch) -> TimelineSegment:
    return TimelineSegment(
        start=segment.start,
        end=segment.end,
        frame=look.item.frame(segment.typical),
        tags=tuple(LabelScore(label=t.label, score=t.score, present=t.present) for t in segment.tags),
        appears=segment.appears,
        leaves=segment.leaves,
        change=segment.change,
    )

"""``sample_frames``: a few frames of a video that are worth a look."""

from __future__ import annotations

from typing import Literal

from langchain_core.tools import BaseTool

from mm_agent.errors import ToolInputError
from mm_agent.media.store import MediaStore
from mm_agent.projection.clip_evidence import ChosenFrame, FramesEvidence
from mm_agent.prompt_files import Language, detect_language
from mm_agent.vision.clips.frames import choose_frames, query_scores, without_duplicates
from mm_agent.vision.clips.sheet import contact_sheet
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent_tools._clips import open_clip, watch
from mm_agent_tools._inputs import one_line
from mm_agent_tools._making import make_tool

MOST_FRAMES = 32


def sample_frames_tool(encoder: SiglipEncoder, store: MediaStore, *, language: Language = "en") -> BaseTool:
    """Make the tool ``sample_frames`` for an encoder, a media store and the language of its text."""

    def sample_frames(
        video: str,
        strategy: Literal["uniform", "fps", "scene", "query"] = "scene",
        n: int = 8,
        query: str | None = None,
    ) -> FramesEvidence:
        """Choose frames of a video that are worth a look; each comes with its time and a handle.

        The handles can be given to any tool that takes a picture. Frames that look like one already chosen
        are left out, so that there may be fewer than asked for. A contact sheet is saved.

        Args:
            video: Media handle of the video, such as vid-1.
            strategy: scene for one frame a scene; uniform for frames spread evenly; fps for one frame a
                second, as far as n reaches; query for frames where the query fits.
            n: How many frames at most, 1 to 32.
            query: The thing to look for, such as cat or 猫; needed for strategy query, scores the frames of
                any other.
        """
        if not 1 <= n <= MOST_FRAMES:
            raise ToolInputError(f"n is {n}; use 1 to {MOST_FRAMES}")
        if strategy == "query" and query is None:
            raise ToolInputError("strategy query needs a query, such as cat; give one or use strategy scene")
        query = None if query is None else one_line(query, "query")
        look = open_clip(store, video)
        clip = watch(encoder, look)
        scores = None
        if query is not None:
            scores = query_scores(encoder, clip, query, language=detect_language(query))
        wanted = choose_frames(clip, strategy=strategy, most=n, scores=scores)
        chosen = without_duplicates(clip, wanted)
        sheet = contact_sheet(
            [clip.thumb(index) for index in chosen], [f"{clip.seconds[index]:.2f} s" for index in chosen]
        )
        return FramesEvidence(
            handle=look.item.handle,
            encoder=encoder.fingerprint,
            notice=encoder.notice(language),
            duration=clip.duration,
            strategy=strategy,
            query=query,
            frames=tuple(
                ChosenFrame(
                    handle=look.item.frame(clip.seconds[index]),
                    seconds=clip.seconds[index],
                    score=None if scores is None else float(scores[index]),
                )
                for index in chosen
            ),
            left_out=len(wanted) - len(chosen),
            sheet_path=store.save_artifact(sheet, f"frames-{look.item.handle}"),
        )

    return make_tool(sample_frames, language=language)

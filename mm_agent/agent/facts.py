"""What a tool reported, as facts that an answer can cite."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from mm_agent.agent.answer import ToolUse
from mm_agent.agent.cited import Citation
from mm_agent.errors import MediaNotFound
from mm_agent.media.handles import FrameHandle, Handle, RegionHandle, parse_handle


def facts_of(use: ToolUse) -> list[Citation]:
    """The facts of a tool call, best first; none of one that failed, or of a tool that is not ours."""
    return list(_facts(use.name, use.artifact)) if use.artifact and not use.failed else []


def cited_as(fact: Citation) -> Citation:
    """A fact whose handle names a region, with the region apart; a frame's moment is its seconds too."""
    handle = _parsed(fact.handle)
    if isinstance(handle, RegionHandle):
        region = fact.region or handle.box.corners
        return cited_as(fact.model_copy(update={"handle": str(handle.image), "region": region}))
    if isinstance(handle, FrameHandle) and fact.seconds is None:
        return fact.model_copy(update={"handle": str(handle), "seconds": (handle.seconds, handle.seconds)})
    return fact if handle is None else fact.model_copy(update={"handle": str(handle)})


def _parsed(handle: str) -> Handle | None:
    try:
        return parse_handle(handle)
    except MediaNotFound:  # a tool that took a path
        return None


def _facts(tool: str, artifact: Mapping[str, Any]) -> Iterator[Citation]:
    handle = artifact.get("handle", "")
    about = artifact.get("query") or artifact.get("noun") or ""
    seen = artifact.get("seen_as") or about  # the name that scores are of
    match artifact.get("kind"):
        case "labels" | "region":
            yield from (_fact(tool, handle, each["label"], each["score"]) for each in artifact["labels"])
        case "match":
            yield from (_fact(tool, handle, each["text"], each["score"]) for each in artifact["texts"])
        case "count":
            number = artifact["about"]
            if number:
                yield _fact(tool, handle, about, artifact["probabilities"][number - 1])
            yield _fact(tool, handle, seen, artifact["presence"])
        case "locations":
            yield from (_fact(tool, each["handle"], seen, each["score"]) for each in artifact["regions"])
        case "moments":
            for each in artifact["moments"]:
                yield _fact(tool, each["frame"], seen, each["score"], seconds=(each["start"], each["end"]))
            yield _fact(tool, handle, seen, artifact["best"])
        case "frames":
            scored = [each for each in artifact["frames"] if each["score"] is not None]
            yield from (_fact(tool, each["handle"], about, each["score"]) for each in scored)
        case "timeline":
            for each in artifact["segments"]:
                span = (each["start"], each["end"])
                for tag in each["tags"]:
                    yield _fact(tool, each["frame"], tag["label"], tag["score"], seconds=span)
        case "comparison":
            yield _fact(tool, handle, artifact["other"], artifact["similarity"])
            yield from (_fact(tool, handle, each["label"], each["first"]) for each in artifact["only_first"])
            for each in artifact["only_second"]:
                yield _fact(tool, artifact["other"], each["label"], each["second"])


def _fact(
    tool: str, handle: str, about: str, score: float, *, seconds: tuple[float, float] | None = None
) -> Citation:
    return cited_as(Citation(handle=handle, tool=tool, about=about, score=score, seconds=seconds))

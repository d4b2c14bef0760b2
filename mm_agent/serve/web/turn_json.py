"""Turns as plain data, so that what the page showed outlives the server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mm_agent.agent.answer import ToolUse
from mm_agent.serve.web.turn import Shown, Step, Turn
from mm_agent.serve.web.words import say


def turn_to_json(turn: Turn) -> dict[str, Any]:
    """Everything of a turn that the page shows; pictures by the names of their files."""
    return {
        "question": turn.question,
        "language": turn.language,
        "asked": turn.asked,
        "ended": turn.ended,
        "media": [_shown_to_json(shown) for shown in turn.media],
        "parts": [_part_to_json(part) for part in turn.parts],
    }


def turn_from_json(data: dict[str, Any], folder: Path) -> Turn:
    """The turn again, its pictures in ``folder``; of one that was cut off it is said so.

    Raises:
        KeyError, TypeError: It is no turn.
    """
    turn = Turn(
        data["question"],
        media=[_shown_from_json(shown, folder) for shown in data["media"]],
        language=data["language"],
        parts=[_part_from_json(part, folder) for part in data["parts"]],
        asked=data["asked"],
        ended=True,
    )
    if not data["ended"]:
        turn.parts = [part for part in turn.parts if not isinstance(part, Step) or part.use is not None]
        turn.line(say("cut_off", turn.language))
    return turn


def _part_to_json(part: str | Step | Shown) -> Any:
    if isinstance(part, str):
        return part
    if isinstance(part, Shown):
        return {"shown": _shown_to_json(part)}
    step: dict[str, Any] = {"name": part.name, "args": part.args}
    if part.use is not None:
        step |= {"result": part.use.result_text, "seconds": part.use.seconds, "failed": part.use.failed}
    return {"step": step}


def _part_from_json(part: Any, folder: Path) -> str | Step | Shown:
    if isinstance(part, str):
        return part
    if "shown" in part:
        return _shown_from_json(part["shown"], folder)
    step = part["step"]
    name, args = step["name"], step["args"]
    if "result" not in step:
        return Step(name, args)
    return Step(name, args, ToolUse(name, args, step["result"], None, step["seconds"], step["failed"]))


def _shown_to_json(shown: Shown) -> dict[str, Any]:
    return {
        "file": shown.path.name,
        "words": shown.words,
        "video": shown.video.name if shown.video else None,
    }


def _shown_from_json(data: dict[str, Any], folder: Path) -> Shown:
    video = folder / Path(data["video"]).name if data["video"] else None
    return Shown(folder / Path(data["file"]).name, data["words"], video)

"""A conversation as a file: Markdown to read, JSON to work with."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mm_agent.errors import SettingsError

if TYPE_CHECKING:
    from mm_agent.agent.past import PastTurn
    from mm_agent.serve.session import ChatSession


def save_conversation(session: ChatSession, path: Path) -> None:
    """Write the conversation in the format of the file's ending.

    Raises:
        SettingsError: Another ending than .md or .json.
        MediaError: It cannot be written.
    """
    from mm_agent.media.atomic import write_atomic

    if path.suffix.lower() not in (".md", ".json"):
        raise SettingsError(f"cannot save to {path}: the name must end in .md or .json")
    turns = session.turns()
    text = _markdown(session, turns) if path.suffix.lower() == ".md" else _json(session, turns)
    write_atomic(path, text.encode("utf-8", "backslashreplace"))


def _markdown(session: ChatSession, turns: list[PastTurn]) -> str:
    media = [f"- `{item.handle}` {item.name}, {item.width} × {item.height}" for item in session.items]
    blocks = [f"# Conversation {session.thread_id}", "\n".join(media)]
    for turn in turns:
        blocks.append(f"## {turn.question}")
        for use in turn.tool_calls:
            arguments = ", ".join(f"{name}={value!r}" for name, value in use.args.items())
            blocks.append(f"`{use.name}({arguments})`\n\n" + _quoted(use.result_text))
        blocks.append(turn.text or "*(stopped)*")
    return "\n\n".join(block for block in blocks if block) + "\n"


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}" for line in text.splitlines())


def _json(session: ChatSession, turns: list[PastTurn]) -> str:
    from mm_agent.agent.citations import cite

    document: dict[str, Any] = {
        "thread": session.thread_id,
        "llm": session.llm,
        "media": [asdict(item) for item in session.items],
        "turns": [
            {
                "question": turn.question,
                **cite(turns[: number + 1]).model_dump(mode="json"),
                "tool_calls": [asdict(use) for use in turn.tool_calls],
            }
            for number, turn in enumerate(turns)
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=2, default=str) + "\n"

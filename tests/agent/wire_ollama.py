"""Ollama's chat protocol on the wire: a JSON document a line, tool calls whole, arguments as an object."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.agent.chat_server import Reply

PATH = "/api/chat"
STREAM_TYPE = "application/x-ndjson"


def wants_stream(body: dict[str, Any], headers: Any) -> bool:
    return bool(body.get("stream", True))


def error(reply: Reply) -> dict[str, Any]:
    return {"error": reply.error}


def whole(reply: Reply) -> dict[str, Any]:
    message = {"role": "assistant", "content": "".join(reply.pieces), "tool_calls": _calls(reply)}
    return {**_line(message), **_end()}


def stream(reply: Reply) -> Iterator[bytes]:
    for document in _lines(reply):
        yield json.dumps(document).encode() + b"\n"


def _lines(reply: Reply) -> Iterator[dict[str, Any]]:
    for piece in reply.reasoning:
        yield _line({"role": "assistant", "content": "", "thinking": piece})
    for piece in reply.pieces:
        yield _line({"role": "assistant", "content": piece})
    for call in _calls(reply):
        yield _line({"role": "assistant", "content": "", "tool_calls": [call]})
    if reply.gives_up:
        yield {"error": reply.gives_up}
    elif not reply.cut and not reply.empty:
        yield {**_line({"role": "assistant", "content": ""}), **_end()}


def _calls(reply: Reply) -> list[dict[str, Any]]:
    return [
        {"function": {"name": name, "arguments": json.loads("".join(parts))}}
        for name, parts in reply.tool_calls
    ]


def _line(message: dict[str, Any]) -> dict[str, Any]:
    return {"model": "tiny", "created_at": "2026-01-01T00:00:00Z", "message": message, "done": False}


def _end() -> dict[str, Any]:
    return {"done": True, "done_reason": "stop", "prompt_eval_count": 11, "eval_count": 7}

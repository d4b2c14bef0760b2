"""DashScope's own protocol on the wire, as ChatTongyi asks for it: every event holds all text so far."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.agent.chat_server import Reply

PATH = "/api/v1/services/aigc/text-generation/generation"
STREAM_TYPE = "text/event-stream"


def wants_stream(body: dict[str, Any], headers: Any) -> bool:
    return headers.get("X-DashScope-SSE") == "enable"


def error(reply: Reply) -> dict[str, Any]:
    return {"code": reply.code or "x", "message": reply.error, "request_id": "r"}


def whole(reply: Reply) -> dict[str, Any]:
    return _document("".join(reply.pieces), _calls(reply, len), "stop")


def stream(reply: Reply) -> Iterator[bytes]:
    documents = list(_documents(reply))
    for number, document in enumerate(documents, 1):
        line = json.dumps(document, ensure_ascii=False)
        yield f"id:{number}\nevent:result\n:HTTP_STATUS/200\ndata:{line}\n\n".encode()


def _documents(reply: Reply) -> Iterator[dict[str, Any]]:
    for text in accumulate(reply.pieces):
        yield _document(text, [], "null")
    longest = max((len(parts) for _, parts in reply.tool_calls), default=0)
    for count in range(1, longest + 1):
        yield _document("", _calls(reply, lambda parts, count=count: count), "null")
    if not reply.cut:
        end = "tool_calls" if reply.tool_calls else "stop"
        yield _document("".join(reply.pieces), _calls(reply, len), end)


def _calls(reply: Reply, so_far: Any) -> list[dict[str, Any]]:
    return [
        {
            "index": i,
            "id": f"c{i}",
            "type": "function",
            "function": {"name": name, "arguments": "".join(parts[: so_far(parts)])},
        }
        for i, (name, parts) in enumerate(reply.tool_calls)
    ]


def _document(text: str, calls: list[dict[str, Any]], finish: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text}
    if calls:
        message["tool_calls"] = calls
    return {
        "output": {"choices": [{"finish_reason": finish, "message": message}]},
        "usage": {"input_tokens": 11, "output_tokens": 7, "total_tokens": 18},
        "request_id": "r",
    }

"""OpenAI's chat completions on the wire; ``reasoning_content`` as DeepSeek, Qwen and vLLM add it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.agent.chat_server import Reply

PATH = "/v1/chat/completions"
STREAM_TYPE = "text/event-stream"
USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}


def wants_stream(body: dict[str, Any], headers: Any) -> bool:
    return bool(body.get("stream"))


def error(reply: Reply) -> dict[str, Any]:
    return {"error": {"message": reply.error, "type": "x", "code": reply.code}}


def whole(reply: Reply) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": "".join(reply.pieces)}
    if reply.reasoning:
        message["reasoning_content"] = "".join(reply.reasoning)
    if reply.tool_calls:
        message["tool_calls"] = [
            {"id": f"c{i}", "type": "function", "function": {"name": name, "arguments": "".join(parts)}}
            for i, (name, parts) in enumerate(reply.tool_calls)
        ]
    choices = [] if reply.empty else [{"index": 0, "message": message, "finish_reason": "stop"}]
    return {
        "id": "x", "object": "chat.completion", "created": 0, "model": "tiny", "usage": USAGE,
        "choices": choices,
    }  # fmt: skip


def stream(reply: Reply) -> Iterator[bytes]:
    for delta in _deltas(reply):
        yield b"data: " + json.dumps(delta).encode() + b"\n\n"
    if not reply.cut:
        yield b"data: [DONE]\n\n"


def _deltas(reply: Reply) -> Iterator[dict[str, Any]]:
    if reply.empty:
        yield {**_chunk({}), "choices": [], "usage": USAGE}
        return
    yield _chunk({"role": "assistant", "content": ""})
    for piece in reply.reasoning:
        yield _chunk({"reasoning_content": piece, "content": None})
    for piece in reply.pieces:
        yield _chunk({"content": piece})
    for index, (name, parts) in enumerate(reply.tool_calls):
        call = {"index": index, "id": f"c{index}", "type": "function"}
        yield _chunk({"tool_calls": [{**call, "function": {"name": name, "arguments": ""}}]})
        for part in parts:
            yield _chunk({"tool_calls": [{"index": index, "function": {"arguments": part}}]})
    if reply.gives_up:
        yield {"error": {"message": reply.gives_up, "type": "server_error", "code": None}}
    elif not reply.cut:
        yield _chunk({}, finish="tool_calls" if reply.tool_calls else "stop")
        yield {**_chunk({}), "choices": [], "usage": USAGE}


def _chunk(delta: dict[str, Any], *, finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "tiny", "choices": [choice]}

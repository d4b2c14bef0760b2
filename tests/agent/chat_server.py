"""A real HTTP server on loopback that speaks the OpenAI chat-completions protocol, from a script."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """One reply: text in pieces, tool calls with their arguments in pieces, or an HTTP error."""

    pieces: tuple[str, ...] = ()
    tool_calls: tuple[tuple[str, tuple[str, ...]], ...] = ()
    status: int = 200
    error: str = ""
    cut: bool = False


@dataclass
class ChatServer:
    """``requests`` are the bodies, ``keys`` the Authorization headers, in order."""

    replies: list[Reply]
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    port: int = 0

    @property
    def spec(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1#tiny"


@contextmanager
def chat_server(*replies: Reply) -> Iterator[ChatServer]:
    """Serve the replies in order; the last one again and again."""
    state = ChatServer(list(replies))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(state: ChatServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.requests.append(body)
            state.keys.append(self.headers.get("Authorization"))
            reply = state.replies[min(len(state.requests), len(state.replies)) - 1]
            if self.path != "/v1/chat/completions":
                reply = Reply(status=404, error=f"no route {self.path}")
            if reply.status != 200:
                self._send_json(reply.status, {"error": {"message": reply.error, "type": "x", "code": None}})
            elif body.get("stream"):
                self._send_stream(reply)
            else:
                self._send_json(200, _completion(reply))

        def _send_json(self, status: int, document: dict[str, Any]) -> None:
            data = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.send_header("retry-after-ms", "1")
            self.end_headers()
            self.wfile.write(data)

        def _send_stream(self, reply: Reply) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            if reply.cut:
                self.send_header("Content-Length", "100000")
            self.end_headers()
            for delta in _deltas(reply):
                self.wfile.write(b"data: " + json.dumps(delta).encode() + b"\n\n")
            if not reply.cut:
                self.wfile.write(b"data: [DONE]\n\n")
            self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler


USAGE = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}


def _completion(reply: Reply) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": "".join(reply.pieces)}
    if reply.tool_calls:
        message["tool_calls"] = [
            {"id": f"c{i}", "type": "function", "function": {"name": name, "arguments": "".join(parts)}}
            for i, (name, parts) in enumerate(reply.tool_calls)
        ]
    return {
        "id": "x", "object": "chat.completion", "created": 0, "model": "tiny", "usage": USAGE,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
    }  # fmt: skip


def _deltas(reply: Reply) -> Iterator[dict[str, Any]]:
    yield _chunk({"role": "assistant", "content": ""})
    for piece in reply.pieces:
        yield _chunk({"content": piece})
    for index, (name, parts) in enumerate(reply.tool_calls):
        call = {"index": index, "id": f"c{index}", "type": "function"}
        yield _chunk({"tool_calls": [{**call, "function": {"name": name, "arguments": ""}}]})
        for part in parts:
            yield _chunk({"tool_calls": [{"index": index, "function": {"arguments": part}}]})
    if not reply.cut:
        yield _chunk({}, finish="tool_calls" if reply.tool_calls else "stop")
        yield {**_chunk({}), "choices": [], "usage": USAGE}


def _chunk(delta: dict[str, Any], *, finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "tiny", "choices": [choice]}

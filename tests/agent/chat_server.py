"""A real HTTP server on loopback that speaks providers' protocols, from a script.

OpenAI's chat completions (DeepSeek, Qwen and most servers speak them too), Ollama's and DashScope's own.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import ModuleType
from typing import Any

from tests.agent import wire_dashscope, wire_ollama, wire_openai

WIRES = (wire_openai, wire_ollama, wire_dashscope)


@dataclass
class Reply:
    """One reply: text in pieces, tool calls with their arguments in pieces, or an HTTP error.

    ``cut`` closes the connection before the end, ``empty`` sends no choice at all, ``gives_up`` is an error
    in the middle of a stream, ``stalls`` sends nothing until the server goes.
    """

    pieces: tuple[str, ...] = ()
    tool_calls: tuple[tuple[str, tuple[str, ...]], ...] = ()
    reasoning: tuple[str, ...] = ()
    status: int = 200
    error: str = ""
    code: str | None = None
    retry_after: str | None = None
    cut: bool = False
    empty: bool = False
    gives_up: str | None = None
    stalls: bool = False


@dataclass
class ChatServer:
    """``requests`` are the bodies, ``keys`` the Authorization headers, in order."""

    replies: list[Reply]
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    port: int = 0
    going: threading.Event = field(default_factory=threading.Event)

    @property
    def root(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def spec(self) -> str:
        return f"{self.root}/v1#tiny"


@contextmanager
def chat_server(*replies: Reply) -> Iterator[ChatServer]:
    """Serve the replies in order; the last one again and again."""
    state = ChatServer(list(replies))
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    state.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield state
    finally:
        state.going.set()
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
            wire = next((wire for wire in WIRES if self.path == wire.PATH), None)
            if wire is None:
                wire, reply = wire_openai, Reply(status=404, error=f"no route {self.path}")
            if reply.stalls:
                state.going.wait()
            elif reply.status != 200:
                self._send_json(reply.status, wire.error(reply), reply.retry_after)
            elif wire.wants_stream(body, self.headers):
                self._send_stream(reply, wire)
            else:
                self._send_json(200, wire.whole(reply), None)

        def _send_json(self, status: int, document: dict[str, Any], retry_after: str | None) -> None:
            data = json.dumps(document).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            if retry_after is None:
                self.send_header("retry-after-ms", "1")
            else:
                self.send_header("Retry-After", retry_after)
            self.end_headers()
            self.wfile.write(data)

        def _send_stream(self, reply: Reply, wire: ModuleType) -> None:
            self.send_response(200)
            self.send_header("Content-Type", wire.STREAM_TYPE)
            if reply.cut:
                self.send_header("Content-Length", "100000")
            self.end_headers()
            for line in wire.stream(reply):
                self.wfile.write(line)
            self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    return Handler

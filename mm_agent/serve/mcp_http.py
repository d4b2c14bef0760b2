"""Serving MCP over streamable HTTP: where it may listen, and which requests it answers."""

from __future__ import annotations

import socket
from collections.abc import Sequence

from fastmcp import FastMCP

from mm_agent.serve.listening import bind, is_loopback, origin
from mm_agent.serve.mcp_token import VARIABLE

__all__ = ["address", "is_loopback", "listen", "serve_http"]

PATH = "/mcp"


def listen(host: str, port: int, *, token: str | None) -> socket.socket:
    """Bind, so that the port is known and taken before anything slow happens; port 0 takes a free one.

    Raises:
        SettingsError: Other machines could connect without a token, or the address cannot be had.
    """
    refusal = (
        f"other machines could use the tools at {host} without a token; set {VARIABLE}, "
        "give --token-file, or use --host 127.0.0.1"
    )
    return bind(host, port, refusal=refusal if token is None else None)


def address(listener: socket.socket) -> str:
    """Where clients connect to."""
    return f"{origin(listener)}{PATH}"


async def serve_http(server: FastMCP, listener: socket.socket, *, allowed_hosts: Sequence[str] = ()) -> None:
    """Answer requests until a signal comes.

    Requests are independent of each other: there are no sessions, and answers are plain JSON, so that large
    pictures pass. A web page of another origin, or one whose name was rebound to this machine, is refused by
    its Origin or Host header.

    Args:
        server: From `build_server`.
        listener: From `listen`.
        allowed_hosts: Names other than its own address under which clients reach the server.
    """
    host, port = listener.getsockname()[:2]
    await server.run_http_async(
        show_banner=False,
        transport="streamable-http",
        host=host,
        port=port,
        log_level="WARNING",
        path=PATH,
        # Requests are not logged: uvicorn would do so on stdout.
        uvicorn_config={"access_log": False, "log_level": "warning", "ws": "none"},
        json_response=True,
        stateless_http=True,
        host_origin_protection=True,
        allowed_hosts=list(allowed_hosts),
        sockets=[listener],
    )

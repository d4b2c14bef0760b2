"""The door in front of gradio: who may come in, which paths exist, and whose files are whose.

Gradio serves every file of its cache to whoever knows the path, and opens any path or address a page sends
it. Behind this door a browser reaches only what it uploaded and what was drawn for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mm_agent.serve.listening import is_loopback
from mm_agent.serve.web.access import Access
from mm_agent.serve.web.caps import MIB, Caps
from mm_agent.serve.web.head import with_head
from mm_agent.serve.web.login import LOGIN, answer_login
from mm_agent.serve.web.speaking import spoken
from mm_agent.serve.web.turn import SHOWN
from mm_agent.serve.web.visitors import Visitor, Visitors
from mm_agent.serve.web.words import say

API = "/gradio_api"
_STATIC = ("/assets/", "/static/", "/svelte/", "/theme.css", "/favicon.ico", "/manifest.json", "/robots.txt")
_PAGES = ("/config", f"{API}/startup-events", f"{API}/app_id", f"{API}/upload_progress", f"{API}/info")
_FILE, _UPLOAD, _JOIN = f"{API}/file=", f"{API}/upload", f"{API}/queue/join"
_DATA, _HEARTBEAT, _CANCEL, _RESET = f"{API}/queue/data", f"{API}/heartbeat/", f"{API}/cancel", f"{API}/reset"
_NAME = re.compile(r"[0-9a-f]{32}\.[a-z0-9]{3,4}")
_MOST_JSON = 4 * MIB
_HEADERS = {
    # The page gets everything from here: no fonts, scripts or pictures from elsewhere, no frame around it.
    "content-security-policy": "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'; "
    "form-action 'self'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}


class Gate:
    """ASGI middleware.

    Args:
        app: Gradio.
        visitors: Those known here.
        access: What they must know.
        caps: How much they may upload.
        shared: Folder whose files are everyone's: the examples.
        hosts: Names under which the server is reached besides loopback addresses; empty: any.
    """

    def __init__(
        self,
        app: ASGIApp,
        visitors: Visitors,
        *,
        access: Access,
        caps: Caps,
        shared: Path,
        hosts: frozenset[str] = frozenset(),
    ) -> None:
        self._app = app
        self._visitors = visitors
        self._access = access
        self._caps = caps
        self._shared = shared
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, refuse, or hand on to gradio."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(Request(scope, receive), send)

    async def _http(self, request: Request, send: Send) -> None:
        send = _with_headers(send)
        path = request.url.path
        if not self._comes_from_here(request):
            return await _refuse(request, send, 403, "this server is not reached by that name or origin")
        if path.startswith(_STATIC):
            return await self._app(request.scope, request.receive, send)
        if path == LOGIN:
            response = await answer_login(request, self._access, self._visitors)
            return await response(request.scope, request.receive, send)
        visitor = self._visitors.find(request.cookies.get(self._visitors.passes.name))
        if visitor is None:
            if path != "/":
                return await _refuse(request, send, 401, say("expired", spoken(request)))
            if not self._access.open:
                return await RedirectResponse(LOGIN, 303)(request.scope, request.receive, send)
            visitor = self._visitors.welcome()
        if path == "/":  # renewed at every visit
            https = request.url.scheme == "https"
            send = _with_cookie(send, self._visitors.passes.header(visitor.identity, https=https))
        await self._known(request, visitor, send)

    async def _known(self, request: Request, visitor: Visitor, send: Send) -> None:
        """Hand on what a known browser may ask for."""
        path, receive = request.url.path, request.receive
        request.scope.setdefault("state", {})["visitor"] = visitor
        if path.startswith(f"/{SHOWN}"):
            return await _shown(visitor, path.removeprefix(f"/{SHOWN}"))(request.scope, receive, send)
        if path.startswith(_FILE):
            if not self._may_see(visitor, path.removeprefix(_FILE)):
                return await _refuse(request, send, 403, "this file is not yours")
        elif path == _UPLOAD:
            if self._too_much(request, visitor):
                limits = {"files": self._caps.files, "megabytes": self._caps.total_bytes // MIB}
                return await _refuse(request, send, 413, say("refused_upload", spoken(request), **limits))
            _uncompressed(request)
            send = _noting_uploads(send, visitor)
        elif path in (_JOIN, _CANCEL, _RESET):
            body = await _json_body(request)
            if body is None or not self._may_send(visitor, body):
                return await _refuse(request, send, 403, "this request names what is not yours")
            receive = _again(json.dumps(body).encode(), receive)
        elif path == _DATA or path.startswith(_HEARTBEAT):
            page = request.query_params.get("session_hash") or path.removeprefix(_HEARTBEAT)
            if not self._visitors.claim(visitor, page):
                return await _refuse(request, send, 403, "this page is not yours")
        elif path == "/":
            _uncompressed(request)
            send = with_head(send, spoken(request))
        elif path not in _PAGES:
            return await _refuse(request, send, 404, "there is nothing here")
        await self._app(request.scope, receive, send)

    def _comes_from_here(self, request: Request) -> bool:
        """Whether Host is a name of this server, and Origin, if there is one, the same."""
        host = request.url.hostname or ""
        if self._hosts and not is_loopback(host) and host not in self._hosts:
            return False
        origin = request.headers.get("origin")
        return origin is None or urlsplit(origin).netloc == request.headers.get("host")

    def _may_see(self, visitor: Visitor, name: str) -> bool:
        path = Path(name)
        if not path.is_absolute() or ".." in path.parts:
            return False
        return visitor.owns(path) or path.is_relative_to(self._shared)

    def _may_send(self, visitor: Visitor, body: dict[str, Any]) -> bool:
        """Whether every file in a request is the browser's own, and the tab too."""
        paths = [*_values(body, "path"), *_values(body, "url")]
        mine = all(self._may_see(visitor, path.partition(_FILE)[2] or path) for path in paths)
        return mine and all(self._visitors.claim(visitor, page) for page in _values(body, "session_hash"))

    def _too_much(self, request: Request, visitor: Visitor) -> bool:
        length = request.headers.get("content-length", "")
        coming = int(length) if length.isdecimal() else self._caps.total_bytes + 1
        waiting = sum(path.is_file() for path in visitor.uploads)
        return waiting >= self._caps.files or visitor.uploaded() + coming > self._caps.total_bytes


def _shown(visitor: Visitor, name: str) -> Response:
    """A picture of the browser's own conversation; its name says nothing about where it is."""
    path = visitor.shown / name
    if not _NAME.fullmatch(name) or not path.is_file():
        return PlainTextResponse("there is nothing here", 404)
    return FileResponse(path, headers={"cache-control": "private, max-age=86400"})


def _values(data: Any, key: str) -> Iterator[str]:
    """Every text under a key, however deep."""
    if isinstance(data, dict):
        for name, value in data.items():
            if name == key and isinstance(value, str) and value:
                yield value
            else:
                yield from _values(value, key)
    elif isinstance(data, list):
        for value in data:
            yield from _values(value, key)


async def _json_body(request: Request) -> dict[str, Any] | None:
    """The request's JSON object; None when it is too large or something else."""
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > _MOST_JSON:
            return None
    try:
        body = json.loads(data)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _again(data: bytes, receive: Receive) -> Receive:
    """Give a body that was read to the next reader."""
    sent = False

    async def once() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": data, "more_body": False}

    return once


def _uncompressed(request: Request) -> None:
    """Ask for an answer that can be read, and added to, on its way out."""
    MutableHeaders(scope=request.scope)["accept-encoding"] = "identity"


def _with_headers(send: Send) -> Send:
    async def more(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).update(_HEADERS)
        await send(message)

    return more


def _with_cookie(send: Send, cookie: str) -> Send:
    async def more(message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message).append("set-cookie", cookie)
        await send(message)

    return more


def _noting_uploads(send: Send, visitor: Visitor) -> Send:
    """Remember whose the uploaded files are: gradio answers with the list of their paths."""
    status, data = 0, b""

    async def noting(message: Message) -> None:
        nonlocal status, data
        if message["type"] == "http.response.start":
            status = message["status"]
        elif message["type"] == "http.response.body" and status == 200:
            data += message.get("body", b"")
            if not message.get("more_body"):
                visitor.uploads.update(map(Path, json.loads(data)))
        await send(message)

    return noting


async def _refuse(request: Request, send: Send, status: int, reason: str) -> None:
    await PlainTextResponse(reason, status)(request.scope, request.receive, send)

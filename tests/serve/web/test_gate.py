"""The door in front of gradio, with a small application behind it instead."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Receive, Scope, Send

from mm_agent.agent.memory.memory import memory_off
from mm_agent.serve.web.access import Access
from mm_agent.serve.web.caps import Caps
from mm_agent.serve.web.chat import WebChat
from mm_agent.serve.web.choice import Choices
from mm_agent.serve.web.gate import Gate
from mm_agent.serve.web.passes import Passes
from mm_agent.serve.web.shelf import Shelf
from mm_agent.serve.web.visitors import Visitors

KEY = b"k" * 32
COOKIE = Passes(KEY, Access()).name
TOKEN = "0123456789abcdef"
CAPS = Caps(file_bytes=1000, files=2, visitors=3)
BASE = "http://127.0.0.1:7860"


class Behind:
    """Answers uploads with a path, everything else with its name; remembers what reached it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.seen: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.seen.append(scope["path"])
        await receive()
        body: Any = "ok"
        if scope["path"] == "/gradio_api/upload":
            path = self.folder / f"{len(self.seen)}.png"
            path.write_bytes(b"picture")
            body = [str(path)]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": json.dumps(body).encode()})


@pytest.fixture
def behind(tmp_path: Path) -> Behind:
    return Behind(tmp_path)


def gate(behind: Behind, access: Access | None = None, **options: Any) -> Gate:
    def never(*_: Any) -> Any:
        raise AssertionError("no session is needed here")

    access = access or Access()
    memory = replace(memory_off(), folder=behind.folder / "kept")
    shelf = Shelf(memory, behind.folder / "kept", CAPS)
    choices = Choices(("offline",), ("demo",))
    passes = Passes(KEY, access)
    visitors = Visitors(shelf, passes, lambda place: WebChat(never, place, CAPS, choices), CAPS)
    app = GZipMiddleware(behind, minimum_size=1)  # gradio compresses, too
    return Gate(app, visitors, access=access, caps=CAPS, shared=behind.folder / "examples", **options)


def client(door: Gate) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(door), base_url=BASE)


async def test_a_newcomer_gets_a_cookie_no_script_can_read(behind: Behind) -> None:
    async with client(gate(behind)) as browser:
        answer = await browser.get("/")
    assert answer.status_code == 200
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=lax" in answer.headers["set-cookie"]
    assert "default-src 'self'" in answer.headers["content-security-policy"]


async def test_without_a_cookie_only_the_first_page_is_there(behind: Behind) -> None:
    async with client(gate(behind)) as browser:
        for path in ("/config", "/gradio_api/queue/data?session_hash=x", "/gradio_api/file=/etc/passwd"):
            assert (await browser.get(path)).status_code == 401
    assert behind.seen == []


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/proxy=http://example.com",
        "/gradio_api/run/predict",
        "/gradio_api/vibe-code",
        "/monitoring",
        "/gradio_api/deep_link",
        "/run",
    ],
)
async def test_what_the_page_does_not_need_is_not_there(behind: Behind, path: str) -> None:
    async with client(gate(behind)) as browser:
        await browser.get("/")
        assert (await browser.get(path)).status_code == 404


async def test_a_file_is_its_owners(behind: Behind) -> None:
    door = gate(behind)
    async with client(door) as owner, client(door) as stranger:
        await owner.get("/")
        await stranger.get("/")
        [path] = (await owner.post("/gradio_api/upload", content=b"picture")).json()
        assert (await owner.get(f"/gradio_api/file={path}")).status_code == 200
        assert (await stranger.get(f"/gradio_api/file={path}")).status_code == 403
        asked = {"data": [{"files": [{"path": path}]}], "session_hash": "tab-1"}
        assert (await owner.post("/gradio_api/queue/join", json=asked)).status_code == 200
        theirs = asked | {"session_hash": "tab-2"}
        assert (await stranger.post("/gradio_api/queue/join", json=theirs)).status_code == 403


@pytest.mark.parametrize(
    "path", ["/etc/passwd", "http://example.com/a.png", "examples/../../secret", "relative.png", ""]
)
async def test_no_other_file_or_address_is_opened(behind: Behind, path: str) -> None:
    async with client(gate(behind)) as browser:
        await browser.get("/")
        asked = {"data": [{"files": [{"path": path, "url": path or "http://example.com"}]}]}
        assert (await browser.post("/gradio_api/queue/join", json=asked)).status_code == 403
        assert (await browser.get(f"/gradio_api/file={path}")).status_code in (403, 404)


async def test_a_tab_is_its_browsers(behind: Behind) -> None:
    door = gate(behind)
    async with client(door) as owner, client(door) as stranger:
        await owner.get("/")
        await stranger.get("/")
        assert (await owner.get("/gradio_api/queue/data?session_hash=mine")).status_code == 200
        assert (await stranger.get("/gradio_api/queue/data?session_hash=mine")).status_code == 403
        assert (await stranger.get("/gradio_api/heartbeat/mine")).status_code == 403


async def test_uploads_have_an_end(behind: Behind) -> None:
    async with client(gate(behind)) as browser:
        await browser.get("/")
        assert (await browser.post("/gradio_api/upload", content=b"x" * 4000)).status_code == 413
        assert (await browser.post("/gradio_api/upload", content=b"x")).status_code == 200
        assert (await browser.post("/gradio_api/upload", content=b"x")).status_code == 200
        third = await browser.post("/gradio_api/upload", content=b"x", headers={"accept-language": "zh-CN"})
        assert third.status_code == 413
        assert "最多 2 个文件" in third.text


@pytest.mark.parametrize(
    "headers", [{"host": "evil.example"}, {"origin": "http://evil.example"}], ids=["host", "origin"]
)
async def test_a_rebound_name_and_a_foreign_page_are_refused(behind: Behind, headers: dict[str, str]) -> None:
    async with client(gate(behind, hosts=frozenset({"127.0.0.1"}))) as browser:
        assert (await browser.get("/", headers=headers)).status_code == 403
    assert behind.seen == []


async def test_logging_in_with_the_token(behind: Behind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mm_agent.serve.web.login._WRONG_SECONDS", 0)
    async with client(gate(behind, Access(token=TOKEN))) as browser:
        assert (await browser.get("/")).headers["location"] == "/login"
        form = await browser.get("/login", headers={"accept-language": "zh"})
        assert "令牌" in form.text
        wrong = await browser.post("/login", data={"secret": "not the token"})
        assert wrong.status_code == 401
        assert COOKIE not in browser.cookies
        assert (await browser.post("/login", data={"secret": TOKEN})).status_code == 303
        assert (await browser.get("/")).status_code == 200


async def test_whoever_was_longest_away_makes_room_and_is_known_even_so(behind: Behind) -> None:
    door = gate(behind)
    first, *others = [client(door) for _ in range(4)]
    await first.get("/")
    [path] = (await first.post("/gradio_api/upload", content=b"picture")).json()
    for browser in others:
        await browser.get("/")
    async with asyncio.timeout(10):  # what was uploaded and never asked about goes, on a thread
        while Path(path).exists():
            await asyncio.sleep(0.01)
    assert (await first.get("/config")).status_code == 200
    for browser in (first, *others):
        await browser.aclose()


async def test_a_cookie_ends_with_the_token_it_was_given_for(behind: Behind) -> None:
    async with client(gate(behind, Access(token=TOKEN))) as browser:
        await browser.post("/login", data={"secret": TOKEN})
        cookie = browser.cookies[COOKIE]
        assert (await browser.get("/")).status_code == 200
    for access, status in ((Access(token=TOKEN), 200), (Access(token=TOKEN[::-1]), 401), (Access(), 401)):
        async with client(gate(behind, access)) as browser:  # the server, started again
            browser.cookies[COOKIE] = cookie
            assert (await browser.get("/config")).status_code == status
            browser.cookies[COOKIE] = cookie[:-1] + ("0" if cookie[-1] != "0" else "1")
            assert (await browser.get("/config")).status_code == 401

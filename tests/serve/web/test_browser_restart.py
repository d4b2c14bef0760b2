"""A conversation outlives its server: the same browser finds it again, and nobody else does."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from tests.serve.web.conftest import serving
from tests.serve.web.driving import add, ask, opened, pictures, said

pytestmark = pytest.mark.slow


def test_the_server_is_started_again(browser: Browser, context: BrowserContext, tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    memory = {"MM_AGENT_MEMORY": str(tmp_path / "talk.sqlite")}
    page = context.new_page()
    with serving("--port", port, **memory) as address:
        opened(page, address)
        add(page, "car-bottom-right.png")
        ask(page, "Where is the car?")
        said(page, "bottom right of img-1")

    with serving("--port", port, **memory) as address:
        page.reload()
        said(page, "bottom right of img-1")
        steps = page.locator("#chat .thought-group")
        expect(steps.filter(has_text="Looked where it is · img-1 · car")).to_be_visible()
        assert len(pictures(page)) == 2, "the upload, and the heat map with its box"
        ask(page, "What is in that region?")
        said(page, "img-1@")
        add(page, "one-dog.png")
        ask(page, "Is there a dog in the second picture?")
        said(page, "I see a dog in img-2")
        mine = pictures(page)
        with browser.new_context() as other:
            stranger = other.new_page()
            opened(stranger, address)
            expect(stranger.locator("#chat .message")).to_have_count(0)
            assert [stranger.request.get(picture).status for picture in mine] == [404] * len(mine)
        page.get_by_role("button", name="New chat").click()
        expect(page.locator("#chat .message")).to_have_count(0)

    left = [file for file in tmp_path.rglob("*") if file.suffix in (".jpg", ".png", ".json")]
    assert left == []

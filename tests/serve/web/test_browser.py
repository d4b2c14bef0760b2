"""The web chat in a real browser: ask, see the answer grow, reload, stay apart from others."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.serve.web.driving import EXAMPLES, add, ask, opened, pictures, said

pytestmark = pytest.mark.slow


def test_a_picture_is_asked_about_and_the_conversation_outlives_a_reload(page: Page, address: str) -> None:
    add(page, "car-bottom-right.png")
    ask(page, "Where is the car?")
    said(page, "bottom right of img-1")

    steps = page.locator("#chat .thought-group")
    located = steps.filter(has_text="Looked where it is · img-1 · car")
    expect(located).to_be_visible()
    located.locator(".title").press("Enter")  # with the keyboard
    expect(located).to_contain_text(re.compile(r"bottom right, .*score [01]\.\d\d, region img-1@"))
    assert len(pictures(page)) == 2, "the upload, and the heat map with its box"

    page.reload()
    said(page, "bottom right of img-1")
    assert len(pictures(page)) == 2
    ask(page, "Is there a dog in it?")
    said(page, "no dog in img-1")
    expect(page.locator("#chat .user-row")).to_have_count(2)


def test_another_browser_sees_nothing_of_it(page: Page, browser: Browser, address: str) -> None:
    add(page, "one-dog.png")
    ask(page, "Is there a dog?")
    said(page, "img-1")
    [mine] = pictures(page)
    assert page.request.get(mine).ok

    with browser.new_context() as other:
        stranger = other.new_page()
        opened(stranger, address)
        expect(stranger.locator("#chat .message")).to_have_count(0)
        assert stranger.request.get(mine).status == 404
    assert httpx.get(mine, trust_env=False).status_code == 401


def test_an_uploaded_file_is_served_to_its_owner_alone(page: Page, browser: Browser, address: str) -> None:
    with page.expect_response(lambda response: "/upload" in response.url and response.ok) as got:
        page.set_input_files("#box input[type=file]", str(EXAMPLES / "robot.png"))
    [path] = got.value.json()
    file = f"{address}/gradio_api/file={path}"
    assert page.request.get(file).ok
    with browser.new_context() as other:
        stranger = other.new_page()
        opened(stranger, address)
        assert stranger.request.get(file).status == 403
        question = {"text": "What is this?", "files": [{"path": path, "meta": {"_type": "gradio.FileData"}}]}
        body = {"data": [question], "fn_index": 1, "session_hash": "abcdefghij"}
        assert stranger.request.post(f"{address}/gradio_api/queue/join", data=body).status == 403


def test_chinese_question_and_page(browser: Browser, address: str) -> None:
    with browser.new_context(locale="zh-CN") as context:
        page = context.new_page()
        opened(page, address)
        expect(page.get_by_role("heading", name="想了解图片里的什么？")).to_be_visible()
        page.get_by_role("button", name="汽车在哪里？").click()
        said(page, "右下")
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("button", name="New chat")).to_be_visible()
        said(page, "右下")  # the conversation is still there


def test_the_page_asks_nobody_else_for_anything(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    opened(page, address)
    page.get_by_role("button", name="Where is the car?").click()
    said(page, "bottom right")
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    assert wrong == []


def test_one_stream_of_events_serves_a_page(context: BrowserContext, address: str) -> None:
    page = context.new_page()
    streams: list[str] = []
    page.on("request", lambda request: streams.append(request.url) if "/queue/data" in request.url else None)
    opened(page, address)
    add(page, "one-dog.png")
    ask(page, "Is there a dog?")
    said(page, "Yes")
    ask(page, "Is there an airplane?")
    said(page, "no airplane")
    assert len(streams) == 1, "one that ended between two questions would cost the second its answer"

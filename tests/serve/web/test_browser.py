"""The web chat in a real browser: ask, see the answer grow, reload, stay apart from others."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

pytestmark = pytest.mark.slow

SECONDS = 30_000
expect.set_options(timeout=SECONDS)  # in milliseconds; five seconds are few on a busy machine
EXAMPLES = Path(__file__).parents[3] / "examples"


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser of somebody new."""
    with browser.new_context(locale="en-US", viewport={"width": 1100, "height": 800}) as context:
        context.set_default_timeout(SECONDS)
        yield context


@pytest.fixture
def page(context: BrowserContext, address: str) -> Page:
    """The page, loaded."""
    page = context.new_page()
    opened(page, address)
    return page


def opened(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.locator("#box textarea")).to_be_editable(timeout=SECONDS)


def add(page: Page, *files: str | Path) -> None:
    """Bring files through the file chooser and wait until they are uploaded."""
    with page.expect_response(lambda response: "/upload" in response.url and response.ok):
        page.set_input_files("#box input[type=file]", [str(EXAMPLES / file) for file in files])
    expect(page.locator("#box .thumbnail-item")).to_have_count(len(files))


def ask(page: Page, question: str) -> None:
    """Type a question and press Enter until it is taken; right after an upload it is not always."""
    asked = page.locator("#chat .user-row").filter(has_text=question)
    before = asked.count()
    page.fill("#box textarea", question)
    for _ in range(3):
        page.press("#box textarea", "Enter")
        with contextlib.suppress(AssertionError):
            expect(asked).to_have_count(before + 1, timeout=SECONDS / 3)
            return
    pytest.fail(f"the page does not take the question {question!r}")


def said(page: Page, words: str) -> None:
    """Wait until the conversation holds these words, and the answer has ended."""
    expect(page.locator("#chat .bot").last).to_contain_text(words)
    expect(page.locator("#box .submit-button")).to_be_visible(timeout=SECONDS)


def pictures(page: Page) -> list[str]:
    """The addresses of the pictures shown; each has loaded and says what it is."""
    shown = page.locator("#chat .message img")
    for index in range(shown.count()):
        expect(shown.nth(index)).to_have_js_property("complete", True)
        assert shown.nth(index).evaluate("image => image.naturalWidth") > 0
        assert shown.nth(index).get_attribute("alt")
    return [shown.nth(index).evaluate("image => image.src") for index in range(shown.count())]


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
        expect(page.get_by_role("heading", name="想了解图片里的什么？")).to_be_visible(timeout=SECONDS)
        page.get_by_role("button", name="汽车在哪里？").click()
        said(page, "右下")
        page.get_by_role("button", name="English").click()
        expect(page.get_by_role("button", name="New chat")).to_be_visible(timeout=SECONDS)
        said(page, "右下")  # the conversation is still there


def test_a_video_is_shown_with_its_moments(page: Page) -> None:
    add(page, "changing-scene.mp4")
    ask(page, "When does a car appear?")
    said(page, "vid-1")
    assert len(pictures(page)) == 2, "a still of the video, and the moments over time"
    video = page.locator("#chat .user a").evaluate("link => link.href")
    assert page.request.get(video).headers["content-type"] == "video/mp4"


def test_a_bad_file_costs_one_line(page: Page, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n but no more")
    add(page, broken, "one-dog.png")
    ask(page, "Is there a dog?")
    said(page, "Yes")
    expect(page.locator("#chat .bot").last).to_contain_text("broken.png")
    ask(page, "What is in the picture?")
    said(page, "img-1")
    assert "mm-agent-web" not in page.locator("#chat").inner_text(), "no path of the server"


def test_undo_and_retry(page: Page) -> None:
    page.get_by_role("button", name="How many cats are there?").click()
    said(page, "cats")
    page.get_by_role("button", name="Retry").click()
    said(page, "cats")
    expect(page.locator("#chat .user-row")).to_have_count(1)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#chat .user-row")).to_have_count(0)
    expect(page.locator("#box textarea")).to_have_value("How many cats are there?")


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

"""The page by keyboard and by screen reader, in both languages."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from mm_agent.serve.web.words import LABELS
from tests.serve.web.driving import add, ask, opened, said

pytestmark = pytest.mark.slow

PART = re.compile(r"(\s*)- '?(button|link|textbox|combobox|listbox|img|log)( \")?")
FOCUSED = """() => {
    const at = document.activeElement;
    return at.getAttribute("aria-label") || at.innerText || at.placeholder || at.tagName;
}"""


def everything_has_a_name(page: Page) -> str:
    """What a screen reader is told of the page, once it has settled."""
    for _ in range(40):
        snapshot = page.locator("body").aria_snapshot()
        if not nameless(snapshot):
            return snapshot
        page.wait_for_timeout(250)
    raise AssertionError(f"{nameless(snapshot)} have no name in\n{snapshot}")


def nameless(snapshot: str) -> list[str]:
    """The parts without a name; what is in a button is read as part of it, a bare img is its drawing."""
    found, named = [], -1
    for line in snapshot.splitlines():
        depth = len(line) - len(line.lstrip())
        if named >= 0 and depth > named:
            continue
        part = PART.match(line)
        named = depth if part and part[2] == "button" else -1
        if part and not part[3] and part[2] != "img":
            found.append(line.strip())
    return found


def test_every_part_has_a_name(page: Page) -> None:
    everything_has_a_name(page)
    add(page, "car-bottom-right.png")
    everything_has_a_name(page)
    ask(page, "Where is the car?")
    said(page, "bottom right")
    page.get_by_role("button", name="Models").click()
    page.locator("#chat .thought-group .title").last.click()
    expect(page.get_by_role("combobox", name="Chat model")).to_be_visible()
    everything_has_a_name(page)


def test_the_conversation_is_read_aloud_as_it_grows(page: Page) -> None:
    conversation = page.get_by_role("log", name="chatbot conversation")
    expect(conversation).to_have_attribute("aria-live", "polite")
    page.get_by_role("button", name="Where is the car?").click()
    expect(conversation).to_contain_text("bottom right")


def test_the_keyboard_reaches_everything_in_reading_order(page: Page) -> None:
    expect(page.locator("#box textarea")).to_be_focused()
    expect(page.get_by_role("button", name="Where is the car?")).to_be_visible()
    passed = []
    while not passed or "New chat" not in passed[-1]:
        page.keyboard.press("Shift+Tab")
        passed.append(page.evaluate(FOCUSED))
        assert len(passed) < 20, passed
    order = [
        "New chat",
        "中文",
        "Theme",
        "How many cats",
        "Where is the car",
        "What is in this",
        "When do cars",
        "Upload a file",
    ]
    known = [part for name in reversed(passed) for part in order if part in name]
    assert known == order, passed

    while "Where is the car" not in page.evaluate(FOCUSED):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    said(page, "bottom right")
    page.locator("#box textarea").focus()
    page.keyboard.type("Is there a dog in it?")
    page.keyboard.press("Enter")
    said(page, "no dog")


def test_the_chinese_page_is_chinese_throughout(browser: Browser, address: str) -> None:
    with browser.new_context(locale="zh-CN") as context:
        page = context.new_page()
        opened(page, address)
        add(page, "one-dog.png")
        words = everything_has_a_name(page)
        ask(page, "图里有狗吗？")
        said(page, "img-1")
        page.get_by_role("button", name="模型").click()
        expect(page.get_by_role("combobox", name="视觉模型")).to_be_visible()
        words += everything_has_a_name(page)
        names = set(re.findall(r"- \w+ \"([^\"]+)", words))
        assert {"发送", "添加文件", "移除文件", "新对话"} <= names, names
        assert not names & LABELS.keys(), "gradio's own English names"

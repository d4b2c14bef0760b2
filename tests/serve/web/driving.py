"""What a person does on the page, and what they look for."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page, expect

SECONDS = 30_000
"""In milliseconds; Playwright's five seconds are few on a busy machine."""
EXAMPLES = Path(__file__).parents[3] / "examples"

expect.set_options(timeout=SECONDS)


def opened(page: Page, address: str) -> None:
    """Open the page and wait until it can be used."""
    page.goto(address)
    expect(page.locator("#box textarea")).to_be_editable()


def add(page: Page, *files: str | Path) -> None:
    """Bring files through the file chooser and wait until they are uploaded."""
    with page.expect_response(lambda response: "/upload" in response.url and response.ok):
        page.set_input_files("#box input[type=file]", [str(EXAMPLES / file) for file in files])
    expect(page.locator("#box .thumbnail-item")).to_have_count(len(files))


def ask(page: Page, question: str) -> None:
    """Type a question, press Enter once, and see it taken."""
    asked = page.locator("#chat .user-row")
    before = asked.count()
    page.fill("#box textarea", question)
    page.press("#box textarea", "Enter")
    expect(asked).to_have_count(before + 1)
    expect(asked.last).to_contain_text(question)


def said(page: Page, words: str) -> None:
    """Wait until the conversation holds these words, and the answer has ended."""
    expect(page.locator("#chat .bot").last).to_contain_text(words)
    expect(page.locator("#box .submit-button")).to_be_visible()


def pictures(page: Page) -> list[str]:
    """The addresses of the pictures shown; each has loaded and says what it is."""
    shown = page.locator("#chat .message img")
    for index in range(shown.count()):
        expect(shown.nth(index)).to_have_js_property("complete", True)
        assert shown.nth(index).evaluate("image => image.naturalWidth") > 0
        assert shown.nth(index).get_attribute("alt")
    return [shown.nth(index).evaluate("image => image.src") for index in range(shown.count())]

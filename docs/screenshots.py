"""Take screenshots of the web chat: every state, wide and narrow, light and dark, English and Chinese.

.venv/bin/python docs/screenshots.py FOLDER     all of them, to look at
.venv/bin/python docs/screenshots.py            the one of the README, docs/images/web-chat.png

Needs Chromium: apt-get install chromium fonts-noto-cjk
"""

from __future__ import annotations

import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
README = ROOT / "docs" / "images" / "web-chat.png"
DESKTOP, PHONE = (1280, 800), (390, 844)
GUITAR = "photos/drums-and-guitar.jpg"
SECONDS = 60_000
MODEL, MISSING = "local:demo", "local:not-here"
TOKEN = "a-token-to-log-in-with"
FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-background-networking")


@contextmanager
def server(*options: str, **variables: str) -> Iterator[str]:
    """A web chat on a free port."""
    command = [sys.executable, "-m", "mm_agent.cli", "serve", "web", "--port", "0", *options]
    environment = {**os.environ, "MM_AGENT_MEMORY": "off", **variables}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=ROOT, env=environment) as process:
        try:
            lines = ""
            for line in process.stderr or ():
                if found := re.search(r"web chat at (http://\S+:\d+)", line):
                    yield found.group(1)
                    return
                lines += line
            sys.exit(f"error: the server did not start: {lines}")
        finally:
            process.terminate()


@contextmanager
def page(browser: Browser, url: str, size: tuple[int, int], theme: str, language: str) -> Iterator[Page]:
    """The page of somebody new."""
    with browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=theme, locale=language
    ) as context:
        context.set_default_timeout(SECONDS)
        opened = context.new_page()
        opened.goto(url)
        if opened.url.endswith("/login"):
            opened.fill("[name=secret]", TOKEN)
            opened.keyboard.press("Enter")
        opened.locator("#chat .example").last.wait_for()
        yield opened


def ask(page: Page, question: str, *files: Path) -> None:
    """Upload, ask, and wait for the end of the answer."""
    if files:
        page.set_input_files("#box input[type=file]", [str(file) for file in files])
        page.locator("#box .thumbnail-item").nth(len(files) - 1).wait_for()
    before = page.locator("#chat .bot-row").count()
    page.fill("#box textarea", question)
    page.press("#box textarea", "Enter")
    page.locator("#chat .bot-row").nth(before).wait_for()
    answered(page)


def answered(page: Page) -> None:
    """Wait for the end of the answer."""
    page.locator("#box .stop-button").wait_for(state="hidden")
    page.locator("#box .submit-button").wait_for()
    page.wait_for_timeout(800)  # for pictures, and for scrolling to end


def tour(browser: Browser, url: str, out: Path, *, size: tuple[int, int], theme: str, language: str) -> None:
    """All states of one look."""
    name = f"{'phone' if size == PHONE else 'desktop'}-{theme}-{language[:2]}"
    chinese = language.startswith("zh")

    def take(page: Page, state: str) -> None:
        page.screenshot(path=out / f"{name}-{state}.png")

    with browser.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme=theme, locale=language
    ) as context:
        form = context.new_page()
        form.goto(url)
        take(form, "login")
        form.fill("[name=secret]", "not the token")
        form.keyboard.press("Enter")
        form.get_by_role("alert").wait_for()
        take(form, "login-wrong")
    with page(browser, url, size, theme, language) as shown:
        shown.wait_for_timeout(500)
        take(shown, "empty")
        ask(shown, "吉他在哪里？" if chinese else "Where is the guitar?", EXAMPLES / GUITAR)
        take(shown, "answered")
        shown.locator("#chat .thought-group .title").first.click()
        shown.locator("#chat .thought-group .title").last.scroll_into_view_if_needed()
        shown.wait_for_timeout(500)
        take(shown, "steps")
        shown.locator("#models button").first.click()
        shown.wait_for_timeout(500)
        take(shown, "models")
    with page(browser, url, size, theme, language) as shown:
        ask(
            shown,
            "汽车什么时候出现？" if chinese else "When does a car appear?",
            EXAMPLES / "changing-scene.mp4",
        )
        take(shown, "video")
        shown.set_input_files(
            "#box input[type=file]", [str(file) for file in sorted(EXAMPLES.glob("*.png"))[:5]]
        )
        shown.locator("#box .thumbnail-item").nth(4).wait_for()
        shown.fill("#box textarea", "哪一张里有狗？" if chinese else "Which of them has a dog?")
        shown.wait_for_timeout(500)
        take(shown, "uploaded")
        shown.press("#box textarea", "Enter")
        shown.locator("#chat .user-row").nth(1).wait_for()
        answered(shown)
        take(shown, "several")
        bad = out / "a-file-with-quite-a-long-name-that-is-not-really-a-picture.png"
        bad.write_bytes(b"\x89PNG\r\n\x1a\n")
        ask(shown, "里面有狗吗？" if chinese else "Is there a dog in it?", bad)
        bad.unlink()
        take(shown, "error")
    with page(browser, url, size, theme, language) as shown:
        shown.locator("#models button").first.click()
        for spec, state in ((MODEL, "loading"), (MISSING, "not-loaded")):
            shown.locator("#llm input").click()
            shown.get_by_role("option", name=spec).click()
            if state == "loading":
                shown.fill("#box textarea", "图里有狗吗？" if chinese else "Is there a dog in it?")
                shown.press("#box textarea", "Enter")
                shown.get_by_text(f"正在加载 {spec}" if chinese else f"Loading {spec}").last.wait_for()
            else:
                shown.get_by_test_id("toast-body").wait_for()
            shown.wait_for_timeout(300)
            take(shown, state)
            answered(shown)


def for_readme(browser: Browser, url: str) -> None:
    """One answered question."""
    with page(browser, url, (1000, 1180), "light", "en-US") as shown:
        ask(shown, "Where is the guitar?", EXAMPLES / GUITAR)
        picture = Image.open(io.BytesIO(shown.screenshot())).convert("RGB")
    README.parent.mkdir(exist_ok=True)
    picture.save(README, optimize=True)


def main() -> None:
    """Take them."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("error: no Chromium found; run: apt-get install chromium fonts-noto-cjk")
    wanted = sys.argv[1:]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        if not wanted:
            with server() as url:
                for_readme(browser, url)
        else:
            out = Path(wanted[0])
            out.mkdir(parents=True, exist_ok=True)
            for size, theme, language in (
                (DESKTOP, "light", "en-US"),
                (DESKTOP, "dark", "zh-CN"),
                (PHONE, "light", "zh-CN"),
                (PHONE, "dark", "en-US"),
            ):
                # A server each, which has loaded nothing yet.
                more = ("--more-llm", MODEL, "--more-llm", MISSING)
                with server(*more, MM_AGENT_WEB_TOKEN=TOKEN) as url:
                    tour(browser, url, out, size=size, theme=theme, language=language)
        browser.close()


if __name__ == "__main__":
    main()

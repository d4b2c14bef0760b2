"""The web chat as people meet it: a real server process, a real browser."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.programs import missing
from tests.serve.web.driving import SECONDS, opened

ROOT = Path(__file__).parents[3]
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def serving(*options: str, **variables: str) -> Iterator[str]:
    """Run ``mm-agent serve web`` with the demo encoder on a free port, its memory off unless said; gives its
    address."""
    options = options if "--port" in options else ("--port", "0", *options)
    command = [sys.executable, "-m", "mm_agent.cli", "serve", "web", *options]
    paths = os.pathsep.join((str(ROOT), str(ROOT / "tools")))
    defaults = {"PYTHONPATH": paths, "MM_AGENT_MEMORY": "off", "MM_AGENT_VISION": "demo"}
    environment = {**os.environ, **defaults, **variables}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, cwd=ROOT) as process:
        try:
            assert process.stderr is not None
            lines = []
            for line in process.stderr:
                lines.append(line)
                if found := re.search(r"web chat at (http://\S+:\d+)", line):
                    yield found.group(1)
                    return
            pytest.fail(f"the server did not start: {''.join(lines)}")
        finally:
            process.terminate()
            process.communicate(timeout=30)


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """A server without a login."""
    with serving("--max-files", "4", "--max-upload-mb", "1") as url:
        yield url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Headless Chromium, Debian's own; for one module, since asynchronous tests cannot run while it is up."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        missing("Chromium", "chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        yield browser
        browser.close()


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

"""Logging in, with a token and as one of several users."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.serve.web.conftest import serving
from tests.serve.web.driving import opened, said

pytestmark = pytest.mark.slow

TOKEN = "0123456789abcdef"


@pytest.fixture(scope="module")
def with_token() -> Iterator[str]:
    with serving(MM_AGENT_WEB_TOKEN=TOKEN) as address:
        yield address


@pytest.fixture(scope="module")
def with_users(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    file = tmp_path_factory.mktemp("users") / "users"
    file.write_text("ada:her-password\n玛丽:她的密码很长很长\n", encoding="utf-8")
    file.chmod(0o600)
    with serving("--users-file", str(file)) as address:
        yield address


def log_in(page: Page, secret: str, *, name: str = "Token", user: str | None = None) -> None:
    if user is not None:
        page.get_by_label("User").fill(user)
    page.get_by_label(name).fill(secret)
    page.get_by_label(name).press("Enter")


def test_the_token_and_a_wrong_one(context: BrowserContext, with_token: str) -> None:
    page = context.new_page()
    page.goto(with_token)
    expect(page).to_have_url(f"{with_token}/login")
    expect(page.get_by_label("User")).to_be_hidden()
    log_in(page, "0123456789abcdee")
    expect(page.get_by_role("alert")).to_have_text("That is not right; try again.")
    log_in(page, TOKEN)
    expect(page.get_by_role("button", name="Where is the car?")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Where is the car?")).to_be_visible()


def test_users_and_their_conversations(browser: Browser, context: BrowserContext, with_users: str) -> None:
    page = context.new_page()
    page.goto(with_users)
    for user, secret in (("ada", "his-password"), ("bob", "her-password"), ("ada", "她的密码很长很长")):
        log_in(page, secret, name="Password", user=user)
        expect(page.get_by_role("alert")).to_be_visible()
    log_in(page, "her-password", name="Password", user="ada")
    page.get_by_role("button", name="Where is the car?").click()
    said(page, "bottom right")
    with browser.new_context(locale="zh-CN") as other:
        hers = other.new_page()
        hers.goto(with_users)
        hers.get_by_label("用户名").fill("玛丽")
        hers.get_by_label("密码").fill("她的密码很长很长")
        hers.get_by_role("button", name="登录").click()
        expect(hers.get_by_role("button", name="汽车在哪里？")).to_be_visible()
        expect(hers.locator("#chat .message")).to_have_count(0)
        picture = page.locator("#chat .message img").last.evaluate("image => image.src")
        assert page.request.get(picture).ok
        assert hers.request.get(picture).status == 404
    opened(page, with_users)
    said(page, "bottom right")

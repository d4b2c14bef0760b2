"""Other models, chosen on the page; stopping one that takes long; retry and undo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.agent.chat_server import Reply, chat_server
from tests.serve.web.conftest import serving
from tests.serve.web.driving import SECONDS, add, ask, opened, said

pytestmark = pytest.mark.slow


@dataclass
class Offer:
    """A server with chat models that talk, refuse and are silent, and two vision models."""

    address: str
    talks: str
    refuses: str
    silent: str
    vision: str
    missing: str


@pytest.fixture(scope="module")
def offer(checkpoint: Path) -> Iterator[Offer]:
    with (
        chat_server(Reply(pieces=("I think it is ", "a robot."))) as talks,
        chat_server(Reply(status=401, error="this key is not known")) as refuses,
        chat_server(Reply(stalls=True)) as silent,
    ):
        specs = (talks.spec, refuses.spec, silent.spec)
        missing = f"local:{checkpoint}/not-here"
        more = [word for spec in (*specs, missing, "local:demo") for word in ("--more-llm", spec)]
        with serving(*more, "--more-vision", str(checkpoint)) as address:
            yield Offer(address, *specs, str(checkpoint), missing)


@pytest.fixture
def page(context: BrowserContext, offer: Offer) -> Page:
    """The page, with the models shown."""
    page = context.new_page()
    opened(page, offer.address)
    page.get_by_role("button", name="Models").click()
    return page


def choose(page: Page, what: str, spec: str) -> None:
    picker = page.get_by_role("combobox", name=what)
    picker.click()
    page.get_by_role("option", name=spec).click()
    expect(picker).to_have_value(spec)


def test_another_chat_model_goes_on_with_the_conversation(page: Page, offer: Offer) -> None:
    add(page, "robot.png")
    ask(page, "What is in the picture?")
    said(page, "img-1")
    choose(page, "Chat model", offer.talks)
    ask(page, "Are you sure?")
    said(page, "I think it is a robot.")
    expect(page.locator("#chat .user-row")).to_have_count(2)
    choose(page, "Chat model", offer.refuses)
    ask(page, "Really?")
    said(page, "refused the key (HTTP 401)")
    page.reload()
    expect(page.locator("#chat .user-row")).to_have_count(3)


def test_another_vision_model_begins_anew(page: Page, offer: Offer) -> None:
    add(page, "robot.png")
    ask(page, "What is in the picture?")
    said(page, "img-1")
    expect(page.locator("#about")).to_contain_text("drawn")
    choose(page, "Vision model", offer.vision)
    expect(page.locator("#chat .message")).to_have_count(0)
    expect(page.locator("#about")).not_to_contain_text("drawn")


def test_a_question_asked_at_once_is_answered_by_the_model_just_chosen(page: Page) -> None:
    page.evaluate("""() => { window.seen = "";
        new MutationObserver(() => { window.seen += document.body.innerText; })
            .observe(document.body, { subtree: true, childList: true, characterData: true }); }""")
    choose(page, "Chat model", "local:demo")
    add(page, "one-dog.png")
    ask(page, "Is there a dog in img-1?")
    # Word by word from a language model: on a busy machine that takes longer than anything else here.
    expect(page.locator("#box .submit-button")).to_be_visible(timeout=6 * SECONDS)
    assert "Loading local:demo…" in page.evaluate("window.seen")
    expect(page.locator("#about")).not_to_contain_text("offline planner")
    expect(page.locator("#about")).not_to_contain_text("Loading")
    page.reload()
    page.get_by_role("button", name="Models").click()
    expect(page.get_by_role("combobox", name="Chat model")).to_have_value("local:demo")


def test_a_model_that_cannot_be_loaded_leaves_the_one_before(page: Page, offer: Offer) -> None:
    picker = page.get_by_role("combobox", name="Chat model")
    picker.click()
    page.get_by_role("option", name=offer.missing).click()
    expect(page.get_by_test_id("toast-body")).to_contain_text("offline goes on answering")
    expect(page.get_by_test_id("toast-body")).to_have_count(1)
    expect(picker).to_have_value("offline")
    expect(page.locator("#about")).to_contain_text("offline planner")
    page.get_by_role("button", name="Where is the car?").click()
    said(page, "bottom right")


def test_a_silent_model_is_stopped_and_an_early_question_is_kept(page: Page, offer: Offer) -> None:
    choose(page, "Chat model", offer.silent)
    add(page, "one-dog.png")
    ask(page, "Is there a dog?")
    page.fill("#box textarea", "Is there a cat?")
    page.press("#box textarea", "Enter")
    expect(page.get_by_test_id("toast-body")).to_contain_text("An answer is still on its way")
    expect(page.locator("#box textarea")).to_have_value("Is there a cat?")
    page.get_by_role("button", name="Stop", exact=True).click()
    said(page, "Stopped.")
    # The request that hangs holds neither the next question, to the same model or another, nor its answer.
    page.fill("#box textarea", "")
    ask(page, "Is there a fox?")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator("#chat .bot")).to_have_count(2)
    said(page, "Stopped.")
    choose(page, "Chat model", "offline")
    ask(page, "Is there a dog?")
    said(page, "Yes, I see a dog in img-1")
    expect(page.locator("#chat .user-row")).to_have_count(3)


def test_retry_and_undo(page: Page) -> None:
    page.get_by_role("button", name="How many cats are there?").click()
    said(page, "cats")
    before = page.locator("#chat .bot-row").count()
    page.get_by_role("button", name="Retry").click()
    said(page, "cats")
    expect(page.locator("#chat .user-row")).to_have_count(1)
    expect(page.locator("#chat .bot-row")).to_have_count(before)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator("#chat .user-row")).to_have_count(0)
    expect(page.locator("#box textarea")).to_have_value("How many cats are there?")

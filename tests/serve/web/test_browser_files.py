"""Pictures and videos on their way into the conversation: several, dropped, pasted, broken and too many."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import JSHandle, Page, expect

from tests.serve.web.driving import EXAMPLES, add, ask, pictures, said

pytestmark = pytest.mark.slow

FOUR = ("one-dog.png", "two-cats.png", "robot.png", "umbrella-center.png")


def carried(page: Page, file: Path) -> JSHandle:
    """A picture as a drag or a clipboard carries it."""
    return page.evaluate_handle(
        """([data, name]) => {
            const bytes = Uint8Array.from(atob(data), letter => letter.charCodeAt(0));
            const carried = new DataTransfer();
            carried.items.add(new File([bytes], name, { type: "image/png" }));
            return carried;
        }""",
        [base64.b64encode(file.read_bytes()).decode(), file.name],
    )


def test_a_dropped_and_a_pasted_picture(page: Page) -> None:
    page.dispatch_event(
        "#box .full-container", "drop", {"dataTransfer": carried(page, EXAMPLES / "one-dog.png")}
    )
    expect(page.locator("#box .thumbnail-item")).to_have_count(1)
    page.locator("#box textarea").evaluate(
        """(box, carried) => box.dispatchEvent(
            new ClipboardEvent("paste", { clipboardData: carried, bubbles: true, cancelable: true }))""",
        carried(page, EXAMPLES / "two-cats.png"),
    )
    expect(page.locator("#box .thumbnail-item")).to_have_count(2)
    ask(page, "Is there a dog in img-1?")
    said(page, "img-1")
    expect(page.locator("#chat .user-row")).to_contain_text("img-1 one-dog.png · img-2 two-cats.png")
    assert len(pictures(page)) == 2


def test_several_at_once_and_one_too_many(page: Page) -> None:
    add(page, *FOUR)
    ask(page, "Which of them has a dog?")
    said(page, "img-1")
    assert len(pictures(page)) >= 4
    add(page, "three-apples.png")
    ask(page, "What is in it?")
    said(page, "three-apples.png: left out, a conversation holds at most 4 files; start a new one")


def test_a_file_that_is_too_large(page: Page, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (700, 700, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "noise.png")  # 1.5 MB
    page.set_input_files("#box input[type=file]", str(tmp_path / "noise.png"))
    expect(page.get_by_test_id("toast-body")).to_contain_text("maximum allowed size of 1.0 M")
    expect(page.locator("#box .thumbnail-item")).to_have_count(0)


def test_a_video_is_shown_with_its_moments_and_its_course(page: Page) -> None:
    add(page, "changing-scene.mp4")
    ask(page, "When does a car appear?")
    said(page, "vid-1")
    assert len(pictures(page)) == 2, "a still of the video, and the moments over time"
    video = page.locator("#chat .user a").evaluate("link => link.href")
    assert page.request.get(video).headers["content-type"] == "video/mp4"
    ask(page, "What happens in the video?")
    said(page, "vid-1")
    assert len(pictures(page)) == 3, "and what happens, along the time"
    expect(page.get_by_alt_text("Drawn by Watched the video for vid-1")).to_be_visible()


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

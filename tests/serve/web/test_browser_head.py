"""The web chat with a domain head, as its owner tries it in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from mm_agent.vision.demo.domain import picture_of
from tests.serve.web.conftest import serving
from tests.serve.web.driving import add, ask, opened, said

pytestmark = pytest.mark.slow


def test_the_domain_s_labels_are_asked_for_and_answered(
    context: BrowserContext, domain_head: Path, tmp_path: Path
) -> None:
    picture_of("sitar", "sea", seed=21).save(tmp_path / "player.png")
    with serving("--head", str(domain_head)) as address:
        page = context.new_page()
        opened(page, address)
        add(page, tmp_path / "player.png")
        ask(page, "Is there a sitar?")
        said(page, "Yes")
        expect(page.locator("#chat .thought-group").first).to_contain_text("Looked for your labels · img-1")
        ask(page, "Is there a harmonium?")
        said(page, "No")

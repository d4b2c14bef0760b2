"""The projector that ships."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from langchain_core.messages import HumanMessage

from mm_agent.local import LocalChatModel
from mm_agent.local.checkpoint import DEMO_DIR
from mm_agent.media import MediaStore
from mm_agent.projection.demo.measure import Share, measure, open_projector
from mm_agent.projection.demo.questions import KINDS, LANGUAGES
from mm_agent.projection.soft import Projector, language_model_fingerprint
from mm_agent.vision import SiglipEncoder

EXAMPLES = Path(__file__).parents[3] / "examples"


def test_it_looks_at_the_picture() -> None:
    """Right with its own picture, on questions it was not measured by, and not with another's."""
    found = {share.what: share for share in measure(*open_projector("demo", "demo"), seed=2611)}
    assert found["all"].of == 500
    assert found["all"].right / 500 >= 0.85
    assert found["pictures shuffled"].right / 500 <= 0.4

    def least(share: Share) -> float:
        return share.right / share.of

    weakest = min((found[f"{kind}, {language}"] for kind in KINDS for language in LANGUAGES), key=least)
    assert least(weakest) > 0.5, weakest.line()


def test_it_is_made_for_what_ships() -> None:
    config = Projector.from_pretrained("demo").config
    assert config.encoder == SiglipEncoder.from_pretrained("demo").fingerprint
    assert config.language_model == language_model_fingerprint(DEMO_DIR)


def test_a_chat_model_answers_from_soft_tokens_alone() -> None:
    store = MediaStore()
    model = LocalChatModel(model="demo", projector="demo", media_store=store)
    for file, question, answer in (
        ("two-cats.png", "How many cats are there?", "2"),
        ("three-apples.png", "图里有几个苹果？", "3"),
    ):
        handle = store.add(EXAMPLES / file).handle
        content: list[str | dict[str, Any]] = [
            {"type": "image", "file_id": handle},
            {"type": "text", "text": f"\n{question}"},
        ]
        assert model.invoke([HumanMessage(content)]).text == answer

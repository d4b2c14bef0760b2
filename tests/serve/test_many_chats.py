"""Chats at once share one encoder and lose nothing: each gets the answers it would get alone."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from PIL import Image

from mm_agent.serve.session import ChatSession
from mm_agent.settings import Settings
from mm_agent.vision import SiglipEncoder
from mm_agent.vision.demo import measure, sprites

CHATS = 20
QUESTIONS = ("What is in the picture?", "How many are there?", "背景是什么颜色？")


def _answers(encoder: SiglipEncoder, picture: Image.Image, start: Barrier | None = None) -> list[str]:
    session = ChatSession(encoder, Settings())
    session.add(picture)
    if start:
        start.wait(timeout=60)
    return [session.ask(question).text for question in QUESTIONS]


@pytest.mark.slow
def test_twenty_chats_at_once_answer_as_each_alone() -> None:
    pictures = measure.pictures(measure.scenes_of(CHATS, 8, sprites.TRAIN_STYLES, kinds=1))
    alone = SiglipEncoder.from_pretrained("demo", dtype="float32")
    expected = [_answers(alone, picture) for picture in pictures]
    assert len({tuple(answers) for answers in expected}) > CHATS / 2, "the chats can be told apart"

    shared, start = SiglipEncoder.from_pretrained("demo", dtype="float32"), Barrier(CHATS)
    with ThreadPoolExecutor(CHATS) as pool:
        found = list(pool.map(lambda picture: _answers(shared, picture, start), pictures))
    assert found == expected

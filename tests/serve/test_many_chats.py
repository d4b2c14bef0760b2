"""Chats at once share one encoder and lose nothing: each gets its own answers, and turns do not grow."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier

import pytest
from PIL import Image

from mm_agent.serve.session import ChatSession
from mm_agent.settings import Settings
from mm_agent.vision import SiglipEncoder
from mm_agent.vision.demo import measure, sprites

CHATS = 20
QUESTIONS = ("What is in the picture?", "How many are there?", "背景是什么颜色？")


@dataclass(frozen=True)
class Round:
    """The answers of every chat, and the processor seconds of all."""

    answers: list[list[str]]
    cpu_seconds: float


def _hold(pictures: Sequence[Image.Image], *, at_once: bool) -> Round:
    """A chat about each picture, on an encoder that has seen only another one."""
    encoder = SiglipEncoder.from_pretrained("demo", dtype="float32")
    _answers(encoder, Image.new("RGB", (64, 64), "red"))
    threads = len(pictures) if at_once else 1
    start = Barrier(threads)
    began = time.process_time()
    with ThreadPoolExecutor(threads) as pool:
        answers = list(pool.map(lambda picture: _answers(encoder, picture, start), pictures))
    return Round(answers, time.process_time() - began)


def _answers(encoder: SiglipEncoder, picture: Image.Image, start: Barrier | None = None) -> list[str]:
    session = ChatSession(encoder, Settings())
    session.add(picture)
    if start:
        start.wait(timeout=60)
    return [session.ask(question).text for question in QUESTIONS]


@pytest.fixture(scope="module")
def pictures() -> list[Image.Image]:
    return measure.pictures(measure.scenes_of(CHATS, 8, sprites.TRAIN_STYLES, kinds=1))


@pytest.mark.slow
def test_twenty_chats_at_once_answer_as_each_alone(pictures: list[Image.Image]) -> None:
    alone = _hold(pictures, at_once=False)
    assert len({tuple(answers) for answers in alone.answers}) > CHATS / 2, "the chats can be told apart"
    company = _hold(pictures, at_once=True)
    assert company.answers == alone.answers
    # A chat in company waits for its turn; what must not happen is that turns get longer because there are
    # others, as when every computation fights for all cores: processor time then grows many times over.
    assert company.cpu_seconds < 2 * alone.cpu_seconds


@pytest.mark.slow
def test_one_picture_in_twenty_chats_is_not_encoded_twenty_times(pictures: list[Image.Image]) -> None:
    encoder, seen = SiglipEncoder.from_pretrained("demo", dtype="float32"), []
    encoder.model.vision_model.embeddings.register_forward_hook(lambda _m, _a, out: seen.append(len(out)))
    start = Barrier(CHATS)
    with ThreadPoolExecutor(CHATS) as pool:
        talks = list(pool.map(lambda _: _answers(encoder, pictures[0], start), range(CHATS)))
    assert talks == [talks[0]] * CHATS
    assert 3 <= sum(seen) < CHATS / 2, "as it is, a little closer and farther away; again only by bad luck"

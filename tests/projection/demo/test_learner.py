from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from mm_agent.finetune.projector.chats import write_chat
from mm_agent.finetune.projector.collate import collate
from mm_agent.finetune.projector.model import SoftLanguageModel, load_language_model, start_at_words_scale
from mm_agent.projection.demo.learner import QuestionReader, answers
from mm_agent.projection.demo.measure import wilson
from mm_agent.projection.demo.questions import Question
from mm_agent.projection.soft import Projector, ProjectorConfig, make_projector
from tests.local import tiny


@pytest.fixture(scope="module")
def language_model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """A Qwen3 of random weights and its tokenizer."""
    folder = Path(tiny.make_model(tmp_path_factory.mktemp("words") / "tiny"))
    return load_language_model(folder, dtype=torch.float32)


@pytest.fixture
def projector() -> Projector:
    """Six patches to six soft tokens."""
    torch.manual_seed(1)
    return make_projector(ProjectorConfig(kind="mlp", vision_width=8, text_width=64, grid=(2, 3)))


QUESTIONS = [
    [Question("what", "en", "What is this?", "cat"), Question("how_many", "zh", "图里有几只猫？", "3")],
    [
        Question("colour", "en", "Which colour is the background?", "dark red"),
        Question("what", "en", "What?", "x"),
    ],
]


def test_a_shared_picture_is_the_same_sum_as_reading_each_question_whole(
    language_model: tuple[Any, Any], projector: Projector
) -> None:
    model, tokenizer = language_model
    features = torch.randn(2, 6, 8)
    loss, _ = answers(model, QuestionReader(tokenizer, 6), projector(features), QUESTIONS)
    loss.backward()
    shared = [weight.grad.clone() for weight in projector.parameters() if weight.grad is not None]
    projector.zero_grad()
    rows = [
        {"chat": write_chat(tokenizer, [question.as_turn()], 6), "features": features[picture]}
        for picture, asked in enumerate(QUESTIONS)
        for question in asked
    ]
    whole = SoftLanguageModel(projector, model)(**collate(rows))["loss"]
    torch.testing.assert_close(loss, whole, atol=1e-5, rtol=1e-5)
    whole.backward()
    for one, weight in zip(shared, projector.parameters(), strict=True):
        torch.testing.assert_close(one, weight.grad, atol=1e-5, rtol=1e-3)


def written(model: Any, tokenizer: Any, soft: Tensor, question: Question, length: int) -> list[int]:
    """What the model writes token by token."""
    chat = write_chat(tokenizer, [question.as_turn()], len(soft))
    start = chat.soft.index(True)
    asked = len(chat.labels) - sum(label != -100 for label in chat.labels)
    first = next(at for at, label in enumerate(chat.labels) if label != -100)
    tokens = torch.tensor(chat.tokens[:first])
    assert first <= asked
    embeddings = model.get_input_embeddings()(tokens).clone()
    embeddings[start : start + len(soft)] = soft
    made: list[int] = []
    for _ in range(length):
        made.append(int(model(inputs_embeds=embeddings[None]).logits[0, -1].argmax()))
        embeddings = torch.cat([embeddings, model.get_input_embeddings()(torch.tensor(made[-1:]))])
    return made


@torch.no_grad()
def test_right_is_what_the_model_would_write(language_model: tuple[Any, Any], projector: Projector) -> None:
    model, tokenizer = language_model
    soft = projector(torch.randn(1, 6, 8))
    question = Question("what", "en", "What is this?", "?")
    first, second = written(model, tokenizer, soft[0], question, 2)
    reader = QuestionReader(tokenizer, 6)

    class Said(QuestionReader):
        """Expects these tokens, whatever text they are."""

        def __init__(self, expected: list[int]) -> None:
            self.head, self._expected = reader.head, expected

        def _split(self, turn: tuple[str, str]) -> tuple[list[int], list[int], list[int]]:
            head, tokens, labels = reader._split(turn)
            begin = next(at for at, label in enumerate(labels) if label != -100)
            return head, tokens[:begin] + self._expected, labels[:begin] + self._expected

    other = (second + 1) % len(tokenizer)
    for expected, right in (
        ([first, second], True),
        ([first, other], False),
        ([first], True),
        ([other], False),
    ):
        if expected != [other] or other != first:
            assert answers(model, Said(expected), soft, [[question]])[1].tolist() == [right]


def test_new_soft_tokens_are_as_large_as_words(language_model: tuple[Any, Any]) -> None:
    model, _ = language_model
    words = model.get_input_embeddings().weight
    features = torch.randn(4, 7, 8)
    for kind in ("linear", "mlp", "resampler", "average_pool", "pixel_shuffle"):
        config = ProjectorConfig(
            kind=kind, vision_width=8, text_width=64, grid=(2, 3), factor=1, select="patches_and_pooled"
        )
        projector = make_projector(config)
        start_at_words_scale(projector, features, words)
        size = projector(features).square().mean().sqrt()
        torch.testing.assert_close(size, words.square().mean().sqrt(), atol=1e-4, rtol=1e-3)


def test_wilsons_interval() -> None:
    share = wilson("all", 8, 10)  # 49.0 % to 94.3 %, as in Brown, Cai and DasGupta 2001
    assert (round(share.low, 3), round(share.high, 3)) == (0.490, 0.943)
    assert wilson("none", 0, 10).low == 0
    assert wilson("nothing", 0, 0).of == 0
    assert "80.0%" in share.line()

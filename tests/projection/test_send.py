"""Features really reach a chat model, and its answer comes back."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from langchain_core.language_models import FakeMessagesListChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatResult
from langchain_core.runnables import RunnableLambda

from mm_agent.errors import ProjectionError
from mm_agent.projection import features_to_text, send_features_to_llm


class Listener(FakeMessagesListChatModel):
    """Answers once and keeps what it was sent."""

    heard: list[BaseMessage]

    def _generate(self, messages: list[BaseMessage], *args: Any, **options: Any) -> ChatResult:
        assert not self.heard, "the script has one answer"
        self.heard.extend(messages)
        return super()._generate(messages, *args, **options)


@pytest.fixture
def llm() -> Listener:
    return Listener(responses=[AIMessage("Top left.")], heard=[])


def test_the_features_are_in_the_prompt_and_the_answer_comes_back(
    llm: Listener, two_spots: np.ndarray
) -> None:
    answer = send_features_to_llm(
        two_spots[None, None], llm=llm, question="Where is the thing?", size=(360, 240)
    )
    assert answer.text == "Top left."
    system, human = llm.heard
    assert "SigLIP" in system.text
    assert features_to_text(two_spots, size=(360, 240)) in human.text
    assert human.text.endswith("Question: Where is the thing?")


def test_a_chinese_question_is_asked_in_chinese(llm: Listener, two_spots: np.ndarray) -> None:
    send_features_to_llm(two_spots, llm=llm, question="东西在哪里？")
    assert "集中在：左上（83%）" in llm.heard[1].text
    assert llm.heard[1].text.endswith("问题：东西在哪里？")


def test_features_alone_get_a_default_question(llm: Listener, two_spots: np.ndarray) -> None:
    send_features_to_llm(two_spots, llm=llm)
    assert "Question: Where in the picture" in llm.heard[1].text


def test_any_runnable_will_do(two_spots: np.ndarray) -> None:
    answer = send_features_to_llm(two_spots, llm=RunnableLambda(lambda messages: f"{len(messages)} messages"))  # pyright: ignore[reportArgumentType]
    assert isinstance(answer, AIMessage)
    assert answer.text == "2 messages"


def test_a_spec_string_is_told_how_to_become_a_model(two_spots: np.ndarray) -> None:
    with pytest.raises(ProjectionError, match=r"got 'deepseek:deepseek-chat'; .*load_chat_model"):
        send_features_to_llm(two_spots, llm="deepseek:deepseek-chat")  # pyright: ignore[reportArgumentType]


def test_the_budget_holds_for_the_features(llm: Listener, two_spots: np.ndarray) -> None:
    with pytest.raises(ProjectionError, match="over the budget of 5"):
        send_features_to_llm(two_spots, llm=llm, max_tokens=5)
    assert not llm.heard


def test_projection_loads_neither_torch_nor_langchain() -> None:
    code = "import sys, mm_agent.projection; print({'torch', 'langchain_core'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"

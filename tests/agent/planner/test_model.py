"""The planner as a LangChain chat model."""

from __future__ import annotations

from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, HumanMessage, SystemMessage
from langchain_tests.unit_tests import ChatModelUnitTests

from mm_agent.agent import OfflinePlanner
from mm_agent.agent.message import user_message
from tests.agent.world import one_scene


class TestStandard(ChatModelUnitTests):
    """LangChain's unit tests for chat models; serialisation is left to LangChain's own classes."""

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return OfflinePlanner

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"language": "en"}

    @property
    def init_from_env_params(self) -> tuple[dict[str, str], dict[str, Any], dict[str, Any]]:
        return {"OPENAI_API_KEY": "unused"}, {"language": "zh"}, {"language": "zh"}  # it reads no environment


def test_streams_word_by_word() -> None:
    chunks = list(OfflinePlanner().stream("hello"))
    said = [str(chunk.text) for chunk in chunks if chunk.text]
    assert len(said) > 10
    assert "".join(said) == OfflinePlanner().invoke("hello").text


def test_streams_chinese_character_by_character() -> None:
    said = [str(chunk.text) for chunk in OfflinePlanner().stream("你好") if chunk.text]
    assert "".join(said) == OfflinePlanner().invoke("你好").text
    assert len(said) > 20


def test_streamed_tool_calls_are_the_invoked_ones() -> None:
    world = one_scene()
    model = OfflinePlanner().bind_tools(world.tools())
    message = user_message("How many cats and apples are there?", world.items())
    whole = AIMessageChunk(content="")
    for chunk in model.stream([message]):
        assert isinstance(chunk, AIMessageChunk)
        whole += chunk
    invoked = model.invoke([message])
    assert [(call["name"], call["args"]) for call in whole.tool_calls] == [
        (call["name"], call["args"]) for call in invoked.tool_calls
    ]
    assert {call["args"]["noun"] for call in invoked.tool_calls} == {"cat", "apple"}


def test_nobody_has_asked() -> None:
    assert OfflinePlanner().invoke([SystemMessage("You answer.")]).text.startswith("I am the offline planner")


def test_stop_words() -> None:
    assert OfflinePlanner().invoke([HumanMessage("hello")], stop=["Ask"]).text == "Hello! "


async def test_async() -> None:
    assert (await OfflinePlanner().ainvoke("你好")).text.startswith("你好")

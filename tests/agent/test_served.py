"""The demo language model behind the real ``transformers serve``: a real server, client and weights."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from mm_agent.agent import aask, build_agent, load_chat_model
from mm_agent.agent.answer import Event, TextDelta
from mm_agent.agent.message import user_message
from mm_agent.errors import AgentError
from mm_agent.local.checkpoint import DEMO_DIR
from tests.agent.hosted import put
from tests.agent.transformers_server import transformers_server
from tests.agent.world import one_scene

pytestmark = pytest.mark.slow

TWO = re.compile(r"\b(two|2)\b")


@pytest.fixture(scope="module")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The ``--llm`` of the served model; its process is gone afterwards."""
    with transformers_server(DEMO_DIR, tmp_path_factory.mktemp("log") / "serve.txt") as address:
        yield f"{address}#{DEMO_DIR}"
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{address.removesuffix('/v1')}/health")


def test_it_calls_a_tool_and_streams_an_answer(spec: str) -> None:
    events: list[Event] = []
    answer = put(spec, "How many cats?", events=events)
    (use,) = answer.tool_calls
    assert (use.name, use.args, use.failed) == ("count_objects", {"image": "img-1", "noun": "cats"}, False)
    pieces = [event.text for event in events if isinstance(event, TextDelta)]
    assert len(pieces) > 1
    assert "".join(pieces) == answer.text
    assert TWO.search(answer.text)
    assert "<" not in answer.text
    assert answer.usage.model_calls == 2
    assert answer.usage.input_tokens > 100
    assert answer.usage.output_tokens > 10
    assert answer.usage.cost is None  # nobody has said what it costs


async def test_awaited(spec: str) -> None:
    world = one_scene()
    model: Any = load_chat_model(spec)
    answer = await aask(build_agent(model, world.tools()), "How many cats?", items=world.items())
    await model.root_async_client.close()
    assert [use.name for use in answer.tool_calls] == ["count_objects"]
    assert TWO.search(answer.text)


def test_without_streaming(spec: str) -> None:
    world = one_scene()
    model = load_chat_model(spec).bind_tools(world.tools())
    said = model.invoke([user_message("How many cats?", world.items())])
    assert [call["name"] for call in said.tool_calls] == ["count_objects"]


def test_a_wrong_path_is_one_line(spec: str) -> None:
    with pytest.raises(AgentError, match=r"does not know the model or path \(HTTP 404\)"):
        put(spec.replace("/v1#", "/v2#"))

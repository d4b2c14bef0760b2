"""Soft prompts on the wire, to a server that decodes them strictly and really generates from them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from langchain_core.messages import HumanMessage
from openai import OpenAI
from pydantic import SecretStr

from mm_agent.agent import ask, build_agent, load_chat_model
from mm_agent.agent.sight import Sight
from mm_agent.agent.soft_completions import complete_soft
from mm_agent.agent.soft_http import SoftChatOpenAI
from mm_agent.errors import AgentError, ProjectorError
from mm_agent.local import LocalChatModel
from mm_agent.media import MediaStore
from mm_agent.projection.soft.blocks import BlockReader
from mm_agent.projection.soft.look import SoftEyes
from mm_agent.projection.soft.projector import Projector
from mm_agent.projection.soft.wire import prompt_embeds
from mm_agent.settings import Settings
from tests.agent.soft_server import SoftServer, soft_server
from tests.local.seeing import asking, block, noise, projector_for, seeing_model

SOFT = 16


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> LocalChatModel:
    made = seeing_model(tmp_path_factory.mktemp("soft"))
    made.load()
    return made


@pytest.fixture
def server(local: LocalChatModel) -> Iterator[SoftServer]:
    with soft_server(local.load()) as running:
        yield running


def remote(server: SoftServer, projector: Projector, local: LocalChatModel, **options: Any) -> SoftChatOpenAI:
    eyes = SoftEyes(local.encoder, projector)
    return SoftChatOpenAI(
        base_url=server.url, model="tiny", api_key=SecretStr("x"), max_retries=0, stream_usage=True,
        max_completion_tokens=16, reader=BlockReader(eyes, frames=2), **options,
    )  # fmt: skip


@pytest.fixture
def chat(server: SoftServer, local: LocalChatModel) -> SoftChatOpenAI:
    return remote(server, Projector.from_pretrained(local.projector), local)


def test_a_chat_carries_the_soft_tokens_and_nothing_of_the_picture(
    chat: SoftChatOpenAI, server: SoftServer, local: LocalChatModel
) -> None:
    answer = chat.invoke([asking("What is it?", 1)])
    (part, words) = server.bodies[0]["messages"][0]["content"]
    assert words == {"type": "text", "text": "What is it?"}
    assert set(part) == {"type", "data"}
    assert part["type"] == "prompt_embeds"
    expected = chat.reader.eyes.look(noise(1)).embeddings
    torch.testing.assert_close(server.tensors[0], expected, atol=0, rtol=0)
    assert tuple(expected.shape) == (SOFT, 64)
    # The server's template puts a line break between parts; with it the answer is the local model's.
    assert answer.text.strip() == local.invoke([asking("\nWhat is it?", 1)]).text


async def test_streams_and_tasks_too(chat: SoftChatOpenAI, server: SoftServer) -> None:
    whole = chat.invoke([asking("Hi", 1, 2)])
    pieces = [str(chunk.text) for chunk in chat.stream([asking("Hi", 1, 2)])]
    assert "".join(pieces) == whole.text
    assert len([piece for piece in pieces if piece]) > 2
    one, two = await asyncio.gather(chat.ainvoke([asking("Hi", 1)]), chat.ainvoke([asking("Hi", 2)]))
    assert one.text != two.text
    assert len(server.tensors) == 6


def test_the_agent_works_over_http(chat: SoftChatOpenAI, server: SoftServer) -> None:
    store = MediaStore()
    item = store.add(noise(1))
    answer = ask(build_agent(chat, [], projection="soft", store=store), "What is it?", items=[item])
    assert answer.text
    (message,) = server.bodies[0]["messages"]
    assert [part["type"] for part in message["content"]] == ["prompt_embeds", "text", "text"]
    assert answer.usage.input_tokens > SOFT


def test_completions_carry_the_whole_prompt(local: LocalChatModel, server: SoftServer) -> None:
    question = [asking("What is it?", 1, 2)]
    prompt = local.embed_prompt(question)
    assert tuple(prompt.shape) == (local.get_num_tokens_from_messages([*question]), 64)
    client = OpenAI(base_url=server.url, api_key="x", max_retries=0)
    pieces = list(complete_soft(client, "tiny", prompt, max_tokens=16, temperature=0))
    assert len(pieces) > 2
    assert "".join(pieces).strip() == local.invoke(question).text
    torch.testing.assert_close(server.tensors[0], prompt, atol=0, rtol=0)
    assert server.bodies[0]["prompt"] is None


def test_a_server_that_refuses_is_heard(server: SoftServer, local: LocalChatModel) -> None:
    client = OpenAI(base_url=server.url, api_key="x", max_retries=0)
    with pytest.raises(AgentError, match="hidden_size 32 does not match"):
        list(complete_soft(client, "tiny", torch.zeros(3, 32)))
    narrow = remote(server, projector_for(local.encoder, local.model, text_width=32), local)
    store = MediaStore()
    item = store.add(noise(1))
    with pytest.raises(AgentError, match="hidden_size 32 does not match"):
        ask(build_agent(narrow, [], projection="soft", store=store, retries=0), "Hi", items=[item])


def test_a_view_travels_without_what_it_is_a_view_of(server: SoftServer) -> None:
    large = torch.randn(4096, 64)
    client = OpenAI(base_url=server.url, api_key="x", max_retries=0)
    list(complete_soft(client, "tiny", large[5:9], max_tokens=2))  # noise, which may be half a character
    torch.testing.assert_close(server.tensors[0], large[5:9], atol=0, rtol=0)
    assert len(server.bodies[0]["prompt_embeds"]) < 8192


@pytest.mark.parametrize(
    ("tensor", "words"),
    [
        (torch.zeros(4), r"floating \(T, D\)"),
        (torch.zeros(0, 64), r"floating \(T, D\)"),
        (torch.zeros(4, 64, dtype=torch.int64), r"floating \(T, D\)"),
        (torch.full((4, 64), float("nan")), "numbers that are none"),
    ],
)
def test_no_bad_tensor_leaves(tensor: torch.Tensor, words: str) -> None:
    with pytest.raises(ProjectorError, match=words):
        prompt_embeds(tensor)


def test_an_address_and_a_projector_make_one(server: SoftServer, local: LocalChatModel) -> None:
    sight = Sight(local.projector, local.encoder)
    model = load_chat_model(f"{server.url}#tiny", settings=Settings(), sight=sight)
    assert isinstance(model, SoftChatOpenAI)
    assert (model.profile or {}).get("image_inputs") is True
    assert model.invoke([HumanMessage([block(noise(1)), {"type": "text", "text": "Hi"}])]).text
    assert len(server.tensors) == 1

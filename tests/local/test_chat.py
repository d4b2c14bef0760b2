"""LocalChatModel on random weights: the same tokens as transformers, streamed, stopped, cancelled."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path

import pytest
import torch
from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.exceptions import ContextOverflowError
from langchain_core.language_models.chat_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, ChatMessage, HumanMessage
from langchain_core.tools import tool

from mm_agent.errors import LocalModelError, MMAgentError, SettingsError
from mm_agent.local import LocalChatModel, connect_local
from mm_agent.local.prompt import write_prompt
from tests.local import tiny


@tool
def look(image: str) -> str:
    """Look at a picture."""
    return image


def whole(chunks: list[AIMessageChunk]) -> AIMessageChunk:
    return sum(chunks[1:], chunks[0])  # pyright: ignore[reportReturnType, reportCallIssue]


def reference(model: LocalChatModel, text: str, **options: object) -> str:
    """What transformers' own ``generate`` says."""
    loaded = model.load()
    ids = torch.tensor([write_prompt(loaded, [HumanMessage(text)]).tokens])
    config = {"max_new_tokens": 48, "pad_token_id": 0, **options}
    out = loaded.model.generate(ids, attention_mask=torch.ones_like(ids), **config)  # pyright: ignore
    new = [token for token in out[0, ids.shape[1] :].tolist() if token not in loaded.unspoken]
    return str(loaded.tokenizer.decode(new)).rstrip("\ufffd").strip()


@pytest.mark.parametrize("text", ["Hello", "图里有几只猫？", "Ile kotów?", "1"])
def test_greedy_answers_are_those_of_transformers(model: LocalChatModel, text: str) -> None:
    assert model.invoke(text).text == reference(model, text)


def test_a_repetition_penalty_is_that_of_transformers(model: LocalChatModel) -> None:
    config = model.load().model.generation_config
    config.repetition_penalty = 1.3
    try:
        penalised = model.invoke("Hello").text
        assert penalised == reference(model, "Hello")
    finally:
        config.repetition_penalty = None
    assert penalised != model.invoke("Hello").text


def test_a_stream_says_the_same_in_pieces(model: LocalChatModel) -> None:
    chunks = [chunk for chunk in model.stream("Hello") if isinstance(chunk, AIMessageChunk)]
    full = whole(chunks)
    assert len([chunk for chunk in chunks if chunk.content]) > 10
    assert full.text == model.invoke("Hello").text
    assert full.response_metadata["finish_reason"] == "length"
    assert [chunk.chunk_position for chunk in chunks][-1] == "last"
    assert sum(1 for chunk in chunks if chunk.usage_metadata) == 1


async def test_an_async_stream_says_the_same(model: LocalChatModel) -> None:
    text = "".join([str(chunk.text) async for chunk in model.astream("Hello")])
    assert text == (await model.ainvoke("Hello")).text == model.invoke("Hello").text


def test_tokens_are_counted(model: LocalChatModel) -> None:
    message = model.invoke("Hello", reuse_prompt=False)
    usage = message.usage_metadata
    assert usage is not None
    assert usage["input_tokens"] == model.get_num_tokens_from_messages([HumanMessage("Hello")])
    assert usage["output_tokens"] == 48
    assert usage["total_tokens"] == usage["input_tokens"] + 48
    assert message.response_metadata["finish_reason"] == "length"


def test_a_stop_string_ends_the_answer_and_is_left_out(model: LocalChatModel) -> None:
    text = str(model.invoke("Hello").text)
    stop = text[9:14]
    expected = text[: text.index(stop)].strip()
    message = model.invoke("Hello", stop=["never said", stop])
    assert message.text == expected
    assert message.response_metadata["finish_reason"] == "stop"
    own = model.model_copy(update={"stop": [stop]})
    assert "".join(str(chunk.text) for chunk in own.stream("Hello")) == expected


def test_a_seed_repeats_and_temperature_zero_is_greedy(model: LocalChatModel) -> None:
    warm = model.bind(temperature=1.5, seed=3)
    assert warm.invoke("Hello").text == warm.invoke("Hello").text
    assert warm.invoke("Hello").text != model.bind(temperature=1.5, seed=4).invoke("Hello").text
    assert warm.invoke("Hello").text != model.invoke("Hello").text
    assert model.invoke("Hello", temperature=0, seed=3).text == model.invoke("Hello").text
    assert model.invoke("Hello", temperature=2.0, top_k=1).text == model.invoke("Hello").text
    assert model.invoke("Hello", temperature=2.0, top_p=1e-9).text == model.invoke("Hello").text


def test_the_generation_config_may_sample(model: LocalChatModel) -> None:
    config = model.load().model.generation_config
    config.do_sample, config.temperature = True, 1.5
    try:
        assert model.invoke("Hello", seed=3).text != model.invoke("Hello", temperature=0).text
    finally:
        config.do_sample, config.temperature = False, None


def steps(model: LocalChatModel, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Counts the model's forward passes: the length of the list."""
    inner, calls = model.load().model, []
    forward = inner.forward

    def counted(*args: object, **kwargs: object) -> object:
        calls.append(1)
        return forward(*args, **kwargs)

    monkeypatch.setattr(inner, "forward", counted)
    return calls


def wait_until_still(calls: list[int]) -> int:
    """How many passes there were when no more came for a while."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        before = len(calls)
        time.sleep(0.2)
        if len(calls) == before:
            return before
    raise AssertionError("the model goes on computing")


def test_closing_a_stream_ends_the_computing(model: LocalChatModel, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = steps(model, monkeypatch)
    stream = model.stream("Hello", max_tokens=3000)
    next(stream)
    stream.close()  # pyright: ignore[reportAttributeAccessIssue]
    assert wait_until_still(calls) < 1500


class Refuse(BaseCallbackHandler):
    """Raises at the third token."""

    raise_error = True
    seen = 0

    def on_llm_new_token(self, token: str, **kwargs: object) -> None:
        self.seen += 1
        if self.seen == 3:
            raise KeyboardInterrupt


def test_a_callback_that_raises_ends_the_computing(
    model: LocalChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = steps(model, monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        list(model.stream("Hello", max_tokens=3000, config={"callbacks": [Refuse()]}))
    assert wait_until_still(calls) < 1500


@pytest.mark.parametrize("how", ["ainvoke", "astream"])
async def test_cancelling_a_task_ends_the_computing(
    model: LocalChatModel, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    calls = steps(model, monkeypatch)

    async def stream() -> None:
        async for _ in model.astream("Hello", max_tokens=3000):
            pass

    running = stream() if how == "astream" else model.ainvoke("Hello", max_tokens=3000)
    task = asyncio.ensure_future(running)
    while len(calls) < 5:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(wait_until_still, calls) < 1500


async def test_the_event_loop_goes_on_while_the_model_computes(
    model: LocalChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every forward pass waits for a callback of the event loop; one that is blocked never calls back."""
    inner, loop = model.load().model, asyncio.get_running_loop()
    forward, ran = inner.forward, []

    def waiting_for_the_loop(*args: object, **kwargs: object) -> object:
        called_back = threading.Event()
        loop.call_soon_threadsafe(called_back.set)
        ran.append(all(ran) and called_back.wait(60))  # one failed wait is enough
        return forward(*args, **kwargs)

    monkeypatch.setattr(inner, "forward", waiting_for_the_loop)
    message = await model.ainvoke("Hello", max_tokens=20)
    assert message.usage_metadata["output_tokens"] == 20  # pyright: ignore
    assert len(ran) >= 20
    assert all(ran)


def test_a_timeout_is_one_line(model: LocalChatModel) -> None:
    with pytest.raises(LocalModelError, match="not done within the timeout"):
        model.invoke("Hello", timeout=0.05, max_tokens=3000)
    assert model.invoke("Hello").text


def test_too_long_a_conversation_names_the_limit(model: LocalChatModel) -> None:
    with pytest.raises(LocalModelError, match=r"tokens long and .* reads at most 4096") as caught:
        model.invoke("x y z " * 3000)
    assert isinstance(caught.value, ContextOverflowError)  # LangChain's summarization knows it by this


def test_the_context_limits_the_answer(tmp_path: Path) -> None:
    short = LocalChatModel(model=tiny.make_model(tmp_path, context=64), device="cpu")
    usage = short.invoke("Hello").usage_metadata
    assert usage is not None
    assert usage["total_tokens"] == 64


def test_one_model_in_memory_for_all(checkpoint: str, kept: LocalChatModel) -> None:
    other = LocalChatModel(model=checkpoint, device="cpu", dtype="float32", temperature=1.0)
    assert other.load() is kept.load()
    assert LocalChatModel(model=checkpoint, device="cpu", dtype="bfloat16").load() is not kept.load()


def test_number_types(checkpoint: str) -> None:
    half = LocalChatModel(model=checkpoint, device="cpu", dtype="bfloat16", max_tokens=4)
    assert half.load().model.dtype == torch.bfloat16
    assert half.invoke("Hello").usage_metadata["output_tokens"] == 4  # pyright: ignore
    with pytest.raises(SettingsError, match="dtype 'int3'"):
        LocalChatModel(model=checkpoint, dtype="int3").load()


def test_threads_are_left_alone(model: LocalChatModel) -> None:
    before = torch.get_num_threads()
    model.invoke("Hello")
    assert torch.get_num_threads() == before


def test_options_nobody_knows_are_refused(model: LocalChatModel) -> None:
    with pytest.raises(LocalModelError, match="knows no option tempreature; it has temperature, top_p"):
        model.invoke("Hello", tempreature=1)


def test_pictures_are_refused(model: LocalChatModel) -> None:
    picture = {"type": "image", "base64": "AAAA", "mime_type": "image/png"}
    with pytest.raises(LocalModelError, match="reads text only"):
        model.invoke([HumanMessage([picture])])
    assert (model.profile or {}).get("image_inputs") is False


def test_a_template_without_tools(tmp_path: Path) -> None:
    plain = "{% for m in messages %}{{ m.content }}{% endfor %}"
    model = LocalChatModel(model=tiny.make_model(tmp_path, plain), device="cpu", max_tokens=4)
    assert model.invoke("Hello").usage_metadata
    with pytest.raises(LocalModelError, match="shows no way to call tools"):
        model.bind_tools([look]).invoke("Hello")


def test_a_template_that_refuses(tmp_path: Path) -> None:
    model = LocalChatModel(model=tiny.make_model(tmp_path, tiny.CODER_TEMPLATE), device="cpu")
    with pytest.raises(LocalModelError, match=r"refuses this conversation: Unexpected message role\."):
        model.invoke([ChatMessage(content="Hi", role="critic")])


def test_the_template_may_open_the_reasoning(tmp_path: Path) -> None:
    model = LocalChatModel(
        model=tiny.make_model(tmp_path, tiny.CODER_TEMPLATE), device="cpu", dtype="float32", max_tokens=16
    )
    message = model.invoke("Hello")
    assert message.text == ""
    assert message.content_blocks[0]["type"] == "reasoning"
    thought = message.additional_kwargs["reasoning_content"]
    assert thought == "".join(
        chunk.additional_kwargs.get("reasoning_content", "") for chunk in model.stream("Hello")
    )
    assert message.usage_metadata["output_token_details"]["reasoning"] == 16  # pyright: ignore


def test_connect_finds_folders_and_says_what_is_missing(checkpoint: str, tmp_path: Path) -> None:
    assert isinstance(connect_local(checkpoint), BaseChatModel)
    with pytest.raises(LocalModelError, match=r"no local model '\./nowhere'"):
        connect_local("./nowhere")
    with pytest.raises(LocalModelError, match=r"has no config\.json"):
        connect_local(str(tmp_path))
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(LocalModelError, match="has no safetensors"):
        connect_local(str(tmp_path))
    (tmp_path / "model.safetensors").write_bytes(b"broken")
    with pytest.raises(MMAgentError, match="cannot be loaded as a language model") as caught:
        connect_local(str(tmp_path))
    assert "\n" not in str(caught.value)


def test_a_hub_model_that_cannot_be_fetched_is_one_line() -> None:
    with pytest.raises(LocalModelError, match=r"cannot fetch 'Qwen/Qwen3-0\.6B'") as caught:
        connect_local("Qwen/Qwen3-0.6B")
    assert "\n" not in str(caught.value)


def test_a_model_without_a_chat_template(tmp_path: Path) -> None:
    folder = tiny.make_model(tmp_path)
    (tmp_path / "chat_template.jinja").unlink()
    with pytest.raises(LocalModelError, match="no chat template"):
        connect_local(folder)


def test_many_threads_at_once(model: LocalChatModel) -> None:
    questions = [f"Hello {number}" for number in range(24)]
    answers: dict[str, str] = {}

    def ask(question: str) -> None:
        answers[question] = str(model.invoke(question, max_tokens=12).text)

    threads = [threading.Thread(target=ask, args=(question,)) for question in questions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == {question: model.invoke(question, max_tokens=12).text for question in questions}

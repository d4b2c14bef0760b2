"""Pictures as soft tokens: the same answers as transformers, each looked at and computed once."""

from __future__ import annotations

import asyncio
import base64
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from langchain_core.exceptions import ContextOverflowError
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool
from peft import LoraConfig, get_peft_model
from transformers import AutoModelForCausalLM

from mm_agent.errors import LocalModelError, MediaError, MediaRefused, MMAgentError, ProjectorError
from mm_agent.local import LocalChatModel
from mm_agent.local import engine as engine_module
from mm_agent.media import MediaStore
from mm_agent.projection.soft import Projector
from mm_agent.projection.soft.features import picture_features
from mm_agent.projection.soft.placeholder import MARK
from mm_agent.vision import SiglipEncoder
from tests.local import tiny
from tests.local.seeing import asking, block, encoded, film, noise, projector_for

SOFT = 16


@pytest.fixture(scope="module")
def encoder() -> SiglipEncoder:
    return SiglipEncoder.from_pretrained("demo", device="cpu", dtype="float32")


@pytest.fixture(scope="module")
def projector(encoder: SiglipEncoder, checkpoint: str) -> Projector:
    return projector_for(encoder, checkpoint)


@pytest.fixture(scope="module")
def folder(projector: Projector, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("projector") / "p"
    projector.save_pretrained(path)
    return path


@pytest.fixture
def seeing(kept: LocalChatModel, encoder: SiglipEncoder, folder: Path) -> LocalChatModel:
    """The tiny model with eyes that have seen nothing yet."""
    return LocalChatModel(
        model=kept.model, device="cpu", dtype="float32", max_tokens=16, projector=folder, encoder=encoder
    )


@pytest.fixture
def looks(encoder: SiglipEncoder, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many pictures each call of the encoder looked at."""
    patches, calls = encoder.patch_features, []

    def counted(pictures: Any, **kwargs: Any) -> torch.Tensor:
        calls.append(len(pictures))
        return patches(pictures, **kwargs)

    monkeypatch.setattr(encoder, "patch_features", counted)
    return calls


def cached(message: BaseMessage) -> int:
    """How many tokens of the prompt were not computed again."""
    assert isinstance(message, AIMessage)
    assert message.usage_metadata
    return message.usage_metadata.get("input_token_details", {}).get("cache_read", 0)


def read(message: BaseMessage) -> int:
    """How many tokens the prompt had."""
    assert isinstance(message, AIMessage)
    assert message.usage_metadata
    return message.usage_metadata["input_tokens"]


def by_hand(model: LocalChatModel, encoder: SiglipEncoder, parts: list[str], *seeds: int) -> str:
    """What ``generate`` says to the pieces of a prompt with a picture of noise between each two."""
    loaded = model.load()
    projector = Projector.from_pretrained(model.projector)
    embed = loaded.model.get_input_embeddings()
    rows = []
    for index, part in enumerate(parts):
        ids = loaded.tokenizer(part, add_special_tokens=False, return_tensors="pt")["input_ids"]
        rows.append(embed(ids)[0])
        if index < len(seeds):
            features = picture_features(encoder, [noise(seeds[index])], projector.config)
            rows.append(projector(features)[0])
    inputs = torch.cat(rows)[None]  # (1, L, D)
    with torch.no_grad():
        out = loaded.model.generate(  # pyright: ignore[reportCallIssue]
            inputs_embeds=inputs,
            attention_mask=torch.ones(inputs.shape[:2], dtype=torch.long),
            max_new_tokens=16,
            pad_token_id=0,
        )
    new = [token for token in out[0].tolist() if token not in loaded.unspoken]
    return str(loaded.tokenizer.decode(new)).rstrip("\ufffd").strip()


def test_answers_are_those_of_transformers(seeing: LocalChatModel, encoder: SiglipEncoder) -> None:
    one = ["<|im_start|>user\n", "What is it?<|im_end|>\n<|im_start|>assistant\n"]
    assert seeing.invoke([asking("What is it?", 1)]).text == by_hand(seeing, encoder, one, 1)
    two = ["<|im_start|>user\n", "", "图里有几只猫？<|im_end|>\n<|im_start|>assistant\n"]
    assert seeing.invoke([asking("图里有几只猫？", 1, 2)]).text == by_hand(seeing, encoder, two, 1, 2)


def test_answers_depend_on_the_pictures_and_their_order(seeing: LocalChatModel) -> None:
    texts = [seeing.invoke([asking("Hi", *seeds)]).text for seeds in ((1,), (2,), (1, 2), (2, 1), ())]
    assert len(set(texts)) == len(texts)


def test_a_picture_counts_its_soft_tokens(seeing: LocalChatModel) -> None:
    bare, one, two = (read(seeing.invoke([asking("Hi", *seeds)])) for seeds in ((), (1,), (1, 2)))
    assert (one - bare, two - bare) == (SOFT, 2 * SOFT)
    assert seeing.get_num_tokens_from_messages([asking("Hi", 1)]) == one


def test_a_follow_up_neither_looks_nor_computes_again(seeing: LocalChatModel, looks: list[int]) -> None:
    first = asking("What is it?", 3)
    answer = seeing.invoke([first])
    assert (looks, cached(answer) < SOFT) == ([1], True)
    follow_up = [first, answer, HumanMessage("And now?")]
    again = seeing.invoke(follow_up)
    assert looks == [1]
    assert cached(again) >= read(answer)
    assert again.text == seeing.invoke(follow_up, reuse_prompt=False).text


def test_another_picture_is_not_taken_for_the_first(seeing: LocalChatModel, looks: list[int]) -> None:
    fresh = seeing.invoke([asking("What is it?", 5)], reuse_prompt=False).text
    seeing.invoke([asking("What is it?", 4)])
    other = seeing.invoke([asking("What is it?", 5)])
    before_the_picture = len(seeing.get_token_ids("<|im_start|>user\n"))
    assert (other.text, cached(other)) == (fresh, before_the_picture)
    assert looks == [1, 1]


async def test_calls_with_and_without_pictures_share_a_batch(
    seeing: LocalChatModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = [[asking("Hi", 1)], [HumanMessage("Hello")], [asking("1", 2, 1)], [HumanMessage("2 " * 30)]]
    alone = [seeing.invoke(question, reuse_prompt=False).text for question in questions]
    inner, rows = seeing.load().model, []
    forward = inner.forward

    def watched(**kwargs: Any) -> Any:
        given = kwargs.get("input_ids")
        rows.append(0 if given is None else given.shape[0])
        return forward(**kwargs)

    monkeypatch.setattr(inner, "forward", watched)
    together = await asyncio.gather(*[seeing.ainvoke(q, reuse_prompt=False) for q in questions])
    assert [message.text for message in together] == alone
    assert max(rows) == len(questions)
    assert 0 in rows  # pictures went in as embeddings


def test_a_long_prompt_is_computed_in_parts(seeing: LocalChatModel, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = seeing.invoke([asking("Hello", 1, 2)], reuse_prompt=False).text
    monkeypatch.setattr(engine_module, "PREFILL_TOKENS", 7)
    assert seeing.invoke([asking("Hello", 1, 2)], reuse_prompt=False).text == whole


def test_a_stream_says_the_same(seeing: LocalChatModel) -> None:
    chunks = list(seeing.stream([asking("Hello", 1)]))
    assert len(chunks) > 3
    assert "".join(str(chunk.text) for chunk in chunks) == seeing.invoke([asking("Hello", 1)]).text


def test_every_way_to_give_a_picture(seeing: LocalChatModel) -> None:
    store = MediaStore()
    store.add(noise(1))
    model = seeing.model_copy(update={"media_store": store})
    data = encoded(noise(1))
    ways: list[dict[str, Any]] = [
        block(noise(1)),
        {"type": "image", "file_id": "img-1"},
        {"type": "image", "url": f"data:image/png;base64,{data}"},
        {"type": "image", "source_type": "base64", "data": data, "mime_type": "image/png"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{data}"}},
        {"type": "image_url", "image_url": f"data:image/png;base64,{data}"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}},
    ]
    said = {model.invoke([HumanMessage([way, {"type": "text", "text": "Hi"}])]).text for way in ways}
    assert said == {seeing.invoke([asking("Hi", 1)]).text}


def test_a_tools_picture_and_a_forced_call(seeing: LocalChatModel) -> None:
    @tool
    def look(image: str) -> str:
        """Look at a picture."""
        return image

    call: Any = {"name": "look", "args": {"image": "img-1"}, "id": "7", "type": "tool_call"}
    talk = [
        HumanMessage("Look"),
        AIMessage("", tool_calls=[call]),
        ToolMessage([block(noise(1)), {"type": "text", "text": "seen"}], tool_call_id="7"),
    ]
    assert (
        read(seeing.invoke(talk))
        == read(seeing.invoke([*talk[:2], ToolMessage("seen", tool_call_id="7")])) + SOFT
    )
    forced = seeing.bind_tools([look], tool_choice="any").invoke([asking("Hi", 1)], max_tokens=60)
    assert [call["name"] for call in forced.tool_calls] == ["look"]


def test_a_clip_is_frames_with_their_times(seeing: LocalChatModel, looks: list[int], tmp_path: Path) -> None:
    store = MediaStore()
    store.add(film(tmp_path / "clip.mp4"))
    model = LocalChatModel(**{**dict(seeing), "media_store": store, "clip_frames": 2})
    clip: list[Any] = [{"type": "video", "file_id": "vid-1"}, {"type": "text", "text": "Hi"}]
    answer = model.invoke([HumanMessage(clip)])
    frames = [store.video("vid-1").seconds_at(time) for time in (0.5, 1.5)]
    times = sum(len(model.get_token_ids(f"<{time:.1f} s>")) for time in frames)
    assert read(answer) == read(model.invoke("Hi")) + times + 2 * 4
    assert looks == [2]
    frame: list[Any] = [{"type": "image", "file_id": "vid-1@0.5s"}, {"type": "text", "text": "Hi"}]
    assert read(model.invoke([HumanMessage(frame)])) == read(model.invoke("Hi")) + SOFT


def test_a_clip_in_the_message_itself_is_the_clip_by_its_handle(
    seeing: LocalChatModel, looks: list[int], tmp_path: Path
) -> None:
    store = MediaStore()
    path = film(tmp_path / "clip.mp4")
    store.add(path)
    data = base64.b64encode(path.read_bytes()).decode()
    model = LocalChatModel(**{**dict(seeing), "media_store": store, "clip_frames": 2})
    ways: list[dict[str, Any]] = [
        {"type": "video", "file_id": "vid-1"},
        {"type": "video", "base64": data, "mime_type": "video/mp4"},
        {"type": "video", "url": f"data:video/mp4;base64,{data}"},
    ]
    answers = [model.invoke([HumanMessage([way, {"type": "text", "text": "Hi"}])]) for way in ways]
    assert len({answer.text for answer in answers}) == 1
    assert len({read(answer) for answer in answers}) == 1
    assert looks == [2]  # frames are known by their pixels, however the clip came


def test_marks_stand_around_a_picture_where_the_tokenizer_has_them(
    encoder: SiglipEncoder, tmp_path: Path
) -> None:
    tokens = ["<|vision_start|>", "<|vision_end|>", MARK]
    checkpoint = tiny.make_model(tmp_path / "vl", tokens=tokens)
    projector = projector_for(encoder, checkpoint)
    model = LocalChatModel(
        model=checkpoint, device="cpu", dtype="float32", max_tokens=4, projector=projector, encoder=encoder
    )
    assert read(model.invoke([asking("Hi", 1)])) == read(model.invoke("Hi")) + SOFT + 2


def test_words_about_the_placeholder_are_no_placeholder(seeing: LocalChatModel) -> None:
    assert seeing.invoke([SystemMessage(f"{MARK} is a mark"), asking(f"What is {MARK}?", 1)])
    assert seeing.invoke(f"What is {MARK}?")


@pytest.mark.parametrize(
    ("content", "kind", "words"),
    [
        ({"type": "image", "url": "file:///etc/passwd"}, MediaError, "local files"),
        ({"type": "image", "url": "http://127.0.0.1:9/x.png"}, MediaError, "127.0.0.1"),
        ({"type": "image", "file_id": "img-1"}, MediaRefused, "no store to find it in"),
        ({"type": "image", "base64": "AAAA", "mime_type": "image/png"}, MediaError, "picture"),
        ({"type": "image"}, MediaRefused, "holds no picture"),
        ({"type": "video", "base64": "AAAA", "mime_type": "video/mp4"}, MediaError, "known format"),
        ({"type": "video", "base64": encoded(noise(1))}, MediaRefused, "give it type 'image'"),
        ({"type": "video", "url": "/etc/passwd"}, MediaError, "local files"),
        ({"type": "audio", "base64": "AAAA", "mime_type": "audio/wav"}, LocalModelError, "type 'audio'"),
    ],
)
def test_what_cannot_be_shown_is_said_in_one_line(
    seeing: LocalChatModel, content: dict[str, Any], kind: type[MMAgentError], words: str
) -> None:
    with pytest.raises(kind, match=words) as caught:
        seeing.invoke([HumanMessage([content])])
    assert "\n" not in str(caught.value)
    assert seeing.invoke([asking("Hi", 1)], max_tokens=2)


def test_too_many_pictures_for_the_context(
    kept: LocalChatModel, encoder: SiglipEncoder, tmp_path: Path
) -> None:
    checkpoint = tiny.make_model(tmp_path / "short", context=64)
    projector = projector_for(encoder, checkpoint)
    model = LocalChatModel(
        model=checkpoint, device="cpu", dtype="float32", projector=projector, encoder=encoder
    )
    short = read(model.invoke([asking("Hi", 1)]))
    over = short + 3 * SOFT - 63
    with pytest.raises(
        ContextOverflowError, match=f"{over} too many; its 4 pictures take {4 * SOFT} tokens"
    ) as caught:
        model.invoke([asking("Hi", 1, 2, 3, 4)])
    enough = -(-over // SOFT)
    assert f"leave out {enough} of them" in str(caught.value)
    assert model.invoke([asking("Hi", *range(4 - enough))])


def test_a_template_without_a_place_for_pictures(encoder: SiglipEncoder, tmp_path: Path) -> None:
    checkpoint = tiny.make_model(
        tmp_path / "blind", "{{- 'Q: ' ~ (messages[-1].content | length) ~ ' A: ' }}"
    )
    projector = projector_for(encoder, checkpoint)
    model = LocalChatModel(
        model=checkpoint, device="cpu", dtype="float32", projector=projector, encoder=encoder
    )
    with pytest.raises(ProjectorError, match=r"no placeholder .* for 1 picture"):
        model.invoke([asking("Hi", 1)])


def test_a_projector_of_others_is_refused(
    kept: LocalChatModel, encoder: SiglipEncoder, tmp_path: Path
) -> None:
    for what, name in (("encoder", "encoder"), ("language model", "language_model")):
        stranger = projector_for(encoder, kept.model, **{name: "abc"})
        stranger.save_pretrained(tmp_path / what)
        for given in (tmp_path / what, stranger):
            model = LocalChatModel(
                model=kept.model, device="cpu", dtype="float32", projector=given, encoder=encoder
            )
            with pytest.raises(
                ProjectorError, match=rf"made for the {what}.*abc.*but this {what} is \w{{16}};"
            ):
                model.load()
    narrow = projector_for(encoder, kept.model, text_width=32)
    model = LocalChatModel(model=kept.model, device="cpu", dtype="float32", projector=narrow, encoder=encoder)
    with pytest.raises(ProjectorError, match="width 32, but the language model's embeddings have 64"):
        model.invoke([asking("Hi", 1)])


def test_numbers_that_are_none_are_refused(kept: LocalChatModel, encoder: SiglipEncoder) -> None:
    projector = projector_for(encoder, kept.model)
    with torch.no_grad():
        next(projector.parameters()).fill_(float("nan"))
    model = LocalChatModel(
        model=kept.model, device="cpu", dtype="float32", projector=projector, encoder=encoder
    )
    with pytest.raises(ProjectorError, match="not numbers"):
        model.invoke([asking("Hi", 1)])


def test_an_adapter_beside_the_projector_is_added(
    kept: LocalChatModel, encoder: SiglipEncoder, projector: Projector, tmp_path: Path
) -> None:
    projector.save_pretrained(tmp_path / "p")
    base = AutoModelForCausalLM.from_pretrained(kept.model)
    config = LoraConfig(
        r=2, target_modules=["q_proj", "v_proj"], init_lora_weights=False, task_type="CAUSAL_LM"
    )
    with torch.random.fork_rng(), warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*is_gradient_checkpointing.*", FutureWarning)
        torch.manual_seed(3)
        adapted = get_peft_model(base, config).eval()
    adapted.save_pretrained(str(tmp_path / "p" / "adapter"))
    model = LocalChatModel(
        model=kept.model,
        device="cpu",
        dtype="float32",
        max_tokens=4,
        projector=tmp_path / "p",
        encoder=encoder,
    )
    ids = torch.arange(20)[None]
    with torch.no_grad():
        torch.testing.assert_close(model.load().model(ids).logits, adapted(ids).logits, atol=1e-4, rtol=1e-4)
    assert model.load().model is not kept.load().model
    assert model.invoke([asking("Hi", 1)]).text
    (tmp_path / "p" / "adapter" / "adapter_model.safetensors").unlink()
    broken = LocalChatModel(
        model=kept.model, device="cpu", dtype="bfloat16", projector=tmp_path / "p", encoder=encoder
    )
    with pytest.raises(LocalModelError, match=r"no adapter_model\.safetensors"):
        broken.load()


def test_without_a_projector_pictures_stay_refused(model: LocalChatModel, seeing: LocalChatModel) -> None:
    with pytest.raises(LocalModelError, match="give the model a projector"):
        model.invoke([asking("Hi", 1)])
    assert (model.profile or {}).get("image_inputs") is False
    assert (seeing.profile or {}).get("image_inputs") is True

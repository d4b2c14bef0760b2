"""Training on clips: frames with their times between, as a chat shows them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from langchain_core.messages import HumanMessage

from mm_agent.errors import FinetuneError
from mm_agent.finetune.projector import frozen
from mm_agent.finetune.projector.chats import write_chat
from mm_agent.finetune.projector.collate import collate
from mm_agent.finetune.projector.examples import read_examples
from mm_agent.finetune.projector.model import SoftLanguageModel, load_language_model
from mm_agent.finetune.projector.rules import Rules
from mm_agent.finetune.projector.run import train_projector
from mm_agent.local import LocalChatModel
from mm_agent.local.prompt import write_prompt
from mm_agent.media import MediaStore
from mm_agent.projection.soft import Projector
from mm_agent.vision import SiglipEncoder
from tests.finetune.projector.conftest import record
from tests.local.seeing import film, projector_for

FRAMES = 3
MakeRules = Callable[..., Rules]


def clip_record(question: str = "<video>\nWhat happens?", **more: Any) -> dict[str, Any]:
    """One line about the clip."""
    turns = record("", "it turns white", question)["conversations"]
    return {"video": "clip.mp4", "conversations": turns, **more}


@pytest.fixture
def clips(data: Path) -> Path:
    """Six pictures and a clip."""
    film(data.parent / "clip.mp4")
    data.write_text(data.read_text() + "\n" + json.dumps(clip_record()))
    return data


def test_a_clip_is_read_by_its_own_key(clips: Path) -> None:
    *_, example = read_examples(clips)
    assert example.clip
    assert example.turns == (("<image>\nWhat happens?", "it turns white"),)
    shown = example.show(FRAMES)
    assert isinstance(shown, list)
    times = [frame.seconds for frame in shown]
    assert times == sorted(times)
    assert len(times) == FRAMES
    dark, *_, light = (max(frame.image.getpixel((0, 0))) for frame in shown)  # pyright: ignore
    assert dark < 40 < 200 < light


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("<image>\nWhat happens?", "0 times <video>"),
        ("<video> and <image>", "<image> in an example with <video>"),
    ],
)
def test_a_clip_has_its_own_mark(clips: Path, question: str, said: str) -> None:
    clips.write_text(json.dumps(clip_record(question)))
    with pytest.raises(FinetuneError, match=f"line 1: {said}"):
        read_examples(clips)


def test_pictures_and_clips_learn_together_and_are_looked_at_once(
    rules: MakeRules, clips: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[int] = []
    plain = frozen.picture_features
    monkeypatch.setattr(
        frozen, "picture_features", lambda e, p, c: (looked.append(len(p)), plain(e, p, c))[1]
    )
    made = rules(epochs=2, clip_frames=FRAMES, frame_tokens=1, rate=1e-2)
    folder = train_projector(made, tmp_path / "run", device="cpu")
    assert looked == [6 + FRAMES]
    assert Projector.from_pretrained(folder).config.tokens_a_frame == 1
    assert "7 examples, 0 left out" in (folder / "README.md").read_text()


def test_a_damaged_clip_is_listed(rules: MakeRules, clips: Path, tmp_path: Path) -> None:
    (clips.parent / "clip.mp4").write_bytes(b"no clip")
    train_projector(rules(bad_share=0.5), tmp_path / "run", device="cpu")
    (line,) = (tmp_path / "run" / "left-out.txt").read_text().splitlines()
    assert line.startswith("colours.jsonl, line 7: ")
    assert "clip.mp4" in line


def test_what_is_learnt_is_what_a_chat_asks(clips: Path, language_model: Path) -> None:
    """The prompt of a clip in training, token for token and soft token for soft token, is that of a chat."""
    encoder = SiglipEncoder.from_pretrained("demo", device="cpu", dtype="float32")
    projector = projector_for(encoder, str(language_model))
    store = MediaStore()
    store.add(clips.parent / "clip.mp4")
    chat = LocalChatModel(
        model=str(language_model), device="cpu", dtype="float32", projector=projector, encoder=encoder,
        media_store=store, clip_frames=FRAMES,
    )  # fmt: skip
    blocks: list[Any] = [{"type": "video", "file_id": "vid-1"}, {"type": "text", "text": "What happens?"}]
    loaded = chat.load()
    asked = write_prompt(loaded, [HumanMessage(blocks)], sight=chat.sight)
    *_, example = read_examples(clips)
    features = frozen.FrozenFeatures(encoder, projector.config, clips.parent / "features", FRAMES)
    ((usable,), bad) = features.compute([example], say=lambda line: None)
    assert bad == []
    tokens = projector.config.tokens_a_frame
    learnt = write_chat(loaded.tokenizer, example.turns, tokens, usable.seconds)
    length = len(asked.tokens)
    assert learnt.tokens[:length] == asked.tokens
    places = [place for place, soft in enumerate(learnt.soft) if soft]
    assert places == [place for span in asked.soft for place in range(span.start, span.end)]
    batch = collate([{"chat": learnt, "features": features.get(usable.key)}])
    model, _ = load_language_model(language_model, dtype=torch.float32)
    soft = SoftLanguageModel(projector, model)._soft(batch["features"], batch["frames"])
    torch.testing.assert_close(soft, torch.cat([span.embeddings for span in asked.soft]))


def test_a_batch_keeps_the_order_of_pictures_and_frames(language_model: Path) -> None:
    encoder = SiglipEncoder.from_pretrained("demo", device="cpu", dtype="float32")
    projector = projector_for(encoder, str(language_model))
    model, _ = load_language_model(language_model, dtype=torch.float32)
    features = torch.randn(4, projector.config.features, projector.config.vision_width)
    frames = torch.tensor([False, True, True, False])
    soft = SoftLanguageModel(projector, model)._soft(features, frames)
    first, last = projector(features[[0, 3]])
    middle = projector.frames(features[None, 1:3])[0].flatten(0, 1)
    torch.testing.assert_close(soft, torch.cat([first, middle, last]))

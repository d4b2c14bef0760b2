from __future__ import annotations

import pytest
import torch
from transformers import PreTrainedTokenizerBase

from mm_agent.errors import FinetuneError, ProjectorError
from mm_agent.finetune.projector.chats import IGNORED, write_chat
from mm_agent.finetune.projector.collate import collate
from mm_agent.projection.soft.placeholder import MARK
from tests.local.tiny import make_tokenizer


def test_the_picture_takes_its_place_and_only_the_answer_is_learnt(
    tokenizer: PreTrainedTokenizerBase,
) -> None:
    chat = write_chat(tokenizer, [("<image>\nWhich colour?", "red")], 5)
    assert len(chat.tokens) == len(chat.labels) == len(chat.soft)
    start = chat.soft.index(True)
    assert chat.soft[start : start + 5] == [True] * 5
    assert sum(chat.soft) == 5
    assert tokenizer.decode(chat.tokens[:start]) == "<|im_start|>user\n"
    assert str(tokenizer.decode(chat.tokens[start + 5 :])).startswith(
        "Which colour?<|im_end|>\n<|im_start|>assistant"
    )
    assert tokenizer.decode([label for label in chat.labels if label != IGNORED]) == "red<|im_end|>"


def test_it_is_what_a_chat_asks_for(tokenizer: PreTrainedTokenizerBase) -> None:
    chat = write_chat(tokenizer, [("<image>Which colour?", "red")], 1)
    question = [{"role": "user", "content": "Which colour?"}]
    asked = tokenizer.apply_chat_template(question, tokenize=False, add_generation_prompt=True)
    head, tail = "<|im_start|>user\n", str(asked).removeprefix("<|im_start|>user\n")
    plain = [tokenizer(part, add_special_tokens=False)["input_ids"] for part in (head, tail, "red<|im_end|>")]
    without = [token for token, soft in zip(chat.tokens, chat.soft, strict=True) if not soft]
    assert without[: sum(map(len, plain))] == [token for part in plain for token in part]


def test_every_answer_of_a_conversation_is_learnt(tokenizer: PreTrainedTokenizerBase) -> None:
    turns = [("<image>Hello", "red"), ("How are you?", "red and blue"), ("图里有几只猫？", "3")]
    chat = write_chat(tokenizer, turns, 2)
    learnt = tokenizer.decode([label for label in chat.labels if label != IGNORED])
    assert learnt == "red<|im_end|>red and blue<|im_end|>3<|im_end|>"


def test_words_about_the_placeholder_are_words(tokenizer: PreTrainedTokenizerBase) -> None:
    chat = write_chat(tokenizer, [(f"<image>What is {MARK}?", "a mark")], 2)
    assert sum(chat.soft) == 2


def test_a_template_that_rewrites_the_past_is_said() -> None:
    template = (
        "{% for m in messages %}{{ loop.length if loop.first }}{{ m.role }}: {{ m.content }}\n{% endfor %}"
        "{% if add_generation_prompt %}assistant: {% endif %}"
    )
    with pytest.raises(FinetuneError, match="one question each"):
        write_chat(make_tokenizer(template), [("<image>a", "b"), ("c", "d")], 2)


def test_a_template_that_drops_words_is_said() -> None:
    template = "{% for m in messages %}{{ m.content if m.role == 'assistant' }}{% endfor %}"
    with pytest.raises(ProjectorError, match="no placeholder"):
        write_chat(make_tokenizer(template), [("<image>a", "b")], 2)


def test_a_batch_is_padded_at_its_end(tokenizer: PreTrainedTokenizerBase) -> None:
    chats = [write_chat(tokenizer, [("<image>a", answer)], 3) for answer in ("red", "red, green and blue")]
    batch = collate([{"chat": chat, "features": torch.ones(4, 2) * i} for i, chat in enumerate(chats)])
    length = max(len(chat.tokens) for chat in chats)
    assert {tuple(batch[name].shape) for name in ("input_ids", "attention_mask", "labels", "soft")} == {
        (2, length)
    }
    short = len(chats[0].tokens)
    assert batch["attention_mask"][0].tolist() == [1] * short + [0] * (length - short)
    assert (batch["labels"][0, short:] == IGNORED).all()
    assert not batch["soft"][0, short:].any()
    assert batch["soft"].sum(1).tolist() == [3, 3]
    assert batch["features"].shape == (2, 4, 2)

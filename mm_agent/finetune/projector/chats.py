"""A conversation as the tokens to learn from: the picture's place, and which tokens are the model's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from transformers import PreTrainedTokenizerBase

from mm_agent.errors import FinetuneError
from mm_agent.finetune.projector.examples import split_at_image
from mm_agent.projection.soft.placeholder import MARK
from mm_agent.projection.soft.prompt_text import cut, harmless, placeholder_for

IGNORED = -100


@dataclass(frozen=True)
class Chat:
    """One example's tokens.

    Attributes:
        tokens: (L,) with a stand-in where soft tokens go.
        labels: (L,) the token itself where the model speaks, ``IGNORED`` elsewhere.
        soft: (L,) True where soft tokens go.
    """

    tokens: list[int]
    labels: list[int]
    soft: list[bool]


def write_chat(
    tokenizer: PreTrainedTokenizerBase,
    turns: Sequence[tuple[str, str]],
    picture_tokens: int,
    seconds: Sequence[float] | None = None,
) -> Chat:
    """Put turns through the model's own chat template; answers and their end are learnt, nothing else.

    Args:
        tokenizer: with a chat template.
        turns: as in `Example.turns`.
        picture_tokens: T, soft tokens of the picture, or of one frame.
        seconds: the times of a clip's frames; None: a picture.

    Raises:
        FinetuneError: the template rewrites earlier turns as a conversation grows.
        ProjectorError: the template drops the placeholder.
    """
    places = [placeholder_for(tokenizer, time) for time in seconds or [None]]
    messages = _messages(turns, "".join(places))
    text = _render(tokenizer, messages)
    pieces: list[tuple[str, bool]] = []
    at = 0
    for index in range(1, len(messages), 2):
        start = len(_before(tokenizer, messages[:index], text))
        end = text.index(messages[index]["content"], start) + len(messages[index]["content"])
        closing = str(tokenizer.eos_token or "")
        end += len(closing) if closing and text.startswith(closing, end) else 0
        pieces += [(text[at:start], False), (text[start:end], True)]
        at = end
    cut("".join(piece for piece, _ in pieces), len(places))  # as many as there are pictures
    return _tokens(tokenizer, pieces, picture_tokens)


def _messages(turns: Sequence[tuple[str, str]], shown: str) -> list[dict[str, Any]]:
    before, after = split_at_image(turns[0][0])
    first = harmless(before) + shown + harmless(after)
    questions = [first, *(harmless(question) for question, _ in turns[1:])]
    pairs = zip(questions, (harmless(answer) for _, answer in turns), strict=True)
    return [
        {"role": role, "content": words}
        for pair in pairs
        for role, words in zip(("user", "assistant"), pair, strict=True)
    ]


def _render(tokenizer: PreTrainedTokenizerBase, messages: list[dict[str, Any]], *, asks: bool = False) -> str:
    return str(tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=asks))


def _before(tokenizer: PreTrainedTokenizerBase, messages: list[dict[str, Any]], text: str) -> str:
    """What the model reads before an answer, which is how a chat would ask for it."""
    before = _render(tokenizer, messages, asks=True)
    if not text.startswith(before):
        raise FinetuneError(
            "the chat template writes earlier turns differently once a conversation goes on; give it "
            "examples of one question each"
        )
    return before


def _tokens(tokenizer: PreTrainedTokenizerBase, pieces: list[tuple[str, bool]], picture_tokens: int) -> Chat:
    """Each piece is read by itself, as a prompt and an answer are."""
    pad = tokenizer.pad_token_id
    chat = Chat([], [], [])
    for text, learnt in pieces:
        for number, part in enumerate(text.split(MARK)):
            if number:
                _extend(chat, [pad if isinstance(pad, int) else 0] * picture_tokens, soft=True)
            _extend(chat, tokenizer(part, add_special_tokens=False)["input_ids"], learnt=learnt)
    return chat


def _extend(chat: Chat, tokens: Any, *, learnt: bool = False, soft: bool = False) -> None:
    chat.tokens.extend(tokens)
    chat.labels.extend(tokens if learnt else [IGNORED] * len(tokens))
    chat.soft.extend([soft] * len(tokens))

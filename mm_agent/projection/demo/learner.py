"""The loss of questions about pictures, each picture read once.

The beginning of the prompt up to the picture's last soft token is the same for all questions about it: its
keys and values, with their gradient, stand in front of each question, which is the same sum as reading each
whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import DynamicCache, PreTrainedTokenizerBase

from mm_agent.finetune.projector.chats import IGNORED, write_chat
from mm_agent.projection.demo.questions import Question


class QuestionReader:
    """Questions as tokens for one tokenizer and number of soft tokens."""

    def __init__(self, tokenizer: PreTrainedTokenizerBase, picture_tokens: int) -> None:
        self._tokenizer, self._picture_tokens = tokenizer, picture_tokens
        # Few thousand questions come again and again, and a chat template takes a millisecond.
        self._split = lru_cache(2**16)(self._cut)
        self.head = self._split(("<image>a", "b"))[0]

    def read(self, questions: Sequence[Question]) -> tuple[Tensor, Tensor]:
        """Tokens behind the picture, and the labels of each next token, both (B, L), padded at the end."""
        rows = [self._split(question.as_turn()) for question in questions]
        longest = max(len(tokens) for _, tokens, _ in rows)
        tokens = torch.zeros(len(rows), longest, dtype=torch.long)
        labels = torch.full((len(rows), longest), IGNORED)
        for row, (_, words, learnt) in enumerate(rows):
            tokens[row, : len(words)] = torch.tensor(words)
            labels[row, : len(words) - 1] = torch.tensor(learnt[1:])
        return tokens, labels

    def _cut(self, turn: tuple[str, str]) -> tuple[list[int], list[int], list[int]]:
        """Tokens before the picture, behind it, and the latter's labels."""
        chat = write_chat(self._tokenizer, [turn], self._picture_tokens)
        start = chat.soft.index(True)
        end = start + self._picture_tokens
        return chat.tokens[:start], chat.tokens[end:], chat.labels[end:]


def answers(
    language_model: Any, reader: QuestionReader, soft: Tensor, questions: Sequence[Sequence[Question]]
) -> tuple[Tensor, Tensor]:
    """How well each question about each picture is answered.

    Args:
        language_model: a causal language model of transformers.
        reader: for its tokenizer.
        soft: (P, T, D_text) soft tokens of pictures.
        questions: P lists of Q questions.

    Returns:
        The mean loss of an answer's tokens, and (P · Q) bool: whether every token of the answer, and its end,
        is the model's first choice. That is what it would write by itself, for it then reads the same tokens.
    """
    embed = language_model.get_input_embeddings()
    head = embed(torch.tensor([reader.head], device=soft.device)).expand(len(soft), -1, -1)  # (P, H, D_text)
    cache = DynamicCache()
    prefix = torch.cat([head, soft.to(head.dtype)], 1)
    language_model.model(inputs_embeds=prefix, past_key_values=cache, use_cache=True)
    cache.batch_repeat_interleave(len(questions[0]))
    tokens, labels = reader.read([question for row in questions for question in row])
    tokens, labels = tokens.to(soft.device), labels.to(soft.device)
    read = language_model.model(tokens, past_key_values=cache, use_cache=True)
    learnt = labels != IGNORED
    logits = language_model.lm_head(read.last_hidden_state[learnt]).float()  # (learnt, V)
    wrong = torch.zeros_like(learnt)
    wrong[learnt] = logits.argmax(-1) != labels[learnt]
    return F.cross_entropy(logits, labels[learnt]), ~wrong.any(1)

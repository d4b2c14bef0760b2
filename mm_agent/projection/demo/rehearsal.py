"""Tool dialogues between the questions, so that a model that learns to see goes on calling tools.

What the agent shows in mode ``both`` begins with its system prompt and tools; a picture's soft tokens stand
in front of the first question's words. Without a system prompt, as in mode ``soft``, it answers at once.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as F
from transformers import DynamicCache

from mm_agent.local.demo.batch import IGNORED, Batch
from mm_agent.local.demo.batches import LONGEST, encode_talk, make_batch
from mm_agent.local.demo.dialogues import make_group

DIALOGUES = 8
"""In a batch; their attention takes half a gigabyte when it is learnt from."""
_BEFORE, _BEHIND = "<|im_start|>user\n", "\n"


def rehearsal(tokenizer: Tokenizer, rng: np.random.Generator) -> Batch:
    """Dialogues behind one system prompt with tools."""
    group = make_group(rng, DIALOGUES)
    while not group.system:
        group = make_group(rng, DIALOGUES)
    encoded = [encode_talk(tokenizer, talk) for talk in group.talks]
    return make_batch(tokenizer, group.system, [pair for pair in encoded if len(pair[0]) <= LONGEST])


def rehearsal_loss(language_model: Any, tokenizer: Tokenizer, batch: Batch, soft: Tensor) -> Tensor:
    """Mean cross-entropy of the tokens to be learnt.

    Args:
        language_model: A causal language model of transformers.
        tokenizer: Its own.
        batch: As `rehearsal` makes it, B dialogues.
        soft: (B, T, D_text) soft tokens of a picture in front of each first question; T may be 0.
    """
    embed = language_model.get_input_embeddings()
    cache = DynamicCache()
    language_model.model(batch.prefix[None], past_key_values=cache, use_cache=True)
    cache.batch_repeat_interleave(len(batch.tokens))
    words = embed(batch.tokens)  # (B, L, D_text)
    start = len(tokenizer.encode(_BEFORE, add_special_tokens=False).ids)
    behind = torch.tensor(tokenizer.encode(_BEHIND, add_special_tokens=False).ids, device=words.device)
    shown = torch.cat(
        [soft.to(words.dtype), embed(behind).expand(len(words), -1, -1)], 1
    )  # (B, T + 1, D_text)
    hidden = language_model.model(
        inputs_embeds=torch.cat([words[:, :start], shown, words[:, start:]], 1),
        past_key_values=cache, use_cache=True,
    ).last_hidden_state  # fmt: skip
    unlearnt = batch.targets.new_full((len(words), shown.shape[1]), IGNORED)
    targets = torch.cat([batch.targets[:, :start], unlearnt, batch.targets[:, start:]], 1)
    learnt = targets != IGNORED
    return F.cross_entropy(language_model.lm_head(hidden[learnt]).float(), targets[learnt])

"""The model and its loss."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F
from transformers import DynamicCache, Qwen3Config, Qwen3ForCausalLM

from mm_agent.local.demo.batch import IGNORED, Batch
from mm_agent.local.demo.induction import write_induction

CONTEXT = 4096


def make_model(vocabulary: int) -> Qwen3ForCausalLM:
    """A Qwen3 of five million parameters, untrained but for its heads that copy."""
    config = Qwen3Config(
        vocab_size=vocabulary, hidden_size=256, num_hidden_layers=6, num_attention_heads=4,
        num_key_value_heads=2, head_dim=64, intermediate_size=640, tie_word_embeddings=True,
        max_position_embeddings=CONTEXT, rope_parameters={"rope_type": "default", "rope_theta": 1e6},
        attention_bias=False, initializer_range=0.02, use_cache=True,
    )  # fmt: skip
    model = Qwen3ForCausalLM(config)
    # On a CPU the fused kernel takes three times as long to go backward.
    model.set_attn_implementation("eager")
    write_induction(model)
    return model


def batch_loss(model: Qwen3ForCausalLM, batch: Batch) -> tuple[Tensor, Tensor]:
    """Mean cross-entropy of the tokens to be learnt, and the share of them the model gets right.

    The prefix is read once: its keys and values, with their gradient, stand in front of every dialogue's,
    which is the same sum as reading prefix and dialogue together.
    """
    cache = DynamicCache()
    if len(batch.prefix):
        model.model(batch.prefix[None], past_key_values=cache, use_cache=True)
        cache.batch_repeat_interleave(len(batch.tokens))
    hidden = model.model(batch.tokens, past_key_values=cache, use_cache=True).last_hidden_state  # (B, L, D)
    learnt = batch.targets != IGNORED
    logits = model.lm_head(hidden[learnt]).float()  # (N, V)
    targets = batch.targets[learnt]
    return F.cross_entropy(logits, targets), (logits.argmax(-1) == targets).float().mean()


def whole_loss(model: Qwen3ForCausalLM, batch: Batch) -> Tensor:
    """The same, each dialogue read behind its own prefix: slow and plain, to test the other against."""
    rows = torch.cat([batch.prefix.expand(len(batch.tokens), -1), batch.tokens], 1)
    hidden = model.model(rows, use_cache=False).last_hidden_state[:, len(batch.prefix) :]
    return F.cross_entropy(
        model.lm_head(hidden).flatten(0, 1).float(), batch.targets.flatten(), ignore_index=IGNORED
    )

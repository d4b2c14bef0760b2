"""A Qwen3 of random weights with a tokenizer of its own, made on the spot: noise in the right protocol."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

import mm_agent.local

TEMPLATE = Path(mm_agent.local.__file__).parent / "chat_template.jinja"
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TAGS = ["<tool_call>", "</tool_call>", "<think>", "</think>", "<tool_response>", "</tool_response>"]
CORPUS = [
    "Hello, how are you? What is in the picture?",
    "你好，图里有几只猫？",
    '{"name": "look", "arguments": {}}',
]


def make_tokenizer(
    template: str | None = None, *, context: int = 4096, tokens: Sequence[str] = ()
) -> PreTrainedTokenizerFast:
    """Bytes and a few merges, with Qwen's special tokens and tags, and more ``tokens``."""
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)  # pyright: ignore
    core.decoder = decoders.ByteLevel()  # pyright: ignore
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    core.train_from_iterator(CORPUS * 10, trainer)
    core.add_tokens([AddedToken(tag, special=False, normalized=False) for tag in (*TAGS, *tokens)])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, eos_token="<|im_end|>", pad_token="<|endoftext|>", model_max_length=context
    )
    tokenizer.chat_template = template or TEMPLATE.read_text(encoding="utf-8")
    return tokenizer


def make_model(
    folder: Path,
    template: str | None = None,
    *,
    context: int = 4096,
    std: float = 0.3,
    tokens: Sequence[str] = (),
    **config: Any,
) -> str:
    """Save a tiny model and its tokenizer; the same numbers every time. Gives the folder.

    Weights spread by ``std`` 0.3 are wide enough that answers differ from question to question.
    """
    tokenizer = make_tokenizer(template, context=context, tokens=tokens)
    shape = Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        max_position_embeddings=context,
        eos_token_id=cast(int, tokenizer.eos_token_id),
        pad_token_id=cast(int, tokenizer.pad_token_id),
        tie_word_embeddings=True,
        **config,
    )
    with torch.random.fork_rng():
        torch.manual_seed(7)
        model = Qwen3ForCausalLM(shape)
        for weights in model.parameters():
            if weights.dim() == 2:
                torch.nn.init.normal_(weights, std=std)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


# Qwen3-Coder's way to write calls, with a reasoning block that the template itself opens.
CODER_TEMPLATE = """\
{%- if tools %}
    {{- '<|im_start|>system\\n<tools>' }}
    {%- for tool in tools %}{{- '\\n<function>' ~ tool.function.name ~ '</function>' }}{%- endfor %}
    {{- '\\n</tools>\\nCall: <tool_call>\\n<function=name>\\n<parameter=x>\\nvalue\\n</parameter>' }}
    {{- '\\n</function>\\n</tool_call><|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if message.role not in ('system', 'user', 'assistant', 'tool') %}
        {{- raise_exception('Unexpected message role.') }}
    {%- endif %}
    {{- '<|im_start|>' ~ message.role ~ '\\n' ~ message.content ~ '<|im_end|>\\n' }}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n<think>\\n' }}{%- endif %}
"""

"""A tiny Qwen3 that has learned two turns by heart: it counts cats in img-1, then it says there are two.

It sees a few dozen tokens back and no further, so that whatever stands before in a prompt, tools and all,
makes no difference to it. It is for tests of servers and protocols, where real weights must speak.
"""

from __future__ import annotations

from pathlib import Path

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GenerationConfig, PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TAGS = ["<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>"]
CALL = '<tool_call>\n{"name": "count_objects", "arguments": {"image": "img-1", "noun": "cat"}}\n</tool_call>'
ANSWER = "There are two cats in img-1."
ASKED = "?<|im_end|>\n<|im_start|>assistant\n"
LOOKED = "\n</tool_response><|im_end|>\n<|im_start|>assistant\n"
STEPS = 150
WINDOW = 24  # tokens each of two layers looks back

TEMPLATE = """\
{%- if tools %}<|im_start|>system
{% if messages[0].role == 'system' %}{{ messages[0].content }}{% endif %}
{% for tool in tools %}{{ tool | tojson }}
{% endfor %}<|im_end|>
{% endif %}
{%- for message in messages %}
{%- if message.role == 'tool' %}<|im_start|>user
<tool_response>
{{ message.content }}
</tool_response><|im_end|>
{% elif message.role == 'assistant' %}<|im_start|>assistant
{{ message.content }}
{%- for call in message.tool_calls %}<tool_call>
{{ call.function | tojson }}
</tool_call>{% endfor %}<|im_end|>
{% elif message.role == 'user' %}<|im_start|>user
{{ message.content }}<|im_end|>
{% endif %}
{%- endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""


def make_checkpoint(folder: Path) -> Path:
    """Teach the model and save it; the same numbers every time. Gives the folder."""
    tokenizer = _tokenizer()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # more only get into each other's way over so few numbers
    try:
        with torch.random.fork_rng():
            torch.manual_seed(7)
            model = Qwen3ForCausalLM(_shape(tokenizer))
            _teach(model, tokenizer)
    finally:
        torch.set_num_threads(threads)
    model.generation_config = GenerationConfig(
        do_sample=False, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id
    )
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def _tokenizer() -> PreTrainedTokenizerFast:
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)  # pyright: ignore
    core.decoder = decoders.ByteLevel()  # pyright: ignore
    trainer = trainers.BpeTrainer(
        vocab_size=360,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    core.train_from_iterator([CALL, ANSWER, ASKED, LOOKED] * 10, trainer)
    core.add_tokens([AddedToken(tag, special=False, normalized=False) for tag in TAGS])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, eos_token="<|im_end|>", pad_token="<|endoftext|>", model_max_length=32768
    )
    tokenizer.chat_template = TEMPLATE
    return tokenizer


def _shape(tokenizer: PreTrainedTokenizerFast) -> Qwen3Config:
    return Qwen3Config(
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        max_position_embeddings=32768,
        use_sliding_window=True,
        sliding_window=WINDOW,
        max_window_layers=0,
        layer_types=["sliding_attention"] * 2,
        tie_word_embeddings=True,
        eos_token_id=SPECIAL.index("<|im_end|>"),
        pad_token_id=SPECIAL.index("<|endoftext|>"),
    )


def _teach(model: Qwen3ForCausalLM, tokenizer: PreTrainedTokenizerFast) -> None:
    """Both turns behind noise, which changes with every step."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(STEPS):
        for before, answer in ((ASKED, CALL), (LOOKED, ANSWER)):
            noise = torch.randint(len(SPECIAL), len(tokenizer) - len(TAGS), (2 * WINDOW,)).tolist()
            prompt = noise + tokenizer(before)["input_ids"]
            said = tokenizer(answer + "<|im_end|>")["input_ids"]
            tokens = torch.tensor([prompt + said])  # (1, L)
            labels = torch.tensor([[-100] * len(prompt) + said])
            model(input_ids=tokens, labels=labels).loss.backward()
        optimizer.step()
        optimizer.zero_grad()

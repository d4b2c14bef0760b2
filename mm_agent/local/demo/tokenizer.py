"""The tokenizer: byte-level BPE of words and single digits, and whole tokens for the agent's fixed phrases.

A small model copies best what is always cut the same way: spaces stand alone, so that " cat" and "cat" share
a token, digits stand in pairs, Chinese characters one by one. A score is one token. The prompts' and schemas'
own sentences are one token each: they never change within a release, and make the agent's long system prompt
short to read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from itertools import chain

import numpy as np
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from mm_agent.agent.middleware.language import system_prompt
from mm_agent.local.demo.prompts import FOOT, HEAD, agent_tools
from mm_agent.projection.wording import score_words
from mm_agent.prompt_files import Language, prompt_names
from mm_agent.prompt_files import _prompt as prompt_text
from mm_agent.prompt_files import _sections as prompt_sections

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
MARKS = ("<tool_call>", "</tool_call>", "<tool_response>", "</tool_response>", "<think>", "</think>")
WORDS = Regex(
    r"[A-Za-z]+|\d{1,2}| |\n|[\u3400-\u4dbf\u4e00-\u9fff]|[^\sA-Za-z\d\u3400-\u4dbf\u4e00-\u9fff]+|\s"
)
_LEAST = 6
"""Shortest phrase in characters."""


def train_tokenizer(texts: Iterable[str], *, size: int) -> Tokenizer:
    """Learn the merges, then add the phrases.

    Args:
        texts: Dialogues, prompts and schemas.
        size: Tokens in all, phrases included.
    """
    whole = [*fixed_phrases(), *scores()]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(WORDS, "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size - len(whole) - len(MARKS), special_tokens=list(SPECIAL), show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), min_frequency=3, max_token_length=16,
    )  # fmt: skip
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.add_tokens([AddedToken(text, special=False, normalized=False) for text in (*MARKS, *whole)])
    return tokenizer


def scores() -> list[str]:
    """All scores between 0.0001 and 1, as the tools write them."""
    steps = ((1, 100, 0.01), (10, 100, 0.001), (1, 100, 0.0001))
    written = [score_words(n * step) for low, high, step in steps for n in range(low, high)]
    return list(dict.fromkeys((*written, "1.00")))


def as_transformers(tokenizer: Tokenizer, template: str) -> PreTrainedTokenizerFast:
    """The tokenizer as transformers saves and loads it, with Qwen's special tokens and a chat template."""
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>",
        clean_up_tokenization_spaces=False, model_max_length=4096,
    )  # fmt: skip
    fast.chat_template = template
    return fast


def fixed_phrases() -> list[str]:
    """The words that never change in what the model reads, cut at clauses and at what is filled in."""
    found = chain(_of_prompts(), _of_tools(), _of_template())
    long = (text for text in found if len(text) >= _least(text))
    return list(dict.fromkeys((*long, *GLUE, *(tool["function"]["name"] for tool in agent_tools()))))


def _least(text: str) -> int:
    """Chinese says more in a character."""
    return 3 if re.search(r"[\u4e00-\u9fff]", text) else _LEAST


def _of_prompts() -> Iterator[str]:
    """System prompts by line and sentence; evidence and media lists between their placeholders."""
    for name in prompt_names():
        file, language = name.rsplit(".", 1)
        if file == "agent_system":
            for line in system_prompt("zh" if language == "zh" else "en").split("\n"):
                yield from _clauses(line)
        elif file in ("agent_media", "places") or file.startswith("evidence_"):
            for section in prompt_sections(file, "zh" if language == "zh" else "en"):
                yield from _between(prompt_text(f"{file}/{section}" if section else file, _as(language)))
    from mm_agent.local.demo.dialogues import NOTICES

    yield from NOTICES.values()


def _as(language: str) -> Language:
    return "zh" if language == "zh" else "en"


def _between(text: str) -> list[str]:
    """The text between placeholders, without quotes, brackets and line ends at its edges."""
    parts = re.split(r"\{[a-z_]+\}|\n", text)
    return [part.strip('\n"“”()（）') for part in parts]


def _clauses(text: str) -> list[str]:
    return [part for part in re.split(r"(?<=[.;:!?]) |(?<=[。；：！？])", text) if part]


def _of_tools() -> Iterator[str]:
    """Descriptions by sentence, and the JSON around them."""
    for tool in agent_tools():
        function = tool["function"]
        about = [
            function["description"],
            *(p.get("description", "") for p in function["parameters"]["properties"].values()),
        ]
        for text in about:
            written = json.dumps(text, ensure_ascii=False)[1:-1]
            for line in written.split("\\n"):
                yield from _clauses(line)
    yield '{"type": "function", "function": {"name": "'
    yield '", "description": "'
    yield '", "parameters": {"properties": {"'
    yield '": {"description": "'
    yield '": {"type": "'
    yield '", "type": "string"}'
    yield '", "type": "integer"}'
    yield ', "required": ["'
    yield '], "type": "object"}}}'
    yield '{"anyOf": [{"items": {"type": "string"}, "type": "array"}, {"type": "null"}], "default": null, '
    yield '{"anyOf": [{"items": {"type": "integer"}, "type": "array"}, {"type": "null"}], "default": null, '
    yield '{"anyOf": [{"type": "boolean"}, {"type": "null"}], "default": null, '
    yield '{"anyOf": [{"type": "string"}, {"type": "null"}], "default": null, '
    yield '"description": "'


def _of_template() -> Iterator[str]:
    yield from (line for line in (*HEAD.split("\n"), *FOOT.split("\n")) if line)
    yield '{"name": "'
    yield '", "arguments": {"'


GLUE = (
    '": "',
    '", "',
    '": ["',
    '": ',
    '", ',
    ", ",
    "\n- ",
    '"}}',
    '"]}}',
    "\\n",
    "img-",
    "vid-",
    " s (",
    " (",
)
"""Short pieces that stand between what is copied."""


def sample_texts(seed: int, groups: int) -> Iterator[str]:
    """Dialogues to learn the merges from."""
    from mm_agent.local.demo.dialogues import make_group
    from mm_agent.local.demo.talk import turn_text

    rng = np.random.default_rng(seed)
    for _ in range(groups):
        group = make_group(rng, 16)
        yield group.system
        for talk in group.talks:
            yield "".join(text for text, _ in turn_text(talk.turns))

"""A language model in memory: weights, tokenizer and engine, shared by everyone who asks for the same one."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from weakref import WeakValueDictionary

import torch
from llguidance import LLTokenizer
from llguidance.hf import from_tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerFast

from mm_agent.errors import LocalModelError
from mm_agent.local.adapter import with_adapter
from mm_agent.local.checkpoint import find_checkpoint
from mm_agent.local.decoding import unspoken_tokens
from mm_agent.local.engine import Engine
from mm_agent.local.tool_format import ToolFormat, tool_format
from mm_agent.vision.families.loading import quiet
from mm_agent.vision.hardware import choose_device, choose_dtype


@dataclass(eq=False)
class LoadedModel:
    """A checkpoint in memory.

    Attributes:
        name: what it was asked for as.
        folder: where the checkpoint is.
        limit: tokens it reads and writes in one call, prompt and answer together.
        ends: tokens that end an answer.
        unspoken: tokens that are no text.
        form: how its chat template writes tool calls; None when it knows none.
    """

    name: str
    folder: Path
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    limit: int
    ends: frozenset[int]
    unspoken: frozenset[int]
    form: ToolFormat | None
    engine: Engine

    @cached_property
    def grammar_tokenizer(self) -> LLTokenizer:
        """The tokenizer as grammars see it; takes about a second for a large vocabulary."""
        size = max(self.model.config.get_text_config().vocab_size, len(self.tokenizer))
        return from_tokenizer(self.tokenizer, n_vocab=size, eos_token=sorted(self.ends))

    def tag(self, text: str) -> str:
        """A tag as a grammar symbol: a token of its own where the tokenizer holds it as one."""
        number = self.tokenizer.backend_tokenizer.token_to_id(text)
        special = number is not None and self.grammar_tokenizer.is_special_token(number)
        return text if special else f'"{text}"'


_Key = tuple[Path, torch.device, torch.dtype, Path | None]
_LOADED: WeakValueDictionary[_Key, LoadedModel] = WeakValueDictionary()
_LOADING = threading.Lock()


def load(spec: str, *, device: str = "auto", dtype: str = "auto", adapter: Path | None = None) -> LoadedModel:
    """Load a checkpoint, or give the one that is in memory already.

    Args:
        spec: ``demo``, a folder, or ``owner/name`` on the hub.
        device: auto, or as torch names it.
        dtype: auto, or as torch names it.
        adapter: A folder of PEFT's with a LoRA adapter, which is added into a copy of the weights.

    Raises:
        LocalModelError: No such model, or its files cannot be used.
        MissingDependency: An adapter, but no peft.
        SettingsError: No such device or number type here.
    """
    path = find_checkpoint(spec)
    where = choose_device(device)
    size = sum(file.stat().st_size for file in path.glob("*.safetensors"))
    number = choose_dtype(dtype, where, parameters=size // 2)
    key = (path.resolve(), where, number, adapter.resolve() if adapter else None)
    with _LOADING:
        loaded = _LOADED.get(key)
        if loaded is None:
            loaded = _LOADED[key] = _read(spec, path, where, number, adapter)
        return loaded


def _read(
    spec: str, path: Path, device: torch.device, dtype: torch.dtype, adapter: Path | None
) -> LoadedModel:
    try:
        with quiet():
            tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
            model = AutoModelForCausalLM.from_pretrained(
                path, dtype=dtype, use_safetensors=True, local_files_only=True
            )
    except (OSError, ValueError, KeyError, ImportError) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise LocalModelError(f"{spec} cannot be loaded as a language model: {reason}") from error
    template = _template(spec, tokenizer)
    if adapter:
        model = with_adapter(model, adapter)
    torch.nn.Module.to(model, device).eval()
    return LoadedModel(
        name=spec,
        folder=path,
        model=model,
        tokenizer=tokenizer,
        limit=_limit(model, tokenizer),
        ends=_ends(model, tokenizer),
        unspoken=unspoken_tokens(tokenizer),
        form=tool_format(template),
        engine=Engine(model),
    )


def _template(spec: str, tokenizer: PreTrainedTokenizerFast) -> str:
    if not getattr(tokenizer, "is_fast", False):
        raise LocalModelError(f"{spec} has no tokenizer.json; use a checkpoint that has one")
    if not tokenizer.chat_template:
        raise LocalModelError(f"{spec} has no chat template, so it does not chat; use its instruct version")
    return tokenizer.get_chat_template(tools=[{}])


def _limit(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> int:
    """Models say how far they reach in their config, and sometimes less in their tokenizer's."""
    reach = getattr(model.config.get_text_config(), "max_position_embeddings", None)
    return min(reach or tokenizer.model_max_length, tokenizer.model_max_length)


def _ends(model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast) -> frozenset[int]:
    told = model.generation_config.eos_token_id if model.generation_config else None
    ends = [*(told if isinstance(told, list) else [told]), tokenizer.eos_token_id]
    return frozenset(end for end in ends if isinstance(end, int))

"""Projector and language model as one thing to train; most of it is frozen."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase

from mm_agent.errors import FinetuneError, MissingDependency
from mm_agent.projection.soft.projector import Projector


class SoftLanguageModel(nn.Module):
    """A language model that reads a projector's soft tokens among its own."""

    def __init__(self, projector: Projector, language_model: Any) -> None:
        super().__init__()
        self.projector, self.language_model = projector, language_model

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        labels: Tensor,
        soft: Tensor,
        features: Tensor,
        frames: Tensor,
        **loss_options: Any,
    ) -> dict[str, Tensor]:
        """The loss of a batch as `collate` makes it; ``loss_options`` are the Trainer's, for accumulation."""
        words = self.language_model.get_input_embeddings()(input_ids)  # (B, L, D_text)
        embeddings = words.masked_scatter(soft[..., None], self._soft(features, frames).to(words.dtype))
        output = self.language_model(
            inputs_embeds=embeddings, attention_mask=attention_mask, labels=labels, **loss_options
        )
        return {"loss": output.loss}

    def _soft(self, features: Tensor, frames: Tensor) -> Tensor:
        """Soft tokens (S, D_text) of pictures and frames (P, N, D_vision) in order; frames have a budget."""
        if not frames.any():
            return self.projector(features).flatten(0, 1)
        moments = iter(self.projector.frames(features[frames][None])[0])
        pictures = iter(self.projector(features[~frames]) if not frames.all() else ())
        return torch.cat([next(moments if frame else pictures) for frame in frames.tolist()])

    def trainable(self) -> dict[str, nn.Parameter]:
        """What learns, by name; weights that are shared appear once."""
        return {name: weight for name, weight in self.named_parameters() if weight.requires_grad}


def load_language_model(folder: Path, *, dtype: torch.dtype) -> tuple[Any, PreTrainedTokenizerBase]:
    """A frozen language model and its tokenizer.

    Raises:
        FinetuneError: the files cannot be used, or there is no chat template.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModelForCausalLM.from_pretrained(
            folder, dtype=dtype, use_safetensors=True, local_files_only=True
        )
    except (OSError, ValueError, KeyError, ImportError) as error:
        reason = " ".join(str(error).split())[:200]
        raise FinetuneError(f"{folder} cannot be loaded as a language model: {reason}") from error
    if not tokenizer.chat_template:
        raise FinetuneError(f"{folder} has no chat template, so it does not chat; use its instruct version")
    return model.requires_grad_(False), tokenizer


def with_lora(language_model: Any, rank: int, name: str) -> Any:
    """The language model with a new LoRA adapter (arXiv 2106.09685) at every linear layer but the last.

    Raises:
        MissingDependency: PEFT is not installed.
    """
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise MissingDependency("LoRA needs peft: pip install 'mm-agent[finetune]'") from error
    rules = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM")
    with peft_warnings():
        adapted = get_peft_model(language_model, rules)
    adapted.peft_config["default"].base_model_name_or_path = name  # not this machine's path
    return adapted


@contextmanager
def peft_warnings() -> Iterator[None]:
    """PEFT 0.21 asks transformers by a name that 5.23 calls old; that is nothing a user can mend."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*is_gradient_checkpointing.*", FutureWarning)
        yield


def save_adapter(adapted: Any, folder: Path) -> None:
    """Write the adapter into ``folder/adapter``; the embeddings never learn, so that none are looked for."""
    adapted.save_pretrained(str(folder / "adapter"), save_embedding_layers=False)
    # PEFT's card names this machine's path; the projector's own card tells more.
    (folder / "adapter" / "README.md").unlink(missing_ok=True)


@torch.no_grad()
def start_at_words_scale(projector: Projector, features: Tensor, words: Tensor) -> None:
    """Scale a new projector's last layer so that its soft tokens are as large as the model's own embeddings.

    Large soft tokens drown what the model's first blocks add to them, and start training far away.

    Args:
        projector: untrained.
        features: (B, N, D_vision) of some pictures.
        words: (V, D_text), the language model's embeddings.
    """
    wanted = words.float().square().mean().sqrt()
    factor = wanted / projector(features).square().mean().sqrt().clamp_min(1e-12)
    for name, layer in projector.named_modules():
        if isinstance(layer, nn.Linear) and name.rpartition(".")[2] in ("out", "pooled"):
            for weight in layer.parameters():
                weight.mul_(factor)

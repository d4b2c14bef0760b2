"""lora and full: the vision tower learns too, by Hugging Face's Trainer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset
from transformers import EarlyStoppingCallback, set_seed

from mm_agent.errors import MissingDependency
from mm_agent.finetune.failures import clear_failures
from mm_agent.finetune.finish import Trained
from mm_agent.finetune.learner import Classifier, balancing_weights
from mm_agent.finetune.linear import LinearHead
from mm_agent.finetune.metrics import mean_average_precision
from mm_agent.finetune.model import classifier_of
from mm_agent.finetune.pixels import PixelStore, store_pixels
from mm_agent.finetune.prepared import Prepared
from mm_agent.finetune.processes import main_first
from mm_agent.finetune.projector.model import peft_warnings
from mm_agent.finetune.rules import ClassifyRules
from mm_agent.finetune.training import FinetuneTrainer, arguments_for, run_trainer, use_quick_attention
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.hardware import choose_device

Say = Callable[[str], None]
_EVALUATED = 64


class Pictures(Dataset[dict[str, Tensor]]):
    """Rows of a pixel store with their targets."""

    def __init__(self, pixels: PixelStore, rows: Tensor, targets: Tensor) -> None:
        self._pixels, self._rows, self._targets = pixels, rows.tolist(), targets

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        row = self._rows[index]
        return {"pixels": self._pixels.get([row])[0], "labels": self._targets[row]}


def train_tower(
    rules: ClassifyRules,
    prepared: Prepared,
    encoder: SiglipEncoder,
    head: LinearHead,
    out: Path,
    *,
    device: str,
    say: Say,
) -> Trained:
    """Train from a fitted head on (LP-FT, arXiv 2202.10054): a random one would distort the features first.

    Raises:
        FinetuneError: out of memory, disk full, or a loss that is no number.
        MissingDependency: accelerate or PEFT is not installed.
    """
    with main_first():
        pixels = store_pixels(prepared.seen, encoder.image_processor, out / "pixels", say=say)
    set_seed(rules.seed)
    model = classifier_of(encoder, head)
    model.requires_grad_(True)
    cpu = choose_device(device).type == "cpu"
    if cpu and rules.bf16:
        use_quick_attention(model.vision_model)
    if rules.method == "lora":
        model = _with_lora(model, rules.rank)
    if rules.checkpointing:
        model.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    exclusive = prepared.data.exclusive
    weights = balancing_weights(prepared.of("train")[1], exclusive=exclusive) if rules.balance else None
    learner = Classifier(
        model,
        encoder.image_processor,
        exclusive=exclusive,
        positive_weight=weights,
        augment=rules.augment,
    )
    trainer = FinetuneTrainer(
        model=learner,
        args=arguments_for(
            rules, out / "checkpoints", rate=rules.peak_rate, cpu=cpu, evaluate=True, best="mAP"
        ),
        train_dataset=Pictures(pixels, prepared.rows("train"), prepared.targets),
        eval_dataset=Pictures(pixels, prepared.rows("validation"), prepared.targets),
        compute_metrics=_metrics,
        callbacks=[EarlyStoppingCallback(early_stopping_patience=rules.patience)],
    )
    with clear_failures(rules, out):
        run_trainer(trainer, out, say=say)
        logits = _logits(learner, pixels, [row for row, part in enumerate(prepared.parts) if part != "train"])
    final = model.merge_and_unload() if rules.method == "lora" else model
    settings = {
        "rate": f"{rules.peak_rate:g}",
        "pictures a step": rules.batch_size * rules.accumulate,
        "steps": trainer.state.global_step,
        **({"rank": rules.rank} if rules.method == "lora" else {}),
    }
    return Trained(final.cpu().eval(), logits, settings)


def _with_lora(model: Any, rank: int) -> Any:
    """A LoRA adapter at every linear layer of the tower; the head learns as a whole."""
    try:
        from peft import LoraConfig, get_peft_model
    except ImportError as error:
        raise MissingDependency("LoRA needs peft: pip install 'mm-agent[finetune]'") from error
    names = [
        name
        for name, layer in model.named_modules()
        if isinstance(layer, torch.nn.Linear) and name != "classifier"
    ]
    config = LoraConfig(r=rank, lora_alpha=2 * rank, target_modules=names, modules_to_save=["classifier"])
    with peft_warnings():
        return get_peft_model(model, config)


def _metrics(prediction: Any) -> dict[str, float]:
    logits, targets = (torch.from_numpy(np.asarray(part)) for part in prediction)
    return {"mAP": mean_average_precision(logits, targets)}


@torch.no_grad()
def _logits(learner: Classifier, pixels: PixelStore, rows: list[int]) -> Tensor:
    """Logits (N, M) in float32 of some pictures, 0 for all others."""
    learner.eval()
    logits = torch.zeros(len(pixels), len(learner.positive_weight))
    for start in range(0, len(rows), _EVALUATED):
        batch = rows[start : start + _EVALUATED]
        logits[batch] = learner(pixels.get(batch).to(learner.mean.device))["logits"].cpu()
    return logits

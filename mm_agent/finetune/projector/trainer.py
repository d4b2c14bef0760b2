"""Hugging Face's Trainer, writing only what learns."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from transformers import Trainer, TrainerCallback, TrainingArguments

from mm_agent.errors import FinetuneError
from mm_agent.finetune.projector.model import SoftLanguageModel
from mm_agent.finetune.projector.rules import Rules

WEIGHTS = "trainable.safetensors"


class ProjectorTrainer(Trainer):
    """Checkpoints hold the projector and what else learns: a frozen language model of gigabytes stays out."""

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        folder = Path(output_dir or self.args.output_dir or ".")
        folder.mkdir(parents=True, exist_ok=True)
        learnt = {
            name: weight.detach().cpu().contiguous() for name, weight in self._learner.trainable().items()
        }
        save_file(learnt, folder / WEIGHTS)

    def _save_checkpoint(self, *arguments: Any, **options: Any) -> None:
        try:
            super()._save_checkpoint(*arguments, **options)
        except (OSError, SafetensorError, RuntimeError) as error:  # a full disk, as each library says it
            reason = " ".join(str(error).split())[:200]
            raise FinetuneError(
                f"no checkpoint can be written into {self.args.output_dir}: {reason}; make room on the disk "
                "and give the same command again, it goes on from the checkpoint before"
            ) from error

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        kept = load_file(Path(resume_from_checkpoint) / WEIGHTS)
        weights = self._learner.trainable()
        if kept.keys() != weights.keys():
            raise FinetuneError(f"{resume_from_checkpoint} is of another run; choose another --out")
        with torch.no_grad():
            for name, weight in weights.items():
                weight.copy_(kept[name])

    @property
    def _learner(self) -> SoftLanguageModel:
        return self.accelerator.unwrap_model(self.model, keep_torch_compile=False)


class Progress(TrainerCallback):
    """One line whenever the Trainer logs, and an end where the loss is no number."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any
    ) -> None:
        """Say how far it is."""
        logs = logs or {}
        shown = {name: logs[name] for name in ("loss", "eval_loss", "learning_rate") if name in logs}
        if any(value != value for value in shown.values()):
            raise FinetuneError(
                f"the loss is no number any more at step {state.global_step}; start again with a lower --rate"
            )
        if shown:
            words = ", ".join(f"{name} {value:.4g}" for name, value in shown.items())
            self._say(f"step {state.global_step} of {state.max_steps}: {words}")


def trainer_arguments(rules: Rules, folder: Path, *, cpu: bool, held_out: bool) -> TrainingArguments:
    """The Trainer's own settings for a run."""
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=rules.epochs,
        per_device_train_batch_size=rules.batch_size,
        per_device_eval_batch_size=rules.batch_size,
        gradient_accumulation_steps=rules.accumulate,
        learning_rate=rules.peak_rate,
        lr_scheduler_type="cosine",
        warmup_steps=rules.warm_up,
        weight_decay=rules.weight_decay,
        max_grad_norm=1.0,
        seed=rules.seed,
        bf16=rules.bf16,
        use_cpu=cpu,
        logging_steps=10,
        logging_first_step=True,
        logging_nan_inf_filter=False,
        save_strategy="steps",
        save_steps=rules.save_every,
        save_total_limit=2,
        eval_strategy="steps" if held_out else "no",
        eval_steps=rules.save_every,
        remove_unused_columns=False,
        prediction_loss_only=True,
        dataloader_pin_memory=not cpu,
        disable_tqdm=True,
        report_to=[],
    )


def last_checkpoint(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end: the Trainer writes its state last."""
    complete = [path for path in folder.glob("checkpoint-*") if _is_whole(path / "trainer_state.json")]
    return max(complete, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def _is_whole(state: Path) -> bool:
    try:
        json.loads(state.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return True

"""Hugging Face's Trainer as every fine-tuning with gradients uses it: checkpoints, going on, logs."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from mm_agent.errors import FinetuneError, MissingDependency
from mm_agent.finetune.projector.trainer import ProjectorTrainer, last_checkpoint
from mm_agent.finetune.rules import FinetuneRules

Say = Callable[[str], None]
_SAID = ("loss", "eval_loss", "eval_mAP", "learning_rate")


class FinetuneTrainer(ProjectorTrainer):
    """Checkpoints hold what learns; the best of them is taken in the end."""

    def _load_best_model(self) -> None:
        if self.state.best_model_checkpoint:
            self._load_from_checkpoint(self.state.best_model_checkpoint)


class Progress(TrainerCallback):
    """A line whenever the Trainer logs, and an end where the loss is no number."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def on_log(
        self, args: Any, state: Any, control: Any, logs: dict[str, float] | None = None, **_: Any
    ) -> None:
        """Say how far it is."""
        shown = {name: value for name, value in (logs or {}).items() if name in _SAID}
        if any(value != value for value in shown.values()):
            raise FinetuneError(
                f"the loss is no number any more at step {state.global_step}; start again with a lower --rate"
            )
        if shown and state.is_world_process_zero:
            words = ", ".join(f"{name.removeprefix('eval_')} {value:.4g}" for name, value in shown.items())
            part = "validation, " if any(name.startswith("eval_") for name in shown) else ""
            self._say(f"step {state.global_step} of {state.max_steps}: {part}{words}")


def arguments_for(
    rules: FinetuneRules, folder: Path, *, rate: float, cpu: bool, best: str | None
) -> TrainingArguments:
    """The Trainer's own settings; `best` names the metric that chooses a checkpoint, None takes the last."""
    if find_spec("accelerate") is None:
        raise MissingDependency("training needs accelerate: pip install 'mm-agent[finetune]'")
    when: Any = "steps" if rules.save_every else "epoch"
    every = rules.save_every or 500
    return TrainingArguments(
        output_dir=str(folder),
        num_train_epochs=rules.epochs,
        per_device_train_batch_size=rules.batch_size,
        per_device_eval_batch_size=rules.batch_size,
        gradient_accumulation_steps=rules.accumulate,
        learning_rate=rate,
        lr_scheduler_type="cosine",
        warmup_steps=rules.warm_up,
        weight_decay=rules.weight_decay,
        seed=rules.seed,
        bf16=rules.bf16,
        use_cpu=cpu,
        logging_steps=10,
        logging_first_step=True,
        logging_nan_inf_filter=False,
        save_strategy=when,
        save_steps=every,
        save_total_limit=2,
        eval_strategy=when if best else "no",
        eval_steps=every,
        load_best_model_at_end=best is not None,
        metric_for_best_model=best,
        greater_is_better=True if best else None,
        restore_callback_states_from_checkpoint=best is not None,
        remove_unused_columns=False,
        label_names=["labels"],
        dataloader_pin_memory=not cpu,
        ddp_find_unused_parameters=False,
        disable_tqdm=True,
        report_to=[],
    )


def run_trainer(trainer: FinetuneTrainer, out: Path, *, say: Say) -> None:
    """Train, or go on from the newest whole checkpoint; ``out/logs`` is for TensorBoard, if installed."""
    trainer.remove_callback(PrinterCallback)  # stdout is for the result
    trainer.add_callback(Progress(say))
    if find_spec("tensorboard") is not None and trainer.is_world_process_zero():
        from torch.utils.tensorboard import SummaryWriter
        from transformers.integrations.integration_utils import TensorBoardCallback

        trainer.add_callback(TensorBoardCallback(SummaryWriter(str(out / "logs"))))
    newest = last_checkpoint(out / "checkpoints")
    if newest is not None:
        say(f"going on from {newest.name}")
    trainer.train(resume_from_checkpoint=None if newest is None else str(newest))

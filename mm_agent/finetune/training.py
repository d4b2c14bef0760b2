"""Hugging Face's Trainer as every fine-tuning with gradients uses it: checkpoints, going on, logs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Protocol, cast

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import nn
from tqdm import tqdm
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.trainer_callback import PrinterCallback

from mm_agent.errors import FinetuneError, MissingDependency
from mm_agent.finetune.rules import FinetuneRules
from mm_agent.vision.hardware import has_fast_bf16

Say = Callable[[str], None]
WEIGHTS = "trainable.safetensors"
_SMALL_GRID = 256
"""Tokens a picture."""
_SAID = ("loss", "eval_loss", "eval_mAP", "learning_rate")


class Learner(Protocol):
    """A module that says what of it learns."""

    def trainable(self) -> dict[str, nn.Parameter]:
        """Weights by name; shared ones once."""
        ...


class FinetuneTrainer(Trainer):
    """Checkpoints hold what learns: a frozen model of gigabytes stays out. The model is a `Learner`."""

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

    def _load_best_model(self) -> None:
        if self.state.best_model_checkpoint:
            self._load_from_checkpoint(self.state.best_model_checkpoint)

    @property
    def _learner(self) -> Learner:
        return cast(Learner, self.accelerator.unwrap_model(self.model, keep_torch_compile=False))


class Progress(TrainerCallback):
    """A bar on a terminal, a line whenever the Trainer logs, and an end where the loss is no number."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._bar = tqdm(disable=True)

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Show the bar where standard error is a terminal."""
        self._bar = tqdm(
            total=state.max_steps, initial=state.global_step, unit="step", leave=False,
            disable=None if state.is_world_process_zero else True,
        )  # fmt: skip

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Move it on."""
        self._bar.update()

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
            self._bar.clear()
            self._say(f"step {state.global_step} of {state.max_steps}: {part}{words}")
            self._bar.refresh()

    def close(self) -> None:
        """Take the bar away."""
        self._bar.close()


def arguments_for(
    rules: FinetuneRules, folder: Path, *, rate: float, cpu: bool, evaluate: bool, best: str | None = None
) -> TrainingArguments:
    """The Trainer's own settings.

    Args:
        rules: the run's.
        folder: where checkpoints go.
        rate: peak learning rate.
        cpu: whether to compute there.
        evaluate: whether to measure at every checkpoint.
        best: the metric that chooses a checkpoint; None: only the loss is measured, and the last is taken.
    """
    require_accelerate()
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
        eval_strategy=when if evaluate else "no",
        eval_steps=every,
        prediction_loss_only=best is None,
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


def use_quick_attention(tower: Any) -> None:
    """For a vision tower that learns in bfloat16 on a CPU: torch's sdpa is slow there on the way back.

    Eager attention keeps (heads, tokens, tokens) numbers a picture and block, so that it is for small grids.
    """
    if tower.embeddings.num_positions <= _SMALL_GRID:
        tower.set_attn_implementation("eager")


def require_accelerate() -> None:
    """The Trainer needs it.

    Raises:
        MissingDependency: it is not installed.
    """
    if find_spec("accelerate") is None:
        raise MissingDependency("training needs accelerate: pip install 'mm-agent[finetune]'")


def run_trainer(trainer: FinetuneTrainer, out: Path, *, say: Say) -> None:
    """Train, or go on from the newest whole checkpoint; ``out/logs`` is for TensorBoard, if installed."""
    trainer.remove_callback(PrinterCallback)  # stdout is for the result
    progress = Progress(say)
    trainer.add_callback(progress)
    if find_spec("tensorboard") is not None and trainer.is_world_process_zero():
        from torch.utils.tensorboard import SummaryWriter
        from transformers.integrations.integration_utils import TensorBoardCallback

        trainer.add_callback(TensorBoardCallback(SummaryWriter(str(out / "logs"))))
    device = trainer.args.device
    if trainer.args.bf16 and device.type == "cpu" and not has_fast_bf16(device):
        say("this CPU has no bfloat16 hardware; float32 is much faster here: --no-bf16 and another --out")
    newest = last_checkpoint(out / "checkpoints")
    if newest is not None:
        say(f"going on from {newest.name}")
    with closing(progress), _without_denormals():
        trainer.train(resume_from_checkpoint=None if newest is None else str(newest))


@contextmanager
def _without_denormals() -> Iterator[None]:
    """Numbers that are almost 0, as sharp attention is full of, count as 0: a CPU is slow with them."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


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

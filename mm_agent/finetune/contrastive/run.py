"""One contrastive run, from pairs to an encoder.

OUT/run.json        the settings: the same command goes on where it was stopped
OUT/pixels/         the pictures at the encoder's size
OUT/checkpoints/    the Trainer's
OUT/logs/           for TensorBoard
OUT/left-out.txt    pairs that could not be used, one a line
OUT/encoder/        the result, whole or not at all: ``--vision OUT/encoder``
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from pydantic import Field
from torch import Tensor
from torch.utils.data import Dataset
from transformers import set_seed

from mm_agent.errors import FinetuneError
from mm_agent.finetune.contrastive.learner import PairLearner
from mm_agent.finetune.contrastive.measuring import compare, drawn_zero_shot, retrieval, zero_shot_warning
from mm_agent.finetune.failures import clear_failures
from mm_agent.finetune.looking import Seen, sort_out
from mm_agent.finetune.pairs import Pair, read_pairs
from mm_agent.finetune.pixels import PixelStore, store_pixels
from mm_agent.finetune.processes import count_processes, is_main, join_processes, main_first
from mm_agent.finetune.rules import FinetuneRules
from mm_agent.finetune.run_folder import check_folder, require_enough
from mm_agent.finetune.splitting import stratified_split
from mm_agent.finetune.training import FinetuneTrainer, arguments_for, run_trainer
from mm_agent.media.atomic import atomic_folder, write_atomic
from mm_agent.vision.card import CARD_FILE
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.families.loading import quiet
from mm_agent.vision.hardware import choose_device

Say = Callable[[str], None]
RATE = 1e-5
_FILES = ("spiece.model", "tokenizer.json", "tokenizer.model", "vocab.json", "merges.txt", CARD_FILE)
_FILES += (
    "tokenizer_config.json",
    "special_tokens_map.json",
    "processor_config.json",
    "preprocessor_config.json",
)


class ContrastiveRules(FinetuneRules):
    """A contrastive run."""

    validation: float = Field(default=0.1, gt=0, lt=1, description="Share of the pictures that only measure.")
    freeze_text: bool = Field(default=False, description="Only the vision tower learns.")
    augment: bool = Field(default=True, description="Crop pictures in training.")


class _Examples(Dataset[dict[str, Tensor]]):
    """Pairs as tensors; ``ids`` number pictures and words."""

    def __init__(
        self, encoder: SiglipEncoder, seen: Sequence[Seen[Pair]], rows: Sequence[int], pixels: PixelStore
    ):
        texts = [encoder.rules.canonicalise(seen[row].sample.text) for row in rows]
        self._tokens = encoder.rules.tokenize(encoder.tokenizer, texts)
        keys = [seen[row].key for row in rows]
        numbers = (
            {value: number for number, value in enumerate(dict.fromkeys(part))} for part in (keys, texts)
        )
        pictures, words = numbers
        self._ids = torch.tensor(
            [[pictures[key], words[text]] for key, text in zip(keys, texts, strict=True)]
        )
        self._rows, self._pixels = list(rows), pixels

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int) -> dict[str, Tensor]:
        return {
            "pixels": self._pixels.get([self._rows[index]])[0],
            "input_ids": self._tokens[index],
            "ids": self._ids[index],
        }


def train_contrastive(
    rules: ContrastiveRules, out: Path, *, device: str = "auto", say: Say = lambda line: None
) -> Path:
    """Train, or go on with what an earlier call with the same rules began.

    Args:
        rules: everything that decides the result.
        out: the run's folder.
        device: where to compute.
        say: gets a line now and then, and the warnings.

    Returns:
        The encoder's folder, ``out/encoder``.

    Raises:
        FinetuneError: the data, the encoder or the folder cannot be used, or training failed.
    """
    cpu = choose_device(device).type == "cpu"
    join_processes(cpu=cpu)
    say = say if is_main() else lambda line: None
    with main_first():
        check_folder(rules, out)
    result = out / "encoder"
    if result.is_dir():
        say("this run is finished already")
        return result
    encoder = SiglipEncoder.from_pretrained(rules.vision, device=device, dtype="float32")
    if encoder.family == "photo":
        raise FinetuneError(
            f"{rules.vision} has a locked image tower; contrastive training takes SigLIP, such as "
            "--vision siglip2-base, and mm-agent finetune classify --method linear takes photo"
        )
    if encoder.family not in ("siglip", "siglip2", "demo"):
        raise FinetuneError(
            f"{rules.vision} is a {encoder.family} checkpoint; contrastive training takes SigLIP"
        )
    seen, train, held = _prepare(rules, out, say)
    with main_first():
        pixels = store_pixels(seen, encoder.image_processor, out / "pixels", say=say)
        if is_main():
            write_atomic(out / "run.json", rules.model_dump_json(indent=1).encode())
    before = _measured(encoder, [seen[row] for row in held]) if is_main() else {}
    learner, trainer = _trainer(rules, encoder, _Examples(encoder, seen, train, pixels), out, cpu=cpu)
    with clear_failures(rules, out):
        run_trainer(trainer, out, say=say)
    with main_first():
        if is_main():
            _write(result, rules, encoder, learner, before, [seen[row] for row in held], device, say)
    return result


def _prepare(rules: ContrastiveRules, out: Path, say: Say) -> tuple[list[Seen[Pair]], list[int], list[int]]:
    """The usable pairs, and which of them are trained on and held out; a picture's pairs stay together."""
    data = read_pairs(rules.data, rules.images)
    seen, unusable = sort_out(data.pairs)
    bad = [*data.bad_rows, *(one.line for one in unusable)]
    total = len(data.pairs) + len(data.bad_rows)
    if not seen:
        raise FinetuneError(
            f"none of the {total} pairs has a picture ({bad[0]}); name their folder with --images"
        )
    with main_first():
        require_enough(bad, total, rules.bad_share, out / "left-out.txt")
    shares = {"train": 1 - rules.validation, "validation": rules.validation}
    targets = torch.zeros(len(seen), 1, dtype=torch.long).numpy()
    parts = stratified_split(targets, [one.key for one in seen], shares, seed=rules.seed)
    train, held = ([row for row, own in enumerate(parts) if own == part] for part in shares)
    batch = rules.batch_size * count_processes()
    if len(train) < batch or not held:
        raise FinetuneError(
            f"{len(train)} pairs to train on are fewer than a batch of {batch}; lower --batch-size"
        )
    say(f"{len(train)} pairs to train on, {len(held)} held out, {len(bad)} left out")
    return seen, train, held


def _trainer(
    rules: ContrastiveRules, encoder: SiglipEncoder, examples: _Examples, out: Path, *, cpu: bool
) -> tuple[PairLearner, FinetuneTrainer]:
    from transformers import SiglipModel

    set_seed(rules.seed)
    with quiet():
        model = SiglipModel.from_pretrained(
            encoder.checkpoint.path, dtype=torch.float32, use_safetensors=True, local_files_only=True
        )
    if rules.checkpointing:
        model.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    learner = PairLearner(
        model, encoder.image_processor, freeze_text=rules.freeze_text, augment=rules.augment
    )
    arguments = arguments_for(rules, out / "checkpoints", rate=rules.rate or RATE, cpu=cpu, evaluate=False)
    arguments.dataloader_drop_last = True  # a batch is everybody's: all processes need the same size
    return learner, FinetuneTrainer(model=learner, args=arguments, train_dataset=examples)


def _measured(encoder: SiglipEncoder, held: Sequence[Seen[Pair]]) -> dict[str, float]:
    return retrieval(encoder, held) | {"drawn_zero_shot": drawn_zero_shot(encoder)}


def _write(
    result: Path,
    rules: ContrastiveRules,
    encoder: SiglipEncoder,
    learner: PairLearner,
    before: dict[str, float],
    held: Sequence[Seen[Pair]],
    device: str,
    say: Say,
) -> None:
    with atomic_folder(result) as draft:
        learner.model.save_pretrained(draft)
        for name in _FILES:
            if (encoder.checkpoint.path / name).is_file():
                shutil.copyfile(encoder.checkpoint.path / name, draft / name)
        after = _measured(SiglipEncoder.from_pretrained(draft, device=device, dtype="float32"), held)
        metrics = {"before": before, "after": after, "warning": zero_shot_warning(before, after)}
        (draft / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n", encoding="utf-8")
        _write_card(draft, rules, encoder, before, after, metrics["warning"])
    for line in compare(before, after):
        say(line)


def _write_card(
    draft: Path,
    rules: ContrastiveRules,
    encoder: SiglipEncoder,
    before: dict[str, Any],
    after: dict[str, Any],
    warning: str | None,
) -> None:
    lines = [
        "---", "library_name: transformers", "tags: [siglip, mm-agent]", "---", "",
        "# A SigLIP trained further on pictures with texts", "",
        f"From {Path(encoder.checkpoint.name).name}, fingerprint `{encoder.fingerprint}`; scale and bias as "
        "there. Use it with `--vision FOLDER`.", "",
        f"- data: `{rules.data.name}`; {rules.epochs:g} epochs, rate {rules.rate or RATE:g}",
        f"- seed {rules.seed}; {'only the vision tower' if rules.freeze_text else 'both towers'} learnt",
        "- thresholds of the encoder it came from still stand in its card; check them on your own pictures",
        "", "| on held-out pairs | before | after |", "|---|---|---|",
    ]  # fmt: skip
    lines += [f"| {name} | {before[name]:.3f} | {after[name]:.3f} |" for name in before]
    lines += ["", warning.capitalize()] if warning else []
    (draft / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")

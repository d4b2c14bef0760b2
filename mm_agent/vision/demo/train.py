"""Train the demo weights from nothing, with a fixed seed:

    python -m mm_agent.vision.demo.train --out RUN    # a few hours on two CPU cores, minutes on a GPU

The model is transformers' ``SiglipModel``, small. The loss is SigLIP's sigmoid loss (arXiv 2303.15343, eq. 1)
over all pairs of a batch, with the truth of each pair known from the scenes instead of assumed from the batch
order. Two helpers speed it up: heads for object, count and colour on the pooled vector and for the object on
every patch (they teach alone at first, and are dropped in the end), and the same sigmoid loss on windows of
patches pooled by the MAP head, which makes regions and heat maps mean something.

Training runs in stages of growing picture size (patch size stays): most steps are cheap, the last ones see
finer detail. It writes a checkpoint now and then and goes on from it when started again.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import torch
from torch import nn
from torch.utils.data import DataLoader
from transformers import SiglipImageProcessor, SiglipModel, SiglipProcessor, SiglipTokenizer

from mm_agent.vision.demo.batches import Batch, BatchRules, SceneBatches
from mm_agent.vision.demo.learner import Learner, enlarge
from mm_agent.vision.demo.muon import Muon
from mm_agent.vision.demo.rules import Stage, TrainRules, rate_at
from mm_agent.vision.demo.tokenizer import train_tokenizer
from mm_agent.vision.hardware import training_autocast


def make_optimizers(learner: Learner, rules: TrainRules) -> list[torch.optim.Optimizer]:
    """Muon for the towers' hidden matrices, AdamW for the rest.

    Muon (Jordan et al. 2024, in torch since 2.9) took about half as many steps to the same loss as AdamW
    alone. ``scale`` in a group is its share of the learning rate of the moment.
    """
    hidden = [p for name, p in learner.siglip.named_parameters() if p.ndim == 2 and "embed" not in name]
    taken = {id(p) for p in hidden}
    others = [p for p in learner.parameters() if id(p) not in taken]
    muon = Muon([{"params": hidden, "scale": 2.0}], lr=rules.peak_rate, weight_decay=rules.weight_decay)
    # Weight decay on matrices only.
    groups = [
        {"params": [p for p in others if p.ndim >= 2], "weight_decay": rules.weight_decay, "scale": 1.0},
        {"params": [p for p in others if p.ndim < 2], "weight_decay": 0.0, "scale": 1.0},
    ]
    return [muon, torch.optim.AdamW(groups, lr=rules.peak_rate, betas=(0.9, 0.98), fused=True)]


class Run:
    """One training run in a folder: state in memory, a checkpoint on disk."""

    def __init__(
        self,
        rules: TrainRules,
        folder: Path,
        *,
        device: str = "cpu",
        workers: int = 0,
        compiled: bool = False,
    ) -> None:
        self.rules, self.folder, self.device, self.workers = rules, folder, device, workers
        self.compiled = compiled
        torch.manual_seed(rules.seed)
        tokenizer_folder = folder / "tokenizer"
        if (tokenizer_folder / "spiece.model").exists():
            self.tokenizer = SiglipTokenizer.from_pretrained(tokenizer_folder)
        else:
            self.tokenizer = train_tokenizer(tokenizer_folder, seed=rules.seed)
        self.step = 0
        self.learner = Learner(rules, rules.stages[0].picture_size, self.tokenizer.vocab_size).to(device)
        self.optimizers = make_optimizers(self.learner, rules)
        if self.checkpoint.exists():
            self._resume()

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.pt"

    def _resume(self) -> None:
        saved = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        self._set_size(saved["picture_size"])
        self.learner.load_state_dict(saved["learner"])
        for optimizer, state in zip(self.optimizers, saved["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        self.step = saved["step"]

    def _set_size(self, picture_size: int) -> None:
        if picture_size != self.learner.picture_size:
            self.learner = enlarge(self.learner, self.rules, picture_size).to(self.device)
            self.optimizers = make_optimizers(self.learner, self.rules)

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        state = {
            "learner": self.learner.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "step": self.step,
            "picture_size": self.learner.picture_size,
        }
        part = self.checkpoint.with_suffix(".part")
        torch.save(state, part)
        os.replace(part, self.checkpoint)

    def train(self, *, until: int | None = None) -> None:
        """All stages, from where the checkpoint stands; ``until`` stops early, to be resumed later."""
        last = self.rules.steps if until is None else until
        for stage in self.rules.stages:
            end = min(round(stage.until * self.rules.steps), last)
            if self.step < end:
                self._set_size(stage.picture_size)
                self._train_stage(stage, end)
                self.save()

    def _train_stage(self, stage: Stage, end: int) -> None:
        rules = self.rules
        batch_rules = BatchRules(stage.picture_size, rules.batch_size, rules.seed, self.step, rules.steps)
        if stage.supervised:
            batch_rules = replace(batch_rules, positives=1, negatives=0)
        ahead = 4 if self.workers else None
        batches = SceneBatches(batch_rules, self.tokenizer)
        loader = DataLoader(batches, batch_size=None, num_workers=self.workers, prefetch_factor=ahead)
        forward = self.learner.warm_up if stage.supervised else self.learner
        if self.compiled:
            forward = torch.compile(forward, dynamic=False)
        clock, shown = time.perf_counter(), self.step
        for batch in loader:
            loss, helper = self._step(batch, forward)
            self.step += 1
            if self.step % 50 == 0:
                speed = (self.step - shown) * rules.batch_size / (time.perf_counter() - clock)
                record = {
                    "step": self.step,
                    "loss": round(loss, 3),
                    "helper": round(helper, 3),
                    "pictures/s": round(speed),
                }
                print(json.dumps(record), flush=True)
                clock, shown = time.perf_counter(), self.step
            if self.step % 500 == 0:
                self.save()
            if self.step >= end:
                break

    def _step(
        self, batch: Batch, forward: Callable[[Batch], tuple[torch.Tensor, torch.Tensor]]
    ) -> tuple[float, float]:
        batch = Batch(
            **{name: value.to(self.device, non_blocking=True) for name, value in vars(batch).items()}
        )
        for group in (group for optimizer in self.optimizers for group in optimizer.param_groups):
            group["lr"] = rate_at(self.step, self.rules) * group["scale"]
        with training_autocast(torch.device(self.device)):
            main, helper = forward(batch)
        self.learner.zero_grad(set_to_none=True)
        (main + self.rules.helper_weight * helper).backward()
        nn.utils.clip_grad_norm_(self.learner.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
        return float(main.detach()), float(helper.detach())

    def export(self, weights: Path) -> None:
        """Write what ``from_pretrained`` loads: fp16 safetensors, configs and tokenizer."""
        size = self.learner.picture_size
        processor = SiglipProcessor(
            image_processor=SiglipImageProcessor(size={"height": size, "width": size}),
            tokenizer=self.tokenizer,
        )
        processor.save_pretrained(weights)
        model = SiglipModel(self.learner.siglip.config)
        model.load_state_dict(self.learner.siglip.state_dict())
        model.half().save_pretrained(weights)
        record = json.dumps({"rules": asdict(self.rules), "steps done": self.step}, indent=1)
        (weights / "training.json").write_text(record, encoding="utf-8")


def main() -> None:
    """Train and export."""
    parser = argparse.ArgumentParser(description="Train the demo weights from nothing.")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for checkpoint, log and exported weights"
    )
    parser.add_argument("--steps", type=int, default=13_000)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--workers", type=int, default=1, help="processes that draw scenes")
    parser.add_argument(
        "--compile", action="store_true", help="torch.compile: a sixth faster; needs a C++ compiler"
    )
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    rules = TrainRules(steps=options.steps)
    run = Run(rules, options.out, device=options.device, workers=options.workers, compiled=options.compile)
    run.train()
    run.export(options.out / "weights")


if __name__ == "__main__":
    main()

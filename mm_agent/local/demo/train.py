"""Train the demo language model from nothing, with a fixed seed:

    python -m mm_agent.local.demo.train --out RUN                  # an hour or two on two CPU cores
    python -m mm_agent.local.demo.train --out RUN --device cuda --workers 14 --tokens 32768 --steps 8000

Muon for the hidden matrices, AdamW for the rest, warm-up, and a decline at the end. The first steps are
drills in copying, the next read dialogues without the long system prompt: both at a fraction of the cost. A
checkpoint is written now and then; started again, the run goes on from it. The end is RUN/weights, which
transformers loads as any Qwen3.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import time
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import torch
from tokenizers import Tokenizer
from torch import Tensor
from torch.utils.data import DataLoader

from mm_agent.local.demo.batch import Batch
from mm_agent.local.demo.batches import DialogueBatches
from mm_agent.local.demo.learner import batch_loss, make_model
from mm_agent.local.demo.tokenizer import as_transformers, sample_texts, train_tokenizer
from mm_agent.vision.demo.muon import Muon
from mm_agent.vision.hardware import training_autocast


@dataclass(frozen=True)
class Rules:
    """What a run is made of."""

    steps: int = 4000
    batch_tokens: int = 8192
    peak_rate: float = 2e-3
    warm_up: int = 60
    drills: int = 150
    bare_share: float = 0.5
    seed: int = 0
    vocabulary: int = 5120
    compiled: bool = False

    def rate(self, step: int) -> float:
        """Linear warm-up, constant, and in the last quarter linear down to a twentieth."""
        left = (self.steps - step) / self.steps
        return self.peak_rate * min(1.0, (step + 1) / self.warm_up, max(0.05, 4 * left))


class Run:
    """One training run in a folder: state in memory, a checkpoint on disk."""

    def __init__(self, rules: Rules, folder: Path, *, device: str = "cpu", workers: int = 1) -> None:
        self.rules, self.folder, self.step = rules, folder, 0
        self.device, self.workers = torch.device(device), workers
        torch.manual_seed(rules.seed)
        folder.mkdir(parents=True, exist_ok=True)
        self.tokenizer = self._tokenizer()
        self.model = make_model(rules.vocabulary)
        torch.nn.Module.to(self.model, self.device)  # types of its own `to` are hidden
        if self.device.type != "cpu":
            self.model.set_attn_implementation("sdpa")
        self.optimizers = _optimizers(self.model, rules)
        if rules.compiled:
            self.model.model.compile(dynamic=True)
        if self.checkpoint.exists():
            self._resume()

    @property
    def checkpoint(self) -> Path:
        """Where weights and optimizers lie."""
        return self.folder / "checkpoint.pt"

    def _tokenizer(self) -> Tokenizer:
        path = self.folder / "tokenizer.json"
        if not path.exists():
            made = train_tokenizer(sample_texts(self.rules.seed + 1, 300), size=self.rules.vocabulary)
            made.save(str(path))
        return Tokenizer.from_file(str(path))

    def _resume(self) -> None:
        saved = torch.load(self.checkpoint, weights_only=True, map_location=self.device)
        self.model.load_state_dict(saved["model"])
        for optimizer, state in zip(self.optimizers, saved["optimizers"], strict=True):
            optimizer.load_state_dict(state)
        self.step = saved["step"]

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        state = {"model": self.model.state_dict(), "step": self.step}
        state["optimizers"] = [optimizer.state_dict() for optimizer in self.optimizers]
        part = self.checkpoint.with_suffix(".part")
        torch.save(state, part)
        os.replace(part, self.checkpoint)

    def train(self, *, until: int | None = None) -> None:
        """All steps, from where the checkpoint stands."""
        rules, last = self.rules, self.rules.steps if until is None else until
        batches = DialogueBatches(
            self.tokenizer, tokens=rules.batch_tokens, seed=rules.seed, start=self.step,
            bare_until=round(rules.bare_share * rules.steps), drills=rules.drills,
        )  # fmt: skip
        loader = iter(DataLoader(batches, batch_size=None, num_workers=self.workers, prefetch_factor=4))
        clock, saved, losses, rights = time.perf_counter(), time.perf_counter(), [], []
        while self.step < last:
            loss, right = self._step(next(loader))
            losses.append(loss)
            rights.append(right)
            self.step += 1
            if self.step % 10 == 0:
                seconds = (time.perf_counter() - clock) / len(losses)
                loss, right = (float(sum(values)) / len(values) for values in (losses, rights))
                show(
                    {
                        "step": self.step,
                        "loss": round(loss, 4),
                        "right": round(right, 4),
                        "s": round(seconds, 3),
                    }
                )
                clock, losses, rights = time.perf_counter(), [], []
            if time.perf_counter() - saved > 120:
                self.save()
                saved = time.perf_counter()
        self.save()

    def _step(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Loss and share of right tokens, left on the device: reading them would wait for it."""
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = self.rules.rate(self.step) * group["scale"]
        with training_autocast(self.device):
            loss, right = batch_loss(self.model, batch.to(self.device))
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad()
        return loss.detach(), right

    def export(self, folder: Path) -> None:
        """Write half-precision weights with tokenizer and chat template, as transformers loads them."""
        shutil.rmtree(folder, ignore_errors=True)
        template = files("mm_agent.local").joinpath("chat_template.jinja").read_text(encoding="utf-8")
        as_transformers(Tokenizer.from_str(self.tokenizer.to_str()), template).save_pretrained(folder)
        model = make_model(self.rules.vocabulary)
        model.load_state_dict(self.model.state_dict())
        end = self.tokenizer.token_to_id("<|im_end|>")
        model.generation_config.eos_token_id = model.config.eos_token_id = end
        model.generation_config.pad_token_id = model.config.pad_token_id = 0
        model.half().save_pretrained(folder)


def _optimizers(model: torch.nn.Module, rules: Rules) -> list[torch.optim.Optimizer]:
    """``scale`` in a group is its share of the learning rate of the moment."""
    hidden = [p for name, p in model.named_parameters() if p.ndim == 2 and "embed" not in name]
    taken = {id(p) for p in hidden}
    matrices = [p for p in model.parameters() if id(p) not in taken and p.ndim >= 2]
    vectors = [p for p in model.parameters() if p.ndim < 2]
    muon = Muon([{"params": hidden, "scale": 1.5}], lr=rules.peak_rate, weight_decay=0.05)
    groups = [
        {"params": matrices, "weight_decay": 0.01, "scale": 1.0},
        {"params": vectors, "weight_decay": 0.0, "scale": 1.0},
    ]
    return [muon, torch.optim.AdamW(groups, lr=rules.peak_rate, betas=(0.9, 0.98), fused=True)]


def show(record: dict[str, float]) -> None:
    """One line of progress."""
    sys.stdout.write(json.dumps(record) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Train or go on, then export."""
    parser = argparse.ArgumentParser(description="Train the demo language model.")
    parser.add_argument("--out", type=Path, required=True, help="folder of the run")
    parser.add_argument("--steps", type=int, default=Rules.steps)
    parser.add_argument("--tokens", type=int, default=Rules.batch_tokens, help="tokens in a batch")
    parser.add_argument("--rate", type=float, default=Rules.peak_rate)
    parser.add_argument("--compile", action="store_true", help="through a C++ compiler: about twice as fast")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda for an NVIDIA GPU")
    parser.add_argument("--workers", type=int, default=1, help="processes that write dialogues")
    given = parser.parse_args()
    rules = Rules(
        steps=given.steps, batch_tokens=given.tokens, peak_rate=given.rate, compiled=given.compile
    )  # fmt: skip
    run = Run(rules, given.out, device=given.device, workers=given.workers)
    run.train()
    run.export(given.out / "weights")


if __name__ == "__main__":
    main()

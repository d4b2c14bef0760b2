"""Train the demo weights from nothing, with a fixed seed:

    python -m mm_agent.vision.demo.train --out RUN    # about two hours on two CPU cores, minutes on a GPU

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
import math
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader
from transformers import SiglipConfig, SiglipImageProcessor, SiglipModel, SiglipProcessor, SiglipTokenizer

from mm_agent.vision.demo.batches import PATCH, Batch, BatchRules, SceneBatches
from mm_agent.vision.demo.helpers import Helpers
from mm_agent.vision.demo.tokenizer import MAX_LENGTH, train_tokenizer


@dataclass(frozen=True)
class Stage:
    """A picture size in pixels, the share of all steps when it ends, whether only the helpers teach."""

    picture_size: int
    until: float
    supervised: bool = False


@dataclass(frozen=True)
class TrainRules:
    """Everything that decides the result."""

    steps: int
    batch_size: int = 64
    peak_rate: float = 1e-3
    weight_decay: float = 0.05
    warmup: int = 300
    decay_from: float = 0.58
    seed: int = 20261123
    width: int = 192
    layers: int = 6
    stages: tuple[Stage, ...] = (Stage(48, 0.46, supervised=True), Stage(64, 0.93), Stage(96, 1.0))


class Learner(nn.Module):
    """The model and the heads that help to train it."""

    def __init__(self, rules: TrainRules, picture_size: int, vocabulary: int) -> None:
        super().__init__()
        self.siglip = SiglipModel(model_config(rules, picture_size, vocabulary))
        # Plain matrix products: the CPU's fused attention kernel has a slow backward pass on short sequences.
        self.siglip.set_attn_implementation("eager")
        # The paper's start: temperature 10, and a bias that says "no" to most pairs.
        self.siglip.logit_scale.data.fill_(math.log(10.0))
        self.siglip.logit_bias.data.fill_(-8.0)
        self.helpers = Helpers(rules.width)

    def forward(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """The main loss (pairs and windows) and the helper loss, both scalars."""
        vision = self.siglip.vision_model(batch.pixels)
        texts = F.normalize(self.siglip.text_model(batch.tokens).pooler_output.float(), dim=-1)  # (T, D)
        pooled = vision.pooler_output.float()  # (B, D)
        pairs = self._logits(pooled, texts)
        targets = batch.truth.float() * 2 - 1
        main = -F.logsigmoid(pairs * targets).sum() / len(pooled)
        windows = self._logits(self._pool(vision.last_hidden_state, batch.windows).float(), texts)
        asked = batch.window_truth.float()
        main = main + -(F.logsigmoid(windows * asked) * asked.abs()).sum() / len(pooled)
        return main, self.helpers(vision, batch)

    def warm_up(self, batch: Batch) -> tuple[torch.Tensor, torch.Tensor]:
        """No main loss, and the helper loss: teaches the vision tower before there are words."""
        helper = self.helpers(self.siglip.vision_model(batch.pixels), batch)
        return torch.zeros_like(helper), helper

    def _pool(self, hidden: torch.Tensor, windows: torch.Tensor) -> torch.Tensor:
        """The MAP head over some patches only. (B, N, D), (B, N) bool -> (B, D)."""
        head = self.siglip.vision_model.head
        probe = head.probe.expand(len(hidden), -1, -1)
        pooled = head.attention(probe, hidden, hidden, key_padding_mask=~windows, need_weights=False)[0]
        return (pooled + head.mlp(head.layernorm(pooled)))[:, 0]

    def _logits(self, images: torch.Tensor, texts: torch.Tensor) -> torch.Tensor:
        scale = self.siglip.logit_scale.clamp(max=math.log(60.0)).exp()
        return F.normalize(images, dim=-1) @ texts.T * scale + self.siglip.logit_bias


def model_config(rules: TrainRules, picture_size: int, vocabulary: int) -> SiglipConfig:
    """The shape of the demo model."""
    vision = {
        "hidden_size": rules.width,
        "intermediate_size": rules.width * 4,
        "num_hidden_layers": rules.layers,
        "num_attention_heads": rules.width // 64,
        "image_size": picture_size,
        "patch_size": PATCH,
    }
    text = {
        "hidden_size": 128,
        "intermediate_size": 512,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "max_position_embeddings": MAX_LENGTH,
        "vocab_size": vocabulary,
        "projection_size": rules.width,
        "pad_token_id": 0,
        "eos_token_id": 1,
        "bos_token_id": 2,
    }
    return SiglipConfig(text_config=text, vision_config=vision)


def enlarge(learner: Learner, rules: TrainRules, picture_size: int) -> Learner:
    """The same weights for larger pictures: position embeddings are interpolated."""
    state = learner.state_dict()
    bigger = Learner(
        rules, picture_size, state["siglip.text_model.embeddings.token_embedding.weight"].shape[0]
    )
    name = "siglip.vision_model.embeddings.position_embedding.weight"
    old, side = state[name], picture_size // PATCH
    edge = math.isqrt(len(old))
    grid = old.reshape(1, edge, edge, -1).permute(0, 3, 1, 2).float()
    grid = F.interpolate(grid, (side, side), mode="bicubic", antialias=False)
    state[name] = grid.permute(0, 2, 3, 1).reshape(side * side, -1)
    bigger.load_state_dict(state)
    return bigger


def rate_at(step: int, rules: TrainRules) -> float:
    """Warm-up, a plateau, then a half cosine to zero."""
    if step < rules.warmup:
        return rules.peak_rate * (step + 1) / rules.warmup
    start = rules.decay_from * rules.steps
    if step < start:
        return rules.peak_rate
    return rules.peak_rate * 0.5 * (1 + math.cos(math.pi * (step - start) / (rules.steps - start)))


def make_optimizers(learner: Learner, rules: TrainRules) -> list[torch.optim.Optimizer]:
    """Muon for the towers' hidden matrices, AdamW for the rest.

    Muon (Jordan et al. 2024, in torch since 2.9) took about half as many steps to the same loss as AdamW
    alone. ``scale`` in a group is its share of the learning rate of the moment.
    """
    hidden = [p for name, p in learner.siglip.named_parameters() if p.ndim == 2 and "embed" not in name]
    taken = {id(p) for p in hidden}
    others = [p for p in learner.parameters() if id(p) not in taken]
    muon = torch.optim.Muon(
        [{"params": hidden, "scale": 2.0}],
        lr=rules.peak_rate,
        weight_decay=rules.weight_decay,
        adjust_lr_fn="match_rms_adamw",
    )
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
        if picture_size != self.learner.siglip.config.vision_config.image_size:
            self.learner = enlarge(self.learner, self.rules, picture_size).to(self.device)
            self.optimizers = make_optimizers(self.learner, self.rules)

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        state = {
            "learner": self.learner.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "step": self.step,
            "picture_size": self.learner.siglip.config.vision_config.image_size,
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
        with torch.autocast(self.device.split(":")[0], torch.bfloat16):
            main, helper = forward(batch)
        # The helpers lead at first and fade: the pairs are what is wanted.
        weight = 2.0 if self.step < 0.7 * self.rules.steps else 0.5
        self.learner.zero_grad(set_to_none=True)
        (main + weight * helper).backward()
        nn.utils.clip_grad_norm_(self.learner.parameters(), 1.0)
        for optimizer in self.optimizers:
            optimizer.step()
        return float(main.detach()), float(helper.detach())

    def export(self, weights: Path) -> None:
        """Write what ``from_pretrained`` loads: fp16 safetensors, configs and tokenizer."""
        size = self.learner.siglip.config.vision_config.image_size
        processor = SiglipProcessor(
            image_processor=SiglipImageProcessor(size={"height": size, "width": size}),
            tokenizer=self.tokenizer,
        )
        processor.save_pretrained(weights)
        model = SiglipModel(self.learner.siglip.config)
        model.load_state_dict(self.learner.siglip.state_dict())
        model.to(torch.float16).save_pretrained(weights)
        record = json.dumps({"rules": asdict(self.rules), "steps done": self.step}, indent=1)
        (weights / "training.json").write_text(record, encoding="utf-8")


def main() -> None:
    """Train and export."""
    parser = argparse.ArgumentParser(description="Train the demo weights from nothing.")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for checkpoint, log and exported weights"
    )
    parser.add_argument("--steps", type=int, default=6_250)
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

"""Train the demo projector on drawn scenes, with a fixed seed:

    python -m mm_agent.projection.demo.train --out RUN                 # an hour and a half on two CPU cores
    python -m mm_agent.projection.demo.train --out RUN --device cuda

First the projector alone learns to spell what it sees in the language model's own words, which needs no
language model and so is quick. Then it and a LoRA adapter (arXiv 2106.09685) of the language model learn from
questions, with tool dialogues in between. A checkpoint is written now and then; started again, the run goes
on from it. The end is RUN/projector, and RUN/measured.json says how well it sees.
"""

from __future__ import annotations

import argparse
import copy
import json
import math
import os
import sys
import time
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from peft.helpers import disable_input_dtype_casting
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from mm_agent.finetune.projector.model import (
    load_language_model,
    save_adapter,
    start_at_words_scale,
    with_lora,
)
from mm_agent.local.checkpoint import find_checkpoint
from mm_agent.media.atomic import atomic_folder
from mm_agent.projection.demo.batches import ask_about
from mm_agent.projection.demo.learner import QuestionReader, answers
from mm_agent.projection.demo.pool import Pool, make_pool
from mm_agent.projection.demo.rehearsal import rehearsal, rehearsal_loss
from mm_agent.projection.demo.spelling import Spelling
from mm_agent.projection.soft.config import ProjectorConfig
from mm_agent.projection.soft.features import picture_grid
from mm_agent.projection.soft.identity import language_model_fingerprint
from mm_agent.projection.soft.projector import make_projector
from mm_agent.projection.soft.storage import write_projector
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.hardware import choose_training_dtype, training_autocast

CHECK_SEED = 10**6
"""Seeds from here on are never trained on."""


@dataclass(frozen=True)
class Stage:
    """Some steps with a rate that warms up, then falls as half a cosine to a fiftieth."""

    steps: int
    pictures: int
    rate: float
    warm_up: int = 50

    def rate_at(self, step: int) -> float:
        """Of the stage's own step."""
        if step < self.warm_up:
            return self.rate * (step + 1) / self.warm_up
        done = (step - self.warm_up) / max(1, self.steps - self.warm_up)
        return self.rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))


@dataclass(frozen=True)
class Rules:
    """What a run is made of.

    Attributes:
        pool: Scenes to learn from, in each stage others.
        checked: Other scenes, whose questions show how far it is.
        spell: The projector alone, words as targets.
        ask: Projector and adapter, answers as targets.
        questions: About each picture.
        settled: The projector's share of the second stage's rate.
        rehearsed: Share of the second stage's steps that come with tool dialogues.
        rank: Of the adapter.
        hidden: The projector's inner width.
    """

    pool: int = 90_000
    checked: int = 128
    spell: Stage = Stage(steps=3600, pictures=256, rate=2.5e-3, warm_up=100)
    ask: Stage = Stage(steps=1000, pictures=64, rate=2e-3)
    questions: int = 4
    settled: float = 0.3
    rehearsed: float = 0.2
    rank: int = 32
    hidden: int = 256
    seed: int = 0


class Run:
    """One training run in a folder: state in memory, a checkpoint on disk."""

    def __init__(self, rules: Rules, llm: str, folder: Path, *, device: str = "cpu") -> None:
        self.rules, self.folder, self.step, self.device = rules, folder, 0, torch.device(device)
        torch.manual_seed(rules.seed)
        folder.mkdir(parents=True, exist_ok=True)
        dtype = str(choose_training_dtype(self.device)).removeprefix("torch.")
        encoder = SiglipEncoder.from_pretrained("demo", device=device, dtype=dtype, batch_size=64)
        path = find_checkpoint(llm)
        self.language_model, tokenizer = load_language_model(path, dtype=torch.float32)
        self.cutter = cast(Tokenizer, tokenizer.backend_tokenizer)
        self.language_model.to(self.device)
        # On a CPU sdpa is slow to go backward.
        self.language_model.set_attn_implementation("eager" if self.device.type == "cpu" else "sdpa")
        words = self.language_model.get_input_embeddings().weight
        self.spelling = Spelling(self.cutter, words)
        config = self._config(path, encoder)
        self.projector = make_projector(config).to(self.device)
        self._pool: Pool | None = None
        self._make_pool = partial(make_pool, encoder, config, folder=folder / "pool")
        checked = self._make_pool(rules.checked, CHECK_SEED)
        self.checked = (checked.scenes, checked.features.to(self.device).float())
        start_at_words_scale(self.projector, self.checked[1], words)
        self.adapter = with_lora(self.language_model, rules.rank, "demo")
        self.reader = QuestionReader(tokenizer, config.tokens)
        self.optimizer = torch.optim.AdamW(self._groups(), betas=(0.9, 0.98), weight_decay=0.0)
        if self.checkpoint.exists():
            self._resume()

    def _config(self, path: Path, encoder: SiglipEncoder) -> ProjectorConfig:
        return ProjectorConfig(
            kind="resampler", queries=self.spelling.slots, hidden=self.rules.hidden,
            vision_width=encoder.hidden_size,
            text_width=self.language_model.get_input_embeddings().weight.shape[1],
            grid=picture_grid(encoder), select="patches_and_pooled",
            encoder=encoder.fingerprint, encoder_name="demo",
            language_model=language_model_fingerprint(path), language_model_name="demo",
        )  # fmt: skip

    def _groups(self) -> list[dict[str, Any]]:
        adapter = [weight for weight in self.language_model.parameters() if weight.requires_grad]
        return [{"params": list(self.projector.parameters())}, {"params": adapter}]

    @property
    def checkpoint(self) -> Path:
        """Where weights and optimizer lie."""
        return self.folder / "checkpoint.pt"

    @property
    def steps(self) -> int:
        """Of both stages."""
        return self.rules.spell.steps + self.rules.ask.steps

    @property
    def spells(self) -> bool:
        """Whether the next step is one of the first stage."""
        return self.step < self.rules.spell.steps

    @property
    def pool(self) -> Pool:
        """What the next step learns from; the first stage's is forgotten in the second."""
        seed = 2 * self.rules.seed + (not self.spells)
        if self._pool is None or self._pool.seed != seed:
            self._pool = None
            self._pool = self._make_pool(self.rules.pool, seed)
        return self._pool

    def _adapter_state(self) -> dict[str, Tensor]:
        return {name: w.detach() for name, w in self.language_model.named_parameters() if w.requires_grad}

    def save(self) -> None:
        """Write the checkpoint, whole or not at all."""
        state = {
            "rules": asdict(self.rules),
            "step": self.step,
            "projector": self.projector.state_dict(),
            "adapter": self._adapter_state(),
            "optimizer": self.optimizer.state_dict(),
        }
        part = self.checkpoint.with_suffix(".part")
        torch.save(state, part)
        os.replace(part, self.checkpoint)

    def _resume(self) -> None:
        saved = torch.load(self.checkpoint, weights_only=True, map_location=self.device)
        if saved["rules"] != asdict(self.rules):
            raise SystemExit(
                f"{self.folder} holds a run with other rules: {saved['rules']}; choose another --out"
            )
        self.projector.load_state_dict(saved["projector"])
        with torch.no_grad():
            for name, weight in self._adapter_state().items():
                weight.copy_(saved["adapter"][name])
        self.optimizer.load_state_dict(saved["optimizer"])
        self.step = saved["step"]

    def train(self, *, until: int | None = None) -> None:
        """All steps, from where the checkpoint stands."""
        clock, saved, losses = time.perf_counter(), time.perf_counter(), []
        until = self.steps if until is None else until
        while self.step < until:
            every = 200 if self.spells else 20
            losses.append(self._step())
            self.step += 1
            if self.step % every == 0 or self.step == until:
                seconds = (time.perf_counter() - clock) / len(losses)
                loss = float(sum(losses)) / len(losses)
                show({"step": self.step, "loss": loss, **self.progress(), "seconds": seconds})
                clock, losses = time.perf_counter(), []
            if time.perf_counter() - saved > 120:
                self.save()
                saved = time.perf_counter()
        self.save()

    def _step(self) -> Tensor:
        """The loss, left on the device: reading it would wait for it."""
        rng = np.random.default_rng((self.rules.seed, self.step))
        with (
            training_autocast(self.device),
            disable_input_dtype_casting(self.language_model),  # what PEFT casts, autocast casts back
            sdpa_kernel(SDPBackend.MATH),  # quicker at the lengths of a projector
        ):
            loss = self._spell(rng) if self.spells else self._ask(rng)
        loss.backward()
        for group in self.optimizer.param_groups:
            torch.nn.utils.clip_grad_norm_(group["params"], 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return loss.detach()

    def _spell(self, rng: np.random.Generator) -> Tensor:
        rules = self.rules.spell
        self._set_rates(rules.rate_at(self.step), 0.0)
        scenes, features = self.pool.take(rules.pictures, rng)
        return self.spelling.loss(self.projector(features.to(self.device)), self.spelling.tokens(scenes))

    def _ask(self, rng: np.random.Generator) -> Tensor:
        """Answers; the words as before, so that what was learnt stays; at times dialogues."""
        rules = self.rules.ask
        rate = rules.rate_at(self.step - self.rules.spell.steps)
        self._set_rates(rate * self.rules.settled, rate)
        scenes, features = self.pool.take(rules.pictures, rng)
        soft = self.projector(features.to(self.device))
        asked = ask_about(scenes, self.rules.questions, rng)
        loss, _ = answers(self.language_model, self.reader, soft, asked)
        loss = loss + self.spelling.loss(soft, self.spelling.tokens(scenes))
        return loss + self._rehearse(soft, rng) if rng.random() < self.rules.rehearsed else loss

    def _set_rates(self, projector: float, adapter: float) -> None:
        for group, rate in zip(self.optimizer.param_groups, (projector, adapter), strict=True):
            group["lr"] = rate

    def _rehearse(self, soft: Tensor, rng: np.random.Generator) -> Tensor:
        """Tool dialogues with this step's pictures in front; in a third of the cases without any."""
        dialogues = rehearsal(self.cutter, rng).to(self.device)
        shown = soft[torch.arange(len(dialogues.tokens), device=self.device) % len(soft)]
        blind = rng.random() < 1 / 3
        return rehearsal_loss(self.language_model, self.cutter, dialogues, shown[:, :0] if blind else shown)

    @torch.no_grad()
    def progress(self) -> dict[str, float]:
        """The shares of words and of exact answers that are right, on scenes that are never trained on."""
        scenes, features = self.checked
        with training_autocast(self.device):
            soft = self.projector(features)
            words = self.spelling.right(soft, self.spelling.tokens(scenes)).float().mean().item()
            if self.spells:
                return {"words": words}
            asked = ask_about(scenes, self.rules.questions, np.random.default_rng(CHECK_SEED))
            _, right = answers(self.language_model, self.reader, soft, asked)
        return {"words": words, "exact": right.float().mean().item()}

    def export(self) -> Path:
        """Write the projector's folder, with its adapter, both in half precision."""
        with atomic_folder(self.folder / "projector") as draft:
            save_adapter(self.adapter, draft)
            halve(draft / "adapter" / "adapter_model.safetensors")
            write_projector(copy.deepcopy(self.projector).half(), draft)
        return self.folder / "projector"


def halve(weights: Path) -> None:
    """Write a file of weights again in half precision."""
    save_file({name: weight.half() for name, weight in load_file(weights).items()}, weights)


def show(record: dict[str, float]) -> None:
    """One line of progress."""
    sys.stdout.write(json.dumps({name: round(value, 4) for name, value in record.items()}) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Train, write the projector, and measure it on fresh questions."""
    from mm_agent.projection.demo.measure import measure, open_projector

    parser = argparse.ArgumentParser(description="Train the demo projector.")
    parser.add_argument("--llm", default="demo", help="folder of the demo language model")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint and result")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda for an NVIDIA GPU")
    options = parser.parse_args()
    run = Run(Rules(), options.llm, options.out, device=options.device)
    run.train()
    folder = run.export()
    shares = measure(*open_projector(options.llm, folder))
    sys.stdout.write("\n".join(share.line() for share in shares) + "\n")
    record = json.dumps([asdict(share) for share in shares], indent=1)
    (options.out / "measured.json").write_text(record, encoding="utf-8")


if __name__ == "__main__":
    main()

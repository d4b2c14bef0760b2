"""Train the demo projector on drawn scenes, with a fixed seed:

    python -m mm_agent.projection.demo.train --llm FOLDER --out RUN          # an hour on two CPU cores
    python -m mm_agent.projection.demo.train --llm FOLDER --out RUN --device cuda --workers 14

First the projector alone learns from captions, then it and a LoRA adapter (arXiv 2106.09685) of the language
model from questions, with tool dialogues in between. A checkpoint is written now and then; started again, the
run goes on from it. The end is RUN/projector, and RUN/measured.json says how well it sees.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import torch
from tokenizers import Tokenizer
from torch.utils.data import DataLoader

from mm_agent.finetune.projector.model import (
    load_language_model,
    save_adapter,
    start_at_words_scale,
    with_lora,
)
from mm_agent.local.checkpoint import find_checkpoint
from mm_agent.media.atomic import atomic_folder
from mm_agent.projection.demo.batches import DrawnBatch, QuestionStream, SceneBatch, look
from mm_agent.projection.demo.learner import QuestionReader, question_loss
from mm_agent.projection.demo.rehearsal import rehearsal_loss
from mm_agent.projection.soft.config import Kind, ProjectorConfig
from mm_agent.projection.soft.features import picture_grid
from mm_agent.projection.soft.identity import language_model_fingerprint
from mm_agent.projection.soft.projector import make_projector
from mm_agent.projection.soft.storage import write_projector
from mm_agent.vision.encoder import SiglipEncoder

CHECK_SEED = 10**6
"""Seeds from here on are never trained on."""


@dataclass(frozen=True)
class Rules:
    """What a run is made of."""

    steps: int = 1200
    pictures: int = 64
    questions: int = 4
    rate: float = 2e-3
    warm_up: int = 40
    caption_share: float = 0.12
    rehearsed: float = 0.2
    rank: int = 32
    kind: Kind = "pixel_shuffle"
    seed: int = 0

    def rate_at(self, step: int) -> float:
        """Linear warm-up, then half a cosine down to a hundredth."""
        if step < self.warm_up:
            return self.rate * (step + 1) / self.warm_up
        done = (step - self.warm_up) / max(1, self.steps - self.warm_up)
        return self.rate * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * done)))

    @property
    def captions_until(self) -> int:
        """The step at which the adapter begins to learn, and questions take the captions' place."""
        return round(self.caption_share * self.steps)


class Run:
    """One training run in a folder: state in memory, a checkpoint on disk."""

    def __init__(
        self, rules: Rules, llm: str, folder: Path, *, device: str = "cpu", workers: int = 0
    ) -> None:
        self.rules, self.folder, self.step = rules, folder, 0
        self.device, self.workers = torch.device(device), workers
        torch.manual_seed(rules.seed)
        folder.mkdir(parents=True, exist_ok=True)
        self.encoder = SiglipEncoder.from_pretrained("demo", device=device, dtype="bfloat16", batch_size=64)
        path = find_checkpoint(llm)
        self.language_model, self.tokenizer = load_language_model(path, dtype=torch.float32)
        self.cutter = cast(Tokenizer, self.tokenizer.backend_tokenizer)
        self.language_model.to(self.device)
        # On a CPU sdpa is slow to go backward.
        self.language_model.set_attn_implementation("eager" if self.device.type == "cpu" else "sdpa")
        self.projector = make_projector(self._config(path)).to(self.device)
        size = max(self.encoder.image_size)
        self.stream = QuestionStream(
            rules.seed, rules.pictures, rules.questions, size, captions_until=rules.captions_until,
            rehearsed=rules.rehearsed if rules.rank else 0.0, tokenizer=self.cutter,
        )  # fmt: skip
        self.checked = self._look(QuestionStream(CHECK_SEED, 64, 4, size)[0])
        words = self.language_model.get_input_embeddings().weight
        start_at_words_scale(self.projector, self.checked.features, words)
        self.adapter = with_lora(self.language_model, rules.rank, "demo") if rules.rank else None
        self.reader = QuestionReader(self.tokenizer, self.projector.config.tokens)
        self.optimizer = torch.optim.AdamW(self._groups(), betas=(0.9, 0.98), weight_decay=0.0)
        if self.checkpoint.exists():
            self._resume()

    def _look(self, batch: DrawnBatch) -> SceneBatch:
        seen = look(self.encoder, self.projector.config, batch)
        return SceneBatch(seen.features.to(self.device), seen.questions)

    def _config(self, path: Path) -> ProjectorConfig:
        return ProjectorConfig(
            kind=self.rules.kind, vision_width=self.encoder.hidden_size,
            text_width=self.language_model.get_input_embeddings().weight.shape[1],
            grid=picture_grid(self.encoder), select="patches_and_pooled", queries=16,
            encoder=self.encoder.fingerprint, encoder_name="demo",
            language_model=language_model_fingerprint(path), language_model_name="demo",
            frame_tokens=None,
        )  # fmt: skip

    def _groups(self) -> list[dict[str, Any]]:
        """``scale`` in a group is its share of the learning rate of the moment."""
        groups = [{"params": list(self.projector.parameters()), "scale": 1.0}]
        adapter = [weight for weight in self.language_model.parameters() if weight.requires_grad]
        return [*groups, {"params": adapter, "scale": 1.0}] if adapter else groups

    @property
    def checkpoint(self) -> Path:
        """Where weights and optimizer lie."""
        return self.folder / "checkpoint.pt"

    def _adapter_state(self) -> dict[str, torch.Tensor]:
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
        steps = range(self.step, self.rules.steps if until is None else until)
        drawn = DataLoader(self.stream, batch_size=None, sampler=steps, num_workers=self.workers)
        for batch in drawn:
            losses.append(self._step(batch))
            self.step += 1
            if self.step % 20 == 0:
                seconds = (time.perf_counter() - clock) / len(losses)
                loss, exact = float(sum(losses)) / len(losses), self.exact()
                show(
                    {
                        "step": self.step,
                        "loss": round(loss, 4),
                        "exact": round(exact, 3),
                        "s": round(seconds, 2),
                    }
                )
                clock, losses = time.perf_counter(), []
            if time.perf_counter() - saved > 120:
                self.save()
                saved = time.perf_counter()
        self.save()

    def _step(self, drawn: DrawnBatch) -> torch.Tensor:
        """The questions' loss, left on the device: reading it would wait for it."""
        batch = self._look(drawn)
        for group in self.optimizer.param_groups:
            group["lr"] = self.rules.rate_at(self.step) * group["scale"]
        with torch.autocast(self.device.type, torch.bfloat16):
            loss, _ = question_loss(
                self.projector, self.language_model, self.reader, batch.features, batch.questions
            )
            rehearsed = self._rehearse(drawn, batch) if drawn.dialogues else 0.0
        (loss + rehearsed).backward()
        groups = self.optimizer.param_groups
        if self.step < self.rules.captions_until:  # stage 1: the adapter waits
            for weight in (weight for group in groups[1:] for weight in group["params"]):
                weight.grad = None
        for group in groups:
            torch.nn.utils.clip_grad_norm_(group["params"], 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad()
        return loss.detach()

    def _rehearse(self, drawn: DrawnBatch, batch: SceneBatch) -> torch.Tensor:
        """Tool dialogues with this batch's pictures in front; in a third of the steps without any."""
        assert drawn.dialogues is not None
        dialogues = drawn.dialogues.to(self.device)
        shown = torch.arange(len(dialogues.tokens), device=self.device) % len(batch.features)
        soft = self.projector(batch.features[shown])
        blind = self.step % 3 == 0
        return rehearsal_loss(self.language_model, self.cutter, dialogues, soft[:, :0] if blind else soft)

    @torch.no_grad()
    def exact(self) -> float:
        """The share of exact answers on a small batch that is never trained on."""
        with torch.autocast(self.device.type, torch.bfloat16):
            _, right = question_loss(
                self.projector,
                self.language_model,
                self.reader,
                self.checked.features,
                self.checked.questions,
            )
        return right.float().mean().item()

    def export(self) -> Path:
        """Write the projector's folder, with its adapter."""
        with atomic_folder(self.folder / "projector") as draft:
            if self.adapter is not None:
                save_adapter(self.adapter, draft)
            write_projector(self.projector, draft)
        return self.folder / "projector"


def show(record: dict[str, float]) -> None:
    """One line of progress."""
    sys.stdout.write(json.dumps(record) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Train, write the projector, and measure it on fresh questions."""
    from mm_agent.projection.demo.measure import measure, open_projector

    parser = argparse.ArgumentParser(description="Train the demo projector.")
    parser.add_argument("--llm", default="demo", help="folder of the demo language model")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint and result")
    parser.add_argument("--steps", type=int, default=Rules.steps)
    parser.add_argument("--pictures", type=int, default=Rules.pictures, help="pictures a step")
    parser.add_argument("--rate", type=float, default=Rules.rate)
    parser.add_argument(
        "--rank", type=int, default=Rules.rank, help="of the adapter; 0: the projector alone learns"
    )
    parser.add_argument("--kind", default=Rules.kind)
    parser.add_argument("--device", default="cpu", help="cpu, or cuda for an NVIDIA GPU")
    parser.add_argument("--workers", type=int, default=0, help="processes that draw scenes")
    options = parser.parse_args()
    rules = Rules(
        steps=options.steps,
        pictures=options.pictures,
        rate=options.rate,
        rank=options.rank,
        kind=options.kind,
    )
    run = Run(rules, options.llm, options.out, device=options.device, workers=options.workers)
    run.train()
    folder = run.export()
    shares = measure(*open_projector(options.llm, folder))
    sys.stdout.write("\n".join(share.line() for share in shares) + "\n")
    record = json.dumps([asdict(share) for share in shares], indent=1)
    (options.out / "measured.json").write_text(record, encoding="utf-8")


if __name__ == "__main__":
    main()

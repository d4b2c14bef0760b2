"""What a run leaves for people: its curves as numbers and as a picture, and a model card."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mm_agent.finetune.projector.rules import Rules
from mm_agent.projection.soft.config import ProjectorConfig

CURVES = {
    "loss": "loss",
    "eval_loss": "held-out loss",
    "learning_rate": "learning rate",
    "grad_norm": "gradient",
}


def write_curves(history: Sequence[dict[str, Any]], folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Write ``curves.json`` and ``curves.png``; gives what they show, (step, value) by name."""
    curves = {
        title: [(row["step"], float(row[name])) for row in history if name in row]
        for name, title in CURVES.items()
    }
    curves = {title: points for title, points in curves.items() if points}
    (folder / "curves.json").write_text(json.dumps(curves, indent=1), encoding="utf-8")
    _draw(curves, folder / "curves.png")
    return curves


def _draw(curves: dict[str, list[tuple[int, float]]], path: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.5), layout="constrained")
    losses, rate = figure.subplots(1, 2)
    for title, axes in (("loss", losses), ("held-out loss", losses), ("learning rate", rate)):
        if title in curves:
            axes.plot(
                *zip(*curves[title], strict=True), label=title, marker="." if len(curves[title]) < 9 else ""
            )
    for axes in (losses, rate):
        axes.set_xlabel("step")
        axes.legend()
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=120)


def write_card(
    rules: Rules, config: ProjectorConfig, folder: Path, *, examples: int, left_out: int, loss: float
) -> None:
    """Write ``README.md``: what this is, for whom, and how it was made."""
    learnt = {
        "projector": "the projector alone",
        "lora": f"the projector and a LoRA adapter of rank {rules.rank} (`adapter/`)",
        "all": "the projector and the whole language model (`language_model/`)",
    }[rules.train]
    lines = (
        "---",
        "library_name: mm-agent",
        "tags: [projector, siglip, soft-prompt]",
        "---",
        "",
        f"# A {config.kind} projector",
        "",
        f"It turns one picture's {config.features} features (width {config.vision_width}, a grid of "
        f"{config.grid[0]} x {config.grid[1]}, layer {config.vision_layer}, {config.select}) into "
        f"{config.tokens} soft tokens of width {config.text_width}; a frame of a clip takes "
        f"{config.tokens_a_frame}.",
        "",
        "| for | name | fingerprint |",
        "|---|---|---|",
        f"| encoder | {config.encoder_name} | `{config.encoder}` |",
        f"| language model | {config.language_model_name} | `{config.language_model}` |",
        "",
        "With any other encoder or language model it refuses to load.",
        "",
        "## How it was made",
        "",
        f"- learnt: {learnt}",
        f"- data: `{rules.data.name}`, {examples} examples, {left_out} left out; {rules.epochs:g} epochs",
        f"- {rules.batch_size * rules.accumulate} examples a step, peak learning rate {rules.peak_rate:g}, "
        f"seed {rules.seed}, {'bfloat16' if rules.bf16 else 'float32'}",
        f"- loss at the end: {loss:.4f} (`curves.png`, `curves.json`)",
        "",
        "No accuracy was measured; try it on questions of your own before relying on it.",
    )
    (folder / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")

"""A head's card, ``README.md``, and its numbers as Markdown, ``metrics.md``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mm_agent.finetune.prepared import Prepared
from mm_agent.finetune.rules import ClassifyRules
from mm_agent.vision.domain_head import HeadConfig

WHAT_LEARNT = {
    "linear": "a linear probe on frozen mean-pooled features, drawn towards the label texts' own head",
    "adapter": "nothing: a cache of labelled pictures (Tip-Adapter, arXiv 2207.09519), the texts' head below",
    "lora": "a LoRA adapter (arXiv 2106.09685) of the vision tower, merged into it, and the head",
    "full": "the whole vision tower and the head",
}


def write_card(
    folder: Path,
    config: HeadConfig,
    metrics: dict[str, Any],
    rules: ClassifyRules,
    prepared: Prepared,
    settings: dict[str, Any],
) -> None:
    """Write both files."""
    numbers = "\n".join(_numbers(metrics)) + "\n"
    (folder / "metrics.md").write_text(numbers, encoding="utf-8")
    lines = [*_card(config, metrics, rules, prepared, settings), "", "## Numbers", "", numbers.rstrip()]
    (folder / "README.md").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _card(
    config: HeadConfig,
    metrics: dict[str, Any],
    rules: ClassifyRules,
    prepared: Prepared,
    settings: dict[str, Any],
) -> Iterator[str]:
    yield from ("---", "library_name: transformers", "pipeline_tag: image-classification")
    yield from ("tags: [siglip, mm-agent]", "---", "")
    more = ", …" if len(config.labels) > 6 else ""
    yield f"# {len(config.labels)} labels: {', '.join(config.labels[:6])}{more}"
    yield ""
    kind = "exactly one of its labels" if config.exclusive else "any number of its labels"
    yield f"A SigLIP image classifier that gives a picture {kind}."
    yield ""
    yield "```python"
    yield "from transformers import pipeline"
    yield ""
    yield 'pipeline("image-classification", model="this folder")("picture.jpg")'
    yield "```"
    yield ""
    yield "transformers gives the raw scores; `mm-agent classify PICTURE --head FOLDER` also applies the"
    yield "calibration and the thresholds of `head.json`; `mm-agent chat --head FOLDER` lets an agent use it."
    if config.method == "adapter":
        yield "transformers alone loads the label texts' head, without the cache that makes it an adapter."
    yield from ("", "## How it was made", "")
    yield f"- learnt: {WHAT_LEARNT[config.method]}"
    yield f"- encoder: {config.encoder_name}, fingerprint `{config.encoder}`"
    parts = {part: list(prepared.parts).count(part) for part in dict.fromkeys(prepared.parts)}
    shown = ", ".join(f"{count} {part}" for part, count in sorted(parts.items()))
    left_out = f"{len(prepared.left_out)} rows left out"
    yield f"- data: `{prepared.data.source.name}`, {shown}; {left_out} (`parts.csv`)"
    yield f"- seed {rules.seed}" + "".join(f", {name} {value}" for name, value in settings.items())
    yield "- calibrated and thresholds chosen on the validation part"
    yield from ("", "## What it does not know", "")
    if config.notice.get("en"):
        yield f"- {config.notice['en']}"
    yield "- Anything but its labels, and pictures unlike those it was measured on."
    if metrics["measured_on"] == "validation":
        yield "- No test part: the numbers are from the pictures that also chose thresholds, so they flatter."


def _numbers(metrics: dict[str, Any]) -> Iterator[str]:
    yield f"{metrics['pictures']} {metrics['measured_on']} pictures."
    yield from ("", "| | |", "|---|---|")
    for title, name in (
        ("mean average precision", "mAP"),
        ("the same, label texts alone", "zero_shot_mAP"),
        ("F1, micro", "micro_f1"),
        ("F1, macro", "macro_f1"),
        ("all labels of a picture right", "exact_match"),
        ("calibration error", "calibration_error"),
        ("the same before calibration", "calibration_error_before"),
    ):
        yield f"| {title} | {metrics[name]:.3f} |"
    yield from (
        "",
        "| label | pictures | AP | precision | recall | F1 | threshold |",
        "|---|---|---|---|---|---|---|",
    )
    for label, row in metrics["labels"].items():
        ap = "" if row["average_precision"] is None else f"{row['average_precision']:.3f}"
        numbers = " | ".join(f"{row[name]:.3f}" for name in ("precision", "recall", "f1", "threshold"))
        yield f"| {label} | {row['pictures']} | {ap} | {numbers} |"
    yield from ("", "Curves: `precision-recall.png`; what is said where what is true: `confusion.png`.")

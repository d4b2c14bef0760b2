"""From a trained classifier to its folder: thresholds, calibration, metrics, pictures, card."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mm_agent.errors import FinetuneError
from mm_agent.finetune.calibration import calibrate, calibration_error, tune_thresholds
from mm_agent.finetune.card import write_card
from mm_agent.finetune.metrics import mean_average_precision, measure
from mm_agent.finetune.plots import draw_plots
from mm_agent.finetune.prepared import Prepared
from mm_agent.finetune.rules import ClassifyRules
from mm_agent.media.atomic import atomic_folder
from mm_agent.vision.domain_head import CACHE_FILE, HEAD_FILE, WEIGHTS_FILE, HeadConfig
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.fingerprint import file_hash


@dataclass(frozen=True)
class Trained:
    """What a method gives.

    Attributes:
        model: transformers' ``SiglipForImageClassification``.
        logits: (N, M) with what `cache` adds; those of training pictures may be left at 0.
        settings: what it was trained with, for the card.
        cache: a Tip-Adapter's tensors; None: no cache.
    """

    model: Any
    logits: Tensor
    settings: dict[str, Any]
    cache: dict[str, Tensor] | None = None


def write_head(
    folder: Path,
    trained: Trained,
    prepared: Prepared,
    rules: ClassifyRules,
    encoder: SiglipEncoder,
    *,
    zero_shot: Tensor,
) -> dict[str, Any]:
    """Write the result, whole or not at all; gives the metrics.

    Args:
        folder: the head's folder.
        trained: the method's result.
        prepared: the data.
        rules: the run's settings.
        encoder: what it was made from.
        zero_shot: (N, M) logits of the label texts alone, to compare with.

    Raises:
        FinetuneError: a weight or a logit is no number.
    """
    _require_numbers(trained)
    data, held, test = prepared.data, prepared.rows("validation"), prepared.rows("test")
    targets, exclusive = prepared.targets, data.exclusive
    found = calibrate(trained.logits[held], targets[held], exclusive=exclusive)
    config = HeadConfig(
        labels=data.labels,
        exclusive=exclusive,
        thresholds=(0.5,) * len(data.labels),
        slopes=found.slopes,
        shifts=found.shifts,
        method=rules.method,
        encoder=encoder.fingerprint,
        encoder_name=Path(encoder.checkpoint.name).name,
        notice=dict(encoder.checkpoint.card.notice),
        weights="",
    )
    probabilities = config.probabilities(trained.logits).numpy()
    thresholds = tune_thresholds(probabilities[held], targets[held].numpy())
    metrics = measure(
        probabilities[test], targets[test].numpy(), thresholds, data.labels, exclusive=exclusive
    )
    raw = trained.logits[test].softmax(-1) if exclusive else trained.logits[test].sigmoid()
    metrics |= {
        "measured_on": "test" if "test" in prepared.parts else "validation",
        "calibration_error_before": calibration_error(raw.numpy(), targets[test].numpy()),
        "zero_shot_mAP": mean_average_precision(zero_shot[test], targets[test]),
        "validation_mAP": mean_average_precision(trained.logits[held], targets[held]),
    }
    with atomic_folder(folder) as draft:
        _write_model(trained, encoder, config, draft)
        final = config.model_copy(
            update={"thresholds": tuple(thresholds), "weights": file_hash(draft / WEIGHTS_FILE)}
        )
        (draft / HEAD_FILE).write_text(final.model_dump_json(indent=1) + "\n", encoding="utf-8")
        (draft / "metrics.json").write_text(json.dumps(metrics, indent=1) + "\n", encoding="utf-8")
        _write_parts(prepared, draft / "parts.csv")
        draw_plots(metrics, draft)
        write_card(draft, final, metrics, rules, prepared, trained.settings)
    return metrics


def _require_numbers(trained: Trained) -> None:
    bad = [name for name, weight in trained.model.named_parameters() if not torch.isfinite(weight).all()]
    if bad or not torch.isfinite(trained.logits).all():
        what = bad[0] if bad else "its logits"
        raise FinetuneError(
            f"the trained head's {what} holds numbers that are none; train with a lower --rate"
        )


def _write_model(trained: Trained, encoder: SiglipEncoder, config: HeadConfig, draft: Path) -> None:
    model = trained.model
    model.config.id2label = dict(enumerate(config.labels))
    model.config.label2id = {label: index for index, label in enumerate(config.labels)}
    kind = "single_label_classification" if config.exclusive else "multi_label_classification"
    model.config.problem_type = kind
    model.save_pretrained(draft)
    encoder.image_processor.save_pretrained(draft)
    if trained.cache is not None:
        from safetensors.torch import save_file

        save_file({name: part.contiguous() for name, part in trained.cache.items()}, draft / CACHE_FILE)


def _write_parts(prepared: Prepared, path: Path) -> None:
    """Which picture was in which part."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["picture", "part"])
        rows = zip(prepared.seen, prepared.parts, strict=True)
        writer.writerows([one.sample.name, part] for one, part in rows)

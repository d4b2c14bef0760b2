"""One classifier's run, from data to a domain head.

OUT/run.json        the settings: the same command goes on where it was stopped
OUT/features/       frozen features, read by every method
OUT/checkpoints/    the Trainer's (lora, full)
OUT/logs/           for TensorBoard (lora, full)
OUT/left-out.txt    rows that could not be used, one a line
OUT/head/           the result, whole or not at all
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mm_agent.errors import FinetuneError
from mm_agent.finetune.finish import Trained, write_head
from mm_agent.finetune.linear import LinearHead, fit_probe, text_logits, zero_shot_head
from mm_agent.finetune.model import classifier_of
from mm_agent.finetune.prepared import Prepared, prepare
from mm_agent.finetune.processes import is_main, join_processes, main_first
from mm_agent.finetune.rules import ClassifyRules
from mm_agent.finetune.run_folder import check_folder
from mm_agent.media.atomic import write_atomic
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.hardware import choose_device

Say = Callable[[str], None]


def train_classifier(
    rules: ClassifyRules,
    out: Path,
    *,
    device: str = "auto",
    dtype: str = "auto",
    cache_dir: Path | None = None,
    say: Say = lambda line: None,
) -> Path:
    """Train, or go on with what an earlier call with the same rules began.

    Args:
        rules: everything that decides the result.
        out: the run's folder.
        device: where to compute.
        dtype: number type of the frozen encoder.
        cache_dir: keeps frozen features for other runs too; None: in the run's folder.
        say: gets a line now and then.

    Returns:
        The head's folder, ``out/head``.

    Raises:
        FinetuneError: the data or the folder cannot be used, or training failed.
    """
    join_processes(cpu=choose_device(device).type == "cpu")
    say = say if is_main() else lambda line: None
    with main_first():
        check_folder(rules, out)
    result = out / "head"
    if result.is_dir():
        say("this run is finished already")
        return result
    _ = rules.shares
    encoder = SiglipEncoder.from_pretrained(rules.vision, device=device, dtype=dtype)
    _require_trainable(encoder, rules)
    with main_first():
        prepared = prepare(rules, encoder, out, cache_dir or out / "features", say=say)
        if is_main():  # from here on it is this run
            write_atomic(out / "run.json", rules.model_dump_json(indent=1).encode())
    zero_shot = text_logits(encoder, prepared.features.attended, prepared.data.labels)
    start = zero_shot_head(prepared.of("train")[0], zero_shot[prepared.rows("train")])
    trained = _train(rules, prepared, encoder, start, out, device=device, say=say)
    with main_first():
        if is_main():
            metrics = write_head(result, trained, prepared, rules, encoder, zero_shot=zero_shot)
            texts = f"label texts alone {metrics['zero_shot_mAP']:.3f}"
            say(f"{metrics['measured_on']} mAP {metrics['mAP']:.3f} ({texts})")
    return result


def _require_trainable(encoder: SiglipEncoder, rules: ClassifyRules) -> None:
    if encoder.family == "photo" and rules.method in ("lora", "full"):
        raise FinetuneError(
            f"{rules.vision} has a locked image tower, so {rules.method} cannot train it; "
            "use --method linear or adapter"
        )
    if encoder.family not in ("siglip", "siglip2", "photo", "demo"):
        raise FinetuneError(
            f"{rules.vision} is a {encoder.family} checkpoint; fine-tuning takes SigLIP ones of a fixed size"
        )


def _train(
    rules: ClassifyRules,
    prepared: Prepared,
    encoder: SiglipEncoder,
    start: LinearHead,
    out: Path,
    **options: Any,
) -> Trained:
    if rules.method == "adapter":
        from mm_agent.finetune.adapter import build_cache

        return build_cache(rules, prepared, encoder, start)
    probe = fit_probe(
        *prepared.of("train"), start, exclusive=prepared.data.exclusive, validation=prepared.of("validation")
    )
    if rules.method != "linear":
        from mm_agent.finetune.gradients import train_tower

        return train_tower(rules, prepared, encoder, probe.head, out, **options)
    model = classifier_of(encoder, probe.head)
    return Trained(model, probe.head(prepared.features.mean), {"penalty": probe.penalty})

"""One training run, from data to a projector's folder.

OUT/run.json        the settings: the same command goes on where it was stopped
OUT/features/       frozen features, read by every epoch and run
OUT/checkpoints/    the Trainer's
OUT/left-out.txt    examples that could not be used, one a line
OUT/projector/      the result, whole or not at all
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pydantic import BaseModel
from transformers import set_seed

from mm_agent.errors import FinetuneError, MissingDependency
from mm_agent.finetune.projector.chats import write_chat
from mm_agent.finetune.projector.collate import Chats, Item, collate
from mm_agent.finetune.projector.examples import read_examples
from mm_agent.finetune.projector.frozen import FrozenFeatures, Usable, require_enough
from mm_agent.finetune.projector.model import (
    SoftLanguageModel,
    load_language_model,
    save_adapter,
    start_at_words_scale,
    with_lora,
)
from mm_agent.finetune.projector.report import write_card, write_curves
from mm_agent.finetune.projector.rules import Rules
from mm_agent.media.atomic import atomic_folder, write_atomic
from mm_agent.projection.soft.config import ProjectorConfig
from mm_agent.projection.soft.features import picture_grid
from mm_agent.projection.soft.identity import language_model_fingerprint
from mm_agent.projection.soft.projector import Projector, make_projector
from mm_agent.projection.soft.storage import write_projector
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.hardware import choose_device

Say = Callable[[str], None]
BEFORE_THE_RUN = {"features", "left-out.txt"}
"""What may lie in a folder whose run has not begun: data that was not good enough left it there."""


@dataclass(frozen=True)
class Parts:
    """What a run trains with."""

    encoder: SiglipEncoder
    folder: Path
    language_model: Any
    tokenizer: Any


def train_projector(
    rules: Rules, out: Path, *, device: str = "auto", dtype: str = "auto", say: Say = lambda line: None
) -> Path:
    """Train, or go on with what an earlier call with the same rules began.

    Args:
        rules: everything that decides the result.
        out: the run's folder.
        device: where to compute.
        dtype: number type of the frozen encoder.
        say: gets a line now and then.

    Returns:
        The projector's folder, ``out/projector``.

    Raises:
        FinetuneError: the data, the language model or the folder cannot be used.
        ProjectorError: the projector to go on from does not fit.
        MissingDependency: accelerate or PEFT is not installed.
    """
    result = check_folder(rules, out)
    if result.is_dir():
        say("this run is finished already")
        return result
    examples = read_examples(rules.data, rules.images)
    parts = _load(rules, device, dtype)
    set_seed(rules.seed)
    projector = _projector(rules, parts)
    features = FrozenFeatures(parts.encoder, projector.config, out / "features", rules.clip_frames)
    usable, bad = features.compute(examples, say=say)
    items, too_long = _items(usable, parts, projector.config, rules)
    require_enough(bad + too_long, len(examples), rules.bad_share, out / "left-out.txt")
    if len(items) <= rules.held_out:
        raise FinetuneError(
            f"{len(items)} usable examples, of which {rules.held_out} are held out, leave none to learn from"
        )
    if rules.start is None:
        some = collate([Chats(items[:16], features)[index] for index in range(len(items[:16]))])["features"]
        start_at_words_scale(projector, some, parts.language_model.get_input_embeddings().weight)
    learner = _learner(rules, projector, parts)
    write_atomic(out / "run.json", rules.model_dump_json(indent=1).encode())  # from here on it is this run
    trainer = _fit(rules, learner, items, features, out / "checkpoints", device=device, say=say)
    with atomic_folder(result) as draft:
        _write_result(rules, learner, parts, draft)
        write_curves(trainer.state.log_history, draft)
        loss = [row["loss"] for row in trainer.state.log_history if "loss" in row][-1]
        write_card(
            rules,
            learner.projector.config,
            draft,
            examples=len(items),
            left_out=len(bad + too_long),
            loss=loss,
        )
    return result


def check_folder(rules: BaseModel, out: Path) -> Path:
    """Check the run's folder before anything is loaded; gives where the result will be.

    Raises:
        FinetuneError: it holds something else, another run, or cannot be written.
    """
    if out.exists() and not out.is_dir():
        raise FinetuneError(f"{out} is a file; choose another --out")
    if (out / "run.json").is_file():
        _require_same(rules.model_dump(mode="json"), out / "run.json")
    elif out.is_dir() and (foreign := sorted({path.name for path in out.iterdir()} - BEFORE_THE_RUN)):
        raise FinetuneError(f"{out} holds {foreign[0]}, which is of no run; choose another --out")
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FinetuneError(
            f"{out} cannot be made: {error.strerror or error}; choose another --out"
        ) from error
    if not os.access(out, os.W_OK | os.X_OK):
        raise FinetuneError(f"{out} cannot be written; choose another --out")
    return out / "projector"


def _require_same(record: dict[str, Any], path: Path) -> None:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FinetuneError(f"{path} cannot be read; choose another --out") from error
    other = [
        f"{name} {known.get(name)!r} there, {value!r} here"
        for name, value in record.items()
        if known.get(name) != value
    ]
    if other:
        raise FinetuneError(
            f"{path.parent} holds a run with other settings ({'; '.join(other)}); choose another --out"
        )


def _load(rules: Rules, device: str, dtype: str) -> Parts:
    _require_accelerate()
    from mm_agent.local.checkpoint import find_checkpoint

    folder = find_checkpoint(rules.language_model)
    encoder = SiglipEncoder.from_pretrained(rules.vision, device=device, dtype=dtype)
    # What learns is kept in float32; a frozen model may be half as large.
    number = torch.bfloat16 if rules.bf16 and rules.train != "all" else torch.float32
    model, tokenizer = load_language_model(folder, dtype=number)
    return Parts(encoder, folder, model, tokenizer)


def _require_accelerate() -> None:
    from importlib.util import find_spec

    if find_spec("accelerate") is None:
        raise MissingDependency("training needs accelerate: pip install 'mm-agent[finetune]'")


def _projector(rules: Rules, parts: Parts) -> Projector:
    made_for = {
        "encoder": parts.encoder.fingerprint,
        "language_model": language_model_fingerprint(parts.folder),
    }
    if rules.start is not None:
        if (rules.start / "adapter").is_dir():
            raise FinetuneError(f"{rules.start} was trained with an adapter already; go on from its stage 1")
        return Projector.from_pretrained(rules.start, **made_for).train()
    config = ProjectorConfig(
        kind=rules.kind,
        vision_width=parts.encoder.hidden_size,
        text_width=parts.language_model.get_input_embeddings().weight.shape[1],
        grid=picture_grid(parts.encoder),
        encoder_name=parts.encoder.checkpoint.name,
        language_model_name=_name(rules),
        **made_for,
        **{
            name: getattr(rules, name)
            for name in ("vision_layer", "select", "frame_tokens", "hidden", "factor", "queries", "depth")
        },
    )
    return make_projector(config)


def _name(rules: Rules) -> str:
    """The language model's name for people: a folder's last part, not where this machine keeps it."""
    folder = Path(rules.language_model)
    return folder.name if folder.is_dir() else rules.language_model


def _items(
    usable: list[Usable], parts: Parts, config: ProjectorConfig, rules: Rules
) -> tuple[list[Item], list[str]]:
    items: list[Item] = []
    too_long: list[str] = []
    for one in usable:
        tokens = config.tokens_a_frame if one.seconds else config.tokens
        chat = write_chat(parts.tokenizer, one.example.turns, tokens, one.seconds)
        if len(chat.tokens) > rules.longest:
            over = len(chat.tokens) - rules.longest
            too_long.append(f"{one.example.place}: {len(chat.tokens)} tokens, {over} too many for --longest")
        else:
            items.append(Item(chat, one.key))
    return items, too_long


def _learner(rules: Rules, projector: Projector, parts: Parts) -> SoftLanguageModel:
    model = parts.language_model
    if rules.train == "lora":
        model = with_lora(model, rules.rank, _name(rules))
    elif rules.train == "all":
        model.requires_grad_(True)
    if rules.checkpointing:
        model.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    return SoftLanguageModel(projector, model)


def _fit(
    rules: Rules, learner: SoftLanguageModel, items: list[Item], features: FrozenFeatures, folder: Path, *,
    device: str, say: Say,
) -> Any:  # fmt: skip
    from transformers.trainer_callback import PrinterCallback

    from mm_agent.finetune.projector.trainer import (
        Progress,
        ProjectorTrainer,
        last_checkpoint,
        trainer_arguments,
    )

    held_out, learnt = items[: rules.held_out], items[rules.held_out :]
    cpu = choose_device(device).type == "cpu"
    trainer = ProjectorTrainer(
        model=learner,
        args=trainer_arguments(rules, folder, cpu=cpu, held_out=bool(held_out)),
        train_dataset=Chats(learnt, features),
        eval_dataset=Chats(held_out, features) if held_out else None,
        data_collator=collate,
        callbacks=[Progress(say)],
    )
    trainer.remove_callback(PrinterCallback)  # stdout is for the result
    newest = last_checkpoint(folder)
    if newest is not None:
        say(f"going on from {newest.name}")
    trainer.train(resume_from_checkpoint=None if newest is None else str(newest))
    return trainer


def _write_result(rules: Rules, learner: SoftLanguageModel, parts: Parts, draft: Path) -> None:
    projector, model = learner.projector, learner.language_model
    if rules.train == "lora":
        save_adapter(model, draft)
    elif rules.train == "all":
        model.save_pretrained(draft / "language_model")
        parts.tokenizer.save_pretrained(draft / "language_model")
        made_for = language_model_fingerprint(draft / "language_model")
        projector.config = projector.config.model_copy(update={"language_model": made_for})
    write_projector(projector, draft)

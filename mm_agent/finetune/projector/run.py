"""One training run, from data to a projector's folder.

OUT/run.json        the settings: the same command goes on where it was stopped
OUT/features/       frozen features, read by every epoch and run
OUT/checkpoints/    the Trainer's
OUT/logs/           for TensorBoard
OUT/left-out.txt    examples that could not be used, one a line
OUT/projector/      the result, whole or not at all
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from transformers import set_seed

from mm_agent.errors import FinetuneError
from mm_agent.finetune.failures import clear_failures
from mm_agent.finetune.projector.chats import write_chat
from mm_agent.finetune.projector.collate import Chats, Item, collate
from mm_agent.finetune.projector.examples import read_examples
from mm_agent.finetune.projector.frozen import FrozenFeatures, Usable
from mm_agent.finetune.projector.model import (
    SoftLanguageModel,
    load_language_model,
    save_adapter,
    start_at_words_scale,
    with_lora,
)
from mm_agent.finetune.projector.report import write_card, write_curves
from mm_agent.finetune.projector.rules import Rules
from mm_agent.finetune.run_folder import check_folder, require_enough
from mm_agent.finetune.training import FinetuneTrainer, arguments_for, require_accelerate, run_trainer
from mm_agent.media.atomic import atomic_folder, write_atomic
from mm_agent.projection.soft.config import ProjectorConfig
from mm_agent.projection.soft.features import picture_grid
from mm_agent.projection.soft.identity import language_model_fingerprint
from mm_agent.projection.soft.projector import Projector, make_projector
from mm_agent.projection.soft.storage import write_projector
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.hardware import choose_device

Say = Callable[[str], None]


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
    check_folder(rules, out)
    result = out / "projector"
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
    trainer = _fit(rules, learner, items, features, out, device=device, say=say)
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


def _load(rules: Rules, device: str, dtype: str) -> Parts:
    require_accelerate()
    from mm_agent.local.checkpoint import find_checkpoint

    folder = find_checkpoint(rules.language_model)
    encoder = SiglipEncoder.from_pretrained(rules.vision, device=device, dtype=dtype)
    # What learns is kept in float32; a frozen model may be half as large.
    number = torch.bfloat16 if rules.bf16 and rules.train != "all" else torch.float32
    model, tokenizer = load_language_model(folder, dtype=number)
    return Parts(encoder, folder, model, tokenizer)


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
    rules: Rules, learner: SoftLanguageModel, items: list[Item], features: FrozenFeatures, out: Path, *,
    device: str, say: Say,
) -> FinetuneTrainer:  # fmt: skip
    held_out, learnt = items[: rules.held_out], items[rules.held_out :]
    cpu = choose_device(device).type == "cpu"
    trainer = FinetuneTrainer(
        model=learner,
        args=arguments_for(
            rules, out / "checkpoints", rate=rules.peak_rate, cpu=cpu, evaluate=bool(held_out)
        ),
        train_dataset=Chats(learnt, features),
        eval_dataset=Chats(held_out, features) if held_out else None,
        data_collator=collate,
    )
    with clear_failures(rules, out):
        run_trainer(trainer, out, say=say)
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

"""The training code on a toy size: batches tell the truth, runs resume exactly, exports load."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from mm_agent.vision import hardware
from mm_agent.vision.demo.batches import EDGE, BatchRules, SceneBatches, curriculum
from mm_agent.vision.demo.rules import Stage, TrainRules, rate_at
from mm_agent.vision.demo.scenes import Scene, Thing
from mm_agent.vision.demo.tokenizer import MAX_LENGTH, train_tokenizer
from mm_agent.vision.demo.train import Run
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent.vision.vocabulary import concepts
from tests.dtypes import product_dtypes

RULES = TrainRules(
    steps=4,
    batch_size=3,
    warmup=1,
    width=64,
    layers=1,
    stages=(Stage(16, 0.25, supervised=True), Stage(16, 0.75), Stage(24, 1.0)),
)


@pytest.fixture(scope="module")
def tokenizer_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    train_tokenizer(folder, seed=1, sentences=12_000)
    return folder


@pytest.fixture
def run_folder(tmp_path: Path, tokenizer_folder: Path) -> Path:
    (tmp_path / "tokenizer").symlink_to(tokenizer_folder)
    return tmp_path


def weights(run: Run) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in run.learner.state_dict().items()}


def test_the_tokenizer_is_the_same_each_time_and_knows_both_languages(
    tokenizer_folder: Path, tmp_path: Path
) -> None:
    again = train_tokenizer(tmp_path, seed=1, sentences=12_000)
    assert (tmp_path / "spiece.model").read_bytes() == (tokenizer_folder / "spiece.model").read_bytes()
    for text in ("two cats on a blue background", "蓝色背景上有两只猫"):
        ids = again(text, padding="max_length")["input_ids"]
        assert len(ids) == MAX_LENGTH
        assert again.unk_token_id not in ids


def test_batches_are_a_function_of_seed_and_step(run_folder: Path) -> None:
    run = Run(RULES, run_folder)
    rules = BatchRules(picture_size=32, batch_size=4, seed=3, first_step=50, total_steps=100)
    first, second = (next(iter(SceneBatches(rules, run.tokenizer))) for _ in range(2))
    assert all(torch.equal(getattr(first, name), getattr(second, name)) for name in vars(first))
    assert first.pixels.shape == (4, 3, 32, 32)
    assert first.tokens.shape == (12, MAX_LENGTH)
    assert first.count_tokens.shape == (2, 4, MAX_LENGTH)
    # Each scene's own true captions are true of it; two true ones and a false one a scene.
    own = torch.stack([first.truth[i, 3 * i : 3 * i + 2] for i in range(4)])
    assert own.all()
    assert not torch.stack([first.truth[i, 3 * i + 2] for i in range(4)]).any()
    # A window truth is only given for captions about presence.
    assert set(first.window_truth.unique().tolist()) <= {-1, 0, 1}


def test_one_caption_is_worded_with_each_number() -> None:
    from mm_agent.vision.demo.batches import _counted

    things = tuple(Thing(0, "noto", 0, x, 0.5, 0.3) for x in (0.2, 0.8))
    numbers = [{"1", "one", "single", "一"}, {"2", "two", "两"}, {"3", "three", "三"}, {"4", "four", "四"}]
    for seed in range(20):
        captions = _counted(Scene(things, 0, "flat", 0), np.random.default_rng(seed))
        for caption, expected, rest in zip(captions, numbers, numbers[1:] + numbers[:1], strict=True):
            assert any(number in caption for number in expected)
            assert not any(number in caption.split() for number in rest)


def test_patches_carry_the_thing_on_them() -> None:
    from mm_agent.vision.demo.batches import _patches

    scene = Scene((Thing(5, "noto", 0, x=0.25, y=0.25, side=0.5),), 0, "flat", 0)
    labels = _patches(scene, 8).reshape(8, 8)
    assert (labels[1:3, 1:3] == 5).all()
    assert (labels[5:] == len(concepts())).all()
    assert EDGE in labels[0]


def test_the_curriculum_grows_harder() -> None:
    early, late = curriculum(0.0), curriculum(1.0)
    assert (early.max_kinds, early.max_copies) == (1, 1)
    assert (late.max_kinds, late.max_copies) == (2, 4)
    assert late.sides[0] < early.sides[0]


def test_the_rate_warms_up_and_decays_to_nothing() -> None:
    rules = TrainRules(steps=1000, warmup=100)
    rates = np.array([rate_at(step, rules) for step in range(1000)])
    assert rates[0] < rates[50] < rates[100] == rates[400] == rules.peak_rate
    assert (np.diff(rates[500:]) <= 0).all()
    assert rates[-1] < 0.01 * rules.peak_rate


def test_a_resumed_run_ends_with_the_same_weights(tmp_path: Path, tokenizer_folder: Path) -> None:
    ends = []
    for name, cuts in (("whole", [4]), ("cut", [2, 4])):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "tokenizer").symlink_to(tokenizer_folder)
        for cut in cuts:
            run = Run(RULES, folder)
            run.train(until=cut)
        ends.append(weights(run))
    assert all(torch.equal(ends[0][name], ends[1][name]) for name in ends[0])


@pytest.mark.parametrize("fast", [True, False])
def test_a_run_computes_in_bf16_only_where_the_cpu_is_fast_in_it(
    fast: bool, run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware, "cpu_has_fast_bf16", lambda: fast)
    with product_dtypes() as seen:
        Run(RULES, run_folder).train()
    assert (torch.bfloat16 in seen) is fast


def test_training_changes_the_weights_and_the_export_loads(run_folder: Path) -> None:
    run = Run(RULES, run_folder)
    before = weights(run)
    run.train()
    changed = [
        name
        for name, tensor in weights(run).items()
        if name in before and tensor.shape == before[name].shape and not torch.equal(tensor, before[name])
    ]
    assert any("vision_model" in name for name in changed)
    assert any("text_model" in name for name in changed)
    run.export(run_folder / "weights")
    encoder = SiglipEncoder.from_pretrained(run_folder / "weights", dtype="float32")
    assert encoder.image_size == (24, 24)
    assert encoder.embed_texts(["two cats", "两只猫"]).shape == (2, 64)

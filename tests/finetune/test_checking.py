"""The check finds what is wrong, and the split keeps labels' shares and copies together."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from mm_agent.finetune.checking import check
from mm_agent.finetune.reading import read_labelled
from mm_agent.finetune.report_text import report_text
from mm_agent.finetune.rules import shares_of
from mm_agent.finetune.splitting import stratified_split
from tests.finetune.conftest import FLAWS

SHARES = shares_of(0.15, 0.15)


def test_every_flaw_of_the_drawn_table_is_found(table: Path) -> None:
    report = check(read_labelled(table), SHARES)
    assert (report.rows, report.usable) == (400, 396)
    assert len(report.missing) == FLAWS.missing
    assert len(report.corrupt) == FLAWS.corrupt
    assert len(report.unlabelled) == FLAWS.unlabelled
    assert len(report.duplicates) == FLAWS.copies
    assert report.leaks == report.contradictions == []  # copies stay on one side
    assert not report.clean
    assert sum(report.parts.values()) == 396
    together = np.array(report.together)
    assert (together == together.T).all()
    counted = [counts["all"] for counts in report.counts.values()]
    assert together.diagonal().tolist() == counted
    text = report_text(report)
    assert "pictures missing: 2" in text
    assert "400 rows, 396 usable" in text


def test_copies_in_parts_of_the_data_s_own_leak(tmp_path: Path) -> None:
    Image.new("RGB", (8, 8), "red").save(tmp_path / "a.png")
    shutil.copy(tmp_path / "a.png", tmp_path / "b.png")
    (tmp_path / "t.csv").write_text("image,x,y,split\na.png,1,0,train\nb.png,0,1,test\n")
    report = check(read_labelled(tmp_path / "t.csv"), SHARES)
    assert report.leaks == [["t.csv, line 2", "t.csv, line 3"]]
    assert report.contradictions == report.leaks
    assert "leaks" in report_text(report)


def test_the_split_keeps_every_label_s_share_and_is_the_same_again() -> None:
    rng = np.random.default_rng(0)
    targets = (rng.random((600, 8)) < np.linspace(0.02, 0.5, 8)).astype(int)
    keys = [str(row) for row in range(600)]
    parts = stratified_split(targets, keys, SHARES)
    assert parts == stratified_split(targets, keys, SHARES)
    assert parts != stratified_split(targets, keys, SHARES, seed=1)
    where = np.array(parts)
    for part, share in SHARES.items():
        assert abs((where == part).mean() - share) < 0.02
        wanted = targets.sum(0) * share
        assert np.abs(targets[where == part].sum(0) - wanted).max() <= 2.5


def test_copies_stay_together() -> None:
    targets = np.eye(4, dtype=int)[np.arange(80) % 4]
    keys = [str(row // 2) for row in range(80)]
    parts = stratified_split(targets, keys, SHARES)
    assert parts[0::2] == parts[1::2]

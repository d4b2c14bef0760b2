"""``mm-agent classify``."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Run, document


def test_exclusive_labels_share_one_probability(run: Run) -> None:
    result = run("classify", "red.png", "--labels", "cat,dog,airplane", "--exclusive", "--json")
    assert result.exit_code == 0, result.stderr
    found = document(result)
    (answer,) = found["images"]
    assert {row["label"] for row in answer["labels"]} == {"cat", "dog", "airplane"}
    assert sum(row["score"] for row in answer["labels"]) == pytest.approx(1, abs=1e-5)
    assert (answer["image"], answer["handle"], answer["width"], answer["height"]) == (
        "red.png",
        "img-1",
        120,
        80,
    )
    assert found["encoder"]
    assert found["notice"] is None
    assert result.stderr == ""


def test_independent_labels_are_best_first_and_cut_at_top_k(run: Run) -> None:
    (answer,) = document(
        run("classify", "red.png", "--labels", "cat，dog、airplane,cat", "--top-k", "2", "--json")
    )["images"]
    scores = [row["score"] for row in answer["labels"]]
    assert len(scores) == 2
    assert scores == sorted(scores, reverse=True)
    assert answer["none_of_these"] == (not any(row["present"] for row in answer["labels"]))


def test_without_labels_the_vocabulary_speaks_the_chosen_language(run: Run) -> None:
    english = document(run("classify", "red.png", "--json"))["images"][0]["labels"]
    chinese = document(run("classify", "red.png", "--language", "zh", "--json"))["images"][0]["labels"]
    assert all(row["label"].isascii() for row in english)
    assert not any(row["label"].isascii() for row in chinese)


def test_one_bad_picture_does_not_spoil_the_others(run: Run) -> None:
    result = run("classify", "red.png", "broken.png", "blue.png", "--labels", "cat,dog", "--json")
    assert result.exit_code == 1
    answers = document(result)["images"]
    assert [answer["image"] for answer in answers] == ["red.png", "broken.png", "blue.png"]
    assert ["error" in answer for answer in answers] == [False, True, False]
    (line,) = result.stderr.splitlines()
    assert line.startswith("error: ")
    assert "broken.png" in line


def test_text_has_a_line_a_picture(run: Run) -> None:
    result = run("classify", "red.png", "broken.png", "blue.png", "--labels", "cat,dog")
    assert [line.split(":")[0] for line in result.stdout.splitlines()] == ["red.png", "blue.png"]
    assert "cat" in result.stdout
    assert "%" in result.stdout

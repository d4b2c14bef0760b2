"""Evidence: frozen, strict, there and back through JSON, within a budget."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from mm_agent.errors import ProjectionError
from mm_agent.projection import (
    CountEvidence,
    Evidence,
    LabelEvidence,
    estimate_tokens,
    evidence_to_text,
    parse_evidence,
)
from mm_agent.projection.evidence import LabelScore


def test_artifacts_survive_json(samples: dict[str, Evidence]) -> None:
    for evidence in samples.values():
        artifact = json.loads(json.dumps(evidence.model_dump(mode="json")))
        assert parse_evidence(artifact) == evidence
    assert {evidence.model_dump()["kind"] for evidence in samples.values()} == {
        "labels", "match", "count", "locations", "features", "feature_map", "region", "comparison",
        "frames", "moments", "timeline",
    }  # fmt: skip


def test_evidence_is_frozen_and_strict(samples: dict[str, Evidence]) -> None:
    count = samples["count"]
    with pytest.raises(ValidationError, match="frozen"):
        count.handle = "img-2"
    with pytest.raises(ValidationError, match="Extra inputs"):
        CountEvidence.model_validate({**count.model_dump(), "certain": True})
    with pytest.raises(ValidationError, match="kind"):
        parse_evidence({**count.model_dump(mode="json"), "kind": "guess"})


def test_every_text_names_its_handle_and_a_score(samples: dict[str, Evidence]) -> None:
    for name, evidence in samples.items():
        for language in ("en", "zh"):
            text = evidence.to_text(language)
            assert evidence.handle in text
            assert "somewhere" not in text  # folders stay out of a model's sight
            assert any(character.isdigit() for character in text.replace(evidence.handle, "")) or name in (
                "locations_none",
                "comparison_same",
            )


def test_a_budget_drops_the_weakest_labels_first_and_keeps_the_notice() -> None:
    labels = tuple(
        LabelScore(label=f"label {index}", score=0.9 - index / 50, present=True) for index in range(40)
    )
    evidence = LabelEvidence(
        handle="img-7",
        encoder="x",
        notice="stickers only.",
        labels=labels,
        exclusive=False,
        none_of_these=False,
    )
    text = evidence.to_text("en", max_tokens=120)
    assert estimate_tokens(text) <= 120
    lines = text.splitlines()
    assert lines[1] == "- label 0 0.90 present"
    assert lines[-2] == "Note: stickers only."
    kept = len(lines) - 3
    assert lines[-1] == f"({40 - kept} less telling lines left out)"
    assert [line.split()[2] for line in lines[1 : 1 + kept]] == [str(index) for index in range(kept)]
    with pytest.raises(ProjectionError, match="over the budget of 10"):
        evidence.to_text("en", max_tokens=10)


def test_several_pieces_share_a_budget_and_say_a_notice_once(samples: dict[str, Evidence]) -> None:
    noted = samples["labels"]
    other = samples["count"].model_copy(update={"notice": noted.notice})
    text = evidence_to_text([noted, other], language="en")
    assert text.count("Note: these weights know") == 1
    assert "about 2 cats" in text
    assert "- cat 0.93 present" in text
    short = evidence_to_text([noted, other], language="en", max_tokens=estimate_tokens(text) - 1)
    assert "Score of each count" not in short
    assert "- dog" in short


def test_the_name_that_scores_are_of_is_said() -> None:
    found = CountEvidence(
        handle="img-1", encoder="x", noun="animal", about=1, probabilities=(1.0,), presence=0.9, seen_as="dog"
    )
    assert 'The scores are those of "dog"' in found.to_text("en")
    assert "得分是“dog”的" in found.to_text("zh")
    assert '"dog"' not in found.model_copy(update={"seen_as": None}).to_text("en")

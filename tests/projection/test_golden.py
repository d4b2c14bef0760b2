"""Golden texts in both languages, checked by hand: right numbers, right places, left on the left."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mm_agent.projection import Evidence, features_to_text
from mm_agent.prompt_files import Language

GOLDEN = Path(__file__).parent / "golden"
NAMES = (
    "labels",
    "labels_none",
    "match",
    "match_shared",
    "count",
    "count_most",
    "count_none",
    "locations",
    "locations_none",
    "features",
    "features_clip",
    "frames",
    "frames_query",
    "moments",
    "moments_none",
    "timeline",
    "feature_map",
    "region",
    "region_none",
    "comparison",
    "comparison_alike",
    "comparison_same",
)
LANGUAGES: tuple[Language, ...] = ("en", "zh")


def golden(name: str, language: Language) -> str:
    """Read a golden text without its last newline."""
    return (GOLDEN / f"{name}.{language}.txt").read_text(encoding="utf-8").removesuffix("\n")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_evidence(name: str, language: Language, samples: dict[str, Evidence]) -> None:
    assert samples[name].to_text(language) == golden(name, language)


def test_every_sample_has_a_golden_text_and_every_text_a_sample(samples: dict[str, Evidence]) -> None:
    written = {path.name.split(".")[0] for path in GOLDEN.iterdir()}
    assert written == {*samples, "one_picture", "clip", "fine_grid"}
    assert set(NAMES) == set(samples)


@pytest.mark.parametrize("language", LANGUAGES)
def test_features_of_one_picture(language: Language, two_spots: np.ndarray) -> None:
    assert features_to_text(two_spots, language=language, size=(360, 240)) == golden("one_picture", language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_features_of_a_clip(language: Language, two_spots: np.ndarray) -> None:
    clip = np.stack([two_spots, np.zeros_like(two_spots), two_spots[:, ::-1]])[None]  # (1, 3, 12, 12, 4)
    assert features_to_text(clip, language=language) == golden("clip", language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_finer_grid_is_said_in_rows_and_columns(language: Language, two_spots: np.ndarray) -> None:
    assert features_to_text(two_spots, language=language, cells=6) == golden("fine_grid", language)

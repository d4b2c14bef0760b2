from pathlib import Path

import pytest

from mm_agent.errors import MediaRefused
from mm_agent.media.policy import MediaPolicy
from mm_agent.media.video import budget as budget_module
from mm_agent.media.video import open_video
from mm_agent.media.video.budget import DecodeBudget
from tests.media.video.films import film, steady


class Clock:
    """Time that passes when told, or by a fixed step at every look."""

    def __init__(self, step: float = 0.0) -> None:
        self.now, self.step = 0.0, step

    def monotonic(self) -> float:
        self.now += self.step
        return self.now


def test_only_time_inside_counts(monkeypatch: pytest.MonkeyPatch):
    clock = Clock()
    monkeypatch.setattr(budget_module, "time", clock)
    budget = DecodeBudget(10)
    for _ in range(5):
        with budget:
            clock.now += 2
        clock.now += 100
    with budget:
        clock.now += 1
    with pytest.raises(MediaRefused, match=r"longer than 10 s.*video_timeout_s"), budget:
        pass


def test_a_video_that_decodes_for_ever_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    video = open_video(film(tmp_path, steady(100)), MediaPolicy(video_timeout_s=20))
    monkeypatch.setattr(budget_module, "time", Clock(step=1))
    walk = video.walk()
    assert next(walk).seconds == 0
    with pytest.raises(MediaRefused, match="longer than 20 s"):
        list(walk)
    assert len(list(video.at([0.0]))) == 1  # each look has a budget of its own

"""A limit on the time spent decoding; what the caller does between two frames does not count."""

from __future__ import annotations

import time
from typing import Self

from mm_agent.errors import MediaRefused


class DecodeBudget:
    """Decoding time left: ``with budget:`` around each step, however many there are."""

    def __init__(self, seconds: float) -> None:
        self._limit = seconds
        self._spent = 0.0
        self._since = 0.0

    def __enter__(self) -> Self:
        """Start the clock.

        Raises:
            MediaRefused: The time is used up.
        """
        self._since = time.monotonic()
        self.check()
        return self

    def __exit__(self, *_: object) -> None:
        self._spent += time.monotonic() - self._since

    def check(self) -> None:
        """Look at the clock within a long step.

        Raises:
            MediaRefused: The time is used up.
        """
        if self._spent + time.monotonic() - self._since > self._limit:
            raise MediaRefused(
                f"decoding the video took longer than {self._limit:g} s; "
                "use a shorter or smaller video, ask for fewer frames or raise video_timeout_s"
            )

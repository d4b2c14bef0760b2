"""One time limit over many steps."""

from __future__ import annotations

import time

from mm_agent.errors import MediaRefused


class Deadline:
    """A moment by which everything must be done."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds left, more than 0.

        Raises:
            MediaRefused: None are left.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise self.passed()
        return left

    def passed(self) -> MediaRefused:
        """The error for running out of time."""
        return MediaRefused(
            f"the download took longer than {self.seconds:g} s; try again, or raise MM_AGENT_URL_TIMEOUT_S"
        )

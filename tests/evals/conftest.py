"""The suites are about drawn stickers, which the demo encoder knows; a suite on photographs names its own."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def stickers(demo_vision: None) -> None:
    """The demo encoder, whatever the default is."""

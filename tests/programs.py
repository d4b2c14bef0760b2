"""Programs of the system that some tests drive: Chromium, a PostgreSQL server."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def missing(program: str, package: str) -> NoReturn:
    """Leave a test out, saying what it needs; in continuous integration, which installs it, it fails."""
    line = f"this test drives {program}, which is not installed; run: apt-get install {package}"
    if os.environ.get("CI"):
        pytest.fail(line)
    pytest.skip(line)

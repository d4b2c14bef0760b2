"""OpenCV loads here, and where it cannot, the error names the remedy."""

from __future__ import annotations

import builtins
import importlib
import sys

import pytest

from mm_agent.errors import MissingDependency


def test_a_missing_system_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def without_gl(name: str, *rest):
        if name == "cv2":
            raise ImportError("libGL.so.1: cannot open shared object file")
        return real_import(name, *rest)

    monkeypatch.delitem(sys.modules, "mm_agent.media.opencv", raising=False)
    monkeypatch.setattr(builtins, "__import__", without_gl)
    with pytest.raises(MissingDependency, match=r"libGL.*apt-get install libgl1.*opencv-python-headless"):
        importlib.import_module("mm_agent.media.opencv")


def test_it_loads_here() -> None:
    assert importlib.import_module("mm_agent.media.opencv").cv2.__version__

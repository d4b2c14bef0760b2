"""A clean room for every test: no keys, no settings of whoever runs it, no model hub, a home of its own.

Sockets are closed but for loopback and unix sockets by the pytest options in pyproject.toml.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Read by libraries when they are first imported, so set before any test module is.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TRANSFORMERS_OFFLINE"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["MPLBACKEND"] = "Agg"
# One for the whole run: building the font cache takes seconds.
os.environ["MPLCONFIGDIR"] = os.path.join(tempfile.gettempdir(), "mm-agent-tests-matplotlib")

FOREIGN_PREFIXES = (
    "MM_AGENT_",
    "LANGCHAIN_",
    "LANGSMITH_",
    "OPENAI_",
    "DEEPSEEK_",
    "DASHSCOPE_",
    "OLLAMA_",
    "FASTMCP_",
)
FOREIGN_NAMES = ("HF_TOKEN", "HF_ENDPOINT", "http_proxy", "https_proxy", "all_proxy", "no_proxy")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Drop settings, keys and proxies; point the user's folders at a temporary home."""
    for name in list(os.environ):
        if name.startswith(FOREIGN_PREFIXES) or name.lower() in {other.lower() for other in FOREIGN_NAMES}:
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    for variable, folder in (
        ("XDG_CONFIG_HOME", ".config"),
        ("XDG_CACHE_HOME", ".cache"),
        ("XDG_DATA_HOME", ".local"),
    ):
        monkeypatch.setenv(variable, str(home / folder))


@pytest.fixture
def demo_vision(clean_environment: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The encoder of the settings is the demo one, whose stickers the test is about."""
    monkeypatch.setenv("MM_AGENT_VISION", "demo")


@pytest.fixture
def root() -> Path:
    """The checkout."""
    return ROOT

"""langchain-tests' suites for chat models; none of their tests is skipped by hand or overridden.

Both run on a tiny Qwen3 that has learned by heart what the suite asks a value for; see ``taught.py``.
"""

from __future__ import annotations

from typing import Any

import pytest
from langchain_tests.integration_tests import ChatModelIntegrationTests
from langchain_tests.unit_tests import ChatModelUnitTests

from mm_agent.local import LocalChatModel
from tests.local.taught import teach


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> str:
    return teach(tmp_path_factory.mktemp("taught"))


class Properties:
    """What is true of the model under test; the base classes say no to pictures, sound and PDF."""

    folder: str

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def _folder(cls, taught: str) -> None:
        cls.folder = taught

    @property
    def chat_model_class(self) -> type[LocalChatModel]:
        return LocalChatModel

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": self.folder, "device": "cpu", "dtype": "float32", "max_tokens": 128}

    @property
    def supports_json_mode(self) -> bool:
        return True

    @property
    def supports_model_override(self) -> bool:
        return False


class TestUnit(Properties, ChatModelUnitTests):
    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {"model": self.folder}


@pytest.mark.filterwarnings("ignore::langchain_core._api.LangChainBetaWarning")
class TestIntegration(Properties, ChatModelIntegrationTests):
    pass

"""The one list of tools, and the toolkit that makes them for an encoder and a media store."""

from __future__ import annotations

from typing import Literal

from langchain_core.tools import BaseTool, BaseToolkit
from pydantic import ConfigDict, Field

from mm_agent.media.store import MediaStore
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent_tools.classify_image import classify_image_tool
from mm_agent_tools.count_objects import count_objects_tool
from mm_agent_tools.extract_features import extract_features_tool
from mm_agent_tools.locate import locate_tool
from mm_agent_tools.match_text import match_text_tool
from mm_agent_tools.summarise_feature_map import summarise_feature_map_tool

TOOL_FACTORIES = (
    classify_image_tool,
    match_text_tool,
    extract_features_tool,
    summarise_feature_map_tool,
    count_objects_tool,
    locate_tool,
)
"""Every tool of this package; a test checks that no tool file is missing here."""


class SiglipToolkit(BaseToolkit):
    """All SigLIP tools over one encoder and one media store.

    The store's policy decides whether a tool also takes a path, URL or data URI besides the store's handles:
    pass ``MediaStore(MediaPolicy.untrusted())`` where a model must not reach the file system.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    encoder: SiglipEncoder = Field(description="What looks at the pictures.")
    store: MediaStore = Field(description="Where the pictures and saved artifacts are.")
    language: Literal["en", "zh"] = Field(default="en", description="Language of the tools' text.")

    def get_tools(self) -> list[BaseTool]:
        """Make the tools, in the order of ``TOOL_FACTORIES``."""
        return [make(self.encoder, self.store, language=self.language) for make in TOOL_FACTORIES]

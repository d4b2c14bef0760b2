"""The one list of tools, and the toolkit that makes them for an encoder and a media store."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any, Literal

from langchain_core.tools import BaseTool, BaseToolkit
from pydantic import ConfigDict, Field

from mm_agent.errors import SettingsError
from mm_agent.media.store import MediaStore
from mm_agent.vision.domain_head import DomainHead
from mm_agent.vision.encoder import SiglipEncoder
from mm_agent_tools.classify_domain import classify_domain_tool
from mm_agent_tools.classify_image import classify_image_tool
from mm_agent_tools.compare_images import compare_images_tool
from mm_agent_tools.count_objects import count_objects_tool
from mm_agent_tools.describe_video import describe_video_tool
from mm_agent_tools.extract_features import extract_features_tool
from mm_agent_tools.find_moments import find_moments_tool
from mm_agent_tools.inspect_region import inspect_region_tool
from mm_agent_tools.locate import locate_tool
from mm_agent_tools.match_text import match_text_tool
from mm_agent_tools.plugins import ToolFactory, find_plugins
from mm_agent_tools.sample_frames import sample_frames_tool
from mm_agent_tools.summarise_feature_map import summarise_feature_map_tool

TOOL_FACTORIES = (
    classify_image_tool,
    match_text_tool,
    extract_features_tool,
    summarise_feature_map_tool,
    count_objects_tool,
    locate_tool,
    inspect_region_tool,
    compare_images_tool,
    sample_frames_tool,
    find_moments_tool,
    describe_video_tool,
)
"""Every tool that an encoder is enough for; a test checks that no tool file is missing here.

``classify_domain`` needs a domain head too, and comes with it.
"""


BUILT_IN: dict[str, ToolFactory] = {make.__name__.removesuffix("_tool"): make for make in TOOL_FACTORIES}
"""The factories by the names of their tools."""

_log = logging.getLogger(__name__)


class SiglipToolkit(BaseToolkit):
    """The SigLIP tools over one encoder and one media store, and those that plug-ins add.

    The store's policy decides whether a tool also takes a path, URL or data URI besides the store's handles:
    pass ``MediaStore(MediaPolicy.untrusted())`` where a model must not reach the file system.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    encoder: SiglipEncoder = Field(description="What looks at the pictures.")
    store: MediaStore = Field(description="Where the pictures and saved artifacts are.")
    language: Literal["en", "zh"] = Field(default="en", description="Language of the tools' text.")
    head: DomainHead | None = Field(default=None, description="A domain's classifier: ``classify_domain``.")
    include: tuple[str, ...] | None = Field(
        default=None, description="Names of the tools to make, in this order; None: all there are."
    )

    def get_tools(self) -> list[BaseTool]:
        """Make the tools: the domain's, ours in the order of ``TOOL_FACTORIES``, plug-ins; or those included.

        A broken plug-in is skipped with a warning, unless it is included by name.

        Raises:
            SettingsError: ``include`` names a tool that is not there, or a broken plug-in.
        """
        if self.include is None:
            return [*map(self._make, self._own().values()), *self._plugins()]
        known = self._own()
        known = known if known.keys() >= {*self.include} else _foreign() | known
        if unknown := [name for name in self.include if name not in known]:
            raise SettingsError(f"there is no tool {', '.join(unknown)}; include some of: {', '.join(known)}")
        return [self._make(known[name]) for name in self.include]

    def _own(self) -> dict[str, ToolFactory]:
        """The factories of this package by name."""
        head = self.head
        if head is None:
            return BUILT_IN

        def domain(encoder: SiglipEncoder, store: MediaStore, **options: Any) -> BaseTool:
            return classify_domain_tool(head, store, **options)

        return {"classify_domain": domain, **BUILT_IN}

    def _make(self, make: ToolFactory) -> BaseTool:
        return make(self.encoder, self.store, language=self.language)

    def _plugins(self) -> Iterator[BaseTool]:
        for plugin in find_plugins(BUILT_IN):
            try:
                yield self._make(plugin.make)
            except SettingsError as error:
                _log.warning("skipped: %s", error)


def _foreign() -> dict[str, ToolFactory]:
    """What makes each plug-in's tool; of two with one name, the one that works."""
    plugins = sorted(find_plugins(BUILT_IN), key=lambda plugin: plugin.factory is not None)
    return {plugin.name: plugin.make for plugin in plugins}

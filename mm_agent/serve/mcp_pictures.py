"""The store's pictures as MCP resources: a list that grows, and any picture or region as PNG."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import partial

from fastmcp.exceptions import ResourceError
from fastmcp.resources import FunctionResource, Resource, ResourceTemplate
from fastmcp.server.providers import Provider

from mm_agent.errors import MediaError
from mm_agent.media.item import MediaItem
from mm_agent.media.outgoing import outgoing_png
from mm_agent.media.store import MediaStore

TEMPLATE = "mm-agent://picture/{handle}"
PNG = "image/png"
LONGEST = 1600


class PictureResources(Provider):
    """Lists the pictures that are in the store now; the template reads regions and frames as well."""

    def __init__(self, store: MediaStore) -> None:
        super().__init__()
        self._store = store
        self._template = ResourceTemplate.from_function(
            self._png,
            TEMPLATE,
            name="picture",
            description="A picture by its handle, or a region of one, such as img-1@40,60,220,300.",
            mime_type=PNG,
        )

    async def _list_resources(self) -> Sequence[Resource]:
        return [self._resource(item) for item in self._store.items() if item.kind == "image"]

    async def _list_resource_templates(self) -> Sequence[ResourceTemplate]:
        return [self._template]

    def _resource(self, item: MediaItem) -> Resource:
        return FunctionResource.from_function(
            partial(self._png, item.handle),
            TEMPLATE.format(handle=item.handle),
            name=item.handle,
            title=item.name,
            description=f"{item.handle}: {item.name}, {item.width} x {item.height} pixels",
            mime_type=PNG,
        )

    def _png(self, handle: str) -> bytes:
        """Read a picture; FastMCP runs this in a thread."""
        try:
            return outgoing_png(self._store.image(handle), longest=LONGEST)
        except MediaError as error:
            raise ResourceError(str(error), log_level=logging.DEBUG) from error

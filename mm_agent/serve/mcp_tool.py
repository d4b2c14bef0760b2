"""A LangChain tool served to MCP clients: its schema, its text, its pictures and its evidence."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import anyio.to_thread
from fastmcp.tools import Tool, ToolResult
from langchain_core.messages import ToolMessage
from langchain_core.tools import BaseTool, ToolException
from mcp_types import ContentBlock, ImageContent, TextContent
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.json_schema import SkipJsonSchema

from mm_agent.errors import MMAgentError
from mm_agent.media.mentions import mention_name, open_mention, saved_pictures
from mm_agent.media.outgoing import outgoing_picture
from mm_agent.media.store import MediaStore

MOST_PICTURES = 4
LONGEST = 1024


class ServedTool(Tool):
    """One tool. What went wrong on purpose is an error result with its one line; bugs are raised."""

    model_config = ConfigDict(arbitrary_types_allowed=True)

    made: SkipJsonSchema[BaseTool] = Field(exclude=True, description="The LangChain tool.")
    store: SkipJsonSchema[MediaStore] = Field(exclude=True, description="Where its pictures are.")

    async def run(self, arguments: dict[str, Any]) -> ToolResult:
        """Call the tool; its work runs in a thread."""
        call = {"name": self.name, "args": arguments, "id": uuid4().hex, "type": "tool_call"}
        try:
            message: ToolMessage = await self.made.ainvoke(call)
            if message.status == "error":
                return _failed(message.text)
            artifact = message.artifact if isinstance(message.artifact, dict) else None
            pictures = await anyio.to_thread.run_sync(_pictures, artifact, self.store)
        except (MMAgentError, ToolException) as error:
            return _failed(str(error))
        except ValidationError as error:  # tools of others; ours answer themselves
            return _failed(f"{self.name} was called with bad arguments ({_wrong(error)})")
        return ToolResult([TextContent(text=message.text), *pictures], structured_content=artifact)


def served_tool(tool: BaseTool, store: MediaStore) -> ServedTool:
    """Serve a LangChain tool under its own name, description and schema."""
    return ServedTool(
        name=tool.name, description=tool.description, parameters=_parameters(tool), made=tool, store=store
    )


def _parameters(tool: BaseTool) -> dict[str, Any]:
    """What the model gives, as JSON schema; without the tool's description, which goes beside it."""
    schema = tool.tool_call_schema
    if not isinstance(schema, dict):
        schema = schema.model_json_schema() if issubclass(schema, BaseModel) else schema.schema()
    return {name: value for name, value in schema.items() if name != "description"}


def _pictures(artifact: dict[str, Any] | None, store: MediaStore) -> list[ContentBlock]:
    """What a tool drew (heat maps, crops, contact sheets), each behind a line with its name."""
    blocks: list[ContentBlock] = []
    for saved in saved_pictures(artifact, store)[:MOST_PICTURES]:
        picture = outgoing_picture(open_mention(store, saved), longest=LONGEST)
        blocks.append(TextContent(text=f"{mention_name(saved)}:"))
        blocks.append(ImageContent(data=picture.base64, mime_type=picture.mime_type))
    return blocks


def _wrong(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, item['loc']))}: {item['msg']}" for item in error.errors())


def _failed(line: str) -> ToolResult:
    return ToolResult([TextContent(text=line)], is_error=True)

"""The MCP server: tools and pictures for any MCP client, over stdio or streamable HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from fastmcp import FastMCP
from langchain_core.tools import BaseTool

import mm_agent
from mm_agent.media.policy import MediaPolicy
from mm_agent.media.store import MediaStore
from mm_agent.projection.wording import list_words
from mm_agent.prompt_files import Language, render
from mm_agent.serve.mcp_pictures import PictureResources
from mm_agent.serve.mcp_token import OneToken
from mm_agent.serve.mcp_tool import served_tool


def build_server(
    tools: Sequence[BaseTool], store: MediaStore, *, token: str | None = None, language: Language = "en"
) -> FastMCP:
    """Put tools and a store behind MCP.

    All clients share the store. Errors made on purpose reach the client in full; of any other it learns only
    that the tool failed.

    Args:
        tools: Whatever LangChain tools there are, such as a toolkit's.
        store: Where their pictures are; its ``resolve_policy`` says what clients may open.
        token: Bearer token that HTTP clients must send; None: none is asked for.
        language: Of the instructions for the client's model.
    """
    return FastMCP(
        "mm-agent",
        _instructions(store.resolve_policy, language),
        version=mm_agent.__version__,
        auth=OneToken(token) if token else None,
        tools=[served_tool(tool, store) for tool in tools],
        providers=[PictureResources(store)],
        mask_error_details=True,
    )


def _instructions(policy: MediaPolicy, language: Language) -> str:
    """How to name a picture here: by handle, and by what the policy lets a client open."""
    sources = [render("mcp_server/data", language)]
    if policy.urls:
        sources.insert(0, render("mcp_server/address", language))
    if policy.roots is None:
        sources.insert(0, render("mcp_server/path", language))
    elif policy.roots:
        folders = ", ".join(map(str, policy.roots))
        sources.insert(0, render("mcp_server/path_under", language, folders=folders))
    return render("mcp_server/instructions", language, sources=list_words(sources, language))

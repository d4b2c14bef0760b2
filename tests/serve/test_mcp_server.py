"""The MCP server in this process, seen through FastMCP's client."""

from __future__ import annotations

import asyncio
import base64
import io
import threading
from pathlib import Path
from typing import Any

import pytest
from fastmcp import Client, FastMCP
from langchain_core.tools import BaseTool, StructuredTool, ToolException
from langchain_core.utils.function_calling import convert_to_openai_tool
from mcp.shared.exceptions import MCPError
from mcp_types import ContentBlock, ImageContent, TextContent
from PIL import Image

from mm_agent.errors import CheckpointError
from mm_agent.media import MediaPolicy, MediaStore
from mm_agent.projection import parse_evidence
from mm_agent.serve.mcp_server import build_server
from mm_agent_tools import SiglipToolkit


def words(content: list[ContentBlock]) -> str:
    return "\n".join(block.text for block in content if isinstance(block, TextContent))


def pictures(content: list[ContentBlock]) -> list[Image.Image]:
    blocks = [block for block in content if isinstance(block, ImageContent)]
    return [Image.open(io.BytesIO(base64.b64decode(block.data))) for block in blocks]


async def call(server: FastMCP, name: str, **arguments: Any) -> Any:
    async with Client(server) as client:
        return await client.call_tool(name, arguments, raise_on_error=False)


async def test_every_tool_is_served_with_its_schema(server: FastMCP, toolkit: SiglipToolkit) -> None:
    made = {tool.name: tool for tool in toolkit.get_tools()}
    async with Client(server) as client:
        served = {tool.name: tool for tool in await client.list_tools()}
    assert list(served) == list(made)
    for name, tool in served.items():
        expected = convert_to_openai_tool(made[name])["function"]["parameters"]
        assert tool.description == made[name].description
        assert list(tool.input_schema["properties"]) == list(expected["properties"])
        for argument, described in expected["properties"].items():
            assert tool.input_schema["properties"][argument]["description"] == described["description"]
        assert tool.input_schema["required"] == expected["required"]


async def test_a_call_gives_text_pictures_and_evidence(server: FastMCP) -> None:
    result = await call(server, "summarise_feature_map", image="img-1@20,0,120,60", query="cat")
    assert result.is_error is False
    evidence = parse_evidence(result.structured_content)
    assert evidence.handle == "img-1@20,0,120,60"
    assert words(result.content).startswith(evidence.to_text("en"))
    assert words(result.content).endswith("\nheatmap-img-1@20,0,120,60.png:")
    (served,) = pictures(result.content)
    with Image.open(result.structured_content["heatmap_path"]) as saved:
        assert served.size == saved.size


async def test_pictures_of_a_result_are_bounded(store: MediaStore) -> None:
    def draw(image: str) -> tuple[str, dict[str, Any]]:
        """Draw many large pictures."""
        drawn = [store.save_artifact(Image.new("RGB", (3000, 1500 + n)), f"drawn-{n}") for n in range(9)]
        return "drawn", {"handle": image, "drawn": list(map(str, drawn))}

    tool = StructuredTool.from_function(draw, response_format="content_and_artifact")
    result = await call(build_server([tool], store), "draw", image="img-1")
    assert [picture.width for picture in pictures(result.content)] == [1024] * 4


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("locate", {"image": "img-9", "query": "cat"}, "there is no 'img-9'; known: img-1 (noise.png)"),
        ("locate", {"image": "img-1", "query": ""}, "query is empty; say in a few words"),
        ("locate", {"image": "img-1"}, "bad arguments (query: Field required); it takes: image (required)"),
        ("locate", {"image": "img-1", "query": "a", "depth": 3}, "depth: Extra inputs are not permitted"),
        ("classify_image", {"image": "img-1", "top_k": "many"}, "top_k: Input should be a valid integer"),
        ("locate", {"image": "/etc/passwd", "query": "cat"}, "known: img-1 (noise.png)"),
        ("locate", {"image": "http://127.0.0.1/a.png", "query": "cat"}, "a private or special address"),
        ("locate", {"image": "http://localhost:1/a.png", "query": "cat"}, "a private or special address"),
        ("fly", {}, "Unknown tool: 'fly'"),
    ],
)
async def test_errors_are_error_results_with_one_line(
    server: FastMCP, name: str, arguments: dict[str, Any], said: str
) -> None:
    result = await call(server, name, **arguments)
    assert result.is_error is True
    assert said in words(result.content)
    assert "\n" not in words(result.content)
    assert result.structured_content is None


async def test_files_under_the_roots_can_be_opened(server: FastMCP, tmp_path: Path) -> None:
    Image.new("RGB", (30, 20), "red").save(tmp_path / "open" / "red.png")
    Image.new("RGB", (30, 20), "blue").save(tmp_path / "closed.png")
    opened = await call(server, "extract_features", image=str(tmp_path / "open" / "red.png"))
    assert opened.structured_content["handle"] == "img-2"
    for path in (tmp_path / "closed.png", tmp_path / "open" / ".." / "closed.png"):
        assert (await call(server, "extract_features", image=str(path))).is_error is True


def failing(error: Exception) -> BaseTool:
    def look(image: str) -> str:
        """Fail."""
        raise error

    return StructuredTool.from_function(look)


async def test_our_errors_are_told_and_others_are_masked(store: MediaStore) -> None:
    ours = await call(
        build_server([failing(CheckpointError("no weights; fetch them"))], store), "look", image="a"
    )
    assert (ours.is_error, words(ours.content)) == (True, "no weights; fetch them")
    bug = await call(build_server([failing(ZeroDivisionError("/root/secret"))], store), "look", image="a")
    assert (bug.is_error, words(bug.content)) == (True, "Error calling tool 'look'")


async def test_a_tool_of_anyone_is_served(store: MediaStore) -> None:
    def shout(text: str) -> str:
        """Say it loudly."""
        return text.upper()

    server = build_server([StructuredTool.from_function(shout)], store)
    result = await call(server, "shout", text="cat")
    assert (words(result.content), result.structured_content) == ("CAT", None)
    wrong = await call(server, "shout", words="cat")
    said = "shout was called with bad arguments (text: Field required)"
    assert (wrong.is_error, words(wrong.content)) == (True, said)


async def test_what_a_tool_refuses_is_told(store: MediaStore) -> None:
    refused = await call(build_server([failing(ToolException("not today"))], store), "look", image="a")
    assert (refused.is_error, words(refused.content)) == (True, "not today")


async def test_calls_run_side_by_side(store: MediaStore) -> None:
    """Each call waits until the other has begun: served one after the other, they would never end."""
    both = threading.Barrier(2, timeout=60)

    def meet(name: str) -> str:
        """Wait for another call."""
        both.wait()
        return name

    async with Client(build_server([StructuredTool.from_function(meet)], store)) as client:
        results = await asyncio.gather(*(client.call_tool("meet", {"name": name}) for name in "ab"))
    assert [words(result.content) for result in results] == ["a", "b"]


async def test_many_calls_at_once_agree_with_calls_one_by_one(server: FastMCP) -> None:
    queries = [f"thing {number}" for number in range(6)]
    async with Client(server) as client:

        async def score(query: str) -> float:
            result = await client.call_tool("match_text", {"image": "img-1", "texts": [query]})
            assert result.structured_content is not None
            return result.structured_content["texts"][0]["score"]

        together = await asyncio.gather(*map(score, queries))
        alone = [await score(query) for query in queries]
    assert together == pytest.approx(alone)
    assert len(set(alone)) > 1


async def test_pictures_are_resources(server: FastMCP, store: MediaStore, noise: Image.Image) -> None:
    async with Client(server) as client:
        (listed,) = await client.list_resources()
        assert (str(listed.uri), listed.title, listed.mime_type) == (
            "mm-agent://picture/img-1",
            "noise.png",
            "image/png",
        )
        store.add(noise.rotate(180), name="upside down.png")
        assert [item.title for item in await client.list_resources()] == ["noise.png", "upside down.png"]
        (template,) = await client.list_resource_templates()
        assert template.uri_template == "mm-agent://picture/{handle}"
        assert (await read(client, "img-1")).tobytes() == noise.tobytes()
        corner = await read(client, "img-2@0,0,30,20")
        assert corner.tobytes() == noise.rotate(180).crop((0, 0, 30, 20)).tobytes()


async def read(client: Client, handle: str) -> Image.Image:
    (content,) = await client.read_resource(f"mm-agent://picture/{handle}")
    assert content.mime_type == "image/png"
    return Image.open(io.BytesIO(base64.b64decode(getattr(content, "blob", ""))))


@pytest.mark.parametrize(
    ("handle", "said"),
    [
        ("img-7", "there is no 'img-7'; known: img-1"),
        ("img-1@500,500,600,600", "lies outside the picture; it is 120x60 pixels"),
        ("..%2F..%2Fetc%2Fpasswd", "not found"),
        ("passwd", "'passwd' is not a media handle"),
    ],
)
async def test_unknown_pictures_are_refused(server: FastMCP, handle: str, said: str) -> None:
    async with Client(server) as client:
        with pytest.raises(MCPError, match=said):
            await client.read_resource(f"mm-agent://picture/{handle}")


@pytest.mark.parametrize(
    ("policy", "said"),
    [
        (MediaPolicy(), "`image`: a file path, an http(s) address, a data URI."),
        (MediaPolicy(roots=(), urls=False), "`image`: a data URI."),
        (
            MediaPolicy(roots=(Path("/srv/cats"),), urls=False),
            "a path of a file under /srv/cats, a data URI.",
        ),
    ],
)
async def test_the_instructions_say_what_may_be_opened(policy: MediaPolicy, said: str) -> None:
    async with Client(build_server([], MediaStore(policy))) as client:
        assert said in str(client.instructions)


async def test_the_instructions_speak_chinese() -> None:
    async with Client(build_server([], MediaStore(), language="zh")) as client:
        assert "句柄要原样照抄" in str(client.instructions)

"""stdio: the program as MCP hosts start it, with the MCP project's own client and byte by byte."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError
from mcp_types import ImageContent
from PIL import Image

from mm_agent.vision.demo.domain import picture_of
from tests.serve.programs import Program, program

pytestmark = pytest.mark.slow

TOOLS = ("summarise_feature_map", "extract_features", "locate")


@pytest.fixture
def how(tmp_path: Path, checkpoint: Path, noise: Image.Image) -> Program:
    """A server with one picture, three tools, and a folder clients may open files in."""
    noise.save(tmp_path / "noise.png")
    (tmp_path / "open").mkdir()
    noise.rotate(180).save(tmp_path / "open" / "turned.png")
    tools = [word for name in TOOLS for word in ("--tool", name)]
    return program(
        tmp_path, checkpoint, str(tmp_path / "noise.png"), "--root", str(tmp_path / "open"), *tools
    )


async def test_a_round_trip_with_another_client(how: Program, tmp_path: Path) -> None:
    errors = (tmp_path / "stderr.txt").open("w+")
    parameters = StdioServerParameters(command=sys.executable, args=how.arguments, env=how.environment)
    async with Client(stdio_client(parameters, errlog=errors)) as client:
        names = [tool.name for tool in (await client.list_tools()).tools]
        assert tuple(names) == TOOLS
        found = await client.call_tool("summarise_feature_map", {"image": "img-1"})
        assert found.is_error is False
        assert any(isinstance(block, ImageContent) for block in found.content)
        opened, refused, unknown, bad = await asyncio.gather(
            client.call_tool("extract_features", {"image": str(tmp_path / "open" / "turned.png")}),
            client.call_tool("extract_features", {"image": str(tmp_path / "noise.png")}),
            client.call_tool("extract_features", {"image": "img-9"}),
            client.call_tool("extract_features", {"picture": "img-1"}),
        )
        assert opened.structured_content is not None
        assert opened.structured_content["handle"] == "img-2"
        assert [result.is_error for result in (opened, refused, unknown, bad)] == [False, True, True, True]
        listed = (await client.list_resources()).resources
        assert [item.title for item in listed] == ["noise.png", "turned.png"]
        with pytest.raises(MCPError, match="there is no 'img-7'"):
            await client.read_resource("mm-agent://picture/img-7")
    errors.seek(0)
    assert "Traceback" not in errors.read()
    errors.close()
    assert how.left_behind == []


async def test_a_domain_head_is_a_tool_whose_schema_names_its_labels(
    tmp_path: Path, checkpoint: Path, domain_head: Path
) -> None:
    picture_of("sitar", "sea", seed=21).save(tmp_path / "player.png")
    how = program(tmp_path, checkpoint, str(tmp_path / "player.png"), "--head", str(domain_head))
    parameters = StdioServerParameters(command=sys.executable, args=how.arguments, env=how.environment)
    async with Client(stdio_client(parameters)) as client:
        [tool] = [tool for tool in (await client.list_tools()).tools if tool.name == "classify_domain"]
        assert "harmonium" in json.dumps(tool.input_schema)
        found = await client.call_tool("classify_domain", {"image": "img-1"})
        assert found.is_error is False
        assert "sitar" in str(found.content)
        wrong = await client.call_tool("classify_domain", {"image": "img-1", "labels": ["violin"]})
        assert wrong.is_error is True
        assert "harmonium" in str(wrong.content), "it says what there is"


def test_stdout_holds_the_protocol_alone_and_closing_stdin_ends_it(how: Program) -> None:
    with started(how) as process:
        assert hello(process)["result"]["serverInfo"]["name"] == "mm-agent"
        called = ask(
            process, 2, "tools/call", {"name": "locate", "arguments": {"image": "img-1", "query": "cat"}}
        )
        assert called["result"]["isError"] is False
        assert ask(process, 3, "tools/list", {})["result"]["tools"]
        out, err = process.communicate(timeout=120)
    assert (process.returncode, out, how.left_behind) == (0, "", [])
    assert "img-1: noise.png, 120 × 60" in err
    assert "Traceback" not in err


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_while_stdin_is_open(how: Program, number: signal.Signals, code: int) -> None:
    with started(how) as process:
        hello(process)
        process.send_signal(number)
        assert process.wait(timeout=120) == code
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()
    assert how.left_behind == []


def started(how: Program) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    command = [sys.executable, *how.arguments]
    return subprocess.Popen(
        command, env=how.environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True, encoding="utf-8"
    )


def hello(process: subprocess.Popen[str]) -> dict[str, Any]:
    """The handshake of every MCP session."""
    client = {"name": "test", "version": "1"}
    answer = ask(
        process,
        1,
        "initialize",
        {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client},
    )
    send(process, {"jsonrpc": "2.0", "method": "notifications/initialized"})
    return answer


def ask(
    process: subprocess.Popen[str], number: int, method: str, parameters: dict[str, Any]
) -> dict[str, Any]:
    """Send a request; the very next line on stdout must be its answer."""
    send(process, {"jsonrpc": "2.0", "id": number, "method": method, "params": parameters})
    assert process.stdout is not None
    answer = json.loads(process.stdout.readline())
    assert answer["id"] == number
    return answer


def send(process: subprocess.Popen[str], message: dict[str, Any]) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(message) + "\n")
    process.stdin.flush()

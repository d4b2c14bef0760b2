"""Streamable HTTP: a server program on loopback, the MCP project's own client, tokens and rebound names."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import httpx2
import pytest
from click.testing import CliRunner
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import ImageContent
from PIL import Image

from mm_agent.cli.main import main
from mm_agent.errors import SettingsError
from mm_agent.serve.mcp_http import address, is_loopback, listen
from mm_agent.serve.mcp_token import OneToken, read_token
from tests.cli.conftest import only_line
from tests.serve.programs import TOKEN, HttpServer, http_server, program

HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "1"},
    },
}
ACCEPT = {"Accept": "application/json, text/event-stream"}
BEARER = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def guarded(
    tmp_path_factory: pytest.TempPathFactory, checkpoint: Path, noise: Image.Image
) -> Iterator[HttpServer]:
    """A server that asks for a token and starts with one picture."""
    folder = tmp_path_factory.mktemp("http")
    noise.save(folder / "noise.png")
    how = program(folder, checkpoint, str(folder / "noise.png"), MM_AGENT_MCP_TOKEN=TOKEN)
    with http_server(how) as running:
        yield running


@asynccontextmanager
async def connected(server: HttpServer, token: str = TOKEN) -> AsyncIterator[Client]:
    """The MCP project's client, logged in."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx2.AsyncClient(headers=headers, timeout=120) as http,
        Client(streamable_http_client(server.url, http_client=http)) as client,
    ):
        yield client


def post(server: HttpServer, **headers: str) -> httpx.Response:
    """The first message of a session, as a client sends it."""
    sent = {name.encode(): value.encode() for name, value in {**ACCEPT, **headers}.items()}
    return httpx.post(server.url, json=HELLO, headers=sent, timeout=60, trust_env=False)


async def test_a_round_trip(guarded: HttpServer) -> None:
    async with connected(guarded) as client:
        tools = (await client.list_tools()).tools
        assert "locate" in {tool.name for tool in tools}
        found = await client.call_tool("summarise_feature_map", {"image": "img-1"})
        assert found.is_error is False
        assert found.structured_content is not None
        assert found.structured_content["kind"] == "feature_map"
        assert any(isinstance(block, ImageContent) for block in found.content)
        wrong = await client.call_tool("locate", {"image": "img-9", "query": "cat"})
        assert wrong.is_error is True
        (listed,) = (await client.list_resources()).resources
        (content,) = (await client.read_resource(listed.uri)).contents
        assert content.mime_type == "image/png"


async def test_clients_and_calls_side_by_side(guarded: HttpServer) -> None:
    async def ask(query: str) -> str:
        async with connected(guarded) as client:
            result = await client.call_tool("match_text", {"image": "img-1", "texts": [query]})
            assert result.structured_content is not None
            return result.structured_content["texts"][0]["text"]

    assert await asyncio.gather(*map(ask, "abcd")) == list("abcd")


def test_the_token_is_asked_for_and_never_shown(guarded: HttpServer) -> None:
    assert post(guarded).status_code == 401
    for wrong in ("wrong-token-of-good-length", TOKEN[:-1], TOKEN + "x", "Ünïcode"):
        refused = post(guarded, Authorization=f"Bearer {wrong}")
        assert refused.status_code == 401, wrong
        assert TOKEN not in refused.text
    assert post(guarded, Authorization=f"Basic {TOKEN}").status_code == 401
    assert post(guarded, **BEARER).status_code == 200
    assert "clients need the token" in guarded.said


async def test_a_client_with_the_wrong_token_cannot_connect(guarded: HttpServer) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        async with connected(guarded, token="wrong-token-of-good-length") as client:
            await client.list_tools()
    assert caught.value.subgroup(MCPError) is not None


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Host": "evil.example:80"}, 421),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:3000"}, 200),
        ({}, 200),
    ],
)
def test_rebound_names_and_foreign_pages_are_refused(
    guarded: HttpServer, headers: dict[str, str], status: int
) -> None:
    assert post(guarded, **BEARER, **headers).status_code == status


def test_without_a_token_only_this_machine_is_served(monkeypatch: pytest.MonkeyPatch) -> None:
    result = CliRunner().invoke(main, ["serve", "mcp", "--transport", "http", "--host", "0.0.0.0"])
    assert result.exit_code == 1
    line = only_line(result.stderr)
    assert "other machines could use the tools at 0.0.0.0 without a token; set MM_AGENT_MCP_TOKEN" in line
    for host in ("0.0.0.0", "::", "192.0.2.7", "example.com", "localhost.example.com"):
        assert not is_loopback(host)
        with pytest.raises(SettingsError, match="without a token"):
            listen(host, 0, token=None)
    assert all(map(is_loopback, ("127.0.0.1", "127.1.2.3", "::1", "localhost")))


def test_a_taken_port_is_one_line() -> None:
    with listen("127.0.0.1", 0, token=None) as first:
        port = first.getsockname()[1]
        assert address(first) == f"http://127.0.0.1:{port}/mcp"
        with pytest.raises(SettingsError, match=f"cannot listen on 127.0.0.1 port {port}: .*--port"):
            listen("127.0.0.1", port, token=None)


def test_tokens_come_from_the_environment_or_a_private_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert read_token(None) is None
    monkeypatch.setenv("MM_AGENT_MCP_TOKEN", f" {TOKEN}\n")
    assert read_token(None) == TOKEN
    file = tmp_path / "token"
    file.write_text("another-token-nobody-guesses\n")
    file.chmod(0o600)
    assert read_token(file) == "another-token-nobody-guesses"
    file.chmod(0o640)
    with pytest.raises(SettingsError, match=r"others can read the token file .*; run: chmod 600"):
        read_token(file)


@pytest.mark.parametrize(
    ("text", "said"),
    [("short", "fewer than 16"), ("x" * 9 + " " + "y" * 9, "cannot carry"), ("ü" * 20, "carry")],
)
def test_bad_tokens_are_refused_without_showing_them(
    text: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MM_AGENT_MCP_TOKEN", text)
    with pytest.raises(SettingsError, match=said) as error:
        read_token(None)
    assert text not in str(error.value)
    assert "secrets.token_urlsafe" in str(error.value)


def test_a_missing_token_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot read the token file .*nowhere: No such file"):
        read_token(tmp_path / "nowhere")


async def test_the_verifier_knows_one_token() -> None:
    verifier = OneToken(TOKEN)
    assert (await verifier.verify_token(TOKEN)) is not None
    for wrong in ("", TOKEN.upper(), "ü", TOKEN + "\0"):
        assert await verifier.verify_token(wrong) is None

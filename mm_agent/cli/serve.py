"""``mm-agent serve``: the tools for other programs; the chat for people is in ``serve_web``."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NoReturn

import click

from mm_agent.cli.common import Call, Verb, encoder_options, head_option, language_option, pass_call
from mm_agent.cli.pictures import open_picture
from mm_agent.cli.serve_web import sigterm_ends_it, web
from mm_agent.errors import MissingDependency

if TYPE_CHECKING:
    from fastmcp import FastMCP

    from mm_agent.media.store import MediaStore


@dataclass(frozen=True)
class Http:
    """How clients reach a server over HTTP."""

    host: str = "127.0.0.1"
    port: int = 8765
    allowed_hosts: tuple[str, ...] = ()
    token_file: Path | None = None


@click.group()
def serve() -> None:
    """Serve the tools to other programs, or a chat to people."""


serve.add_command(web)


@serve.command(cls=Verb)
@click.argument("images", nargs=-1, metavar="[IMAGE...]")
@click.option(
    "--root",
    "roots",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    multiple=True,
    help="Folder whose files clients may open; repeatable. Default: the setting media_roots, else none.",
)
@click.option("--tool", "tools", multiple=True, metavar="NAME", help="Serve only this tool; repeatable.")
@click.option(
    "--transport",
    type=click.Choice(("stdio", "http")),
    default="stdio",
    show_default=True,
    help="stdio: the client starts this program; http: it connects to an address. The rest is for http.",
)
@click.option("--host", default=Http.host, show_default=True, metavar="ADDRESS", help="Where to listen.")
@click.option(
    "--port",
    default=Http.port,
    show_default=True,
    metavar="N",
    type=click.IntRange(0, 65535),
    help="0: a free one.",
)
@click.option(
    "--allow-host", "names", multiple=True, metavar="NAME", help="Name clients reach it by, if not ADDRESS."
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    help="Private file with the bearer token; without it MM_AGENT_MCP_TOKEN.",
)
@head_option
@language_option
@encoder_options
@pass_call
def mcp(
    call: Call,
    images: tuple[str, ...],
    *,
    roots: tuple[Path, ...],
    tools: tuple[str, ...],
    transport: Literal["stdio", "http"],
    host: str,
    port: int,
    names: tuple[str, ...],
    token_file: Path | None,
) -> None:
    """Serve the tools over the Model Context Protocol (MCP).

    IMAGEs are there from the start. Clients may add those under --root, and http(s) and data addresses as
    far as the settings allow; never addresses of this machine or of private networks.
    """
    http = Http(host, port, names, token_file)
    if transport == "stdio" and http != Http():
        raise click.UsageError("--host, --port, --allow-host and --token-file need --transport http")
    _require_fastmcp()
    make = partial(_server, call, images=images, tools=tools)
    with sigterm_ends_it():
        if transport == "stdio":
            with _store(call, roots) as store:
                _serve_stdio(make(store), store)
        else:
            _serve_http(call, make, roots, http)


def _require_fastmcp() -> None:
    from importlib.util import find_spec

    if find_spec("fastmcp") is None:
        raise MissingDependency("serving MCP needs fastmcp: pip install 'mm-agent[mcp]'")


def _store(call: Call, roots: tuple[Path, ...]) -> MediaStore:
    """An empty store: the person here opens what the settings allow, clients no file outside the roots."""
    from mm_agent.media.store import MediaStore

    policy = call.settings.media_policy()
    return MediaStore(policy, resolve_policy=replace(policy, roots=roots or policy.roots or ()))


def _server(
    call: Call,
    store: MediaStore,
    *,
    images: tuple[str, ...],
    tools: tuple[str, ...],
    token: str | None = None,
) -> FastMCP:
    from mm_agent.serve.mcp_server import build_server
    from mm_agent.serve.session import configured_head
    from mm_agent_tools import SiglipToolkit

    for source in images:
        item = open_picture(store, source).item
        call.remark(f"{item.handle}: {item.name}, {item.width} × {item.height}")
    language = call.language()
    call.remark(call.encoder.notice(language))
    toolkit = SiglipToolkit(
        encoder=call.encoder,
        store=store,
        language=language,
        head=configured_head(call.settings),
        include=tools or None,
    )
    return build_server(toolkit.get_tools(), store, token=token, language=language)


def _end_on_signals(store: MediaStore) -> None:
    """End when told to, without waiting for threads: for stdin, or for a tool that is still at work."""

    def end(code: int) -> NoReturn:
        store.close()
        os._exit(code)

    def stop(code: int, *_: object) -> None:
        # On a thread of its own: what the signal interrupted may hold the store's lock.
        threading.Thread(target=end, args=(code,)).start()

    signal.signal(signal.SIGTERM, partial(stop, 0))
    signal.signal(signal.SIGINT, partial(stop, 130))


def _serve_stdio(server: FastMCP, store: MediaStore) -> None:
    """Serve until the client closes stdin, or a signal comes."""
    _end_on_signals(store)
    server.run("stdio", show_banner=False, log_level="WARNING")


def _serve_http(call: Call, make: Callable[..., FastMCP], roots: tuple[Path, ...], http: Http) -> None:
    """Serve until a signal comes."""
    import anyio

    from mm_agent.serve.mcp_http import address, listen, serve_http
    from mm_agent.serve.mcp_token import read_token

    token = read_token(http.token_file)
    with listen(http.host, http.port, token=token) as listener, _store(call, roots) as store:
        server = make(store, token=token)
        asks = "clients need the token" if token else "no token asked: anyone on this machine may connect"
        call.remark(f"serving MCP at {address(listener)}; {asks}")
        _end_on_signals(store)  # requests under way are answered first: the server passes signals on
        anyio.run(partial(serve_http, server, listener, allowed_hosts=http.allowed_hosts))

"""``mm-agent serve web``: the chat in a browser."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import click

from mm_agent.cli.common import (
    Call,
    Verb,
    encoder_options,
    head_option,
    language_option,
    llm_option,
    pass_call,
    projection_options,
)
from mm_agent.errors import MissingDependency

PORT = 7860


@click.command(cls=Verb)
@click.option("--host", default="127.0.0.1", show_default=True, metavar="ADDRESS", help="Where to listen.")
@click.option(
    "--port",
    default=PORT,
    show_default=True,
    metavar="N",
    type=click.IntRange(0, 65535),
    help="0: a free one.",
)
@click.option(
    "--allow-host",
    "names",
    multiple=True,
    metavar="NAME",
    help="Name browsers reach it by, if not ADDRESS; repeatable.",
)
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    help="Private file with the token to log in with; without it MM_AGENT_WEB_TOKEN.",
)
@click.option(
    "--users-file", type=click.Path(path_type=Path), help="Private file with lines of name:password, instead."
)
@click.option(
    "--max-upload-mb",
    default=100,
    show_default=True,
    metavar="N",
    type=click.IntRange(min=1),
    help="Largest file; a conversation may hold three times as much.",
)
@click.option(
    "--max-files",
    default=20,
    show_default=True,
    metavar="N",
    type=click.IntRange(min=1),
    help="Most pictures and videos in a conversation.",
)
@click.option(
    "--more-llm", "llms", multiple=True, metavar="SPEC", help="Another chat model to choose; repeatable."
)
@click.option(
    "--more-vision",
    "visions",
    multiple=True,
    metavar="SPEC",
    help="Another vision model to choose; repeatable.",
)
@llm_option
@projection_options
@head_option
@language_option
@encoder_options
@pass_call
def web(
    call: Call,
    *,
    host: str,
    port: int,
    names: tuple[str, ...],
    token_file: Path | None,
    users_file: Path | None,
    max_upload_mb: int,
    max_files: int,
    llms: tuple[str, ...],
    visions: tuple[str, ...],
) -> None:
    """Serve a chat about pictures and videos to browsers.

    Each browser, or user, has a conversation and files of its own, which outlive the server unless
    MM_AGENT_MEMORY is off. Other machines are served only if visitors must log in, with a token or as one of
    several users.
    """
    if token_file and users_file:
        raise click.UsageError("give either --token-file or --users-file")
    if find_spec("gradio") is None:
        raise MissingDependency("the web chat needs gradio: pip install 'mm-agent[web]'")
    from mm_agent.serve.listening import origin
    from mm_agent.serve.web.access import read_access
    from mm_agent.serve.web.caps import MIB, Caps
    from mm_agent.serve.web.choice import Choices
    from mm_agent.serve.web.server import Models, listen, private_folder, run, warm_up, web_app

    access = read_access(token_file, users_file)
    settings = call.settings
    choices = Choices(_each_once(settings.llm, *llms), _each_once(settings.vision, *visions))
    caps = Caps(file_bytes=max_upload_mb * MIB, files=max_files)
    with (
        _leaving_at_once(),
        sigterm_ends_it(),
        listen(host, port, access=access) as listener,
        private_folder() as folder,
    ):
        # Late: what gradio and torch read from the environment is set by now.
        from mm_agent.serve.web.shared import SharedChatModels, shared_encoders
        from mm_agent.serve.web.shelf import open_shelf

        encoders = shared_encoders(settings, {settings.vision: call.encoder})
        models = Models(encoders, SharedChatModels(settings), choices)
        warm_up(settings, models)
        hosts = (listener.getsockname()[0], host, *names)
        with (
            open_shelf(settings, folder, caps) as (shelf, note),
            web_app(settings, models, folder, shelf=shelf, access=access, caps=caps, hosts=hosts) as app,
        ):
            call.remark(note)
            asks = "visitors log in" if not access.open else "no login: anyone on this machine may use it"
            call.remark(f"web chat at {origin(listener)}; {asks}; Ctrl-C ends it")
            run(app, listener)


@contextmanager
def sigterm_ends_it() -> Iterator[None]:
    """Leave in good order when a service manager asks, as after Ctrl-C."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _leaving_at_once() -> Iterator[None]:
    """When a signal ended it and all is tidied up, do not wait for threads or for torch to be taken apart."""
    try:
        yield
    except KeyboardInterrupt:
        os._exit(130)
    except SystemExit:
        os._exit(0)


def _each_once(*specs: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(specs))

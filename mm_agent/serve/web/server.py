"""The web chat's server: everything it needs, put together, and run until a signal comes."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mm_agent.serve.listening import bind
from mm_agent.serve.web.access import VARIABLE, Access
from mm_agent.serve.web.caps import Caps
from mm_agent.serve.web.choice import Choices
from mm_agent.serve.web.shared import Shared, SharedChatModels

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from mm_agent.agent.memory.memory import Memory
    from mm_agent.serve.session import ChatSession
    from mm_agent.serve.web.chat import Make
    from mm_agent.serve.web.shelf import Place, Shelf
    from mm_agent.settings import Settings
    from mm_agent.vision.encoder import SiglipEncoder


@dataclass(frozen=True)
class Models:
    """What all conversations share: the models, each loaded once, and which ones visitors may choose."""

    encoders: Shared[str, SiglipEncoder]
    chat_models: SharedChatModels
    choices: Choices


def listen(host: str, port: int, *, access: Access) -> socket.socket:
    """Bind, so that the port is known and taken before anything slow happens; port 0 takes a free one.

    Raises:
        SettingsError: Other machines could use it without logging in, or the address cannot be had.
    """
    refusal = (
        f"other machines could use the chat at {host} without logging in; set {VARIABLE}, "
        "give --token-file or --users-file, or use --host 127.0.0.1"
    )
    return bind(host, port, refusal=refusal if access.open else None)


@contextmanager
def private_folder() -> Iterator[Path]:
    """A folder for all files of this process, its owner's alone and gone afterwards; gradio uses it too."""
    folder = Path(tempfile.mkdtemp(prefix="mm-agent-web-")).resolve()
    # Read when gradio is imported and when it serves files; nothing is reported to anyone.
    os.environ["GRADIO_TEMP_DIR"] = str(folder / "gradio")
    os.environ["GRADIO_EXAMPLES_CACHE"] = str(folder / "gradio")
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    # A summary of all events after each one, with pandas, for a page that is not served.
    os.environ["GRADIO_ANALYTICS_CACHE_FREQUENCY"] = str(2**31)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def web_app(
    settings: Settings,
    models: Models,
    folder: Path,
    *,
    shelf: Shelf,
    access: Access = Access(),  # noqa: B008  frozen
    caps: Caps = Caps(),  # noqa: B008  frozen
    hosts: Sequence[str] = (),
) -> Iterator[ASGIApp]:
    """The application: gradio's page behind the gate.

    Args:
        settings: Of the sessions.
        models: Shared by all sessions.
        folder: From `private_folder`; for what ends with the server.
        shelf: Where conversations are kept.
        access: What a visitor must know.
        caps: Limits of uploads.
        hosts: Names under which browsers reach the server, besides its own address.
    """
    import gradio as gr
    from fastapi import FastAPI

    from mm_agent.serve.web.chat import WebChat
    from mm_agent.serve.web.examples import draw_examples
    from mm_agent.serve.web.gate import Gate
    from mm_agent.serve.web.handlers import Handlers
    from mm_agent.serve.web.page import build_page, i18n, look
    from mm_agent.serve.web.passes import Passes
    from mm_agent.serve.web.visitors import Visitors

    cache = folder / "gradio"
    examples = draw_examples(cache / "examples")
    make = session_maker(settings, models, folder, caps)

    def make_chat(place: Place) -> WebChat:
        return WebChat(make, place, caps, models.choices)

    visitors = Visitors(shelf, Passes(shelf.key, access), make_chat, caps)
    visitors.tidy()
    page = build_page(Handlers(examples), llms=models.choices.llms, visions=models.choices.visions)
    app = gr.mount_gradio_app(
        FastAPI(docs_url=None, redoc_url=None, openapi_url=None),
        page,
        path="/",
        footer_links=[],
        run_history=False,
        max_file_size=caps.file_bytes,
        show_error=False,
        ssr_mode=False,
        enable_monitoring=False,
        pwa=False,
        mcp_server=False,
        i18n=i18n(),
        theme=look(),
    )
    try:
        yield Gate(app, visitors, access=access, caps=caps, shared=cache / "examples", hosts=frozenset(hosts))
    finally:
        visitors.close()


def session_maker(settings: Settings, models: Models, folder: Path, caps: Caps) -> Make:
    """What makes a visitor's session: media come from uploads and, if the settings allow, from the web."""

    def make(llm: str, vision: str, memory: Memory, thread_id: str) -> ChatSession:
        from mm_agent.media.store import MediaStore
        from mm_agent.serve.session import ChatSession

        policy = settings.media_policy()
        policy = replace(
            policy,
            roots=(folder,),
            max_bytes=min(policy.max_bytes, caps.file_bytes),
            max_video_bytes=min(policy.max_video_bytes, caps.file_bytes),
        )
        store = MediaStore(
            policy, resolve_policy=replace(policy, roots=()), artifact_dir=memory.drawn(thread_id)
        )
        return ChatSession(
            models.encoders.get(vision),
            settings.model_copy(update={"llm": llm, "vision": vision}),
            store=store,
            memory=memory,
            thread_id=thread_id,
            load_model=models.chat_models,
        )

    return make


def warm_up(settings: Settings, models: Models) -> None:
    """Load the first chat model, and answer a question offline, so that no visitor waits for either.

    Raises:
        MMAgentError: The chat model cannot be loaded.
    """
    from PIL import Image

    from mm_agent.serve.session import ChatSession

    encoder = models.encoders.get(models.choices.visions[0])
    first = ChatSession(encoder, settings, load_model=models.chat_models)
    _ = first.model
    first.close()
    offline = settings.model_copy(update={"llm": "offline", "llm_fallback": None, "projection": "text"})
    session = ChatSession(encoder, offline)
    session.add(Image.new("RGB", (64, 64), "white"))
    session.ask("Where is the cat?")
    session.close()


def run(app: ASGIApp, listener: socket.socket) -> None:
    """Serve until a signal comes; answers under way have a moment to end."""
    import uvicorn

    config = uvicorn.Config(
        app, log_level="warning", access_log=False, ws="none", timeout_graceful_shutdown=2, lifespan="on"
    )
    uvicorn.Server(config).run(sockets=[listener])

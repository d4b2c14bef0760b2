"""The page's own style and script, put in front of gradio's: its language is settled before gradio asks."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

from mm_agent.serve.web.words import LABELS, Language


def with_head(send: Send, language: Language) -> Send:
    """Add the head to an HTML answer, and name its language."""
    start: Message = {}
    data = b""

    async def adding(message: Message) -> None:
        nonlocal start, data
        if message["type"] == "http.response.start":
            start = message
            return
        data += message.get("body", b"")
        if message.get("more_body"):
            return
        tag = b"zh-CN" if language == "zh" else b"en"
        page = data.replace(b'lang="en"', b'lang="%s"' % tag, 1).replace(b"<head>", b"<head>" + _head(), 1)
        MutableHeaders(scope=start)["content-length"] = str(len(page))
        await send(start)
        await send({"type": "http.response.body", "body": page})

    return adding


@cache
def _head() -> bytes:
    folder = files("mm_agent.serve.web")
    style, script = (folder.joinpath(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    labels = f"const mmAgentLabels = {json.dumps(LABELS, ensure_ascii=False)};"
    return f"<style>{style}</style><script>{labels}{script}</script>".encode()

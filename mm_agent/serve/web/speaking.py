"""The language of the page: the one chosen on it, else the first of ours that the browser asks for."""

from __future__ import annotations

from starlette.requests import Request

from mm_agent.serve.web.words import Language

COOKIE = "mm_agent_language"


def spoken(request: Request) -> Language:
    """The language to speak to whoever sent a request."""
    chosen = request.cookies.get(COOKIE)
    if chosen in ("en", "zh"):
        return chosen
    asked = [part.strip().lower() for part in request.headers.get("accept-language", "").split(",")]
    ours = (part[:2] for part in asked if part[:2] in ("en", "zh"))
    return "zh" if next(ours, "en") == "zh" else "en"

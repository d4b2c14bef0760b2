"""The login page: one form, no script."""

from __future__ import annotations

import asyncio
from html import escape
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mm_agent.serve.web.access import Access
from mm_agent.serve.web.speaking import spoken
from mm_agent.serve.web.visitors import Visitors
from mm_agent.serve.web.words import Language, say

LOGIN = "/login"
_MOST_BYTES = 4096
_WRONG_SECONDS = 1.0
"""What a wrong guess costs."""


async def answer_login(request: Request, access: Access, visitors: Visitors) -> Response:
    """Show the form, or judge what was typed into it."""
    if access.open:
        return RedirectResponse("/", 303)
    if request.method != "POST":
        return _page(access, spoken(request))
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > _MOST_BYTES:
        return Response(status_code=413)
    form = await request.form()
    user, secret = str(form.get("user", "")).strip(), str(form.get("secret", "")).strip()
    if not access.admits(user, secret):
        await asyncio.sleep(_WRONG_SECONDS)
        return _page(access, spoken(request), wrong=True)
    identity = visitors.passes.newcomer(user)
    response = RedirectResponse("/", 303)
    header = visitors.passes.header(identity, https=request.url.scheme == "https")
    response.headers.append("set-cookie", header)
    return response


def _page(access: Access, language: Language, *, wrong: bool = False) -> HTMLResponse:
    words = {name: say(name, language) for name in ("title", "subtitle", "login", "user")}
    words["secret"] = say("password" if access.users else "token", language)
    values = {name: escape(text) for name, text in words.items()}
    values["lang"] = "zh-CN" if language == "zh" else "en"
    values["wrong"] = f'<p role="alert">{escape(say("wrong", language))}</p>' if wrong else ""
    values["hidden"] = "" if access.users else "hidden"
    page = files("mm_agent.serve.web").joinpath("login.html").read_text(encoding="utf-8")
    for name, value in values.items():
        page = page.replace(f"{{{{{name}}}}}", value)
    return HTMLResponse(page, 401 if wrong else 200, headers={"cache-control": "no-store"})

"""What went wrong between us and a language model, in one line, without keys; and whether it may pass.

Providers' exceptions are recognised by the package they come from and by their status code, so that none of
those packages has to be imported.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from json import JSONDecodeError
from typing import Any

from mm_agent.agent.llm import KEY_VARIABLES
from mm_agent.errors import AgentError

_CLIENTS = {"openai", "ollama", "httpx", "httpx2", "httpcore", "httpcore2", "requests", "aiohttp"}
_SECRETS = re.compile(r"\b(?:sk|ak|key)-[\w*-]{4,}|Bearer\s+\S+", re.IGNORECASE)
_KEYS_BY_HOST = {
    "api.openai.com": "OPENAI_API_KEY",
    "api.deepseek.com": "DEEPSEEK_API_KEY",
    "aliyuncs.com": "DASHSCOPE_API_KEY",
}
_BROKEN = {"ReadError", "RemoteProtocolError", "IncompleteRead", "ChunkedEncodingError", "ClientPayloadError"}
_UNREADABLE = (
    "No generation chunks were returned",
    "No generations found in stream",
    "null value for 'choices'",
    "null value for `choices`",
)
# langchain-community's Tongyi puts the status into the words, and raises a ValueError for 400 and 401.
_STATUS_IN_WORDS = re.compile(r"status_code: (\d{3}).*?message: (.*)", re.DOTALL)
_PASSING = {408, 409, 429}
_NO_MONEY = {"insufficient_quota", "Arrearage"}
_DETAIL_LENGTH = 200


@dataclass(frozen=True)
class Trouble:
    """A failure of a language model.

    ``message`` is for people, ``passing`` says that asking again can succeed, ``wait_s`` how long the server
    wants to be left alone first, None when it does not say.
    """

    message: str
    passing: bool
    wait_s: float | None = None


def explain(error: Exception) -> AgentError | None:
    """Turn a provider's exception into an AgentError, or None when the error is not the provider's."""
    trouble = diagnose(error)
    return AgentError(trouble.message) if trouble else None


def diagnose(error: Exception, *, llm: str = "") -> Trouble | None:
    """Recognise a provider's exception; None when the error is not the provider's.

    Args:
        error: What was raised.
        llm: The model that was asked, as a spec: says which key to check, and who it was when the error does
            not.
    """
    host = _host(error) or llm or "its address"
    status, code, detail = _status(error)
    if status is not None:
        wait_s = _wait(error)
        passing = (status in _PASSING or status >= 500) and code not in _NO_MONEY
        status = 402 if code in _NO_MONEY else status
        if status in (401, 403):  # what the server said may quote the key
            detail = f"check {_key_for(host, llm)}"
        return Trouble(_by_status(status, host, detail, wait_s), passing, wait_s)
    if isinstance(error, JSONDecodeError) or any(sign in str(error) for sign in _UNREADABLE):
        return Trouble(f"the language model at {host} sent an answer that cannot be read; ask again", True)
    if not _from_client(error):
        return None
    if "timeout" in type(error).__name__.lower():
        line = f"the language model at {host} did not answer in time; try again or choose another --llm"
        return Trouble(line, True)
    if _names(error) & _BROKEN:
        return Trouble(f"the connection to the language model at {host} broke; ask again", True)
    if type(error).__name__ in ("APIError", "ResponseError"):  # the server gave up in the middle of a stream
        return Trouble(f"the language model at {host} broke off: {_detail(error)}", True)
    line = f"the language model at {host} cannot be reached; check that it runs and its address in --llm"
    return Trouble(line, True)


def _from_client(error: Exception) -> bool:
    """Whether a provider's package raised it; Ollama's raises Python's own ConnectionError."""
    if {cls.__module__.partition(".")[0] for cls in type(error).__mro__} & _CLIENTS:
        return True
    return isinstance(error, ConnectionError) and "Ollama" in str(error)


def _names(error: BaseException) -> set[str]:
    """Names of an error's class and of those it was made from; clients wrap each other's errors."""
    names = {type(error).__name__}
    while error.__cause__ is not None:
        error = error.__cause__
        names.add(type(error).__name__)
    return names


def _status(error: Exception) -> tuple[int | None, str, str]:
    """HTTP status, the provider's code and its words; no status when the failure has none."""
    status = getattr(error, "status_code", None)
    if _from_client(error) and isinstance(status, int) and status > 0:
        return status, str(getattr(error, "code", None) or ""), _detail(error)
    if words := _STATUS_IN_WORDS.search(str(error)):
        code = re.search(r"code: (\w+)\s", str(error).replace("status_code:", ""))
        return int(words[1]), code[1] if code else "", _clean(words[2])
    return None, "", ""


def _by_status(status: int, host: str, detail: str, wait_s: float | None) -> str:
    """Word an HTTP status."""
    if status in (401, 403):
        return f"the language model at {host} refused the key (HTTP {status}); {detail}"
    if status == 402:
        return f"the language model at {host} wants payment (HTTP 402); top up or choose another --llm"
    if status == 404:
        return (
            f"the language model at {host} does not know the model or path (HTTP 404); check --llm: {detail}"
        )
    if status == 429:
        pause = "a little" if wait_s is None or wait_s < 1 else f"{wait_s:.0f} s"
        return f"the language model at {host} has too many requests (HTTP 429); wait {pause} and ask again"
    if status >= 500:
        return f"the language model at {host} failed (HTTP {status}); try again later or choose another --llm"
    return f"the language model at {host} refused the request (HTTP {status}): {detail}"


def _wait(error: Exception) -> float | None:
    """What ``Retry-After`` asks for, in seconds: a number or a date; also OpenAI's milliseconds."""
    headers: Mapping[str, str] = getattr(getattr(error, "response", None), "headers", None) or {}
    try:
        if millis := headers.get("retry-after-ms"):
            return max(0.0, float(millis) / 1000)
        after = headers.get("retry-after")
        if after is None:
            return None
        if after.strip().isdigit():
            return float(after)
        return max(0.0, (parsedate_to_datetime(after) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):
        return None


def _host(error: Exception) -> str:
    """The host that was asked, with its port, if the error says; httpx raises when it carries no request."""
    try:
        url = getattr(error, "request", None)
    except RuntimeError:
        url = None
    address = getattr(url, "url", None)
    if address is None or isinstance(address, str):
        return ""
    port = f":{address.port}" if address.port else ""
    return f"{address.host}{port}"


def _key_for(host: str, llm: str) -> str:
    """The variable of the key that was sent."""
    provider = re.split("[:@]", llm)[0]
    by_host = (key for end, key in _KEYS_BY_HOST.items() if host.endswith(end))
    return KEY_VARIABLES.get(provider) or next(by_host, "the provider's key")


def _detail(error: Exception) -> str:
    """What the server said."""
    body: Any = getattr(error, "body", None)
    said = body.get("message") if isinstance(body, dict) else None
    return _clean(str(said or error))


def _clean(words: str) -> str:
    """One line, cut short, anything that looks like a key blanked."""
    return _SECRETS.sub("[key]", " ".join(words.split()))[:_DETAIL_LENGTH] or "no reason given"

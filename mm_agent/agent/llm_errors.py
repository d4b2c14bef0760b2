"""What went wrong between us and a language model, in one line, without keys.

Providers' exceptions are recognised by the package they come from and by their status code, so that none of
those packages has to be imported.
"""

from __future__ import annotations

import re

from mm_agent.errors import AgentError

_CLIENTS = {"openai", "ollama", "httpx", "httpx2", "httpcore", "httpcore2"}
_SECRETS = re.compile(r"\b(?:sk|ak|key)-[\w*-]{4,}|Bearer\s+\S+", re.IGNORECASE)
_KEYS_BY_HOST = {
    "api.openai.com": "OPENAI_API_KEY",
    "api.deepseek.com": "DEEPSEEK_API_KEY",
    "aliyuncs.com": "DASHSCOPE_API_KEY",
}
_BROKEN = {"ReadError", "RemoteProtocolError", "IncompleteRead"}
_DETAIL_LENGTH = 200


def explain(error: Exception) -> AgentError | None:
    """Turn a provider's exception into an AgentError, or None when the error is not the provider's."""
    if not {cls.__module__.partition(".")[0] for cls in type(error).__mro__} & _CLIENTS:
        return None
    host = _host(error)
    status = getattr(error, "status_code", None)
    if isinstance(status, int) and status > 0:
        return AgentError(_by_status(status, host, _detail(error)))
    if "timeout" in type(error).__name__.lower():
        return AgentError(
            f"the language model at {host} did not answer in time; try again or choose another --llm"
        )
    if _names(error) & _BROKEN:
        return AgentError(f"the connection to the language model at {host} broke; ask again")
    return AgentError(
        f"the language model at {host} cannot be reached; check that it runs and its address in --llm"
    )


def _names(error: BaseException) -> set[str]:
    """Names of an error's class and of those it was made from; clients wrap each other's errors."""
    names = {type(error).__name__}
    while error.__cause__ is not None:
        error = error.__cause__
        names.add(type(error).__name__)
    return names


def _by_status(status: int, host: str, detail: str) -> str:
    """Word an HTTP status; what the server said about a refused key is left out, it may quote the key."""
    if status in (401, 403):
        return f"the language model at {host} refused the key (HTTP {status}); check {_key_for(host)}"
    if status == 402:
        return f"the language model at {host} wants payment (HTTP 402); top up or choose another --llm"
    if status == 404:
        return (
            f"the language model at {host} does not know the model or path (HTTP 404); check --llm: {detail}"
        )
    if status == 429:
        return f"the language model at {host} has too many requests (HTTP 429); wait a little and ask again"
    if status >= 500:
        return f"the language model at {host} failed (HTTP {status}); try again later or choose another --llm"
    return f"the language model at {host} refused the request (HTTP {status}): {detail}"


def _host(error: Exception) -> str:
    """The host that was asked, with its port; httpx raises when an error carries no request."""
    try:
        url = getattr(error, "request", None)
    except RuntimeError:
        url = None
    address = getattr(url, "url", None)
    if address is None:
        return "its address"
    port = f":{address.port}" if address.port else ""
    return f"{address.host}{port}"


def _key_for(host: str) -> str:
    return next(
        (key for end, key in _KEYS_BY_HOST.items() if host.endswith(end)),
        "MM_AGENT_LLM_KEY or the provider's key",
    )


def _detail(error: Exception) -> str:
    """What the server said: one line, cut short, anything that looks like a key blanked."""
    body = getattr(error, "body", None)
    said = body.get("message") if isinstance(body, dict) else None
    line = " ".join(str(said or error).split())
    return _SECRETS.sub("[key]", line)[:_DETAIL_LENGTH] or "no reason given"

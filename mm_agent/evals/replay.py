"""Model traffic recorded to a file and replayed byte for byte, by vcrpy.

A cassette holds every HTTP request of a run and its response, whichever provider's client sent it, without
keys. In replay nothing is sent: a request that is not in the cassette is an error.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import vcr
from vcr.errors import CannotOverwriteExistingCassetteException

from mm_agent.agent.keys import find_key
from mm_agent.agent.llm import KEY_VARIABLES
from mm_agent.errors import EvalError

Mode = Literal["record", "replay"]
KEPT_HEADERS = {"accept", "content-type", "content-encoding", "transfer-encoding", "retry-after"}
"""The only headers that are kept, of requests and responses: others may carry keys, cookies or accounts."""
HIDDEN = "KEY"
"""What stands where a key stood."""


@contextlib.contextmanager
def traffic(cassette: Path, mode: Mode) -> Iterator[None]:
    """Record all HTTP traffic of the block, or replay it.

    The same request may be asked again: it is answered in the order of the recording, then with the last
    answer. Traffic of models in this process is none.

    Args:
        cassette: The file; a recording adds to one that is there.
        mode: ``replay`` sends nothing.

    Raises:
        EvalError: There is no cassette to replay.
    """
    if mode == "replay" and not cassette.is_file():
        raise EvalError(f"no recording {cassette} to replay; make one with --record {cassette}")
    secrets = known_secrets()
    tape = vcr.VCR(
        record_mode=vcr.mode.NONE if mode == "replay" else vcr.mode.NEW_EPISODES,
        match_on=("method", "uri", "body"),
        before_record_request=lambda request: _scrub_request(request, secrets),
        before_record_response=lambda response: _scrub_response(response, secrets),
    )
    with tape.use_cassette(str(cassette), allow_playback_repeats=mode == "replay"):
        yield


def missing_record(error: BaseException | None) -> EvalError | None:
    """The error that a request without a record is, if it is behind another one; else None."""
    while error is not None and not isinstance(error, CannotOverwriteExistingCassetteException):
        error = error.__cause__ or error.__context__
    if error is None:
        return None
    request = error.failed_request
    return EvalError(
        f"the recording holds no answer to {request.method} {request.uri} as it is asked now; the suite, the "
        "model or a prompt has changed since: record again"
    )


def known_secrets() -> list[str]:
    """Every provider's key that is set here."""
    found = (find_key(variable)[0] for variable in {*KEY_VARIABLES.values()})
    return [key.get_secret_value() for key in found if key is not None]


def _scrub_request(request: Any, secrets: list[str]) -> Any:
    request.headers = {key: value for key, value in request.headers.items() if key.lower() in KEPT_HEADERS}
    request.uri = _hide(request.uri, secrets)
    if isinstance(request.body, bytes):
        request.body = _hide_bytes(request.body, secrets)
    return request


def _scrub_response(response: Any, secrets: list[str]) -> Any:
    headers = {key: value for key, value in response["headers"].items() if key.lower() in KEPT_HEADERS}
    body = response["body"]
    if isinstance(body.get("string"), bytes):
        body = {**body, "string": _hide_bytes(body["string"], secrets)}
    return {**response, "headers": headers, "body": body}


def _hide(text: str, secrets: list[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
    return text


def _hide_bytes(data: bytes, secrets: list[str]) -> bytes:
    for secret in secrets:
        data = data.replace(secret.encode(), HIDDEN.encode())
    return data

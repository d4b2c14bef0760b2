"""Pictures from http(s) addresses, under the policy's limits."""

from __future__ import annotations

import functools
import ssl

import httpcore
import httpx

from mm_agent.errors import MediaNotFound, MediaRefused
from mm_agent.media.body import read_body
from mm_agent.media.deadline import Deadline
from mm_agent.media.guarded_network import GuardedBackend
from mm_agent.media.policy import MediaPolicy
from mm_agent.media.words import one_line, quoted

_REDIRECTS = (301, 302, 303, 307, 308)
_HEADERS = {
    "User-Agent": "mm-agent",  # some picture hosts refuse clients that name none
    "Accept": "image/avif,image/webp,image/*;q=0.9,*/*;q=0.1",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


def fetch_url(url: str, policy: MediaPolicy) -> bytes:
    """Download an address.

    Every hop of a redirect is checked like the first. Proxies named in the environment are not used: a proxy
    resolves names itself, out of the policy's sight.

    Raises:
        MediaRefused: The policy says no: to addresses, a private host, a redirect, the size or the time.
        MediaNotFound: The server cannot be reached or answers with an error.
    """
    target = _checked(url, policy)
    deadline = Deadline(policy.timeout_s)
    backend = GuardedBackend(policy, deadline)
    try:
        with httpcore.ConnectionPool(ssl_context=_certificates(), network_backend=backend) as pool:
            return _follow(pool, target, policy)
    except httpcore.TimeoutException as error:
        raise deadline.passed() from error
    except (httpcore.NetworkError, httpcore.ProtocolError, ssl.SSLError, OSError) as error:
        reason = one_line(str(error) or type(error).__name__)
        raise MediaNotFound(
            f"cannot download {shown(target)}: {reason}; check the address or try again"
        ) from error


def _follow(pool: httpcore.ConnectionPool, target: httpx.URL, policy: MediaPolicy) -> bytes:
    for _ in range(policy.max_redirects + 1):
        headers = {**_HEADERS, "Host": target.netloc.decode("ascii")}
        with pool.stream("GET", _wire(target), headers=list(headers.items())) as response:
            received = httpx.Headers(response.headers)
            if response.status in _REDIRECTS and "location" in received:
                target = _redirected(target, received["location"], policy)
                continue
            if response.status != 200:
                raise MediaNotFound(
                    f"{shown(target)} answered with status {response.status}; check the address"
                )
            return read_body(response.iter_stream(), received, policy)
    raise MediaRefused(
        f"more than {policy.max_redirects} redirects, the last to {shown(target)}; use the final address"
    )


def _redirected(target: httpx.URL, location: str, policy: MediaPolicy) -> httpx.URL:
    try:
        joined = str(target.join(location))
    except httpx.InvalidURL as error:
        raise MediaRefused(
            f"{shown(target)} redirects to an address that cannot be read; use the final one"
        ) from error
    return _checked(joined, policy, came_from=target)


def _checked(url: str, policy: MediaPolicy, came_from: httpx.URL | None = None) -> httpx.URL:
    if not policy.urls:
        raise MediaRefused("web addresses are not read here; download the picture and give its file")
    try:
        target = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise MediaRefused(
            f"{quoted(url)} is not a web address ({one_line(str(error))}); check it"
        ) from error
    origin = f"{shown(came_from)} redirects there; " if came_from else ""
    if target.scheme not in ("http", "https"):
        raise MediaRefused(f"{target.scheme or 'such'}: addresses are not fetched; {origin}use http(s)")
    if not target.host:
        raise MediaRefused(f"{quoted(url)} names no host; {origin}write https://host/picture.png")
    if target.userinfo:
        raise MediaRefused(
            f"{shown(target)} carries a user name or password; {origin}use an address without one"
        )
    return target


def shown(url: httpx.URL) -> str:
    """An address for messages: without its query and user, which may hold secrets."""
    return one_line(f"{url.scheme}://{url.netloc.decode('ascii', 'replace')}{url.path}")


def _wire(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)


@functools.cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context()  # honours SSL_CERT_FILE and SSL_CERT_DIR

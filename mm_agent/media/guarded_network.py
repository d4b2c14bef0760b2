"""Connections that go only where the policy allows and end when time is up."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from typing import Any

import httpcore

from mm_agent.errors import MediaRefused
from mm_agent.media.addresses import allowed_addresses
from mm_agent.media.deadline import Deadline
from mm_agent.media.policy import MediaPolicy


class GuardedBackend(httpcore.NetworkBackend):
    """Resolves a host once, checks every address, and connects to those very addresses.

    The host name stays with the request, so certificates and virtual hosts work as usual. Working below HTTP
    leaves no second look-up to attack, and bounds every single read: per-request timeouts would let a server
    that sends a byte now and then hold the line for ever.
    """

    def __init__(self, policy: MediaPolicy, deadline: Deadline) -> None:
        self._policy = policy
        self._deadline = deadline
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first of the host's addresses that answers."""
        addresses = allowed_addresses(host, port, self._policy, deadline=self._deadline)
        failure: Exception | None = None
        for count_left, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            # A dead first address (IPv6 without a route) must leave time for the others.
            patience = self._deadline.remaining() / count_left
            try:
                stream = self._network.connect_tcp(address, port, patience, local_address, socket_options)
                return _TimedStream(stream, self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure or httpcore.ConnectError("no address")

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore.NetworkStream:
        """Never: no address leads to one."""
        raise MediaRefused(f"unix sockets are not read, got {path}; use an http(s) address")


class _TimedStream(httpcore.NetworkStream):
    """A stream whose every step ends by the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.remaining())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.remaining())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._deadline.remaining())
        return _TimedStream(stream, self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

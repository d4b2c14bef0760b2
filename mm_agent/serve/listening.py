"""Where a server may listen: this machine without asking, other machines only behind a secret."""

from __future__ import annotations

import socket
from ipaddress import ip_address

from mm_agent.errors import SettingsError


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches a server there; a name other than localhost may lead anywhere."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def bind(host: str, port: int, *, refusal: str | None) -> socket.socket:
    """Bind, so that the port is known and taken before anything slow happens; port 0 takes a free one.

    Args:
        host: An address or name of this machine.
        port: Where.
        refusal: What to say if other machines could connect; None: they may.

    Raises:
        SettingsError: `refusal`, or the address cannot be had.
    """
    if refusal is not None and not is_loopback(host):
        raise SettingsError(refusal)
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise SettingsError(
            f"cannot listen on {host} port {port}: {error.strerror}; choose another --port or --host"
        ) from error


def origin(listener: socket.socket) -> str:
    """Where clients connect to, without a path."""
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"

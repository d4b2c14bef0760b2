"""Which network addresses are public, and which a host name stands for."""

from __future__ import annotations

import ipaddress
import socket
import threading

from mm_agent.errors import MediaNotFound, MediaRefused
from mm_agent.media.deadline import Deadline
from mm_agent.media.policy import MediaPolicy
from mm_agent.media.words import quoted

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Special networks that the standard library counts as global, some only in older versions.
_SPECIAL = tuple(
    ipaddress.ip_network(network)
    for network in (
        "192.0.0.0/24",  # IETF protocol assignments
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # Azure's host agent answers here, on a public-looking address
        "64:ff9b:1::/48",  # translation inside one network
        "fec0::/10",  # site-local, before unique local addresses
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether an address is an ordinary one on the public internet, and any IPv4 address inside it too."""
    mapped = getattr(address, "ipv4_mapped", None)
    if mapped is not None:
        return is_public(mapped)
    if not address.is_global or address.is_multicast:
        return False
    if address.is_reserved and address not in _NAT64:
        return False
    if address.is_unspecified or address.is_loopback or address.is_link_local:
        return False
    if any(address.version == network.version and address in network for network in _SPECIAL):
        return False
    return all(is_public(inner) for inner in _inside(address))


def _inside(address: Address) -> list[Address]:
    """IPv4 addresses that an IPv6 one leads to: 6to4, Teredo (server and client), NAT64."""
    if isinstance(address, ipaddress.IPv4Address):
        return []
    found: list[Address | None] = [address.sixtofour, *(address.teredo or ())]
    if address in _NAT64:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return [inner for inner in found if inner is not None]


def allowed_addresses(host: str, port: int, policy: MediaPolicy, *, deadline: Deadline) -> list[str]:
    """Resolve a host once, and refuse it if any of its addresses is private.

    The caller connects to the addresses returned, not to the name: a second look-up could answer otherwise
    (DNS rebinding).

    Raises:
        MediaNotFound: The host has no address.
        MediaRefused: One of its addresses is private, or resolving took too long.
    """
    addresses = list(dict.fromkeys(_resolve(host, port, deadline)))
    if not addresses:
        raise MediaNotFound(f"the host {quoted(host)} has no address; check the address")
    if not policy.private_hosts:
        for address in addresses:
            if not is_public(ipaddress.ip_address(address)):
                raise MediaRefused(
                    f"the host {quoted(host)} leads to {address}, a private or special address; "
                    "use a public address or download the picture first"
                )
    return addresses


def _resolve(host: str, port: int, deadline: Deadline) -> list[str]:
    """Ask the resolver on a thread of its own: the call cannot be interrupted, only left behind."""
    found: list[str] = []
    failure: list[Exception] = []

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found.extend(str(answer[4][0]) for answer in answers)
        except (OSError, UnicodeError) as error:
            failure.append(error)

    thread = threading.Thread(target=ask, name="mm-agent-resolve", daemon=True)
    thread.start()
    thread.join(deadline.remaining())
    if thread.is_alive():
        raise deadline.passed()
    if failure:
        reason = getattr(failure[0], "strerror", None) or failure[0]
        raise MediaNotFound(f"the host {quoted(host)} cannot be resolved ({reason}); check the address")
    return found

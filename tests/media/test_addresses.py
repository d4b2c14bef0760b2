import ipaddress
import socket
import threading

import pytest

from mm_agent.errors import MediaNotFound, MediaRefused
from mm_agent.media.addresses import allowed_addresses, is_public
from mm_agent.media.deadline import Deadline
from mm_agent.media.policy import MediaPolicy


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.8.9.10",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:c0a8:101::1",
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",
        "2001:db8::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_private_and_special_addresses(address: str):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "93.184.216.34",
        "172.32.0.1",
        "::ffff:1.1.1.1",
        "2606:4700::1111",
        "2002:101:101::",
        "64:ff9b::101:101",
    ],
)
def test_public_addresses(address: str):
    assert is_public(ipaddress.ip_address(address))


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80)) for address in addresses]
    monkeypatch.setattr("mm_agent.media.addresses.socket.getaddrinfo", lambda *_, **__: answers)


def allowed(host: str, **limits) -> list[str]:
    return allowed_addresses(host, 80, MediaPolicy(**limits), deadline=Deadline(5))


def test_one_private_address_among_public_ones_is_enough(monkeypatch: pytest.MonkeyPatch):
    resolve_to(monkeypatch, "93.184.216.34", "10.0.0.1")
    with pytest.raises(MediaRefused, match=r"'mixed.test' leads to 10.0.0.1"):
        allowed("mixed.test")
    assert allowed("mixed.test", private_hosts=True) == ["93.184.216.34", "10.0.0.1"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0", "::1"])
def test_every_spelling_of_this_machine(host: str):
    with pytest.raises(MediaRefused, match="private"):
        allowed(host)


def test_an_address_comes_once(monkeypatch: pytest.MonkeyPatch):
    resolve_to(monkeypatch, "93.184.216.34", "93.184.216.34")
    assert allowed("public.test") == ["93.184.216.34"]


def test_an_unknown_host(monkeypatch: pytest.MonkeyPatch):
    def unknown(*_, **__):
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr("mm_agent.media.addresses.socket.getaddrinfo", unknown)
    with pytest.raises(MediaNotFound, match=r"'nowhere.test' cannot be resolved \(Name or service"):
        allowed("nowhere.test")


def test_a_host_without_addresses(monkeypatch: pytest.MonkeyPatch):
    resolve_to(monkeypatch)
    with pytest.raises(MediaNotFound, match="no address"):
        allowed("empty.test")


def test_a_name_no_resolver_takes():
    with pytest.raises(MediaNotFound, match="cannot be resolved"):
        allowed("a" * 300 + ".test")


def test_a_slow_resolver_is_left_behind(monkeypatch: pytest.MonkeyPatch):
    go_on, resolved = threading.Event(), threading.Event()

    def resolve(*_: object, **__: object) -> list[object]:
        go_on.wait(60)
        resolved.set()
        return []

    monkeypatch.setattr("mm_agent.media.addresses.socket.getaddrinfo", resolve)
    with pytest.raises(MediaRefused, match=r"longer than 0.1 s"):
        allowed_addresses("slow.test", 80, MediaPolicy(), deadline=Deadline(0.1))
    assert not resolved.is_set()
    go_on.set()

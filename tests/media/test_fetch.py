import socket
import ssl
from collections.abc import Iterator

import httpcore
import pytest

from mm_agent.errors import MediaDecodeError, MediaError, MediaNotFound, MediaRefused
from mm_agent.media import fetch
from mm_agent.media.deadline import Deadline
from mm_agent.media.fetch import fetch_url
from mm_agent.media.guarded_network import GuardedBackend
from mm_agent.media.policy import MediaPolicy
from tests.media.web import PNG, Site, serving

LOCAL = MediaPolicy(private_hosts=True, max_bytes=2**20, timeout_s=10)
PUBLIC = "93.184.216.34"


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as running:
        yield running


class Names:
    """A resolver under the test's control; each answer is given once, the last for ever."""

    def __init__(self, **answers: list[str]) -> None:
        self.answers = answers
        self.asked: list[str] = []
        self._real = socket.getaddrinfo

    def __call__(self, host, port, *arguments, **options):
        name = str(host).split(".")[0]
        if name not in self.answers:
            return self._real(host, port, *arguments, **options)
        self.asked.append(host)
        known = self.answers[name]
        address = known.pop(0) if len(known) > 1 else known[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]


class Wire:
    """Connections recorded; the one public address of these tests leads to the loopback site."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.dialled: list[str] = []
        dial = httpcore.SyncBackend.connect_tcp

        def connect_tcp(backend, host, port, *arguments):
            self.dialled.append(host)
            return dial(backend, "127.0.0.1" if host == PUBLIC else host, port, *arguments)

        monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect_tcp)


def use(monkeypatch: pytest.MonkeyPatch, names: Names) -> Names:
    monkeypatch.setattr("mm_agent.media.addresses.socket.getaddrinfo", names)
    return names


def test_a_picture(site: Site):
    assert fetch_url(site.url("/cat.png?size=8#part"), LOCAL) == PNG
    path, headers = site.requests[0]
    assert path == "/cat.png?size=8"
    assert headers["Host"] == f"127.0.0.1:{site.port}"
    assert headers["Accept-Encoding"] == "identity"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_this_machine_is_refused_by_default(site: Site, host: str):
    with pytest.raises(MediaRefused, match="private"):
        fetch_url(site.url("/cat.png", host), MediaPolicy())
    assert site.requests == []


def test_the_untrusted_policy_refuses_private_hosts_too(site: Site):
    with pytest.raises(MediaRefused, match="private"):
        fetch_url(site.url("/cat.png"), MediaPolicy.untrusted())


def test_addresses_can_be_off_altogether(site: Site):
    with pytest.raises(MediaRefused, match="web addresses are not read here"):
        fetch_url(site.url("/cat.png"), MediaPolicy(urls=False, private_hosts=True))
    assert site.requests == []


def test_a_name_is_resolved_once_and_the_connection_pinned(site: Site, monkeypatch: pytest.MonkeyPatch):
    """DNS rebinding: public when checked, private when asked again."""
    names = use(monkeypatch, Names(rebind=[PUBLIC, "127.0.0.1"]))
    wire = Wire(monkeypatch)
    assert fetch_url(site.url("/cat.png", "rebind.test"), MediaPolicy()) == PNG
    assert names.asked == ["rebind.test"]
    assert wire.dialled == [PUBLIC]
    assert site.requests[0][1]["Host"] == f"rebind.test:{site.port}"


def test_a_name_that_rebinds_between_redirects_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch):
    use(monkeypatch, Names(rebind=[PUBLIC, "127.0.0.1"]))
    wire = Wire(monkeypatch)
    with pytest.raises(MediaRefused, match=r"leads to 127\.0\.0\.1"):
        fetch_url(site.url("/to?/cat.png", "rebind.test"), MediaPolicy())
    assert wire.dialled == [PUBLIC]
    assert len(site.requests) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "inside.test"])
def test_a_redirect_to_a_private_host_is_refused(site: Site, host: str, monkeypatch: pytest.MonkeyPatch):
    use(monkeypatch, Names(public=[PUBLIC], inside=["10.0.0.1"]))
    wire = Wire(monkeypatch)
    with pytest.raises(MediaRefused, match="private"):
        fetch_url(site.url(f"/to?{site.url('/cat.png', host)}", "public.test"), MediaPolicy())
    assert wire.dialled == [PUBLIC]


def test_the_next_address_is_tried_when_the_first_is_dead(site: Site, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(
        "mm_agent.media.guarded_network.allowed_addresses", lambda *_, **__: ["127.0.0.2", "127.0.0.1"]
    )
    dial = httpcore.SyncBackend.connect_tcp

    def connect_tcp(backend, host, *arguments):
        if host == "127.0.0.2":
            raise httpcore.ConnectError("dead")
        return dial(backend, host, *arguments)

    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", connect_tcp)
    assert fetch_url(site.url("/cat.png", "twofold.test"), LOCAL) == PNG


@pytest.mark.parametrize(
    "location", ["/cat.png", "cat.png", "//127.0.0.1:{port}/cat.png", "{site}/to?/cat.png"]
)
def test_redirects_are_followed(site: Site, location: str):
    location = location.format(port=site.port, site=site.url(""))
    assert fetch_url(site.url(f"/to?{location}"), LOCAL) == PNG


def test_endless_redirects(site: Site):
    with pytest.raises(MediaRefused, match="more than 3 redirects"):
        fetch_url(site.url("/to?/to"), MediaPolicy(private_hosts=True, max_redirects=3))
    assert len(site.requests) <= 4


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("file:///etc/passwd", r"file: addresses are not fetched.*redirects there.*http\(s\)"),
        ("ftp://127.0.0.1/cat.png", "ftp: addresses"),
        ("data:image/png;base64,AAAA", "data: addresses"),
        ("gopher://127.0.0.1:70/_x", "gopher"),
        ("http://user:secret@127.0.0.1/", "user name or password"),
        ("http://x:port/", "cannot be read|not a web address"),
    ],
)
def test_redirects_elsewhere_are_refused(site: Site, location: str, words: str):
    with pytest.raises(MediaRefused, match=words) as caught:
        fetch_url(site.url(f"/to?{location}"), LOCAL)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://", "names no host"),
        ("http:///cat.png", "names no host"),
        ("http://exa mple.org:x/", "not a web address"),
        ("https://user:secret@example.org/cat.png", "user name or password"),
        ("ftp://example.org/cat.png", "ftp: addresses are not fetched"),
    ],
)
def test_bad_addresses(url: str, words: str):
    with pytest.raises(MediaRefused, match=words) as caught:
        fetch_url(url, MediaPolicy())
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("path", ["/announced", "/endless", "/chunked", "/bomb"])
def test_too_large_however_it_is_sent(site: Site, path: str):
    with pytest.raises(MediaRefused, match=r"the limit is 1.0 MiB"):
        fetch_url(site.url(path), LOCAL)
    # No more was taken than the limit and what the sockets hold.
    assert site.sent < 16 * 2**20


def test_the_limit_itself_is_allowed(site: Site):
    exact = MediaPolicy(private_hosts=True, max_bytes=len(PNG))
    assert fetch_url(site.url("/cat.png"), exact) == PNG
    with pytest.raises(MediaRefused):
        fetch_url(site.url("/cat.png"), MediaPolicy(private_hosts=True, max_bytes=len(PNG) - 1))


@pytest.mark.parametrize("path", ["/zipped", "/deflated"])
def test_compression_nobody_asked_for_is_undone(site: Site, path: str):
    assert fetch_url(site.url(path), LOCAL) == PNG


@pytest.mark.parametrize(
    ("path", "words"),
    [("/half_zipped", "breaks off"), ("/badly_zipped", "damaged"), ("/brotli", "'br'")],
)
def test_compression_that_cannot_be_undone(site: Site, path: str, words: str):
    with pytest.raises(MediaDecodeError, match=words):
        fetch_url(site.url(path), LOCAL)


@pytest.mark.parametrize("path", ["/drip", "/slow_headers", "/silent"])
def test_the_time_limit_is_for_the_whole_download(site: Site, path: str):
    """None of these answers ends by itself."""
    with pytest.raises(MediaRefused, match=r"longer than 0.4 s.*MM_AGENT_URL_TIMEOUT_S"):
        fetch_url(site.url(path), MediaPolicy(private_hosts=True, timeout_s=0.4))


@pytest.mark.parametrize(
    ("path", "words"),
    [("/missing", "status 404"), ("/short", "cannot download"), ("/to?", "status 302|redirects")],
)
def test_a_server_that_has_no_picture(site: Site, path: str, words: str):
    with pytest.raises(MediaError, match=words):
        fetch_url(site.url(path), LOCAL)


def test_nobody_listens():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(MediaNotFound, match="cannot download"):
        fetch_url(f"http://127.0.0.1:{port}/cat.png", LOCAL)


def test_a_plain_server_on_an_https_address(site: Site):
    with pytest.raises(MediaNotFound, match="cannot download"):
        fetch_url(f"https://127.0.0.1:{site.port}/cat.png", LOCAL)


def test_the_certificate_is_asked_of_the_name_not_of_the_address(monkeypatch: pytest.MonkeyPatch):
    class Stream(httpcore.NetworkStream):
        def start_tls(self, ssl_context, server_hostname=None, timeout=None):
            seen.append((server_hostname, ssl_context.check_hostname, ssl_context.verify_mode))
            raise httpcore.ConnectError("enough seen")

        def close(self):
            pass

    seen = []
    use(monkeypatch, Names(secure=[PUBLIC]))
    monkeypatch.setattr(httpcore.SyncBackend, "connect_tcp", lambda *_: Stream())
    with pytest.raises(MediaNotFound):
        fetch_url("https://secure.test/cat.png", MediaPolicy())
    assert seen == [("secure.test", True, ssl.CERT_REQUIRED)]


def test_proxies_in_the_environment_are_not_used(site: Site, monkeypatch: pytest.MonkeyPatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert fetch_url(site.url("/cat.png"), LOCAL) == PNG


def test_messages_leave_out_queries(site: Site):
    with pytest.raises(MediaNotFound) as caught:
        fetch_url(site.url("/missing?token=secret"), LOCAL)
    assert "secret" not in str(caught.value)
    assert "/missing" in str(caught.value)


def test_international_names_are_sent_as_ascii(monkeypatch: pytest.MonkeyPatch):
    names = Names()
    names.answers["xn--fsqu00a"] = ["10.0.0.1"]
    use(monkeypatch, names)
    with pytest.raises(MediaRefused, match="private"):
        fetch_url("http://例子.test/cat.png", MediaPolicy())
    assert names.asked == ["xn--fsqu00a.test"]


def test_no_unix_sockets():
    with pytest.raises(MediaRefused, match="unix sockets"):
        GuardedBackend(MediaPolicy(), Deadline(1)).connect_unix_socket("/run/some.sock")


def test_certificates_are_checked():
    context = fetch._certificates()
    assert context.verify_mode == ssl.CERT_REQUIRED
    assert context.check_hostname

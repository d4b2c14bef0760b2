"""A real HTTP server on loopback, with good and bad manners."""

from __future__ import annotations

import gzip
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.media.pictures import encoded, quarters

PNG = encoded(quarters())
STEP = b"x" * 65536


class Manners(BaseHTTPRequestHandler):
    """Answers by path; redirects go wherever the query says."""

    protocol_version = "HTTP/1.1"
    server: Site

    def do_GET(self) -> None:
        self.server.requests.append((self.path, dict(self.headers)))
        path, _, query = self.path.partition("?")
        if path == "/to":
            return self.answer(b"", status=302, Location=query)
        return getattr(self, path.strip("/").replace(".", "_"), self.absent)()

    def answer(self, body: bytes, *, status: int = 200, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def absent(self) -> None:
        self.answer(b"no", status=404)

    def cat_png(self) -> None:
        self.answer(PNG)

    def page(self) -> None:
        self.answer(b"<!DOCTYPE html><html></html>", Content_Type="image/png")

    def zipped(self) -> None:
        self.answer(gzip.compress(PNG), Content_Encoding="gzip")

    def deflated(self) -> None:
        self.answer(zlib.compress(PNG), Content_Encoding="deflate")

    def half_zipped(self) -> None:
        self.answer(gzip.compress(PNG)[:-20], Content_Encoding="gzip")

    def badly_zipped(self) -> None:
        self.answer(PNG, Content_Encoding="gzip")

    def brotli(self) -> None:
        self.answer(b"whatever", Content_Encoding="br")

    def bomb(self) -> None:
        packer = zlib.compressobj(wbits=31)
        packed = b"".join(packer.compress(bytes(2**20)) for _ in range(64)) + packer.flush()
        self.answer(packed, Content_Encoding="gzip")

    def announced(self) -> None:
        self.answer(b"", length=2**40)

    def short(self) -> None:
        self.answer(PNG[:20], length=len(PNG))
        self.close_connection = True

    def endless(self) -> None:
        """A body that states no length and never ends."""
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        self.until_hung_up(STEP, pause=0)

    def chunked(self) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.until_hung_up(b"10000\r\n" + STEP + b"\r\n", pause=0)

    def drip(self) -> None:
        """A byte now and then: no single read is ever late."""
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        self.until_hung_up(b"x", pause=0.02)

    def slow_headers(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        self.close_connection = True
        self.until_hung_up(b"x", pause=0.02)

    def silent(self) -> None:
        self.server.over.wait()

    def until_hung_up(self, step: bytes, *, pause: float) -> None:
        try:
            while not self.server.over.wait(pause):
                self.server.sent += self.wfile.write(step)
        except OSError:
            self.server.hung_up.set()

    def log_message(self, format: str, *arguments: object) -> None:
        """Keep the test's output clean."""


class Site(ThreadingHTTPServer):
    """The server, and what it saw."""

    daemon_threads = False

    def __init__(self, address: str = "127.0.0.1") -> None:
        super().__init__((address, 0), Manners)
        self.requests: list[tuple[str, dict[str, str]]] = []
        self.over, self.hung_up, self.sent = threading.Event(), threading.Event(), 0

    @property
    def port(self) -> int:
        return self.server_port

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what these tests are about."""


@contextmanager
def serving() -> Iterator[Site]:
    """A site while the block runs."""
    site = Site()
    thread = threading.Thread(target=site.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield site
    finally:
        site.over.set()
        site.shutdown()
        thread.join()
        site.server_close()

"""A response's body, never more of it than the policy allows."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping

from mm_agent.errors import MediaDecodeError, MediaRefused
from mm_agent.media.policy import MediaPolicy
from mm_agent.media.words import one_line, size_words

_STEP = 64 * 1024
# zlib's way to say: a gzip or a zlib header, whichever is there.
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


def read_body(chunks: Iterable[bytes], headers: Mapping[str, str], policy: MediaPolicy) -> bytes:
    """Collect a body; compression that was not asked for is undone step by step, under the same limit.

    Args:
        chunks: The body as it arrives.
        headers: With lower-case lookup; Content-Length and Content-Encoding are read.

    Raises:
        MediaRefused: Larger than ``max_bytes``, as announced, as sent or once unpacked.
        MediaDecodeError: A compression that is not known, or damaged.
    """
    announced = headers.get("content-length", "")
    if announced.isascii() and announced.isdigit() and int(announced) > policy.max_bytes:
        raise _too_large(size_words(int(announced)), policy)
    encoding = headers.get("content-encoding", "identity").strip().lower() or "identity"
    if encoding in ("gzip", "x-gzip", "deflate"):
        chunks = _unpacked(chunks)
    elif encoding != "identity":
        raise MediaDecodeError(
            f"the server compressed its answer with {one_line(encoding, 40)!r}; download the picture first"
        )
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > policy.max_bytes:
            raise _too_large(f"more than {size_words(policy.max_bytes)}", policy)
    return bytes(body)


def _unpacked(chunks: Iterable[bytes]) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        for chunk in chunks:
            while chunk and not unpacker.eof:
                yield unpacker.decompress(chunk, _STEP)
                chunk = unpacker.unconsumed_tail
        yield from _flushed(unpacker)
    except zlib.error as error:
        raise MediaDecodeError(f"the server's compressed answer is damaged ({error}); try again") from error


def _flushed(unpacker: zlib._Decompress) -> Iterator[bytes]:
    # Output may wait inside although all input was taken.
    while not unpacker.eof:
        rest = unpacker.decompress(b"", _STEP)
        if not rest:
            raise MediaDecodeError("the server's compressed answer breaks off; try again")
        yield rest


def _too_large(size: str, policy: MediaPolicy) -> MediaRefused:
    return MediaRefused(
        f"the download is {size}, the limit is {size_words(policy.max_bytes)}; "
        "use a smaller picture or raise max_bytes"
    )

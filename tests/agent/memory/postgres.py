"""A PostgreSQL server for one test: its own cluster, on a unix socket only."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.programs import missing


@contextmanager
def postgres_server(folder: Path) -> Iterator[str]:
    """Run a server and give its URL.

    It refuses to run as root, so root runs it as the user that Debian's package makes.
    """
    binaries = _binaries()
    user = "postgres" if os.geteuid() == 0 else None
    # Of its own: pytest's folders are closed to other users, and a socket's path must be short.
    home = Path(tempfile.mkdtemp(prefix="mm-pg-"))
    if user:
        shutil.chown(home, user)
    data = home / "data"

    def call(*command: str) -> None:
        subprocess.run(command, user=user, check=True, cwd=home, stdout=subprocess.DEVNULL, timeout=60)

    try:
        call(f"{binaries}/initdb", "-D", str(data), "-A", "trust", "-U", "me", "--no-sync", "-E", "UTF8")
        options = f"-c listen_addresses= -c unix_socket_directories={home} -c fsync=off"
        log = str(home / "log")
        call(f"{binaries}/pg_ctl", "-D", str(data), "-l", log, "-o", options, "-w", "start")
        try:
            yield f"postgresql://me@/postgres?host={home}"
        finally:
            call(f"{binaries}/pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _binaries() -> Path:
    """The newest server's folder; Debian keeps it off the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    initdb = str(found[-1]) if found else shutil.which("initdb")
    if initdb is None:
        missing("a PostgreSQL server", "postgresql")
    return Path(initdb).parent

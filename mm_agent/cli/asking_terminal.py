"""A question to the terminal itself, answered through what it would otherwise hand over as typed."""

from __future__ import annotations

import os
import re
import select
import time


def ask_terminal(question: bytes, *, until: re.Pattern[bytes], seconds: float = 0.5) -> bytes:
    """Send a control sequence to the controlling terminal and read its reply.

    Nothing is asked where the reply could be mixed with what a person types, or reading would stop this
    process: something typed is waiting, the process is in the background, or there is no terminal.

    Args:
        question: the control sequence.
        until: matches the end of the reply.
        seconds: how long to wait for it.

    Returns:
        The reply, or what came of it in time; empty when nothing was asked.
    """
    try:
        import termios
        import tty

        terminal = os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY)
    except (ImportError, OSError):
        return b""  # Windows, or no terminal
    try:
        if os.tcgetpgrp(terminal) != os.getpgrp():
            return b""
        usual = termios.tcgetattr(terminal)
        tty.setcbreak(terminal, termios.TCSADRAIN)
        try:
            return b"" if _waiting(terminal, 0) else _ask(terminal, question, until, seconds)
        finally:
            termios.tcsetattr(terminal, termios.TCSADRAIN, usual)
    except (OSError, termios.error):
        return b""
    finally:
        os.close(terminal)


def _ask(terminal: int, question: bytes, until: re.Pattern[bytes], seconds: float) -> bytes:
    os.write(terminal, question)
    end, reply = time.monotonic() + seconds, b""
    while not until.search(reply) and (left := end - time.monotonic()) > 0:
        if _waiting(terminal, left):
            reply += os.read(terminal, 1024)
    return reply


def _waiting(terminal: int, seconds: float) -> bool:
    return bool(select.select([terminal], [], [], seconds)[0])

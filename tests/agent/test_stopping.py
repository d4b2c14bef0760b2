"""Stopping while a failed call waits to be made again: the next question does not wait for that."""

from __future__ import annotations

from threading import Timer
from time import monotonic

import pytest

from mm_agent.agent import ask, build_agent, load_chat_model
from mm_agent.agent.stoppable import Runner, rest
from mm_agent.errors import Stopped
from tests.agent.chat_server import Reply, chat_server


@pytest.mark.parametrize("status", [429, 503])
def test_a_stopped_wait_does_not_hold_the_next_question(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mm_agent.agent.middleware.retry.LONGEST_WAIT_S", 3600)
    busy = Reply(status=status, error="busy", retry_after="3600")
    runner = Runner()
    with chat_server(busy, Reply(pieces=("Here.",))) as server:
        agent = build_agent(load_chat_model(server.spec), [])

        def stop_once_asked() -> None:
            if server.requests:
                runner.stop()
            else:
                Timer(0.05, stop_once_asked).start()

        stop_once_asked()
        with pytest.raises(Stopped):
            ask(agent, "first", runner=runner)
        assert ask(agent, "second", runner=runner).text == "Here."
    assert len(server.requests) == 2


def test_outside_of_a_run_a_wait_is_a_wait() -> None:
    began = monotonic()
    rest(0.05)
    assert monotonic() - began >= 0.05

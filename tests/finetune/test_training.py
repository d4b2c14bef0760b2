"""What the Trainer shows of its progress: lines for everybody, a bar on a terminal alone."""

from __future__ import annotations

import io
from contextlib import closing
from types import SimpleNamespace

import pytest

from mm_agent.errors import FinetuneError
from mm_agent.finetune.training import Progress


class Screen(io.StringIO):
    """Standard error as a terminal, or as a file."""

    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def train(lines: list[str], *, main: bool = True, loss: float = 0.25) -> None:
    """From step 2 of 4 on, with a line after the third."""
    state = SimpleNamespace(max_steps=4, global_step=2, is_world_process_zero=main)
    with closing(Progress(lines.append)) as progress:
        progress.on_train_begin(None, state, None)
        progress.on_step_end(None, state, None)
        state.global_step = 3
        progress.on_log(None, state, None, {"loss": loss, "grad_norm": 9.0})


@pytest.mark.parametrize(("terminal", "main"), [(True, True), (False, True), (True, False)])
def test_the_bar_is_for_terminals_and_one_process(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, main: bool
) -> None:
    screen, lines = Screen(terminal=terminal), []
    monkeypatch.setattr("sys.stderr", screen)
    train(lines, main=main)
    assert lines == (["step 3 of 4: loss 0.25"] if main else [])
    if terminal and main:
        assert "2/4" in screen.getvalue(), "it goes on where the run went on"
        assert "3/4" in screen.getvalue()
    else:
        assert screen.getvalue() == ""


def test_a_loss_that_is_no_number_is_an_error_with_its_step() -> None:
    with pytest.raises(FinetuneError, match="step 3; start again with a lower --rate"):
        train([], loss=float("nan"))

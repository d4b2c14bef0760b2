"""An encoder's threads: a forked process gets one clear line, and never a wait without end."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import torch

from mm_agent.vision.worker import Worker
from tests.cli.conftest import spawn_environment

_PROGRAM = """
import os
from mm_agent.errors import VisionError
from mm_agent.vision.together import Together
from mm_agent.vision.worker import Worker

worker = Worker()
double = Together(lambda batch: {key: 2 * value for key, value in batch.items()}, size=4, worker=worker)
assert double.get({"a": 1}) == {"a": 2}
child = os.fork()
if child == 0:
    for look in (lambda: worker.run(int), lambda: double.get({"b": 2}), lambda: double.get({"b": 2})):
        try:
            look()
        except VisionError as error:
            print(error, flush=True)
    made_here = Worker()
    print(made_here.run(lambda: "made here"), flush=True)
    os._exit(0)
os.waitpid(child, 0)
print("parent", double.get({"b": 2}))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork")
def test_a_forked_child_is_told_to_load_its_own() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", _PROGRAM],
        env=spawn_environment(), capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    *told, made, parent = done.stdout.splitlines()
    assert (made, parent) == ("made here", "parent {'b': 4}"), done.stderr
    assert len(told) == 3
    for line in told:
        assert "load it in the child" in line
        assert "'spawn'" in line


def test_fewer_threads_than_when_it_was_made_are_enough() -> None:
    usual = torch.get_num_threads()
    torch.set_num_threads(2)
    worker = Worker(side_by_side=True)
    try:
        torch.set_num_threads(1)
        assert list(worker.spread(lambda number: number + 1, range(3))) == [1, 2, 3]
    finally:
        torch.set_num_threads(usual)

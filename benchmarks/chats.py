"""Many chats at once with the offline planner: does each get its own answers, and how much slower?

    python benchmarks/chats.py --chats 20 --out benchmarks/results/chats.json
    python benchmarks/chats.py --chats 20 --web --out benchmarks/results/web_chats.json

The first is of sessions in one program; with ``--web``, each is a visitor of ``mm-agent serve web`` over
HTTP, and a turn lasts from sending the question to the end of the answer on the page. The visitors' own
processor time is not counted, but they use the same cores.

Every chat asks the same questions one after another; those of a run share one encoder, which is new to their
pictures. Four ways: alone, one chat after the other, before and after the rest; all at once without a pause,
each with a picture of its own; the same with one picture for all; and as people chat, who come one by one and
read an answer before they ask again. The figure is how many times as long a turn takes as the median of the
same question alone; the 95th percentile is of all turns. Nothing may be lost: each answer in company must be
the one that the picture gets alone.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Barrier
from typing import Any, Self

from PIL import Image

ROOT = Path(__file__).parents[1]
QUESTIONS = (
    "What is in the picture?",
    "How many are there?",
    "What colour is the background?",
    "Where is it?",
)
PAUSE_S = (2.0, 5.0)
"""How long a person reads an answer and writes the next question."""


@dataclass(frozen=True)
class Turn:
    """An answer, and the seconds it took."""

    said: str
    seconds: float


Ask = Callable[[str], str]
"""Gets an answer to a question."""
Talk = list[Turn]
"""The turns of one chat, in the order of the questions."""


@dataclass(frozen=True)
class Run:
    """The chats of one way, and what they cost together.

    Attributes:
        way: in words.
        talks: one a picture.
        cpu_s: processor seconds of what answers while they went on; other programs do not change them much.
    """

    way: str
    talks: list[Talk]
    cpu_s: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, prints the tables and writes the JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--chats", type=int, default=20, help="chats at once")
    parser.add_argument("--web", action="store_true", help="over HTTP, against the web chat")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args(arguments)
    *pictures, spare = _pictures(options.chats + 1)
    same = [pictures[0]] * len(pictures)
    measure = partial(_measure, WebTalker if options.web else Talker, spare=spare)
    before = measure("alone, before", pictures, at_once=False)
    company = [
        (measure("at once, each its own picture", pictures), before.talks),
        (measure("at once, all the same picture", same), [before.talks[0]] * len(pictures)),
        (measure("as people chat", pictures, pause=PAUSE_S), before.talks),
    ]
    after = measure("alone, after", pictures, at_once=False)
    report = {
        "chats": options.chats,
        "cores": os.cpu_count(),
        "pause_s": PAUSE_S,
        "alone": _alone(before, after),
        "in_company": [_in_company(run, answers, before, after) for run, answers in company],
    }
    _print(report)
    if options.out:
        options.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _alone(before: Run, after: Run) -> dict[str, Any]:
    medians = _medians(before, after)
    return {
        "median_s": dict(zip(QUESTIONS, medians, strict=True)),
        "cpu_s_a_turn": (before.cpu_s + after.cpu_s) / _turns(before, after),
    }


def _in_company(run: Run, answers: list[Talk], before: Run, after: Run) -> dict[str, Any]:
    medians = _medians(before, after)
    turns = [(number, turn) for talk in run.talks for number, turn in enumerate(talk)]
    slower = sorted(turn.seconds / medians[number] for number, turn in turns)
    first = sorted(talk[0].seconds for talk in run.talks)
    return {
        "way": run.way,
        "lost": sum(
            turn.said != alone.said
            for talk, single in zip(run.talks, answers, strict=True)
            for turn, alone in zip(talk, single, strict=True)
        ),
        "times_alone_p50": _percentile(slower, 0.5),
        "times_alone_p95": _percentile(slower, 0.95),
        "first_question": {
            "p50_s": _percentile(first, 0.5),
            "p95_s": _percentile(first, 0.95),
            "times_alone_p95": _percentile(first, 0.95) / medians[0],
        },
        "cpu_s_a_turn": run.cpu_s / _turns(run),
    }


def _print(report: dict[str, Any]) -> None:
    alone = report["alone"]
    print(f"{report['chats']} chats, {report['cores']} cores")
    for question, seconds in alone["median_s"].items():
        print(f"alone, median   {question:32} {seconds * 1000:6.0f} ms")
    print(f"alone, processor time a turn {alone['cpu_s_a_turn'] * 1000:24.0f} ms")
    for row in report["in_company"]:
        first = row["first_question"]
        print(
            f"{row['way']:31} all p50 {row['times_alone_p50']:.1f}x, p95 {row['times_alone_p95']:.1f}x; "
            f"first question p50 {first['p50_s']:.2f} s, p95 {first['p95_s']:.2f} s, "
            f"{first['times_alone_p95']:.1f}x; processor {row['cpu_s_a_turn'] * 1000:.0f} ms a turn; "
            f"lost {row['lost']}"
        )


def _medians(*runs: Run) -> list[float]:
    """Of each question, in seconds."""
    talks = [talk for run in runs for talk in run.talks]
    return [statistics.median(talk[number].seconds for talk in talks) for number in range(len(QUESTIONS))]


def _percentile(ordered: Sequence[float], part: float) -> float:
    return ordered[math.ceil(part * len(ordered)) - 1]


def _turns(*runs: Run) -> int:
    return sum(len(talk) for run in runs for talk in run.talks)


def _pictures(count: int) -> list[Image.Image]:
    """Drawn scenes, all different."""
    from mm_agent.vision.demo import measure, sprites

    return measure.pictures(measure.scenes_of(count, 20, sprites.TRAIN_STYLES, kinds=1))


def _measure(
    make: type[Talker | WebTalker],
    way: str,
    pictures: Sequence[Image.Image],
    *,
    spare: Image.Image,
    at_once: bool = True,
    pause: tuple[float, float] | None = None,
) -> Run:
    """Hold a chat about each picture, on an encoder that has seen nothing but `spare`."""
    with make() as talker:
        _talk(talker, spare)  # code is loaded, and the words of every question are known
        threads = len(pictures) if at_once else 1
        start = Barrier(threads)

        def chat(picture: Image.Image) -> Talk:
            return _talk(talker, picture, start, pause)

        began = talker.cpu_seconds()
        with ThreadPoolExecutor(threads) as pool:
            talks = list(pool.map(chat, pictures))
        return Run(way, talks, talker.cpu_seconds() - began)


def _talk(
    talker: Talker | WebTalker,
    picture: Image.Image,
    start: Barrier | None = None,
    pause: tuple[float, float] | None = None,
) -> Talk:
    """Hold one chat from beginning to end."""
    with talker.chat(picture) as ask:
        if start:
            start.wait()
        talk: Talk = []
        for number, question in enumerate(QUESTIONS):
            if pause:  # the first question comes at any moment of the longest pause
                time.sleep(random.uniform(*pause) if number else random.uniform(0, pause[1]))
            began = time.perf_counter()
            talk.append(Turn(ask(question), time.perf_counter() - began))
        return talk


class Talker:
    """Chats in this program, which share an encoder."""

    def __enter__(self) -> Self:
        """Load the encoder."""
        from mm_agent.settings import Settings
        from mm_agent.vision import SiglipEncoder

        self._encoder, self._settings = SiglipEncoder.from_pretrained("demo"), Settings()
        return self

    def __exit__(self, *_: object) -> None:
        """There is nothing to end."""

    @contextmanager
    def chat(self, picture: Image.Image) -> Iterator[Ask]:
        """A new chat about a picture."""
        from mm_agent.serve.session import ChatSession

        session = ChatSession(self._encoder, self._settings)
        session.add(picture)
        yield lambda question: session.ask(question).text

    def cpu_seconds(self) -> float:
        """Processor time so far, in seconds."""
        return time.process_time()


class WebTalker:
    """Chats over HTTP with a server that begins and ends with them."""

    def __enter__(self) -> Self:
        """Start the server."""
        from web_client import WebServer

        self._ends = ExitStack()
        self._server = self._ends.enter_context(WebServer())
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._ends.close()

    @contextmanager
    def chat(self, picture: Image.Image) -> Iterator[Ask]:
        """A new visitor's page, with a picture uploaded."""
        from web_client import WebPage

        page = WebPage(self._server.url)
        page.add(picture)
        try:
            yield page.ask
        finally:
            page.close()

    def cpu_seconds(self) -> float:
        """Processor time of the server so far, in seconds."""
        return self._server.cpu_seconds()


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()

"""Many chats at once with the offline planner: does each get its own answers, and how much slower?

    python benchmarks/chats.py --chats 20 --out benchmarks/results/chats.json

Every chat has a drawn picture of its own and asks the same questions one after another, as fast as the
answers come, or after a pause to read it; all share one encoder. The figure is, for each question, the 95th
percentile of the latency with all chats at once as a multiple of the median of chats alone. Nothing may be
lost: each answer with company must be the answer of a chat alone.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

from PIL import Image

ROOT = Path(__file__).parents[1]
QUESTIONS = (
    "What is in the picture?",
    "How many are there?",
    "What colour is the background?",
    "Where is it?",
)

Talk = list[tuple[str, float]]
"""Answers of one chat, and the seconds each took."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, prints the table and writes the JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--chats", type=int, default=20, help="chats at once")
    parser.add_argument("--pause", type=float, default=0.0, help="mean seconds a person reads an answer")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args(arguments)
    pictures = _pictures(2 * options.chats)
    together, alone = pictures[: options.chats], pictures[options.chats :]
    talk = Talker()
    talk(alone.pop())  # models and words are loaded
    single = [talk(picture) for picture in alone]
    crowd = _at_once(talk, together, options.pause)
    fresh = Talker()
    lost = sum(
        said != again
        for picture, chat in zip(together, crowd, strict=True)
        for (said, _), (again, _) in zip(chat, fresh(picture), strict=True)
    )
    rows = [_row(number, single, crowd) for number in range(len(QUESTIONS))]
    print(f"{options.chats} chats at once, {options.pause} s between questions: {lost} answers lost")
    for row in rows:
        print(
            f"{row['question']:32} alone {row['alone_s']:.3f} s, with company {row['company_s']:.3f} s, "
            f"95th percentile {row['p95_s']:.3f} s: {row['ratio']:.1f}x"
        )
    if options.out:
        report = {"chats": options.chats, "pause_s": options.pause, "lost": lost, "rows": rows}
        options.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def _row(number: int, single: Sequence[Talk], crowd: Sequence[Talk]) -> dict[str, Any]:
    """One question's latencies, in seconds."""
    alone = statistics.median(chat[number][1] for chat in single)
    company = sorted(chat[number][1] for chat in crowd)
    p95 = company[math.ceil(0.95 * len(company)) - 1]
    return {
        "question": QUESTIONS[number],
        "alone_s": alone,
        "company_s": statistics.median(company),
        "p95_s": p95,
        "ratio": p95 / alone,
    }


def _pictures(count: int) -> list[Image.Image]:
    """Drawn scenes, all different."""
    from mm_agent.vision.demo import measure, sprites

    return measure.pictures(measure.scenes_of(count, 20, sprites.TRAIN_STYLES, kinds=1))


class Talker:
    """Holds one chat from beginning to end, on an encoder shared with the chats beside it."""

    def __init__(self) -> None:
        from mm_agent.settings import Settings
        from mm_agent.vision import SiglipEncoder

        self._encoder, self._settings = SiglipEncoder.from_pretrained("demo"), Settings()

    def __call__(self, picture: Image.Image, start: Barrier | None = None, pause: float = 0.0) -> Talk:
        from mm_agent.serve.session import ChatSession

        session = ChatSession(self._encoder, self._settings)
        session.add(picture)
        if start:
            start.wait()
        talk: Talk = []
        for question in QUESTIONS:
            time.sleep(random.uniform(0, 2 * pause))
            began = time.perf_counter()
            talk.append((session.ask(question).text, time.perf_counter() - began))
        return talk


def _at_once(talk: Talker, pictures: Sequence[Image.Image], pause: float) -> list[Talk]:
    start = Barrier(len(pictures))
    with ThreadPoolExecutor(len(pictures)) as pool:
        return list(pool.map(lambda picture: talk(picture, start, pause), pictures))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()

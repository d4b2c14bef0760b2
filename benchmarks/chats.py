"""Many chats at once with the offline planner: does each get its own answers, and how much slower?

    python benchmarks/chats.py --chats 20 --out benchmarks/results/chats.json

Every chat has a drawn picture of its own and asks the same questions one after another, as fast as the
answers come; all share one encoder. The figure is the 95th percentile of the latency of an answer with all
chats at once, as a multiple of the median latency of a single chat. Nothing may be lost: each answer with
company must be the answer of a chat alone.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

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
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args(arguments)
    pictures = _pictures(2 * options.chats)
    together, alone = pictures[: options.chats], pictures[options.chats :]
    talk = Talker()
    talk(alone.pop())  # models and words are loaded
    single = [talk(picture) for picture in alone]
    crowd = _at_once(talk, together)
    fresh = Talker()
    lost = sum(
        said != again
        for picture, chat in zip(together, crowd, strict=True)
        for (said, _), (again, _) in zip(chat, fresh(picture), strict=True)
    )
    one = statistics.median(seconds for chat in single for _, seconds in chat)
    many = sorted(seconds for chat in crowd for _, seconds in chat)
    p95 = many[int(0.95 * (len(many) - 1))]
    report = {
        "chats": options.chats,
        "questions": len(many),
        "lost": lost,
        "single_median_s": one,
        "crowd_median_s": statistics.median(many),
        "crowd_p95_s": p95,
        "p95_ratio": p95 / one,
    }
    for name, value in report.items():
        print(f"{name:>16}: {value:.3f}" if isinstance(value, float) else f"{name:>16}: {value}")
    if options.out:
        options.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


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

    def __call__(self, picture: Image.Image, start: Barrier | None = None) -> Talk:
        from mm_agent.serve.session import ChatSession

        session = ChatSession(self._encoder, self._settings)
        session.add(picture)
        if start:
            start.wait()
        talk: Talk = []
        for question in QUESTIONS:
            began = time.perf_counter()
            talk.append((session.ask(question).text, time.perf_counter() - began))
        return talk


def _at_once(talk: Talker, pictures: Sequence[Image.Image]) -> list[Talk]:
    start = Barrier(len(pictures))
    with ThreadPoolExecutor(len(pictures)) as pool:
        return list(pool.map(lambda picture: talk(picture, start), pictures))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main()

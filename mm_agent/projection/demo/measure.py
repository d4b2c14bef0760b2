"""How well the demo language model sees through its projector, on scenes nobody has seen:

    python -m mm_agent.projection.demo.measure                                # what ships
    python -m mm_agent.projection.demo.measure --projector RUN/projector

Every question is asked of its own scene, and once more with the soft tokens of another scene: what the model
still gets right then, it guesses.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from mm_agent.finetune.projector.model import load_language_model
from mm_agent.local.adapter import adapter_of, with_adapter
from mm_agent.local.checkpoint import find_checkpoint
from mm_agent.projection.demo.batches import fresh_questions, measured_pictures
from mm_agent.projection.demo.learner import QuestionReader, answers
from mm_agent.projection.demo.questions import KINDS, LANGUAGES, Question
from mm_agent.projection.soft.features import picture_features
from mm_agent.projection.soft.identity import language_model_fingerprint
from mm_agent.projection.soft.projector import Projector
from mm_agent.projection.soft.storage import find_projector
from mm_agent.vision.encoder import SiglipEncoder

BATCH = 50


@dataclass(frozen=True)
class Share:
    """How many were right, with Wilson's 95 % interval (Wilson 1927)."""

    what: str
    right: int
    of: int
    low: float
    high: float

    def line(self) -> str:
        """One line for people."""
        share = self.right / self.of if self.of else 0.0
        return f"{self.what:24} {share:6.1%}  ({self.low:.1%} to {self.high:.1%}, {self.right} of {self.of})"


def wilson(what: str, right: int, of: int) -> Share:
    """The interval that holds the true share in 19 of 20 cases."""
    if not of:
        return Share(what, 0, 0, 0.0, 1.0)
    z, share = 1.96, right / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z / (1 + z * z / of) * (share * (1 - share) / of + z * z / (4 * of * of)) ** 0.5
    return Share(what, right, of, max(0.0, middle - half), min(1.0, middle + half))


@torch.no_grad()
def measure(
    encoder: SiglipEncoder, projector: Projector, language_model: Any, reader: QuestionReader, *,
    count: int = 500, seed: int = 4711,
) -> list[Share]:  # fmt: skip
    """Exact answers to fresh questions: all, by kind and language, and with the pictures shuffled."""
    scenes, questions = fresh_questions(count, seed)
    soft = []
    for start in range(0, count, BATCH):
        pictures = measured_pictures(scenes[start : start + BATCH])
        soft.append(projector(picture_features(encoder, pictures, projector.config)))
    tokens = torch.cat(soft)  # (count, T, D_text)
    seen = _right(language_model, reader, tokens, questions)
    # Each question gets the picture of the one before it, which asks something else of another scene.
    guessed = _right(language_model, reader, tokens.roll(1, 0), questions)
    return [
        _share("all", seen, questions),
        *(
            _share(f"{kind}, {language}", seen, questions, kind, language)
            for kind in KINDS
            for language in LANGUAGES
        ),
        _share("pictures shuffled", guessed, questions),
    ]


def _right(
    language_model: Any, reader: QuestionReader, tokens: torch.Tensor, questions: Sequence[Question]
) -> list[bool]:
    right: list[bool] = []
    for start in range(0, len(questions), BATCH):
        part = [[question] for question in questions[start : start + BATCH]]
        right += answers(language_model, reader, tokens[start : start + BATCH], part)[1].tolist()
    return right


def _share(
    what: str, right: Sequence[bool], questions: Sequence[Question], kind: str = "", language: str = ""
) -> Share:
    chosen = [
        mark
        for mark, question in zip(right, questions, strict=True)
        if kind in ("", question.kind) and language in ("", question.language)
    ]
    return wilson(what, sum(chosen), len(chosen))


def open_projector(llm: str, projector: str | Path) -> tuple[SiglipEncoder, Projector, Any, QuestionReader]:
    """Load a trained projector with the encoder and the language model it was made for, its adapter added."""
    encoder = SiglipEncoder.from_pretrained("demo", device="cpu", dtype="float32")
    path, folder = find_checkpoint(llm), find_projector(projector)
    loaded = Projector.from_pretrained(
        folder, encoder=encoder.fingerprint, language_model=language_model_fingerprint(path)
    )
    language_model, tokenizer = load_language_model(path, dtype=torch.float32)
    if adapter := adapter_of(folder):
        language_model = with_adapter(language_model, adapter)
    return encoder, loaded, language_model.eval(), QuestionReader(tokenizer, loaded.config.tokens)


def main() -> None:
    """Measure and print; ``--json`` also writes the numbers."""
    parser = argparse.ArgumentParser(description="Measure the demo projector on fresh scenes.")
    parser.add_argument("--llm", default="demo", help="folder of the language model it was made for")
    parser.add_argument("--projector", default="demo", help="folder of a projector")
    parser.add_argument("--count", type=int, default=500)
    parser.add_argument("--seed", type=int, default=4711)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    parts = open_projector(options.llm, options.projector)
    shares = measure(*parts, count=options.count, seed=options.seed)
    sys.stdout.write("\n".join(share.line() for share in shares) + "\n")
    if options.json:
        options.json.write_text(json.dumps([asdict(share) for share in shares], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()

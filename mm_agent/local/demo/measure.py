"""Measure the demo language model in the real agent, and write the page about it:

python -m mm_agent.local.demo.measure --out docs    # some minutes on two CPU cores
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from mm_agent.local.chat import LocalChatModel
from mm_agent.local.demo.exam import GROUPS, KINDS, count_cases, exam, group_of
from mm_agent.local.demo.exam.marking import Mark
from mm_agent.local.demo.exam.sitting import take
from mm_agent.media.atomic import write_atomic
from mm_agent.vision import SiglipEncoder

SEED = 20_261_124
AIM = 0.85
SHARES = ("called", "faithful", "true", "answered")
TRAINED = Path(__file__).parent / "weights" / "training.json"
PAGE = """# The demo language model

<!-- Written by `python -m mm_agent.local.demo.measure`; do not edit by hand. -->

`--llm local:demo` is a real but tiny Qwen3 ({parameters:.1f} M parameters, {size:.1f} MB in fp16), trained
from nothing on generated dialogues: choose a tool for a question, fill in handle and words, read the tool's
text, word the answer, in English and Chinese. It lets the whole local path run without a network. **It is not
a chat bot**: it knows the questions below and little else, sees no pictures itself, and refuses other talk.
For real use take a real model, such as `--llm local:Qwen/Qwen3-4B`.

    python -m mm_agent.local.demo.train --out RUN
    python -m mm_agent.local.demo.measure --out docs

{remark}
## What it reaches

{cases} questions through the real agent, tools and demo encoder: pictures and clips drawn afresh, of things
no training dialogue names, asked in words that no training template has. Of a follow-up the second question
is marked. *calls*: exactly the expected tool calls with the expected arguments. *faithful*: every handle,
number, shape and file name in the answer stands in a tool's text. *true*: the answer is true of the scene
(the demo encoder's own mistakes count against it); a time is when it overlaps the true one by half.
*answered*: all three, with the 95 % interval (Wilson's).

| questions | cases | calls | faithful | true | answered | 95 % |
|---|---|---|---|---|---|---|
{groups}

The aim is 85 % answered of all{verdict}

| question | language | cases | calls | faithful | true | answered | 95 % |
|---|---|---|---|---|---|---|---|
{kinds}

*never* asks when a thing is seen that is not in the clip, *both* for a count in each of two pictures,
*unknown tool* for a call of a function the model was never told of, by its schema alone.

## What it does not do

Chat, general knowledge, reasoning over several findings, questions in unusual words, other languages, long
conversations. It was trained on the agent's own prompts and tool descriptions, whose sentences are single
tokens of its vocabulary: a release that changes them should train it again.
"""
Row = dict[str, str | int | float]


def measure(
    weights: str, *, seed: int = SEED, each: int = 10, kinds: Collection[str] = KINDS
) -> Iterator[Mark]:
    """Take the exam, case by case."""
    model = LocalChatModel(model=weights, temperature=0.0, max_tokens=200)
    encoder = SiglipEncoder.from_pretrained("demo")
    for case in exam(seed, each, kinds):
        yield take(model, encoder, case)


def row(marks: Sequence[Mark], names: Row) -> Row:
    """One line of a table: shares, and the interval of the last."""
    share = {key: sum(getattr(m, key) for m in marks) / len(marks) for key in SHARES}
    low, high = interval(sum(m.answered for m in marks), len(marks))
    return names | {"cases": len(marks)} | share | {"low": low, "high": high}


def interval(hits: int, cases: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share (E. B. Wilson, 1927)."""
    z, share = 1.959964, hits / cases
    middle = share + z * z / (2 * cases)
    reach = z * math.sqrt(share * (1 - share) / cases + z * z / (4 * cases * cases))
    scale = 1 + z * z / cases
    return max((middle - reach) / scale, 0.0), min((middle + reach) / scale, 1.0)


def group_rows(marks: Sequence[Mark]) -> list[Row]:
    """Each group that was asked, each language, then all."""
    groups = {name: [m for m in marks if group_of(m.case.kind) == name] for name in GROUPS}
    groups |= {
        word: [m for m in marks if m.case.language == language]
        for word, language in (("all in English", "en"), ("all in Chinese", "zh"))
    }
    return [row(some, {"questions": name}) for name, some in {**groups, "all": list(marks)}.items() if some]


def kind_rows(marks: Sequence[Mark]) -> list[Row]:
    """Each kind that was asked, in each language."""
    cells: dict[tuple[str, str], list[Mark]] = {
        (kind, language): [] for kind in KINDS for language in ("en", "zh")
    }
    for m in marks:
        cells[m.case.kind, m.case.language].append(m)
    return [
        row(some, {"question": kind, "language": language})
        for (kind, language), some in cells.items()
        if some
    ]


def table(lines: Iterable[Row], names: Sequence[str]) -> str:
    """Markdown."""
    return "\n".join(
        "| "
        + " | ".join(
            [
                *(str(line[name]) for name in (*names, "cases")),
                *(f"{100 * float(line[key]):.0f}%" for key in SHARES),
                f"{100 * float(line['low']):.0f}–{100 * float(line['high']):.0f}%",
            ]
        )
        + " |"
        for line in lines
    )


def page(marks: Sequence[Mark], *, parameters: float, size: float) -> str:
    """The manual's page."""
    groups = group_rows(marks)
    total = float(groups[-1]["answered"])
    remark = json.loads(TRAINED.read_text(encoding="utf-8"))["remark"] if TRAINED.exists() else ""
    verdict = "; these weights reach it." if total >= AIM else (
        f"; these weights answer {total:.0%}: **the aim is missed**."
    )  # fmt: skip
    return PAGE.format(
        parameters=parameters, size=size, remark=f"{remark}\n" if remark else "", cases=len(marks),
        groups=table(groups, ["questions"]), kinds=table(kind_rows(marks), ["question", "language"]),
        verdict=verdict,
    )  # fmt: skip


def main() -> None:
    """Measure, print, write page and figures."""
    parser = argparse.ArgumentParser(description="Measure the demo language model.")
    parser.add_argument("--weights", default="demo", help="demo, or the folder of a checkpoint")
    parser.add_argument("--each", type=int, default=10, help="cases of each kind and language")
    parser.add_argument("--kind", action="append", choices=KINDS, help="only this kind; may be repeated")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, help="folder for demo-llm.md and demo-llm.json")
    parser.add_argument("--wrong", action="store_true", help="print what went wrong")
    given = parser.parse_args()
    if given.out and given.kind:
        parser.error("--out writes the page about all kinds; leave out --kind")
    kinds = given.kind or KINDS
    marks: list[Mark] = []
    for one in measure(given.weights, seed=given.seed, each=given.each, kinds=kinds):
        marks.append(one)
        _report(marks, count_cases(given.each, kinds), wrong=given.wrong)
    sys.stdout.write(f"\n{table(kind_rows(marks), ['question', 'language'])}\n")
    sys.stdout.write(f"\n{table(group_rows(marks), ['questions'])}\n")
    if given.out:
        _write(given.out, given.weights, marks)


def _report(marks: Sequence[Mark], cases: int, *, wrong: bool) -> None:
    """How far it is, and what just went wrong."""
    last = marks[-1]
    if wrong and not last.answered:
        missed = ", ".join(f"not {key}" for key in SHARES[:3] if not getattr(last, key))
        asked = " / ".join(last.case.questions)
        sys.stdout.write(f"{last.case.kind} [{last.case.language}] {missed}: {asked} -> {last.answer!r}\n")
    answered = sum(m.answered for m in marks)
    sys.stderr.write(f"{len(marks)} of {cases}, {answered} answered: {last.case.kind}\n")


def _write(folder: Path, weights: str, marks: Sequence[Mark]) -> None:
    from mm_agent.local.checkpoint import find_checkpoint

    size = sum(f.stat().st_size for f in find_checkpoint(weights).glob("*.safetensors"))
    text = page(marks, parameters=size / 2e6, size=size / 1e6)
    figures = {"groups": group_rows(marks), "kinds": kind_rows(marks)}
    write_atomic(folder / "demo-llm.md", text.encode())
    write_atomic(folder / "demo-llm.json", (json.dumps(figures, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()

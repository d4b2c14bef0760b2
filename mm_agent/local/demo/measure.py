"""Measure the demo language model in the real agent, and write the page about it:

python -m mm_agent.local.demo.measure --out docs    # some minutes on two CPU cores
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from mm_agent.agent import ask, build_agent
from mm_agent.local.chat import LocalChatModel
from mm_agent.local.demo.exam import KINDS, Case, Mark, exam, mark
from mm_agent.media import MediaStore
from mm_agent.media.atomic import write_atomic
from mm_agent.vision import SiglipEncoder
from mm_agent_tools import SiglipToolkit

SEED = 20_261_124
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

{cases} questions through the real agent, tools and demo encoder: pictures drawn afresh, of things no
training dialogue names, asked in words that no training template has. *calls*: exactly the expected tool
calls with the expected arguments. *faithful*: every score and handle in the answer stands in a tool's text.
*true*: the answer is true of the scene (the demo encoder's own mistakes count against it). *answered*: all
three.

| question | language | cases | calls | faithful | true | answered |
|---|---|---|---|---|---|---|
{table}

The aim is 85 % answered{verdict}

## What it does not do

Chat, general knowledge, reasoning over several findings, questions in unusual words, other languages, long
conversations. It was trained on the agent's own prompts and tool descriptions, whose sentences are single
tokens of its vocabulary: a release that changes them should train it again.
"""


def take(model: LocalChatModel, encoder: SiglipEncoder, case: Case) -> Mark:
    """Ask one question of a fresh agent."""
    store = MediaStore()
    items = [store.add(picture, name=f"scene-{place}.png") for place, picture in enumerate(case.pictures, 1)]
    tools = SiglipToolkit(encoder=encoder, store=store, language=case.language).get_tools()
    answer = ask(build_agent(model, tools), case.question, items=items)
    calls = [(call.name, dict(call.args)) for call in answer.tool_calls]
    return mark(case, answer.text, calls, [call.result_text for call in answer.tool_calls])


def measure(weights: str, *, seed: int = SEED, each: int = 10) -> list[Mark]:
    """Take the exam."""
    model = LocalChatModel(model=weights, temperature=0.0, max_tokens=200)
    encoder = SiglipEncoder.from_pretrained("demo")
    return [take(model, encoder, case) for case in exam(seed, each)]


def row(name: str, language: str, marks: Sequence[Mark]) -> dict[str, str | int | float]:
    """One line of the table."""
    share = {
        key: sum(getattr(m, key) for m in marks) / len(marks)
        for key in ("called", "faithful", "true", "answered")
    }
    return {"question": name, "language": language, "cases": len(marks)} | share


def rows(marks: Sequence[Mark]) -> list[dict[str, str | int | float]]:
    """Each kind and language, then each language, then all."""
    found = [
        row(kind, language, [m for m in marks if m.case.kind == kind and m.case.language == language])
        for kind in KINDS
        for language in ("en", "zh")
    ]
    both = [
        row("all", language, [m for m in marks if m.case.language == language]) for language in ("en", "zh")
    ]
    return [*found, *both, row("all", "both", marks)]


def table(lines: Iterable[dict[str, str | int | float]]) -> str:
    """Markdown."""
    shares = ("called", "faithful", "true", "answered")
    return "\n".join(
        f"| {line['question']} | {line['language']} | {line['cases']} | "
        + " | ".join(f"{100 * float(line[key]):.0f}%" for key in shares)
        + " |"
        for line in lines
    )


def page(lines: list[dict[str, str | int | float]], *, parameters: float, size: float) -> str:
    """The manual's page."""
    total = lines[-1]
    reached = float(total["answered"]) >= 0.85
    remark = json.loads(TRAINED.read_text(encoding="utf-8"))["remark"] if TRAINED.exists() else ""
    verdict = (
        "; these weights reach it."
        if reached
        else f"; these weights answer {total['answered']:.0%}: **the aim is missed**."
    )
    return PAGE.format(
        parameters=parameters, size=size, remark=f"{remark}\n" if remark else "", cases=total["cases"],
        table=table(lines), verdict=verdict,
    )  # fmt: skip


def main() -> None:
    """Measure, print, write page and figures."""
    parser = argparse.ArgumentParser(description="Measure the demo language model.")
    parser.add_argument("--weights", default="demo", help="demo, or the folder of a checkpoint")
    parser.add_argument("--each", type=int, default=10, help="cases of each kind and language")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--out", type=Path, help="folder for demo-llm.md and demo-llm.json")
    parser.add_argument("--wrong", action="store_true", help="print what went wrong")
    given = parser.parse_args()
    marks = measure(given.weights, seed=given.seed, each=given.each)
    lines = rows(marks)
    sys.stdout.write(table(lines) + "\n")
    for wrong in (m for m in marks if given.wrong and not m.answered):
        case = wrong.case
        sys.stdout.write(f"{case.kind} [{case.language}] {case.question} -> {wrong.answer!r}\n")
    if given.out:
        from mm_agent.local.checkpoint import find_checkpoint

        size = sum(f.stat().st_size for f in find_checkpoint(given.weights).glob("*.safetensors"))
        write_atomic(given.out / "demo-llm.md", page(lines, parameters=size / 2e6, size=size / 1e6).encode())
        write_atomic(given.out / "demo-llm.json", (json.dumps(lines, indent=1) + "\n").encode())


if __name__ == "__main__":
    main()

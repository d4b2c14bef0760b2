"""Soft tokens against a transformers loop, and how many tokens pictures take: side by side, in one run.

    python benchmarks/projection.py --llm FOLDER --vision demo --rounds 15 --out projection.json

Projectors are untrained: times and tokens do not depend on the weights. Each round measures every way once,
in turn; figures are medians, and the ratio of ours to the loop is the median of each round's own ratio. Ours
is the whole chat model: prompt, stream, counting. The loop is the least that does the same: embed, prefill,
one token at a time.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from langchain_core.messages import HumanMessage
from PIL import Image

from mm_agent.local import LocalChatModel
from mm_agent.projection.soft import Projector, ProjectorConfig, make_projector
from mm_agent.vision import SiglipEncoder

QUESTION = "\nWhat is in the picture?"
Measured = dict[str, float]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, prints the table and writes the JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--llm", required=True, help="folder of a language model")
    parser.add_argument("--vision", default="demo", help="vision checkpoint")
    parser.add_argument("--rounds", type=int, default=15, help="how often each way is measured")
    parser.add_argument("--tokens", type=int, default=48, help="tokens an answer has")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args(arguments)
    encoder = SiglipEncoder.from_pretrained(options.vision, device="cpu", dtype="float32")
    ways = {
        kind: LocalChatModel(
            model=options.llm, device="cpu", dtype="float32", max_tokens=options.tokens, temperature=0,
            reuse_prompt=False, encoder=encoder, projector=_projector(kind, encoder, options.llm),
        )
        for kind in ("pixel_shuffle", "mlp", "resampler")
    }  # fmt: skip
    message = HumanMessage([{"type": "image", "url": _picture()}, {"type": "text", "text": QUESTION}])
    measures: dict[str, Callable[[], Measured]] = {
        kind: lambda model=model: _ours(model, message) for kind, model in ways.items()
    }
    measures["words only"] = lambda: _ours(ways["pixel_shuffle"], HumanMessage(QUESTION))
    measures["loop"] = lambda: _loop(ways["pixel_shuffle"], message)
    for measure in measures.values():
        measure()  # models are loaded, the picture is looked at
    rounds = [{name: measure() for name, measure in measures.items()} for _ in range(options.rounds)]
    report = _report(rounds, options)
    for name, row in report["ways"].items():
        print(f"{name:15}" + "".join(f"{key} {value:9.4f}  " for key, value in row.items()))
    print(f"ours / loop, whole answer: {report['ours_over_loop']:.3f}")
    if options.out:
        options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def _projector(kind: str, encoder: SiglipEncoder, llm: str) -> Projector:
    """A projector of a kind; pixel shuffle and resampler give equally many tokens, the MLP one a patch."""
    width = json.loads((Path(llm) / "config.json").read_text())["hidden_size"]
    rows, cols = encoder.grid
    shape: dict[str, Any] = {"queries": rows * cols // 4} if kind == "resampler" else {}
    return make_projector(
        ProjectorConfig(
            kind=kind, vision_width=encoder.hidden_size, text_width=width, grid=encoder.grid, **shape
        )
    ).eval()


def _picture() -> str:
    """A picture of noise as a data URI."""
    import base64
    import io

    buffer = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()


def _ours(model: LocalChatModel, message: HumanMessage) -> Measured:
    start = time.perf_counter()
    first, usage = None, {}
    for chunk in model.stream([message]):
        first = first or time.perf_counter()
        usage = getattr(chunk, "usage_metadata", None) or usage
    whole = time.perf_counter() - start
    return _figures(usage["input_tokens"], usage["output_tokens"], (first or start) - start, whole)


@torch.inference_mode()
def _loop(model: LocalChatModel, message: HumanMessage) -> Measured:
    """The same by hand."""
    inner, tokens = model.load().model, model.max_tokens or 1
    start = time.perf_counter()
    prompt = model.embed_prompt([message])[None]  # (1, T, D)
    out = inner(inputs_embeds=prompt, use_cache=True, logits_to_keep=1)
    said = [int(out.logits[0, -1].argmax())]
    first = time.perf_counter() - start
    while len(said) < tokens and said[-1] not in model.load().ends:
        last = torch.tensor([[said[-1]]])
        out = inner(input_ids=last, past_key_values=out.past_key_values, use_cache=True)
        said.append(int(out.logits[0, -1].argmax()))
    return _figures(prompt.shape[1], len(said), first, time.perf_counter() - start)


def _figures(prompt: int, said: int, first: float, whole: float) -> Measured:
    return {"prompt_tokens": prompt, "first_s": first, "tokens_per_s": said / whole, "whole_s": whole}


def _report(rounds: list[dict[str, Measured]], options: argparse.Namespace) -> dict[str, Any]:
    ways = {
        name: {key: statistics.median(one[name][key] for one in rounds) for key in rounds[0][name]}
        for name in rounds[0]
    }
    ratios = [one["pixel_shuffle"]["whole_s"] / one["loop"]["whole_s"] for one in rounds]
    return {
        "llm": Path(options.llm).name, "vision": options.vision, "rounds": len(rounds), "ways": ways,
        "ours_over_loop": statistics.median(ratios),
        "threads": torch.get_num_threads(),
    }  # fmt: skip


if __name__ == "__main__":
    main()

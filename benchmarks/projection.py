"""Pictures as soft tokens: against a loop by hand, projectors of equal budgets, and the agent's three ways.

    python benchmarks/projection.py --rounds 15 --threads 1 --out benchmarks/results/projection.json

The agent has the demo projector; the others are untrained, for times and tokens do not depend on weights. A
round measures every way once, in turn; figures are medians over rounds, and a ratio is the median of each
round's own. Two language models: the demo, and a Qwen3 of random weights (1024 wide, 12 blocks, in bfloat16
where the CPU is fast in it), where the model is most of the time. Processor seconds are of all threads; other
programs change them less than they change the rest.

- Against a loop: ours is the whole chat model, from message to text; the loop does the same by hand with
  transformers: template, tokens, embeddings around the picture's soft tokens, prefill, one token at a time,
  text. Both have looked at the picture before, choose the best token, and must say the same.
- Projectors: every round shows a new picture, so that the first text waits for encoder and projector.
- The agent: `build_agent` with the same tools and question, and drawn cats that nobody has seen.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from langchain_core.messages import HumanMessage
from PIL import Image
from tokenizers.decoders import DecodeStream
from transformers import AutoTokenizer, Qwen3Config, Qwen3ForCausalLM

from mm_agent.agent import ask, build_agent
from mm_agent.local import LocalChatModel
from mm_agent.local.checkpoint import DEMO_DIR
from mm_agent.media import MediaStore
from mm_agent.projection.soft import ProjectorConfig, language_model_fingerprint, make_projector
from mm_agent.projection.soft.placeholder import MARK
from mm_agent.projection.soft.prompt_text import placeholder_for
from mm_agent.settings import Projection
from mm_agent.vision import SiglipEncoder
from mm_agent.vision.demo.scenes import arrange, draw
from mm_agent.vision.vocabulary import concepts
from mm_agent_tools import SiglipToolkit

QUESTION = "How many cats are there?"
FACTORS = {16: 2, 64: 1}
"""Patches a side that become one token, by soft tokens a picture: the demo encoder has 8 x 8 patches."""

Figures = dict[str, float]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measures, prints the tables and writes the JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15, help="how often each way is measured")
    parser.add_argument("--tokens", type=int, default=48, help="tokens an answer has at most")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads(), help="threads of torch")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    report: dict[str, Any] = {
        "rounds": options.rounds, "tokens": options.tokens, "cores": os.cpu_count(),
        "threads": options.threads, "torch": torch.__version__,
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        eyes = SiglipEncoder.from_pretrained("demo", device="cpu", dtype="float32")
        models = {"demo": (str(DEMO_DIR), "float32"), "1024 wide": (_random_model(Path(folder)), "auto")}
        for name, (llm, dtype) in models.items():
            seeing = _Seeing(eyes, llm, dtype, options.tokens)
            report[f"against a loop, {name}"] = _against_a_loop(seeing, options.rounds)
            if name == "demo":  # a random model calls no tools
                report["agent, demo"] = _agent(eyes, options.rounds)
            else:
                report[f"projectors, {name}"] = _projectors(seeing, options.rounds)
            if options.out:  # a run that is stopped later leaves what it has
                options.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


class _Seeing:
    """A language model that sees through a projector of any kind and token budget."""

    def __init__(self, encoder: SiglipEncoder, llm: str, dtype: str, tokens: int) -> None:
        self.encoder, self._llm, self._dtype, self._tokens = encoder, llm, dtype, tokens
        self._made_for = {"encoder": encoder.fingerprint, "language_model": language_model_fingerprint(llm)}
        self._width = json.loads((Path(llm) / "config.json").read_text())["hidden_size"]

    def model(self, kind: str, budget: int, **options: Any) -> LocalChatModel:
        """Greedy, and keeping nothing of earlier prompts."""
        size = {"queries": budget} if kind == "resampler" else {"factor": FACTORS[budget]}
        config = ProjectorConfig(
            kind=kind, vision_width=self.encoder.hidden_size, text_width=self._width, grid=self.encoder.grid,
            **size, **self._made_for,
        )  # fmt: skip
        assert config.tokens == budget
        return LocalChatModel(
            model=self._llm, device="cpu", dtype=self._dtype, max_tokens=self._tokens, temperature=0,
            reuse_prompt=False, encoder=self.encoder, projector=make_projector(config), **options,
        )  # fmt: skip


def _against_a_loop(seeing: _Seeing, rounds: int) -> dict[str, Any]:
    store = MediaStore()
    store.add(_noise(0))
    model = seeing.model("pixel_shuffle", 16, media_store=store)
    said: dict[str, str] = {}

    def ours() -> Figures:
        figures, said["ours"] = _chat(model, "img-1")
        return figures

    def loop() -> Figures:
        figures, said["loop"] = _by_hand(model, store)
        return figures

    measured = _measure({"ours": ours, "loop": loop}, rounds)
    if said["ours"].strip() != said["loop"].strip():
        raise SystemExit(f"not the same work: {said}")
    print(f"ours over the loop ({Path(model.model).name})")
    return _table(measured) | {
        "dtype": str(model.load().model.dtype).removeprefix("torch."),
        "ours over loop": {
            name: _ratio(measured, name)
            for name in ("first_text_s", "after_first_s", "whole_s", "processor_s")
        },
    }


def _ratio(measured: dict[str, list[Figures]], name: str) -> float:
    """The median of each round's own ratio of ours to the loop."""
    pairs = zip(measured["ours"], measured["loop"], strict=True)
    ratio = statistics.median(ours[name] / loop[name] for ours, loop in pairs)
    print(f"  {name} {ratio:.3f}")
    return ratio


def _chat(model: LocalChatModel, handle: str) -> tuple[Figures, str]:
    message = HumanMessage([{"type": "image", "file_id": handle}, {"type": "text", "text": f"\n{QUESTION}"}])
    start, first, text, usage = time.perf_counter(), None, "", {}
    for chunk in model.stream([message]):
        text += chunk.text
        first = first or (time.perf_counter() if text else None)
        usage = getattr(chunk, "usage_metadata", None) or usage
    return _figures(usage["input_tokens"], usage["output_tokens"], start, first), text


@torch.inference_mode()
def _by_hand(model: LocalChatModel, store: MediaStore) -> tuple[Figures, str]:
    """What one would write without us, given the picture's soft tokens."""
    loaded, eyes = model.load(), model.sight.reader.eyes  # pyright: ignore[reportOptionalMemberAccess]
    inner, tokenizer, limit = loaded.model, loaded.tokenizer, model.max_tokens or 1
    soft = eyes.look(store.image("img-1")).embeddings
    start, first, text = time.perf_counter(), None, ""
    turn = {"role": "user", "content": f"{placeholder_for(tokenizer)}\n{QUESTION}"}
    prompt = str(tokenizer.apply_chat_template([turn], tokenize=False, add_generation_prompt=True))
    before, after = (
        tokenizer(part, add_special_tokens=False, return_tensors="pt")["input_ids"][0]
        for part in prompt.split(MARK)
    )
    embed, stream = inner.get_input_embeddings(), DecodeStream(skip_special_tokens=True)
    rows = torch.cat([embed(before), soft, embed(after)])[None]  # (1, T, D)
    out = inner(inputs_embeds=rows, use_cache=True, logits_to_keep=1)
    said = 0
    while True:
        token, said = int(out.logits[0, -1].argmax()), said + 1
        text += stream.step(tokenizer.backend_tokenizer, token) or ""
        first = first or (time.perf_counter() if text.strip() else None)
        if said == limit or token in loaded.ends:
            return _figures(rows.shape[1], said, start, first), text
        out = inner(input_ids=torch.tensor([[token]]), past_key_values=out.past_key_values, use_cache=True)


def _figures(prompt: int, said: int, start: float, first: float | None) -> Figures:
    """Tokens and seconds; the rate is of the tokens behind the first."""
    end = time.perf_counter()
    first = first or end
    return {
        "prompt_tokens": prompt, "said_tokens": said, "first_text_s": first - start,
        "after_first_s": end - first, "whole_s": end - start,
        "tokens_per_s": (said - 1) / (end - first) if end > first else 0.0,
    }  # fmt: skip


def _projectors(seeing: _Seeing, rounds: int) -> dict[str, Any]:
    """Kinds at equal budgets; `average_pool` is the MLP behind a mean of neighbours, of none at 64 tokens."""
    ways: dict[str, Callable[[], Figures]] = {}
    weights: dict[str, Any] = {}
    for budget in FACTORS:
        for kind in ("resampler", "average_pool", "pixel_shuffle"):
            name, store = f"{kind} {budget}", MediaStore()
            model, seeds = seeing.model(kind, budget, media_store=store), iter(range(10_000))
            weights[name] = {"weights": sum(weight.numel() for weight in model.projector.parameters())}
            ways[name] = lambda model=model, store=store, seeds=seeds: _new_picture(model, store, seeds)
    print("projectors")
    table = _table(_measure(ways, rounds))
    return {name: weights[name] | row for name, row in table.items()}


def _new_picture(model: LocalChatModel, store: MediaStore, seeds: Iterator[int]) -> Figures:
    """Time of the projector alone, then of an answer about a picture that nobody has seen."""
    projector = model.projector
    features = torch.randn(1, projector.config.features, projector.config.vision_width)
    start = time.perf_counter()
    with torch.inference_mode():
        projector(features)
    seconds = time.perf_counter() - start
    item = store.add(_noise(next(seeds)))
    return {"projector_s": seconds, **_chat(model, item.handle)[0]}


def _agent(encoder: SiglipEncoder, rounds: int) -> dict[str, Any]:
    """The demo language model, for soft tokens with the demo projector and its adapter."""
    blind = LocalChatModel(model="demo", device="cpu", dtype="float32", temperature=0)
    sees = LocalChatModel(
        model="demo", device="cpu", dtype="float32", temperature=0, projector="demo", encoder=encoder
    )
    sees.load()  # its copies share what it has loaded
    seeds = iter(range(10_000))

    def answer(projection: Projection) -> Figures:
        store = MediaStore()
        item = store.add(_cats(next(seeds)))
        tools = SiglipToolkit(encoder=encoder, store=store).get_tools() if projection != "soft" else []
        model = blind if projection == "text" else sees.model_copy(update={"media_store": store})
        agent = build_agent(model, tools, projection=projection, store=store)
        usage = ask(agent, QUESTION, items=[item]).usage
        return {
            "model_calls": usage.model_calls, "tool_calls": usage.tool_calls,
            "prompt_tokens": usage.input_tokens, "said_tokens": usage.output_tokens,
            "first_text_s": usage.first_text_seconds or usage.seconds, "whole_s": usage.seconds,
            "tokens_per_s": usage.output_tokens / usage.seconds,
        }  # fmt: skip

    print("the agent")
    ways: tuple[Projection, ...] = ("text", "soft", "both")
    return _table(_measure({way: lambda way=way: answer(way) for way in ways}, rounds))


def _measure(ways: dict[str, Callable[[], Figures]], rounds: int) -> dict[str, list[Figures]]:
    """Every way once a round, every other round backwards; the first time, when things load, is left out."""

    def timed(way: Callable[[], Figures]) -> Figures:
        before = time.process_time()
        return way() | {"processor_s": time.process_time() - before}

    for way in ways.values():
        way()
    measured: dict[str, list[Figures]] = {name: [] for name in ways}
    for number in range(rounds):
        for name in list(ways)[:: -1 if number % 2 else 1]:
            measured[name].append(timed(ways[name]))
    return measured


def _table(measured: dict[str, list[Figures]]) -> dict[str, Any]:
    """Medians; printed as well."""
    table = {
        name: {key: statistics.median(row[key] for row in rows) for key in rows[0]}
        for name, rows in measured.items()
    }
    for name, row in table.items():
        print(f"  {name:17}" + "  ".join(f"{key} {value:.4g}" for key, value in row.items()))
    return table


def _noise(seed: int) -> Image.Image:
    """A picture like no other."""
    return Image.fromarray(np.random.default_rng(seed).integers(0, 256, (96, 96, 3), dtype=np.uint8))


def _cats(seed: int) -> Image.Image:
    """One to four of them."""
    rng = np.random.default_rng(seed)
    cat = next(number for number, concept in enumerate(concepts()) if concept.en == "cat")
    return Image.fromarray(draw(arrange([(cat, int(rng.integers(1, 5)))], rng), 256))


def _random_model(folder: Path) -> str:
    """A language model with nothing learnt and the demo's tokenizer."""
    tokenizer = AutoTokenizer.from_pretrained(DEMO_DIR)
    torch.manual_seed(0)
    model = Qwen3ForCausalLM(
        Qwen3Config(
            vocab_size=len(tokenizer), hidden_size=1024, intermediate_size=3072, num_hidden_layers=12,
            num_attention_heads=16, num_key_value_heads=8, head_dim=64, max_position_embeddings=4096,
            eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
            tie_word_embeddings=False,
        )
    )  # fmt: skip
    model.bfloat16().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


if __name__ == "__main__":
    main()

"""``mm-agent chat --projection``: pictures as soft tokens, from the command line to the answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mm_agent.projection.soft import ProjectorConfig, language_model_fingerprint, make_projector
from mm_agent.vision import SiglipEncoder
from tests.cli.conftest import Run, document
from tests.local import tiny

SOFT = 4


@pytest.fixture(scope="module")
def llm(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A tiny language model with room for all tools; its noise would never end by itself."""
    folder = tiny.make_model(tmp_path_factory.mktemp("words") / "tiny", context=16384)
    limits = Path(folder) / "generation_config.json"
    limits.write_text(json.dumps({**json.loads(limits.read_text()), "max_new_tokens": 16}))
    return folder


@pytest.fixture(scope="module")
def projector(llm: str, vision: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """An untrained projector for both; a picture takes ``SOFT`` tokens."""
    folder = tmp_path_factory.mktemp("projector") / "eyes"
    encoder = SiglipEncoder.from_pretrained(vision, device="cpu")
    config = ProjectorConfig(
        kind="pixel_shuffle", vision_width=encoder.hidden_size, text_width=64, grid=encoder.grid,
        encoder=encoder.fingerprint, language_model=language_model_fingerprint(llm),
    )  # fmt: skip
    make_projector(config).save_pretrained(folder)
    return str(folder)


def seen(run: Run, *arguments: str) -> dict[str, int]:
    """The usage of one question."""
    result = run("chat", *arguments, "-q", "What is it?", "--device", "cpu", "--json")
    assert result.exit_code == 0, result.output
    found = document(result)
    assert found["answer"]
    assert found["tool_calls"] == []
    return found["usage"]


def test_a_question_goes_with_the_pictures_soft_tokens(run: Run, llm: str, projector: str) -> None:
    how = ("--llm", f"local:{llm}", "--projection", "soft", "--projector", projector)
    one, two = seen(run, "red.png", *how), seen(run, "red.png", "blue.png", *how)
    assert two["input_tokens"] - one["input_tokens"] >= SOFT
    assert one["input_tokens"] > SOFT
    assert one["model_calls"] == 1


def test_both_adds_them_to_the_tools_prompt(run: Run, llm: str, projector: str) -> None:
    base = ("--llm", f"local:{llm}", "--projector", projector, "--projection")
    soft, text, both = (seen(run, "red.png", *base, way)["input_tokens"] for way in ("soft", "text", "both"))
    assert soft < text < both
    assert both - text >= SOFT


def test_a_projector_of_another_encoder_ends_it_in_one_line(run: Run, llm: str, projector: str) -> None:
    arguments = (
        "--llm",
        f"local:{llm}",
        "--projection",
        "soft",
        "--projector",
        projector,
        "--vision",
        "demo",
    )
    result = run("chat", "red.png", "-q", "What is it?", *arguments)
    assert result.exit_code != 0
    (line,) = [line for line in result.stderr.splitlines() if "error" in line]
    assert "was made for the encoder" in line
    assert "but this encoder is" in line


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--projection", "soft"), "needs a projector; add --projector demo"),
        (("--projection", "soft", "--projector", "nowhere"), "nowhere has no projector.json"),
    ],
)
def test_what_is_missing_is_said(run: Run, llm: str, arguments: tuple[str, ...], said: str) -> None:
    result = run("chat", "red.png", "-q", "What is it?", "--llm", f"local:{llm}", *arguments)
    assert result.exit_code != 0
    assert said in result.stderr

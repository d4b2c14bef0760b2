"""Planner, graph and the real tools over a real encoder with random weights: the parts fit together."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mm_agent.agent import OfflinePlanner, ask, build_agent
from mm_agent.media import MediaStore
from mm_agent.vision import SiglipEncoder
from mm_agent_tools import SiglipToolkit
from tests.vision import builders


def test_every_kind_of_question_is_answered(tmp_path: Path) -> None:
    folder = builders.siglip(tmp_path / "siglip", image=96, patch=8)
    store = MediaStore(artifact_dir=tmp_path / "artifacts")
    pixels = np.random.default_rng(0).integers(0, 255, (96, 96, 3), dtype=np.uint8)
    items = [store.add(pixels, name="noise.png"), store.add(pixels[::-1].copy(), name="flipped.png")]
    toolkit = SiglipToolkit(encoder=SiglipEncoder.from_pretrained(folder, device="cpu"), store=store)
    agent = build_agent(OfflinePlanner(), toolkit.get_tools())
    questions = (
        "How many cats are in img-1?", "背景是什么颜色？", "Is there a dog?", "这是猫还是狗？",
        "Where is the cat?",
        "What is this?", "Describe it.", "Does 'two cats on a red background' fit?",
        "What is in the top left corner?",
        "Which picture has more cats?", "两张图一样吗？",
    )  # fmt: skip
    for index, question in enumerate(questions):
        answer = ask(agent, question, items=items if index == 0 else ())
        assert answer.tool_calls, question
        failed = [use.result_text for use in answer.tool_calls if use.failed]
        assert failed == [], question
        assert "img-" in answer.text, question
        assert answer.unsupported == (), question

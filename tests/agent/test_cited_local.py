"""CitedAnswer from language models in this process: the shipped one, and a tiny one that talks nonsense."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from langchain.agents.structured_output import ToolStrategy

from mm_agent.agent import CitedAnswer, ask, build_agent, load_chat_model
from mm_agent.local import LocalChatModel
from mm_agent.media import MediaStore
from mm_agent.vision import SiglipEncoder
from mm_agent_tools import SiglipToolkit
from tests.agent.world import one_scene
from tests.local.tiny import make_model


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Products this small gain nothing from a second thread, and wait long for one on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.mark.slow
def test_the_shipped_model_answers_with_evidence_that_tools_reported(root: Path) -> None:
    store = MediaStore()
    items = [store.add(root / "examples/one-dog.png"), store.add(root / "examples/two-cats.png")]
    tools = SiglipToolkit(encoder=SiglipEncoder.from_pretrained("demo"), store=store).get_tools()
    agent = build_agent(load_chat_model("local:demo"), tools, response_format=CitedAnswer)

    where = ask(agent, "Where is the dog in the first picture?", items=items)
    assert isinstance(where.structured, CitedAnswer)
    assert where.structured == where.cited
    assert where.structured.answer == where.text
    (fact, *_) = where.structured.evidence
    (found, *_) = (where.tool_calls[0].artifact or {})["regions"]
    assert (fact.handle, fact.tool) == ("img-1", "locate")
    assert f"{fact.handle}@{','.join(map(str, fact.region or ()))}" == found["handle"]
    assert fact.score == pytest.approx(found["score"])

    count = ask(agent, "How many cats are there in the second picture?").structured
    assert {(fact.handle, fact.tool) for fact in count.evidence} == {("img-2", "count_objects")}
    assert count.unsupported == ()


def test_what_a_tiny_model_makes_up_is_no_evidence(tmp_path: Path) -> None:
    model = LocalChatModel(model=make_model(tmp_path / "tiny"), dtype="float32", max_tokens=400)
    world = one_scene()
    agent = build_agent(model, [], response_format=ToolStrategy(CitedAnswer))
    answer = ask(agent, "Where is the cat?", items=world.items())
    assert isinstance(answer.structured, CitedAnswer)
    assert answer.structured.evidence == ()
    assert answer.text == answer.structured.answer.strip()

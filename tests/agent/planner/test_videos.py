"""Questions about videos, in both languages, over a film that is known exactly."""

from __future__ import annotations

import pytest

from mm_agent.agent import OfflinePlanner, ask, build_agent
from mm_agent.agent.planner import intents as want
from mm_agent.agent.planner.parse import parse_question
from tests.agent.world import one_film, one_scene


@pytest.mark.parametrize(
    ("question", "start"),
    [
        ("What happens in the video?", "vid-1 lasts 10.0 s. It shows a cat from 0.0 to 3.0 s"),
        ("这个视频讲了什么？", "vid-1 长 10.0 秒。第 0.0 到 3.0 秒是猫"),
        ("When does the cat appear?", "You can see a cat in vid-1 from 0.0 to 4.0 s and from 7.0 to 8.0 s"),
        ("猫什么时候出现？", "vid-1 的第 0.0 到 4.0 秒和第 7.0 到 8.0 秒能看到猫"),
        ("Is there a dog in the clip?", "Yes, you can see a dog in vid-1 from 3.0 to 10.0 s"),
        ("视频里有香蕉吗？", "没有，vid-1 里始终没有看到香蕉"),
        ("Find the moments with a banana", "I see no banana at any time in vid-1"),
        ("How many cats are there?", "I count about 2 cats in vid-1@2.00s"),
        ("Are there three cats?", "No, I count about 2 cats in vid-1@2.00s"),
        ("Where are the cats?", "The cats are at the top left and bottom right of vid-1@2.00s"),
        ("Where is the banana?", "I see no banana at any time in vid-1"),
        ("How many cats are in vid-1@2.00s?", "I count about 2 cats in vid-1@2.00s"),
        ("What colour is the background?", "I can only answer that about one picture"),
    ],
)
def test_a_film(question: str, start: str) -> None:
    world = one_film()
    answer = ask(build_agent(OfflinePlanner(), world.tools()), question, items=world.items())
    assert answer.text.startswith(start)


def test_it_is_what_the_video_showed() -> None:
    world = one_film()
    agent = build_agent(OfflinePlanner(), world.tools())
    ask(agent, "What is in the video?", items=world.items())
    assert ask(agent, "When?").text.startswith("You can see a cat in vid-1 from 0.0")
    assert ask(agent, "And the dog?").text.startswith("You can see a dog in vid-1 from 3.0")


def test_a_picture_has_no_time() -> None:
    world = one_scene()
    answer = ask(build_agent(OfflinePlanner(), world.tools()), "When is there a cat?", items=world.items())
    assert answer.text.startswith("img-1 is a picture")
    assert not answer.tool_calls


@pytest.mark.parametrize(
    "question",
    [
        "when can I see a cat?", "At what time is there a cat?", "Find the moments with a cat",
        "when do cats show up", "At which second does the cat leave?", "show me all scenes with the cat",
        "视频里什么时候有猫？", "第几秒能看到猫？", "哪一段有猫？", "猫在哪个时刻出现",
    ],
)  # fmt: skip
def test_when(question: str) -> None:
    assert parse_question(question).intents == (want.When(("cat",)),)


def test_which_part_of_a_picture_is_no_time() -> None:
    assert parse_question("In which part of the picture is the cat?").intents == (want.Where(("cat",)),)

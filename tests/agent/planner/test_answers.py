"""The planner in the real agent graph, over pictures that are known exactly."""

from __future__ import annotations

import re

import pytest

from mm_agent.agent import OfflinePlanner, ask, build_agent
from tests.agent.world import MIDDLE, Scene, World, one_scene, two_scenes


def answer(world: World, question: str) -> str:
    agent = build_agent(OfflinePlanner(), world.tools())
    return ask(agent, question, items=world.items()).text


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("How many cats are there?", "I count about 2 cats in img-1 (count_objects, 0.93)."),
        ("图里有几只猫？", "大约有 2 只猫（img-1，count_objects，0.93）。"),
        ("How many dogs?", "I see no dogs in img-1: I count 0 dogs (count_objects, presence 0.01)."),
        ("图里有几只狗？", "没有狗，数到 0 只狗（img-1，count_objects，存在分数 0.01）。"),
        (
            "How many things are there?",
            "I count about 3 things in img-1: 2 cats and 1 apple (classify_image, count_objects).",
        ),
        ("What is this?", "I see a cat and an apple in img-1 (classify_image, 0.93, 0.93)."),
        ("这是什么？", "img-1 里是猫和苹果（classify_image，0.93，0.93）。"),
        (
            "Describe the picture.",
            "img-1 shows 2 cats (count_objects, 0.93) and 1 apple (count_objects, 0.93) on a red background "
            "(classify_image, 0.93).",
        ),
        ("Which colour is the background?", "The background in img-1 is red (classify_image, 0.93)."),
        ("背景是什么颜色？", "img-1 的背景是红色（classify_image，0.93）。"),
        ("Is the background blue?", "No, the background in img-1 is red (classify_image, 0.93)."),
        ("背景是红色吗？", "是，img-1 的背景是红色（classify_image，0.93）。"),
        ("Is there a cat?", "Yes, I see a cat in img-1 (count_objects, 0.97)."),
        ("Is there an animal?", "Yes, I see an animal (seen as cat) in img-1 (count_objects, 0.97)."),
        ("有动物吗？", "有，img-1 里有动物（看作猫）（count_objects，0.97）。"),
        ("Is there a vehicle?", "No, I see no vehicle in img-1 (count_objects, 0.01)."),
        ("Is there a cat and a dog?", "No, I see a cat but no dog in img-1 (count_objects, 0.97, 0.01)."),
        ("有没有狗？", "没有，img-1 里没有狗（count_objects，0.01）。"),
        ("Are there three cats?", "No, I count about 2 cats in img-1 (count_objects, 0.93)."),
        ("至少有两只猫吗？", "是，大约有 2 只猫（img-1，count_objects，0.93）。"),
        (
            "Are there more cats than apples?",
            "Yes, I count 2 cats and 1 apple in img-1 (count_objects, 0.93, 0.93).",
        ),
        ("猫多还是苹果多？", "猫更多：img-1 里有 2 只猫 和 1 个苹果（count_objects，0.93，0.93）。"),
        ("Where is the apple?", "The apple is at the centre of img-1 (locate, img-1@36,36,60,60, 0.80)."),
        ("猫在哪里？", "猫在 img-1 的左上和右下（locate，img-1@4,4,28,28，0.80）。"),
        ("Where is the dog?", "I see no dog in img-1 (count_objects, presence 0.01)."),
        (
            "Is the apple on the left?",
            "No, the apple is at the centre of img-1 (locate, img-1@36,36,60,60, 0.80).",
        ),
        ("左上角有猫吗？", "是，猫在 img-1 的左上（locate，img-1@4,4,28,28，0.80）。"),
        (
            "Is the cat to the left of the apple?",
            "Yes, in img-1 the cat is at the top left and the apple at the centre (locate, 0.80, 0.80).",
        ),
        ("Is this a cat or a dog?", "Of these, I see a cat in img-1 (classify_image, 0.93)."),
        ("是公交车、狗还是苹果？", "其中，img-1 里是苹果（classify_image，0.93）。"),
    ],
)
def test_one_picture(question: str, expected: str) -> None:
    assert answer(one_scene(), question) == expected


def test_places_and_activities_are_described_without_numbers() -> None:
    world = World({"img-1": Scene({"kitchen": [MIDDLE], "cooking": [MIDDLE], "bread": [MIDDLE]}, "white")})
    assert answer(world, "Describe the picture.") == (
        "img-1 shows a kitchen (classify_image, 0.93), cooking (classify_image, 0.93) and 1 loaf of bread "
        "(count_objects, 0.93) on a white background (classify_image, 0.93)."
    )
    assert [call["noun"] for tool, call in world.calls if tool == "count_objects"] == ["bread"]
    assert answer(world, "这是什么？") == "img-1 里是厨房、做饭和面包（classify_image，0.93，0.93，0.93）。"


def test_known_nouns_reach_the_tools_in_english_and_others_as_they_are() -> None:
    world = one_scene()
    answer(world, "图里有几只猫？")
    answer(world, "How many zeppelins are there?")
    assert [args["noun"] for _, args in world.calls] == ["cat", "zeppelins"]


def test_none_of_these() -> None:
    assert answer(one_scene(), "Is it a bus or a dog?").startswith("None of these")
    assert answer(one_scene(), "是公交车还是狗？").startswith("都不是")


@pytest.mark.parametrize(
    ("question", "start"),
    [
        (
            "Does 'two cats on a red background' fit?",
            "Yes, “two cats on a red background” fits img-1 (match_text, 0.93)",
        ),
        (
            "Does 'three cats on a red background' fit?",
            "No, “three cats on a red background” does not fit img-1: I count 2 cats",
        ),
        (
            "Does 'two cats on a blue background' fit?",
            "No, “two cats on a blue background” does not fit img-1: the background is red",
        ),
        ("“红色背景上有三只狗”这句话对吗？", "不是，“红色背景上有三只狗”不符合 img-1：数到 0 只狗"),
        (
            "Is the sentence 'nobody is at home' true?",
            "No, “nobody is at home” does not fit img-1 (match_text, 0.02)",
        ),
    ],
)
def test_sentences(question: str, start: str) -> None:
    world = one_scene()
    world.scenes["img-1"].fitting = {"two cats on a red background"}
    assert answer(world, question).startswith(start)


def test_a_background_has_its_article() -> None:
    world = one_scene()
    assert "on a red background" in answer(world, "What do you see?")
    world.scenes["img-1"].background = "orange"
    assert "on an orange background" in answer(world, "What do you see?")


def test_a_sentence_is_held_against_others_that_differ_in_one_word() -> None:
    world = one_scene()
    answer(world, "Does 'two cats on a red background' fit?")
    texts = next(args["texts"] for name, args in world.calls if name == "match_text")
    assert texts[0] == "two cats on a red background"
    assert {"one cat on a red background", "three cats on a red background"} < set(texts)
    assert "two cats on an orange background" in texts


def test_a_sentence_that_loses_to_its_contrast_does_not_fit() -> None:
    world = one_scene()
    world.scenes["img-1"].fitting = {"the cat on the right"}
    assert answer(world, "Does 'the cat on the left' fit?").startswith(
        "No, “the cat on the right” fits img-1 better"
    )


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("Which picture has a cat?", r"^It is in img-1 "),
        ("哪张图里有狗？", r"^在 img-2 里"),
        ("Which picture has more dogs?", r"^The most are in img-2 .*img-1: 0 dogs.*img-2: 3 dogs"),
        ("Which picture shows an owl?", r"^In none of them"),
        ("哪张图的背景是蓝色的？", r"^背景是蓝色的是 img-2"),
        ("Are the pictures the same?", r"^No, img-1 and img-2 are different: .*2 cats.*red.*3 dogs.*blue"),
        ("两张图一样吗？", r"^不一样，img-1 和 img-2 不同"),
        (
            "Do both pictures show a cat?",
            r"^No, not in all of them\. In img-1 I see a cat .* In img-2 I see no cat",
        ),
        ("Is there a dog?", r"^Yes\. In img-1 I see no dog .* In img-2 I see a dog"),
        ("How many dogs are in the second picture?", r"^I count about 3 dogs in img-2 "),
        ("how many pictures are there?", r"^There are 2 pictures .* img-1 and img-2"),
    ],
)
def test_two_pictures(question: str, expected: str) -> None:
    assert re.search(expected, answer(two_scenes(), question))


def test_two_equal_pictures() -> None:
    scene = one_scene().scenes["img-1"]
    world = World({"img-1": scene, "img-2": Scene(dict(scene.things), scene.background)})
    assert answer(world, "Are these pictures the same?").startswith("Yes, img-1 and img-2 show the same")


def test_comparing_needs_two() -> None:
    world = one_scene()
    assert answer(world, "Are the two pictures the same?").startswith("I need two pictures")
    assert world.calls == []


def test_weak_evidence_is_not_turned_into_an_answer() -> None:
    world = one_scene()
    world.sure = 0.3
    assert answer(world, "How many cats are there?").startswith("I cannot tell how many cats")
    assert answer(world, "背景是什么颜色？").startswith("无法判断")
    assert answer(world, "Is this a cat, a dog or a bus?").startswith("I cannot tell")


def test_nothing_recognised() -> None:
    world = World({"img-1": Scene({})})
    assert answer(world, "What is this?").startswith("I cannot tell what is in img-1")
    assert answer(world, "How many things are there?").startswith("I cannot tell")


def test_unsupported_questions_are_told_so_without_looking() -> None:
    world = one_scene()
    assert answer(world, "What is the capital of France?").startswith(
        "I cannot answer that: I am the offline planner"
    )
    assert answer(world, "法国的首都是哪里？").startswith("这个我回答不了")
    assert world.calls == []


def test_a_picture_that_is_not_there() -> None:
    assert (
        answer(one_scene(), "How many cats are in picture 3?")
        == "There is no picture 3 in this conversation; I know img-1."
    )


def test_no_pictures_at_all() -> None:
    agent = build_agent(OfflinePlanner(), one_scene().tools())
    assert (
        ask(agent, "How many cats are there?").text
        == "I have no picture to look at yet. Add one and ask again."
    )
    assert ask(agent, "hello").text.startswith("Hello")


def test_a_tool_that_fails_is_reported_in_one_line() -> None:
    world = one_scene()
    items = world.items()
    del world.scenes["img-1"]
    agent = build_agent(OfflinePlanner(), world.tools())
    text = ask(agent, "How many cats are there?", items=items).text
    assert text.startswith("I cannot tell: count_objects failed (")
    assert "no media 'img-1'" in text
    assert "\n" not in text


def test_a_tool_that_was_not_given() -> None:
    world = one_scene()
    tools = [tool for tool in world.tools() if tool.name != "locate"]
    text = ask(build_agent(OfflinePlanner(), tools), "Where is the cat?", items=world.items()).text
    assert text == "I cannot tell: this needs the tool locate, which I was not given."


def test_the_notice_is_said_once_in_a_conversation() -> None:
    world = one_scene()
    world.notice = "These weights know stickers, not photos."
    agent = build_agent(OfflinePlanner(), world.tools())
    first = ask(agent, "How many cats are there?", items=world.items())
    second = ask(agent, "And apples?")
    assert first.text.splitlines()[1:] == [world.notice]
    assert world.notice not in second.text
    assert second.notice == world.notice


def test_too_many_pictures_are_not_claimed_to_have_been_looked_at() -> None:
    scene = Scene({"cat": [(0, 0, 9, 9)]})
    world = World({f"img-{number}": scene for number in range(1, 16)})
    text = answer(world, "How many cats are there?")
    assert len(world.calls) == 12
    assert text.count("about 1 cat") == 12
    assert "I did not look at everything" in text

"""Whether an answer is true does not hang on its wording, and a false one is not let through."""

from __future__ import annotations

import pytest

from mm_agent.local.demo.exam import reading, truth
from mm_agent.local.demo.exam.case import Reply, Truth
from mm_agent.local.demo.exam.marking import faithful
from mm_agent.vision.demo.clips import DrawnClip, Shot
from mm_agent.vision.demo.scenes import Scene
from mm_agent.vision.demo.scenes import Thing as Drawn
from mm_agent.vision.vocabulary import concepts

PLACE = {concept.en: index for index, concept in enumerate(concepts())}
DOG, HOT_DOG, BUS, PEAR = (PLACE[name] for name in ("dog", "hot dog", "bus", "pear"))


def scene(thing: int) -> Scene:
    return Scene((Drawn(thing, "noto", 0, 0.5, 0.5, 0.4),), 0, "flat", 0)


CLIP = DrawnClip((Shot(0.0, 4.0, scene(DOG)), Shot(4.0, 9.0, scene(BUS))), 1)
COMPARED = {"kind": "comparison", "similarity": 0.413}
SAVED = {"kind": "features", "shape": (8, 8, 192)}
MAPPED = {"kind": "feature_map", "heatmap_path": "kept/heatmap-img-1.png"}
BOTH = {"img-1": 2, "img-2": 3}
APART = {"img-1": DOG, "img-2": BUS}

RIGHT: list[tuple[Truth, str]] = [
    (truth.counted(DOG, 2, "en"), "I count about 2 dogs in img-1 (count_objects, 0.93)."),
    (truth.counted(DOG, 2, "en"), "There are two dogs."),
    (truth.counted(DOG, 2, "en"), "img-1 holds 2."),
    (truth.counted(DOG, 1, "en"), "Just one brown dog, with a share of 0.97."),
    (truth.counted(DOG, 2, "zh"), "大约有两只狗（img-1，count_objects，0.93）。"),
    (truth.counted(DOG, 2, "zh"), "第一张图里有 2 只狗。"),
    (truth.counted_in(DOG, BOTH, "en"), "About 2 dogs in img-1 (0.9).\nAbout 3 dogs in img-2 (0.8)."),
    (truth.counted_in(DOG, BOTH, "en"), "img-2: three dogs; img-1: two dogs."),
    (truth.counted_in(DOG, BOTH, "zh"), "大约有两只狗（img-1，0.93）。\n大约有三只狗（img-2，0.80）。"),
    (truth.shows(DOG, "en"), "I see dog (0.98) in img-1 (classify_image)."),
    (truth.shows(DOG, "en"), "It is a dog, not a bus."),
    (truth.shows(DOG, "zh"), "img-1 里有狗（0.98）（classify_image）。"),
    (truth.there(DOG, True, "en"), "Yes, I see dog in img-1 (classify_image, 0.98)."),
    (truth.there(DOG, True, "en"), "There is a dog in img-1."),
    (truth.there(DOG, True, "zh"), "有，img-1 里有狗（classify_image，0.98）。"),
    (truth.there(DOG, False, "en"), "I don't see any dog."),
    (truth.there(DOG, False, "zh"), "img-1 里没有看到狗。"),
    (truth.fits(True, "en"), 'That describes img-1 well: "2 dogs" (0.9).'),
    (truth.fits(True, "zh"), "符合，“两只狗”符合 img-1（match_text，0.90）。"),
    (truth.fits(False, "en"), 'No, "2 dogs" does not fit img-1 (match_text, 0.01).'),
    (truth.fits(False, "zh"), "不符合，“两只狗”不符合 img-1。"),
    (truth.chosen(DOG, "en"), "It is dog in img-1 (classify_image, 0.98)."),
    (truth.chosen(DOG, "en"), "A dog rather than a bus."),
    (truth.chosen(DOG, "zh"), "img-1 里是狗，不是公交车。"),
    (truth.coloured("blue", "en"), "Mostly blue: 71% of img-1, then red."),
    (truth.coloured("pink", "zh"), "背景是粉红色。"),
    (truth.placed("top left", "en"), "The dog is at the top left of img-1 (locate, img-1@0,0,9,9, 0.98)."),
    (truth.placed("top left", "en"), "In the upper-left corner."),
    (truth.placed("top left", "zh"), "狗在 img-1 的左上（locate）。"),
    (truth.refused("en"), "Sorry, that is beyond me."),
    (truth.refused("zh"), "这个我帮不了：我是很小的演示模型。"),
    (truth.told_apart(APART, "en"), "The similarity of img-1 and img-2 is 0.41; no tag differs."),
    (truth.told_apart(APART, "en"), "only img-1 shows dog; only img-2 shows bus."),
    (truth.told_apart(APART, "en"), "img-1 has a dog, while img-2 has a bus."),
    (truth.told_apart(APART, "zh"), "只有 img-1 有狗；只有 img-2 有公交车（compare_images）。"),
    (truth.saved("img-1"), "The features of img-1 are saved, shape 8x8x192 (extract_features)."),
    (truth.saved("img-1"), "img-1: (8, 8, 192)"),
    (truth.mapped("img-1", "top left", "en"), "The heat map of img-1 is saved as heatmap-img-1.png."),
    (truth.mapped("img-1", "top left", "en"), "img-1 is most active at the top left."),
    (truth.mapped("img-1", "top left", "zh"), "img-1 的热力图已存为 heatmap-img-1.png。"),
    (truth.seen(CLIP, DOG, "en"), "You can see dog in vid-1 from 0.0 to 3.8 s (find_moments, 0.98)."),
    (truth.seen(CLIP, DOG, "en"), "Between 0.2 and 4.1 seconds."),
    (truth.seen(CLIP, BUS, "en"), "It comes at 4.0 s and goes at 9.0 s."),
    (truth.seen(CLIP, DOG, "zh"), "vid-1 的第 0.0 到 3.8 秒能看到狗（find_moments，0.98）。"),
    (truth.never_seen("en"), "I see no pear at any time in vid-1 (find_moments, 0.02)."),
    (truth.never_seen("zh"), "vid-1 里始终没有看到梨（find_moments，0.02）。"),
    (truth.retold(CLIP, "en"), "vid-1 shows: 0.0 to 4.0 s dog; 4.0 to 9.0 s bus (describe_video)."),
    (truth.retold(CLIP, "en"), "First a dog, then a bus."),
    (truth.retold(CLIP, "zh"), "vid-1 里：第 0.0 到 4.0 秒狗；第 4.0 到 9.0 秒公交车（describe_video）。"),
    (truth.every_scene(CLIP), "Frames of vid-1: vid-1@1.5s, vid-1@6s (sample_frames)."),
    (truth.told("42017"), "zorp returned: 42017"),
    (truth.told("42017"), "结果是42017。"),
]  # fmt: skip
WRONG: list[tuple[Truth, str]] = [
    (truth.counted(DOG, 2, "en"), "I count about 3 dogs in img-1 (count_objects, 0.22)."),
    (truth.counted(DOG, 2, "en"), "I see no dogs in img-2."),
    (truth.counted(DOG, 2, "zh"), "第二张图里有三只狗（img-2）。"),
    (truth.counted_in(DOG, BOTH, "en"), "I count about 3 dogs in img-1.\nI count about 2 dogs in img-2."),
    (truth.counted_in(DOG, BOTH, "en"), "I count about 2 dogs in img-1."),
    (truth.counted_in(DOG, BOTH, "zh"), "大约有三只狗（img-1）。\n大约有两只狗（img-2）。"),
    (truth.shows(DOG, "en"), "I see hot dog in img-1."),
    (truth.shows(DOG, "en"), "I see no dog in img-1."),
    (truth.shows(DOG, "en"), "I see dog (0.98), bus (0.71) in img-1."),
    (truth.shows(DOG, "zh"), "img-1 里没有看到狗。"),
    (truth.there(DOG, True, "en"), "No, I see no dog in img-1."),
    (truth.there(DOG, False, "en"), "Yes, I see dog in img-1."),
    (truth.there(DOG, False, "en"), "I cannot tell whether there is a dog."),
    (truth.there(DOG, False, "zh"), "无法判断有没有狗。"),
    (truth.there(DOG, True, "zh"), "有一辆公交车。"),
    (truth.there(DOG, True, "zh"), "没有，img-1 里没有看到狗。"),
    (truth.fits(True, "zh"), "不符合，“两只狗”不符合 img-1。"),
    (truth.fits(False, "en"), 'Yes, "2 dogs" fits img-1.'),
    (truth.chosen(DOG, "en"), "It is bus, not a dog."),
    (truth.chosen(DOG, "en"), "I cannot tell: dog in img-1 has a share of only 0.41."),
    (truth.coloured("blue", "en"), "Mostly red: 71% of img-1, then blue."),
    (truth.placed("top left", "en"), "The dog is at the top right."),
    (truth.placed("top left", "zh"), "狗在 img-1 的右上。"),
    (truth.refused("en"), "It is a quarter past nine in Paris."),
    (truth.told_apart(APART, "en"), "only img-1 shows bus; only img-2 shows dog."),
    (truth.told_apart(APART, "en"), "only img-1 shows dog."),
    (truth.told_apart(APART, "en"), "The similarity of img-1 and img-2 is 0.77."),
    (truth.told_apart(APART, "en"), "img-1 and img-2 are the same picture."),
    (truth.saved("img-1"), "The features of img-1 are saved, shape 8x8x19."),
    (truth.saved("img-1"), "The features of img-2 are saved, shape 8x8x192."),
    (truth.mapped("img-1", "top left", "en"), "img-1 is most active at the bottom left."),
    (truth.mapped("img-1", "top left", "en"), "The heat map of img-1 is saved as map.png."),
    (truth.seen(CLIP, DOG, "en"), "You can see dog in vid-1 from 4.0 to 9.0 s."),
    (truth.seen(CLIP, DOG, "en"), "You can see dog in vid-1 from 0.0 to 9.0 s."),
    (truth.seen(CLIP, DOG, "zh"), "vid-1 里始终没有看到狗。"),
    (truth.never_seen("en"), "You can see pear in vid-1 from 0.0 to 3.8 s."),
    (truth.retold(CLIP, "en"), "vid-1 shows: 0.0 to 4.0 s bus; 4.0 to 9.0 s dog."),
    (truth.retold(CLIP, "en"), "vid-1 shows: 0.0 to 1.0 s dog; 1.0 to 9.0 s bus."),
    (truth.retold(CLIP, "en"), "vid-1 shows: 0.0 to 4.0 s dog."),
    (truth.every_scene(CLIP), "Frames of vid-1: vid-1@1.5s, vid-1@2.5s."),
    (truth.told("42017"), "zorp returned: 420171"),
]  # fmt: skip


def reply(text: str) -> Reply:
    return Reply(text, (COMPARED, SAVED, MAPPED))


@pytest.mark.parametrize(("true", "text"), RIGHT, ids=[text for _, text in RIGHT])
def test_true(true: Truth, text: str) -> None:
    assert true(reply(text))


@pytest.mark.parametrize(("true", "text"), WRONG, ids=[text for _, text in WRONG])
def test_false(true: Truth, text: str) -> None:
    assert not true(reply(text))


READ = "img-1 labels: dog 0.93 present, box 10,20,30,40, img-1@10,20,30,40. Saved as a-img-1.png, 8x8x192."


@pytest.mark.parametrize(
    "text",
    ["I see dog in img-1 (0.93).", "img-1@10,20,30,40 里有狗。", "a-img-1.png", "8×8×192", "picture 1"],
)
def test_what_was_read_is_faithful(text: str) -> None:
    assert faithful(text, READ, "")


@pytest.mark.parametrize(
    "text", ["img-12", "img-1@10,20,30,41", "0.9", "0.933", "b-img-1.png", "8x8x19", "vid-1", "img-1@10,20"]
)
def test_what_was_not_read_is_not(text: str) -> None:
    assert not faithful(text, READ, "")


def test_numbers_of_the_question_are_not_made_up() -> None:
    assert faithful("zorp(7) gives 0.93", READ, "Try zorp with n = 7.")


def test_names_are_read_longest_first() -> None:
    assert reading.things("a hot dog and two dogs", "en") == [HOT_DOG, DOG]
    assert reading.things("a pear", "en") == [PEAR]

import random

import pytest

from mm_agent.errors import MediaNotFound
from mm_agent.media.handles import (
    Box,
    FrameHandle,
    ImageHandle,
    RegionHandle,
    VideoHandle,
    looks_like_handle,
    parse_handle,
)


def random_handle(dice: random.Random):
    index = dice.choice([dice.randint(1, 9), dice.randint(10, 999_999_999)])
    left, top = dice.randint(-50, 5000), dice.randint(-50, 5000)
    box = Box(left, top, left + dice.randint(1, 9000), top + dice.randint(1, 9000))
    seconds = dice.choice([0.0, dice.randint(0, 99_999), dice.uniform(0, 1e5), dice.uniform(0, 0.01)])
    return dice.choice(
        [
            ImageHandle(index),
            RegionHandle(ImageHandle(index), box),
            VideoHandle(index),
            FrameHandle(VideoHandle(index), seconds),
            RegionHandle(FrameHandle(VideoHandle(index), seconds), box),
        ]
    )


@pytest.mark.parametrize("seed", range(200))
def test_text_and_back(seed: int):
    handle = random_handle(random.Random(seed))
    text = str(handle)
    assert parse_handle(text) == handle
    assert str(parse_handle(text)) == text
    assert looks_like_handle(text)


@pytest.mark.parametrize(
    ("text", "handle"),
    [
        ("img-1", ImageHandle(1)),
        ("img-1@40,60,220,300", RegionHandle(ImageHandle(1), Box(40, 60, 220, 300))),
        ("vid-2", VideoHandle(2)),
        ("vid-2@12.48s", FrameHandle(VideoHandle(2), 12.48)),
        (
            "vid-2@12.48s@40,60,220,300",
            RegionHandle(FrameHandle(VideoHandle(2), 12.48), Box(40, 60, 220, 300)),
        ),
    ],
)
def test_the_documented_forms(text: str, handle):
    assert parse_handle(text) == handle
    assert str(handle) == text


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        (" `IMG-3` ", "img-3"),
        ('"img-1"', "img-1"),
        ("img-1@[40, 60, 220, 300]", "img-1@40,60,220,300"),
        ("vid-2@3", "vid-2@3s"),
        ("vid-2@3.500s", "vid-2@3.5s"),
        ("vid-2@100s", "vid-2@100s"),
        ("VID-2@3@[1, 2, 3, 4]", "vid-2@3s@1,2,3,4"),
    ],
)
def test_what_a_model_may_write(text: str, canonical: str):
    assert str(parse_handle(text)) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        "img",
        "img-",
        "img-0",
        "img-01",
        "img-x",
        "picture 1",
        "img-1@",
        "img-1@1,2,3",
        "img-1@1,2,3,4,5",
        "img-1@1.5,2,3,4",
        "img-1@5,5,5,9",
        "img-1@9,5,5,9",
        "vid-1@-3s",
        "vid-1@nan",
        "vid-1@1e3s",
        "vid-1@1,2,3,4",
        "vid-1@1s@",
        "vid-1@1s@2s",
        "img-１",
        "img-1\nimg-2",
        "img-99999999999999999999",
    ],
)
def test_everything_else_is_refused_in_one_line(text: str):
    with pytest.raises(MediaNotFound) as caught:
        parse_handle(text)
    assert "\n" not in str(caught.value)


def test_a_wrong_region_shows_the_right_form():
    with pytest.raises(MediaNotFound, match="img-1@left,top,right,bottom"):
        parse_handle("img-1@4")


@pytest.mark.parametrize("text", ["img-1.png", "./img-1", "images/img-1", "data:image/png;base64,AA", "img"])
def test_files_do_not_look_like_handles(text: str):
    assert not looks_like_handle(text)


def test_a_box_is_clamped_to_the_picture():
    assert Box(-5, -7, 30, 20).clamped(10, 12) == Box(0, 0, 10, 12)
    assert Box(2, 3, 4, 5).clamped(10, 12) == Box(2, 3, 4, 5)


@pytest.mark.parametrize("box", [Box(10, 0, 20, 5), Box(0, 12, 5, 20), Box(-9, 0, 0, 5), Box(0, -9, 5, 0)])
def test_a_box_beside_the_picture_is_refused_with_its_size(box: Box):
    with pytest.raises(MediaNotFound, match="10x12"):
        box.clamped(10, 12)


def test_box_sizes():
    box = Box(1, 2, 4, 8)
    assert (box.width, box.height, box.corners) == (3, 6, (1, 2, 4, 8))

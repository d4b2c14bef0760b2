"""Questions about a clip of two or three scenes, each with a thing of its own."""

from __future__ import annotations

from mm_agent.local.demo.exam import truth
from mm_agent.local.demo.exam.case import Case, Draw
from mm_agent.vision.demo.clips import RULES, DrawnClip, Shot
from mm_agent.vision.demo.scenes import arrange

RATE = 10


def drawn_clip(draw: Draw) -> DrawnClip:
    """Scenes of 3 to 6 seconds."""
    shots: list[Shot] = []
    start = 0
    for thing in draw.things(int(draw.rng.integers(2, 4))):
        end = start + int(draw.rng.integers(3 * RATE, 6 * RATE + 1))
        scene = arrange([(thing, int(draw.rng.integers(1, 3)))], draw.rng, RULES)
        shots.append(Shot(start / RATE, end / RATE, scene))
        start = end
    return DrawnClip(tuple(shots), int(draw.rng.integers(2**31)), RATE)


def _happens(draw: Draw) -> Case:
    clip = drawn_clip(draw)
    calls = [("describe_video", {"video": "vid-1"})]
    return draw.case([clip], [draw.ask("happens")], calls, truth.retold(clip, draw.language))


def _when(draw: Draw) -> Case:
    clip = drawn_clip(draw)
    there = draw.kind == "when"
    thing = int(draw.rng.choice(clip.concepts)) if there else draw.thing(*clip.concepts)
    question = draw.ask("when", thing)
    calls = [("find_moments", {"video": "vid-1", "query": draw.word(thing, question)})]
    true = truth.seen(clip, thing, draw.language) if there else truth.never_seen(draw.language)
    return draw.case([clip], [question], calls, true)


def _frames(draw: Draw) -> Case:
    clip, counted = drawn_clip(draw), draw.kind == "so many frames"
    n = int(draw.rng.choice([4, 5, 6, 7, 9, 10, 12]))  # 8 is the tool's own choice
    calls = [("sample_frames", {"video": "vid-1"} | ({"n": n} if counted else {}))]
    return draw.case([clip], [draw.ask(draw.kind, n=str(n))], calls, truth.every_scene(clip))


MAKERS = {
    "happens": _happens, "when": _when, "never": _when, "frames": _frames, "so many frames": _frames,
}  # fmt: skip

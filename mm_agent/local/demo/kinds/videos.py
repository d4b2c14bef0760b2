"""Questions about a video."""

from __future__ import annotations

from mm_agent.local.demo import looks
from mm_agent.local.demo.kinds.asking import name_video, question, said
from mm_agent.local.demo.kinds.wording import say, spoken_list
from mm_agent.local.demo.talk import Talk
from mm_agent.local.demo.words import any_noun
from mm_agent.media.item import MediaItem
from mm_agent.projection.wording import score_words, seconds_words


def happens(talk: Talk, item: MediaItem) -> None:
    """A video's timeline."""
    talk.ask(question(talk, "happens", None, name_video(talk, item)))
    talk.call(("describe_video", {"video": item.handle}))
    found = looks.timeline(talk.world, item.handle)
    talk.see(found)
    lines = []
    for segment in found.segments[:4]:
        start, end = seconds_words(segment.start), seconds_words(segment.end)
        things = (
            spoken_list(talk, [tag.label for tag in segment.tags])
            if segment.tags
            else say(talk, "nothing recognised", "没有认出什么")
        )
        lines.append(say(talk, f"{start} to {end} s {things}", f"第 {start} 到 {end} 秒{things}"))
    talk.answer(
        say(
            talk,
            f"{item.handle} shows: {'; '.join(lines)} (describe_video).",
            f"{item.handle} 里：{'；'.join(lines)}（describe_video）。",
        )
    )


def when(talk: Talk, item: MediaItem) -> None:
    """When a thing can be seen."""
    noun = any_noun(talk.world.language, talk.world.rng)
    talk.ask(question(talk, "when", noun, name_video(talk, item)))
    _when(talk, item.handle, said(talk, noun))


def _when(talk: Talk, handle: str, noun: str) -> None:
    talk.call(("find_moments", {"video": handle, "query": noun}))
    found = looks.moments(talk.world, handle, noun)
    talk.see(found)
    if not found.moments:
        score = score_words(found.best)
        talk.answer(
            say(
                talk,
                f"I see no {noun} at any time in {handle} (find_moments, {score}).",
                f"{handle} 里始终没有看到{noun}（find_moments，{score}）。",
            )
        )
        return
    spans = spoken_list(talk, [
        say(talk, f"{start} to {end} s", f"第 {start} 到 {end} 秒")
        for start, end in ((seconds_words(m.start), seconds_words(m.end)) for m in found.moments)
    ])  # fmt: skip
    score = score_words(found.moments[0].score)
    talk.answer(
        say(
            talk,
            f"You can see {noun} in {handle} from {spans} (find_moments, {score}).",
            f"{handle} 的{spans}能看到{noun}（find_moments，{score}）。",
        )
    )


def frames(talk: Talk, item: MediaItem) -> None:
    """Frames worth a look."""
    n = int(talk.world.rng.integers(2, 13))
    text = question(talk, "frames", None, name_video(talk, item), n="[n]")
    counted = "[n]" in text
    talk.ask(text.replace("[n]", f" {n} " if talk.world.language == "zh" else str(n)))
    talk.call(("sample_frames", {"video": item.handle} | ({"n": n} if counted else {})))
    found = looks.frames(talk.world, item.handle, "scene", None, n if counted else 8)
    talk.see(found)
    handles = spoken_list(talk, [frame.handle for frame in found.frames])
    talk.answer(
        say(
            talk,
            f"Frames of {item.handle}: {handles} (sample_frames).",
            f"{item.handle} 的帧：{handles}（sample_frames）。",
        )
    )

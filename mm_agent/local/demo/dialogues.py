"""Batches of dialogues that share one system prompt with its tools."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mm_agent.agent.middleware.language import system_prompt
from mm_agent.local.demo import generic, kinds
from mm_agent.local.demo.kinds import PICTURE_KINDS, VIDEO_KINDS, Kind
from mm_agent.local.demo.looks import World
from mm_agent.local.demo.prompts import agent_tools, shortened, some_tools, system_text, system_words
from mm_agent.local.demo.talk import Talk, Turn
from mm_agent.local.demo.words import made_up, pick
from mm_agent.media.item import MediaItem
from mm_agent.prompt_files import Language, detect_language

NOTICES = {
    "en": "These demo weights know drawn stickers, not photos; for photos use --vision siglip2-so400m.",
    "zh": "演示权重只认识手绘贴纸，不认识照片；看照片请用 --vision siglip2-so400m。",
}
OUTSIDE = {kinds.chat: 0.8, kinds.no_media: 0.3}


@dataclass
class Group:
    """A system turn and the dialogues behind it."""

    system: str
    talks: list[Talk]


def make_group(rng: np.random.Generator, size: int, *, bare: bool = False) -> Group:
    """Draw one: the agent's own prompt and tools, a part of them, or unknown tools.

    Args:
        rng: The dice.
        size: How many dialogues.
        bare: In place of the agent's whole prompt none, which is the cheapest way to learn its dialogues;
            some stand without it anyway.
    """
    language: Language = "zh" if rng.random() < 0.45 else "en"
    draw = rng.random()
    if draw < 0.14:
        return Group("", [_with_unknown_tools(rng, language) for _ in range(size)])
    if draw < 0.24:
        chosen = _some_kinds(rng)
        names = {name for kind in chosen for name in _needs(kind)}
        talks = _talks(rng, language, size, chosen)
        return Group(system_text(shortened(language, rng), some_tools(names, rng)), talks)
    bare = bare or rng.random() < 0.2
    system = "" if bare else system_text(system_prompt(language), agent_tools())
    return Group(system, _talks(rng, language, size))


def _with_unknown_tools(rng: np.random.Generator, language: Language) -> Talk:
    """Each dialogue with tools of its own: shared ones would be learnt by heart."""
    tools = [generic.random_tool(rng) for _ in range(rng.integers(1, 5))]
    system = pick(["", "You are a helpful assistant.", *[system_prompt(language)] * 2], rng)
    talk = generic.use_tool(_world(rng, language, media=False), tools)
    talk.turns.insert(0, Turn({"role": "system", "content": system_words(system, tools)}))
    return talk


def _needs(kind: Kind) -> frozenset[str]:
    table = PICTURE_KINDS | VIDEO_KINDS
    return table[kind][1] if kind in table else frozenset()


def _some_kinds(rng: np.random.Generator) -> list[Kind]:
    every = [*PICTURE_KINDS, *VIDEO_KINDS]
    return [every[index] for index in rng.choice(len(every), int(rng.integers(2, 6)), replace=False)]


def _talks(
    rng: np.random.Generator, language: Language, size: int, chosen: list[Kind] | None = None
) -> list[Talk]:
    talks: list[Talk] = []
    while len(talks) < size:
        talk = make_talk(rng, language, chosen)
        asked = [turn.message["content"] for turn in talk.turns if turn.message["role"] == "user"]
        # The agent takes its prompt's language from the question.
        if all(detect_language(text.rpartition("\n\n")[2]) == language for text in asked):
            talks.append(talk)
    return talks


def make_talk(rng: np.random.Generator, language: Language, chosen: list[Kind] | None = None) -> Talk:
    """One dialogue; half of those that look at media go on with a second question."""
    table = PICTURE_KINDS | VIDEO_KINDS | {kind: (weight, frozenset()) for kind, weight in OUTSIDE.items()}
    if chosen:
        table = {kind: table[kind] for kind in chosen}
    kind = _draw(table, rng)
    talk = Talk(_world(rng, language, media=kind is not kinds.no_media))
    if kind in (kinds.unknown, kinds.mended) and rng.random() < 0.5:
        talk.world.items = [item for item in talk.world.items if item.kind == "image"][:1] or [
            _picture(rng, 1)
        ]
    _run(kind, talk)
    if kind not in OUTSIDE and kind is not kinds.unknown and rng.random() < 0.2:
        known = {
            k: v for k, v in table.items() if k not in (kinds.no_media, kinds.unknown, kinds.mended)
        } or table
        second = _draw(known, rng)
        if _can(second, talk):
            _run(second, talk)
    return talk


def _draw(table: dict[Kind, tuple[float, frozenset[str]]], rng: np.random.Generator) -> Kind:
    weights = np.array([weight for weight, _ in table.values()])
    return list(table)[int(rng.choice(len(table), p=weights / weights.sum()))]


def _can(kind: Kind, talk: Talk) -> bool:
    wanted = "video" if kind in VIDEO_KINDS else "image"
    return kind in OUTSIDE or any(item.kind == wanted for item in talk.world.items)


def _run(kind: Kind, talk: Talk) -> None:
    rng, items = talk.world.rng, talk.world.items
    if kind in OUTSIDE:
        return kind(talk, None)
    wanted = "video" if kind in VIDEO_KINDS else "image"
    media = [item for item in items if item.kind == wanted]
    if kind in (kinds.compare, kinds.each):
        while len(media) < 2:
            media.append(_picture(rng, len(media) + 1))
            items.append(media[-1])
    if not media:
        media = [_video(rng, 1) if wanted == "video" else _picture(rng, 1)]
        items += media
    return kind(talk, pick(media, rng))


def _world(rng: np.random.Generator, language: Language, *, media: bool) -> World:
    world = World(rng, language, tool_language=language)
    if rng.random() < 0.3:
        world.threshold = float(np.exp(rng.uniform(np.log(0.03), np.log(0.5))))
    draw = rng.random()
    world.notice = None if draw < 0.2 else NOTICES[language] if draw < 0.85 else _some_notice(rng, language)
    if media:
        pictures = int(rng.choice([1, 1, 1, 1, 2, 2, 3, 4]))
        if rng.random() < 0.2:
            pictures = 0
        world.items = [_picture(rng, number + 1) for number in range(pictures)]
        if not pictures or rng.random() < 0.12:
            world.items.insert(int(rng.integers(pictures + 1)), _video(rng, 1))
            if rng.random() < 0.1:
                world.items.append(_video(rng, 2))
    return world


def _some_notice(rng: np.random.Generator, language: Language) -> str:
    count = int(rng.integers(2, 7))
    words = [made_up(language, rng) for _ in range(count)]
    return "".join(words) + "。" if language == "zh" else " ".join(words).capitalize() + "."


def _picture(rng: np.random.Generator, number: int) -> MediaItem:
    width, height = (
        int(rng.choice([320, 448, 512, 640, 800, 1024, int(rng.integers(100, 4000))])) for _ in "wh"
    )
    name = _file_name(rng) + pick([".png", ".jpg", ".webp", ".png"], rng)
    return MediaItem(f"img-{number}", "image", "0" * 64, width, width if rng.random() < 0.4 else height, name)


def _video(rng: np.random.Generator, number: int) -> MediaItem:
    duration = float(rng.uniform(2, 90))
    return MediaItem(
        f"vid-{number}", "video", "1" * 64, 320, 320, _file_name(rng) + ".mp4", duration=duration
    )


def _file_name(rng: np.random.Generator) -> str:
    if rng.random() < 0.35:
        return pick(["scene", "picture", "image", "photo", "a", "b"], rng)
    parts = [made_up("en", rng) for _ in range(rng.integers(1, 3))]
    return "-".join(parts) + (str(int(rng.integers(100))) if rng.random() < 0.3 else "")

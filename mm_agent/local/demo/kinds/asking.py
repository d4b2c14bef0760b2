"""How a person puts a question: which picture, which thing, in which words."""

from __future__ import annotations

from dataclasses import dataclass

from mm_agent.local.demo.kinds.scuffing import scuff
from mm_agent.local.demo.phrasing import PHRASES
from mm_agent.local.demo.talk import Talk, vary
from mm_agent.local.demo.words import Noun, pick
from mm_agent.media.item import MediaItem

SCUFFED = 0.15
ORDINALS = {"en": ("first", "second", "third", "fourth", "fifth"), "zh": "一二三四五"}


@dataclass(frozen=True)
class Named:
    """A medium as a question names it: ``here`` for "in the picture", ``this`` for the picture itself.

    One that is ``alone`` need not be named at all.
    """

    handle: str
    here: str
    this: str
    alone: bool = False


def name_picture(talk: Talk, item: MediaItem) -> Named:
    """One of the ways to name a picture; the only one needs no name."""
    rng, world = talk.world.rng, talk.world
    pictures = [other for other in world.items if other.kind == item.kind]
    place = pictures.index(item)
    zh = world.language == "zh"
    names = [item.handle, item.handle]
    if place < 5:
        word = ORDINALS[world.language][place]
        names += (
            [f"第{word}张图", f"第{word}张图片"]
            if zh
            else [f"the {word} picture", f"the {word} image", f"picture {place + 1}"]
        )
    if len(pictures) == 1:
        plain = (
            ["图", "图片", "这张图", "这幅图", "这张图片"]
            if zh
            else ["this picture", "the picture", "this image", "the image", "the photo"]
        )
        name = pick(plain, rng) if world.chance(0.75) else item.handle
        if zh:
            return Named(
                item.handle,
                pick([f"{name}里", f"{name}中", f"{name}上"], rng) if name != item.handle else f"{name} 里",
                name,
                alone=True,
            )
        here = "" if world.chance(0.4) else pick(["here", f"in {name}", f"in {name}"], rng)
        return Named(item.handle, here, "this" if world.chance(0.15) else name, alone=True)
    if world.chance(0.12):
        names = [item.name]
    name = pick(names, rng)
    spaced = f"{name} " if zh and name[-1].isascii() else name
    return Named(item.handle, f"{spaced}里" if zh else f"in {name}", spaced)


def name_video(talk: Talk, item: MediaItem) -> Named:
    """One of the ways to name a video."""
    rng, zh = talk.world.rng, talk.world.language == "zh"
    videos = [other for other in talk.world.items if other.kind == "video"]
    plain = (
        ["视频", "这个视频", "这段视频", "影片", "短片", "片子"]
        if zh
        else ["the video", "this video", "the clip", "this clip", "my video", "the recording", "the film"]
    )
    if len(videos) > 1:
        word = ORDINALS[talk.world.language][videos.index(item)]
        plain = [f"第{word}个视频"] if zh else [f"the {word} video"]
    name = pick(plain, rng) if talk.world.chance(0.7) else item.handle
    return Named(item.handle, name, name, alone=len(videos) == 1)


def another_picture(talk: Talk, item: MediaItem) -> MediaItem | None:
    """Some other picture of the conversation, if there is one."""
    others = [other for other in talk.world.items if other.kind == "image" and other is not item]
    return pick(others, talk.world.rng) if others else None


def reference(talk: Talk, item: MediaItem) -> str:
    """A short name of a picture, for a question such as "and in img-2?"."""
    named = name_picture(talk, item).this.strip()
    return named if named[0].isascii() and len(named) < 8 else item.handle


def question(talk: Talk, kind: str, noun: Noun | None = None, named: Named | None = None, **more: str) -> str:
    """One of the kind's phrasings with its places filled."""
    rng, language = talk.world.rng, talk.world.language
    phrases = PHRASES[language][kind]
    if named and not named.alone:
        phrases = [phrase for phrase in phrases if "{in}" in phrase or "{this}" in phrase]
    text = vary(pick(phrases, rng), rng)
    if talk.world.chance(SCUFFED):
        text = scuff(text, language, rng)
    values = dict(more)
    if noun:
        values |= {"x": noun.one, "xs": noun.many, "ax": noun.indefinite, "m": noun.measure}
    if named:
        values |= {"in": named.here, "this": named.this}
    for key, value in values.items():
        text = text.replace(f"{{{key}}}", value)
    text = " ".join(text.split()).replace(" ?", "?").replace(" .", ".").replace(" ,", ",")
    return _loosen(text, talk)


def _loosen(text: str, talk: Talk) -> str:
    """People begin small, forget the question mark, and say please."""
    rng, zh = talk.world.rng, talk.world.language == "zh"
    if not zh:
        text = text[0].upper() + text[1:]
        if talk.world.chance(0.15):
            text = (
                pick(["Please tell me: ", "Quick question: ", "Hi, ", "Now, ", "Okay. ", "I wonder: "], rng)
                + text
            )
        if talk.world.chance(0.1):
            text = text[0].lower() + text[1:]
    elif talk.world.chance(0.15):
        text = pick(["请问", "请告诉我，", "你好，", "帮我看看，", "我想知道，"], rng) + text
    return text.rstrip("?？。.") if talk.world.chance(0.08) else text


def said(talk: Talk, noun: Noun) -> str:
    """The word a tool is given: as the question has it. The last question is looked up."""
    asked = talk.turns[-1].message["content"]
    return noun.many if noun.many in asked else noun.one

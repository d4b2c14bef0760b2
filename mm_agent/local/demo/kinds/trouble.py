"""Questions that no tool can answer, and calls that fail."""

from __future__ import annotations

from mm_agent.local.demo.kinds.asking import Named, name_picture, question, said
from mm_agent.local.demo.kinds.turns import count_there, look_for
from mm_agent.local.demo.kinds.wording import failed, say
from mm_agent.local.demo.talk import Talk
from mm_agent.local.demo.words import any_noun, pick
from mm_agent.media.item import MediaItem


def chat(talk: Talk, item: MediaItem | None) -> None:
    """What no tool can answer."""
    noun = any_noun(talk.world.language, talk.world.rng)
    talk.ask(question(talk, "chat", noun))
    talk.answer(say(
        talk,
        "I cannot help with that: I am a tiny demo model, not a chat bot. Ask me about a picture or a video.",
        "这个我帮不了：我是很小的演示模型，不是聊天机器人。请问我关于图片或视频的问题。",
    ))  # fmt: skip


def no_media(talk: Talk, item: MediaItem | None) -> None:
    """A question about a picture that is not there."""
    noun = any_noun(talk.world.language, talk.world.rng)
    kind = pick(("count", "what", "there", "colour", "where"), talk.world.rng)
    this, here = (
        say(talk, "the picture", "图片"),
        say(talk, pick(["", "in the picture"], talk.world.rng), "图里"),
    )
    talk.ask(question(talk, kind, noun, Named("", here, this)))
    talk.answer(
        say(
            talk,
            "There is no picture or video yet. Add one and ask again.",
            "还没有图片或视频。请先加一个再问。",
        )
    )


def unknown(talk: Talk, item: MediaItem) -> None:
    """A handle that is not there: the call fails; mended when only one picture is known, else told."""
    rng = talk.world.rng
    wrong = f"img-{int(rng.integers(6, 30))}"
    noun = any_noun(talk.world.language, rng)
    talk.ask(question(talk, "count", noun, Named(wrong, say(talk, f"in {wrong}", f"{wrong} 里"), wrong)))
    word = said(talk, noun)
    talk.call(("count_objects", {"image": wrong, "noun": word}))
    listed = ", ".join(f"{other.handle} ({other.name})" for other in talk.world.items)
    reason = f"there is no '{wrong}'; known: {listed}"
    talk.tell(reason)
    if len(talk.world.items) == 1:
        count_there(talk, item.handle, word)
        return
    talk.answer(failed(talk, "count_objects", reason))


def mended(talk: Talk, item: MediaItem) -> None:
    """A call that was wrong, its error, and the right one; sometimes that fails as well."""
    rng = talk.world.rng
    noun = any_noun(talk.world.language, rng)
    talk.ask(question(talk, "count", noun, name_picture(talk, item)))
    word = said(talk, noun)
    number = int(rng.integers(2, 9))
    bad, takes = "count_objects was called with bad arguments", "it takes: image (required), noun (required)"
    args, reason = pick(
        (
            (
                {"image": item.handle, "noun": f"{number} {word}"},
                f"noun is '{number} {word}'; give the thing without a number, such as cat",
            ),
            (
                {"image": item.handle, "query": word},
                f"{bad} (noun: Field required; query: Extra inputs are not permitted); {takes}",
            ),
            (
                {"img": item.handle, "noun": word},
                f"{bad} (image: Field required; img: Extra inputs are not permitted); {takes}",
            ),
            (
                {"image": item.name, "noun": word},
                f"there is no '{item.name}'; known: {item.handle} ({item.name})",
            ),
        ),
        rng,
    )
    talk.call(("count_objects", args), learn=False)
    talk.tell(reason)
    if talk.world.chance(0.7):
        count_there(talk, item.handle, word)
        return
    talk.call(("count_objects", {"image": item.handle, "noun": word}))
    again = pick(
        (
            f"{item.handle} cannot be read: the file is cut short",
            f"there is no '{item.handle}'; known: none",
            "the encoder is out of memory",
        ),
        rng,
    )
    talk.tell(again)
    talk.answer(failed(talk, "count_objects", again))


def wrong_kind(talk: Talk, item: MediaItem) -> None:
    """A video's tool on a picture: its error names the tool to use."""
    noun = any_noun(talk.world.language, talk.world.rng)
    talk.ask(question(talk, "when", noun, Named(item.handle, item.handle, item.handle)))
    word = said(talk, noun)
    talk.call(("find_moments", {"video": item.handle, "query": word}))
    talk.tell(
        f"{item.handle} is a picture, not a video; give a video's handle such as vid-1, "
        "or look at the picture with classify_image"
    )
    look_for(talk, item.handle, word)

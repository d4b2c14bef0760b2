"""Questions about where a thing is, and what is in a region."""

from __future__ import annotations

from mm_agent.local.demo import looks
from mm_agent.local.demo.kinds.asking import Named, name_picture, question, said
from mm_agent.local.demo.kinds.turns import count_there, look_closely
from mm_agent.local.demo.kinds.wording import say
from mm_agent.local.demo.talk import Talk
from mm_agent.local.demo.words import any_noun
from mm_agent.media.item import MediaItem
from mm_agent.projection.places import place_words
from mm_agent.projection.wording import score_words


def where(talk: Talk, item: MediaItem) -> None:
    """Where a thing is; sometimes what else is in that region."""
    noun = any_noun(talk.world.language, talk.world.rng)
    talk.ask(question(talk, "where", noun, name_picture(talk, item)))
    noun = said(talk, noun)
    talk.call(("locate", {"image": item.handle, "query": noun}))
    found = looks.locations(talk.world, item.handle, noun)
    talk.see(found)
    if not found.regions:
        talk.answer(
            say(
                talk,
                f"I cannot find {noun} in {item.handle} (locate).",
                f"在 {item.handle} 里没有找到{noun}（locate）。",
            )
        )
        return
    best = found.regions[0]
    place, score = place_words(best.where, talk.world.tool_language), score_words(best.score)
    talk.answer(
        say(talk, f"The {noun} is at the {place} of {item.handle} (locate, {best.handle}, {score}).",
            f"{noun}在 {item.handle} 的{place}（locate，{best.handle}，{score}）。")
    )  # fmt: skip
    if talk.world.chance(0.5):
        talk.ask(question(talk, "part"))
        look_closely(talk, best.handle, best.box)


def box(talk: Talk, item: MediaItem) -> None:
    """What a region is that the person names."""
    area, _ = looks.a_box(talk.world, item.handle)
    handle = looks.region_handle(item.handle, area)
    if talk.world.chance(0.3):
        noun = any_noun(talk.world.language, talk.world.rng)
        talk.ask(
            question(talk, "count", noun, Named(handle, say(talk, f"in {handle}", f"{handle} 里"), handle))
        )
        count_there(talk, handle, said(talk, noun))
        return
    talk.ask(question(talk, "box", r=handle))
    look_closely(talk, handle, area)

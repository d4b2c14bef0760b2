"""Questions about several pictures."""

from __future__ import annotations

from mm_agent.local.demo import looks
from mm_agent.local.demo.kinds.answers import count_answer
from mm_agent.local.demo.kinds.asking import another_picture, name_picture, question, said
from mm_agent.local.demo.kinds.pictures import count, what
from mm_agent.local.demo.kinds.wording import say, spoken_list
from mm_agent.local.demo.talk import Talk
from mm_agent.local.demo.words import any_noun
from mm_agent.media.item import MediaItem


def compare(talk: Talk, item: MediaItem) -> None:
    """How two pictures differ."""
    other = another_picture(talk, item)
    if other is None:
        return what(talk, item)
    pair = sorted((item, other), key=talk.world.items.index) if talk.world.chance(0.8) else [item, other]
    first, second = pair
    talk.ask(
        question(
            talk,
            "compare",
            one=name_picture(talk, first).this.strip(),
            two=name_picture(talk, second).this.strip(),
        )
    )
    talk.call(("compare_images", {"image": first.handle, "other": second.handle}))
    found = looks.comparison(talk.world, first.handle, second.handle)
    talk.see(found)
    if found.same:
        talk.answer(
            say(
                talk,
                f"{first.handle} and {second.handle} are the same picture (compare_images).",
                f"{first.handle} 和 {second.handle} 是同一张图（compare_images）。",
            )
        )
        return None
    details = []
    for handle, tags in ((first.handle, found.only_first), (second.handle, found.only_second)):
        if tags:
            words = spoken_list(talk, [tag.label for tag in tags])
            details.append(say(talk, f"only {handle} shows {words}", f"只有 {handle} 有{words}"))
    if not details:
        details = [say(talk, "no tag is clearly in only one of them", "没有明显只在其中一张出现的标签")]
    text = say(talk, "; ".join(details), "；".join(details))
    score = f"{found.similarity:.2f}"
    talk.answer(
        say(
            talk,
            f"The similarity of {first.handle} and {second.handle} is {score}; {text} (compare_images).",
            f"{first.handle} 和 {second.handle} 的相似度是 {score}；{text}（compare_images）。",
        )
    )
    return None


def each(talk: Talk, item: MediaItem) -> None:
    """The same count in every picture, called at once."""
    pictures = [other for other in talk.world.items if other.kind == "image"]
    if not 2 <= len(pictures) <= 3:
        return count(talk, item)
    noun = any_noun(talk.world.language, talk.world.rng)
    one, two = (name_picture(talk, p).this.strip() for p in pictures[:2])
    text = question(talk, "each", noun, None, one=one, two=two)
    if one in text and len(pictures) > 2:
        pictures = pictures[:2]
    talk.ask(text)
    word = said(talk, noun)
    talk.call(*(("count_objects", {"image": p.handle, "noun": word}) for p in pictures))
    found = [looks.count(talk.world, p.handle, word) for p in pictures]
    talk.see(*found)
    talk.answer("\n".join(count_answer(talk, one) for one in found))
    return None

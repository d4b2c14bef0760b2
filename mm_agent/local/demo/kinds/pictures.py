"""Questions about one picture."""

from __future__ import annotations

from mm_agent.local.demo import looks
from mm_agent.local.demo.kinds.answers import which_answer
from mm_agent.local.demo.kinds.asking import another_picture, name_picture, question, reference, said
from mm_agent.local.demo.kinds.turns import count_there, look_at, look_for
from mm_agent.local.demo.kinds.wording import choices, say
from mm_agent.local.demo.talk import Talk, vary
from mm_agent.local.demo.words import any_noun, pick, several
from mm_agent.media.item import MediaItem
from mm_agent.projection.wording import score_words
from mm_agent.vision.vocabulary import DIGIT_WORDS, colour_word


def count(talk: Talk, item: MediaItem) -> None:
    """How many."""
    noun = any_noun(talk.world.language, talk.world.rng)
    talk.ask(question(talk, "count", noun, name_picture(talk, item)))
    word = said(talk, noun)
    count_there(talk, item.handle, word)
    for _ in range(2):
        if not talk.world.chance(0.25):
            break
        noun = any_noun(talk.world.language, talk.world.rng)
        talk.ask(question(talk, "again_noun", noun))
        word = said(talk, noun)
        count_there(talk, item.handle, word)
    if other := _asked_again(talk, item):
        count_there(talk, other.handle, word)


def what(talk: Talk, item: MediaItem) -> None:
    """What is in the picture."""
    talk.ask(question(talk, "what", None, name_picture(talk, item)))
    look_at(talk, item.handle)
    if other := _asked_again(talk, item):
        look_at(talk, other.handle)


def there(talk: Talk, item: MediaItem) -> None:
    """Whether a thing is there."""
    noun = any_noun(talk.world.language, talk.world.rng)
    talk.ask(question(talk, "there", noun, name_picture(talk, item)))
    word = said(talk, noun)
    look_for(talk, item.handle, word)
    if talk.world.chance(0.25):
        noun = any_noun(talk.world.language, talk.world.rng)
        talk.ask(question(talk, "again_there", noun))
        word = said(talk, noun)
        look_for(talk, item.handle, word)
    if other := _asked_again(talk, item):
        look_for(talk, other.handle, word)


def _asked_again(talk: Talk, item: MediaItem) -> MediaItem | None:
    """The same question of another picture, in words that only the one before makes clear."""
    other = another_picture(talk, item)
    if other is None or not talk.world.chance(0.45):
        return None
    talk.ask(question(talk, "again_picture", r=reference(talk, other)))
    return other


def colour(talk: Talk, item: MediaItem) -> None:
    """The background's colour: the largest by area."""
    talk.ask(question(talk, "colour", None, name_picture(talk, item)))
    _colour(talk, item.handle)
    if other := _asked_again(talk, item):
        _colour(talk, other.handle)


def _colour(talk: Talk, handle: str) -> None:
    talk.call(("inspect_region", {"image": handle}))
    found = looks.region(talk.world, handle)
    talk.see(found)
    largest = found.colours[0]
    word, share = colour_word(largest.name, talk.world.tool_language), f"{largest.share:.0%}"
    talk.answer(
        say(
            talk,
            f"Mostly {word}: {share} of {handle} (inspect_region).",
            f"主要是{word}，占 {handle} 的 {share}（inspect_region）。",
        )
    )


def which(talk: Talk, item: MediaItem) -> None:
    """Which of several words."""
    words = [n.one for n in several(talk.world.language, talk.world.rng, int(talk.world.rng.integers(2, 5)))]
    talk.ask(question(talk, "which", None, name_picture(talk, item), list=choices(talk, words)))
    talk.call(("classify_image", {"image": item.handle, "labels": words, "exclusive": True}))
    found = looks.labels(talk.world, item.handle, words, exclusive=True)
    talk.see(found)
    talk.answer(which_answer(talk, found.labels[0], item.handle))


def fits(talk: Talk, item: MediaItem) -> None:
    """Whether a sentence fits."""
    sentence = a_sentence(talk)
    talk.ask(question(talk, "fits", None, name_picture(talk, item), s=sentence))
    talk.call(("match_text", {"image": item.handle, "texts": [sentence]}))
    found = looks.match(talk.world, item.handle, [sentence])
    talk.see(found)
    best = found.texts[0]
    score = score_words(best.score)
    if best.fits:
        talk.answer(
            say(
                talk,
                f'Yes, "{sentence}" fits {item.handle} (match_text, {score}).',
                f"符合，“{sentence}”符合 {item.handle}（match_text，{score}）。",
            )
        )
    else:
        talk.answer(
            say(
                talk,
                f'No, "{sentence}" does not fit {item.handle} (match_text, {score}).',
                f"不符合，“{sentence}”不符合 {item.handle}（match_text，{score}）。",
            )
        )


def a_sentence(talk: Talk) -> str:
    """A caption such as "two cats and a dog"."""
    rng, language = talk.world.rng, talk.world.language
    first, second = several(language, rng, 2)
    number = int(rng.integers(1, 6))
    if language == "zh":
        counted = f"{'零一两三四五'[number]}{first.measure}{first.one}"
        return vary(
            pick(
                (
                    counted,
                    f"[图里有|这是|一张]{first.one}[|的照片]",
                    f"{first.one}和{second.one}",
                    f"{first.one}在{second.one}[旁边|上面|下面]",
                    f"{counted}在[草地|桌子|地]上",
                ),
                rng,
            ),
            rng,
        )
    word = DIGIT_WORDS[number] if rng.random() < 0.5 else str(number)
    counted = f"{word} {first.one if number == 1 else first.many}"
    return vary(
        pick(
            (
                counted,
                f"[a photo of|there is|this is|] {first.indefinite}",
                f"{first.indefinite} and {second.indefinite}",
                f"{first.indefinite} [next to|on|under] the {second.one}",
                f"{counted} [on a table|in the grass|on the ground]",
            ),
            rng,
        ),
        rng,
    )

"""The kinds of questions a training dialogue asks: call, read the tool's text, answer in one fixed wording.

Every answer's words and numbers stand in the tool's text, so that the model only has to find and copy them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mm_agent.local.demo import looks
from mm_agent.local.demo.phrasing import PHRASES
from mm_agent.local.demo.talk import Talk, vary
from mm_agent.local.demo.words import Noun, any_noun, pick, several
from mm_agent.media.item import MediaItem
from mm_agent.projection.evidence import CountEvidence, LabelEvidence
from mm_agent.projection.evidence_base import LabelScore
from mm_agent.projection.places import place_words
from mm_agent.projection.wording import list_words, score_words, seconds_words, shape_words
from mm_agent.vision.vocabulary import DIGIT_WORDS, colour_word, noun_forms

ORDINALS = {"en": ("first", "second", "third", "fourth", "fifth"), "zh": "一二三四五"}
UNSURE = 0.5


@dataclass(frozen=True)
class Named:
    """A medium as a question names it: ``here`` for "in the picture", ``this`` for the picture itself."""

    handle: str
    here: str
    this: str


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
            )
        here = "" if world.chance(0.4) else pick(["here", f"in {name}", f"in {name}"], rng)
        return Named(item.handle, here, "this" if world.chance(0.15) else name)
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
        ["视频", "这个视频", "这段视频", "影片"]
        if zh
        else ["the video", "this video", "the clip", "this clip"]
    )
    if len(videos) > 1:
        word = ORDINALS[talk.world.language][videos.index(item)]
        plain = [f"第{word}个视频"] if zh else [f"the {word} video"]
    name = pick(plain, rng) if talk.world.chance(0.7) else item.handle
    return Named(item.handle, name, name)


def question(talk: Talk, kind: str, noun: Noun | None = None, named: Named | None = None, **more: str) -> str:
    """One of the kind's phrasings with its places filled."""
    rng, language = talk.world.rng, talk.world.language
    text = vary(pick(PHRASES[language][kind], rng), rng)
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


def say(talk: Talk, english: str, chinese: str) -> str:
    """The wording in the question's language."""
    return chinese if talk.world.language == "zh" else english


def spoken_list(talk: Talk, items: list[str]) -> str:
    """ "a, b": as the tools join lists."""
    return list_words(items, talk.world.language)


def choices(talk: Talk, words: list[str]) -> str:
    """ "a, b or c"."""
    *firsts, last = words
    return say(talk, f"{', '.join(firsts)} or {last}", f"{'、'.join(firsts)}还是{last}")


# --- what is said about each kind of evidence


def count_answer(talk: Talk, found: CountEvidence) -> str:
    """How many, none, or that the shares do not say."""
    handle, noun, tool = found.handle, found.noun, "count_objects"
    if found.about == 0:
        score = score_words(found.presence)
        return say(
            talk,
            f"I see no {noun} in {handle} ({tool}, presence {score}).",
            f"没有看到{noun}（{handle}，{tool}，存在概率 {score}）。",
        )
    share = max(found.probabilities)
    score = score_words(share)
    counted = noun_forms(noun, found.about, talk.world.tool_language)
    if share < UNSURE:
        return say(
            talk,
            f"I cannot tell: the best guess is about {counted} in {handle}, "
            f"with a share of only {score} ({tool}).",
            f"无法判断：最可能的是{counted}，只占 {score}（{handle}，{tool}）。",
        )
    return say(
        talk,
        f"I count about {counted} in {handle} ({tool}, {score}).",
        f"大约有{counted}（{handle}，{tool}，{score}）。",
    )


def label_answer(talk: Talk, found: LabelEvidence) -> str:
    """What is there, up to three things."""
    handle, tool = found.handle, "classify_image"
    there = [item for item in found.labels if item.present][:3]
    if not there:
        best = found.labels[0]
        score = score_words(best.score)
        return say(
            talk,
            f"I cannot tell what is in {handle}: the closest word is {best.label}, "
            f"with a score of only {score} ({tool}).",
            f"无法判断 {handle} 里是什么：最接近的词是{best.label}，只有 {score} 分（{tool}）。",
        )
    things = spoken_list(
        talk,
        [
            f"{i.label} ({score_words(i.score)})"
            if talk.world.language == "en"
            else f"{i.label}（{score_words(i.score)}）"
            for i in there
        ],
    )
    return say(talk, f"I see {things} in {handle} ({tool}).", f"{handle} 里有{things}（{tool}）。")


def there_answer(talk: Talk, found: LabelEvidence) -> str:
    """Yes or no, for one label."""
    best, tool = found.labels[0], "classify_image"
    score = score_words(best.score)
    if best.present:
        return say(
            talk,
            f"Yes, I see {best.label} in {found.handle} ({tool}, {score}).",
            f"有，{found.handle} 里有{best.label}（{tool}，{score}）。",
        )
    return say(
        talk,
        f"No, I see no {best.label} in {found.handle} ({tool}, {score}).",
        f"没有，{found.handle} 里没有看到{best.label}（{tool}，{score}）。",
    )


def which_answer(talk: Talk, best: LabelScore, handle: str) -> str:
    """The best of several labels that share a score."""
    score, tool = score_words(best.score), "classify_image"
    if best.present:
        return say(
            talk,
            f"It is {best.label} in {handle} ({tool}, {score}).",
            f"{handle} 里是{best.label}（{tool}，{score}）。",
        )
    return say(
        talk,
        f"I cannot tell: {best.label} in {handle} has a share of only {score} ({tool}).",
        f"无法判断：{handle} 里{best.label}只占 {score}（{tool}）。",
    )


# --- kinds


def count(talk: Talk, item: MediaItem) -> None:
    """How many."""
    noun = any_noun(talk.world.language, talk.world.rng)
    talk.ask(question(talk, "count", noun, name_picture(talk, item)))
    _count(talk, item.handle, _said(talk, noun))
    for _ in range(2):
        if not talk.world.chance(0.25):
            break
        noun = any_noun(talk.world.language, talk.world.rng)
        talk.ask(question(talk, "again_noun", noun))
        _count(talk, item.handle, _said(talk, noun))
    other = _other(talk, item)
    if other and talk.world.chance(0.3):
        talk.ask(question(talk, "again_picture", r=_reference(talk, other)))
        _count(talk, other.handle, _said(talk, noun))


def _said(talk: Talk, noun: Noun) -> str:
    """The word a tool is given: as the question has it. The last question is looked up."""
    asked = talk.turns[-1].message["content"]
    return noun.many if noun.many in asked else noun.one


def _count(talk: Talk, handle: str, noun: str) -> None:
    talk.call(("count_objects", {"image": handle, "noun": noun}))
    found = looks.count(talk.world, handle, noun)
    talk.see(found)
    talk.answer(count_answer(talk, found))


def _other(talk: Talk, item: MediaItem) -> MediaItem | None:
    others = [other for other in talk.world.items if other.kind == "image" and other is not item]
    return pick(others, talk.world.rng) if others else None


def _reference(talk: Talk, item: MediaItem) -> str:
    named = name_picture(talk, item).this.strip()
    return named if named[0].isascii() and len(named) < 8 else item.handle


def what(talk: Talk, item: MediaItem) -> None:
    """What is in the picture."""
    talk.ask(question(talk, "what", None, name_picture(talk, item)))
    _what(talk, item.handle)
    other = _other(talk, item)
    if other and talk.world.chance(0.3):
        talk.ask(question(talk, "again_picture", r=_reference(talk, other)))
        _what(talk, other.handle)


def _what(talk: Talk, handle: str) -> None:
    talk.call(("classify_image", {"image": handle}))
    found = looks.labels(talk.world, handle, None)
    talk.see(found)
    talk.answer(label_answer(talk, found))


def there(talk: Talk, item: MediaItem) -> None:
    """Whether a thing is there."""
    noun = any_noun(talk.world.language, talk.world.rng)
    talk.ask(question(talk, "there", noun, name_picture(talk, item)))
    _there(talk, item.handle, _said(talk, noun))
    if talk.world.chance(0.25):
        noun = any_noun(talk.world.language, talk.world.rng)
        talk.ask(question(talk, "again_there", noun))
        _there(talk, item.handle, _said(talk, noun))


def _there(talk: Talk, handle: str, noun: str) -> None:
    talk.call(("classify_image", {"image": handle, "labels": [noun]}))
    found = looks.labels(talk.world, handle, [noun])
    talk.see(found)
    talk.answer(there_answer(talk, found))


def colour(talk: Talk, item: MediaItem) -> None:
    """The background's colour: the largest by area."""
    talk.ask(question(talk, "colour", None, name_picture(talk, item)))
    _colour(talk, item.handle)


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


def where(talk: Talk, item: MediaItem) -> None:
    """Where a thing is; sometimes what else is in that region."""
    noun = any_noun(talk.world.language, talk.world.rng)
    talk.ask(question(talk, "where", noun, name_picture(talk, item)))
    noun = _said(talk, noun)
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
    if talk.world.chance(0.3):
        talk.ask(question(talk, "part"))
        _inspect(talk, best.handle, best.box)


def _inspect(talk: Talk, handle: str, box: looks.Box | None) -> None:
    talk.call(("inspect_region", {"image": handle}))
    found = looks.region(talk.world, handle, box)
    talk.see(found)
    talk.answer(part_answer(talk, found))


def part_answer(talk: Talk, found) -> str:
    """What a region shows."""
    there = [item for item in found.labels if item.present][:3]
    if not there:
        best = found.labels[0]
        score = score_words(best.score)
        return say(
            talk,
            f"I cannot tell what is in {found.handle}: the closest word is {best.label}, "
            f"with a score of only {score} (inspect_region).",
            f"无法判断 {found.handle} 里是什么：最接近的词是{best.label}，"
            f"只有 {score} 分（inspect_region）。",
        )
    things = spoken_list(
        talk,
        [
            f"{i.label} ({score_words(i.score)})"
            if talk.world.language == "en"
            else f"{i.label}（{score_words(i.score)}）"
            for i in there
        ],
    )
    return say(
        talk,
        f"I see {things} in {found.handle} (inspect_region).",
        f"{found.handle} 里有{things}（inspect_region）。",
    )


def box(talk: Talk, item: MediaItem) -> None:
    """What a region is that the person names."""
    area, _ = looks.a_box(talk.world, item.handle)
    handle = looks.region_handle(item.handle, area)
    if talk.world.chance(0.3):
        noun = any_noun(talk.world.language, talk.world.rng)
        talk.ask(
            question(talk, "count", noun, Named(handle, say(talk, f"in {handle}", f"{handle} 里"), handle))
        )
        _count(talk, handle, _said(talk, noun))
        return
    talk.ask(question(talk, "box", r=handle))
    _inspect(talk, handle, area)


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


def compare(talk: Talk, item: MediaItem) -> None:
    """How two pictures differ."""
    other = _other(talk, item)
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
    word = _said(talk, noun)
    talk.call(*(("count_objects", {"image": p.handle, "noun": word}) for p in pictures))
    found = [looks.count(talk.world, p.handle, word) for p in pictures]
    talk.see(*found)
    talk.answer("\n".join(count_answer(talk, one) for one in found))
    return None


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
    _when(talk, item.handle, _said(talk, noun))


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


def features(talk: Talk, item: MediaItem) -> None:
    """Saved features."""
    patches = talk.world.chance(0.4)
    talk.ask(question(talk, "patches" if patches else "features", None, name_picture(talk, item)))
    kind = "patch" if patches else "pooled"
    talk.call(("extract_features", {"image": item.handle} | ({"kind": "patch"} if patches else {})))
    found = looks.features(talk.world, item.handle, kind)
    talk.see(found)
    shape = shape_words(found.shape)
    talk.answer(
        say(
            talk,
            f"The features of {item.handle} are saved, shape {shape} (extract_features).",
            f"{item.handle} 的特征已保存，形状 {shape}（extract_features）。",
        )
    )


def maps(talk: Talk, item: MediaItem) -> None:
    """A feature map in words."""
    noun = any_noun(talk.world.language, talk.world.rng) if talk.world.chance(0.6) else None
    talk.ask(question(talk, "map_of" if noun else "map", noun, name_picture(talk, item)))
    word = _said(talk, noun) if noun else None
    talk.call(("summarise_feature_map", {"image": item.handle} | ({"query": word} if word else {})))
    found = looks.feature_map(talk.world, item.handle, word)
    talk.see(found)
    name = f"heatmap-{item.handle}.png"
    talk.answer(
        say(
            talk,
            f"The heat map of {item.handle} is saved as {name} (summarise_feature_map).",
            f"{item.handle} 的热力图已存为 {name}（summarise_feature_map）。",
        )
    )


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
    word = _said(talk, noun)
    talk.call(("count_objects", {"image": wrong, "noun": word}))
    listed = ", ".join(f"{other.handle} ({other.name})" for other in talk.world.items)
    reason = f"there is no '{wrong}'; known: {listed}"
    talk.tell(reason)
    if len(talk.world.items) == 1:
        _count(talk, item.handle, word)
        return
    talk.answer(failed(talk, "count_objects", reason))


def failed(talk: Talk, tool: str, reason: str) -> str:
    """What is said when mending did not help."""
    return say(talk, f"I cannot tell: {tool} failed ({reason}).", f"无法判断：{tool} 失败了（{reason}）。")


def mended(talk: Talk, item: MediaItem) -> None:
    """A call that was wrong, its error, and the right one; sometimes that fails as well."""
    rng = talk.world.rng
    noun = any_noun(talk.world.language, rng)
    talk.ask(question(talk, "count", noun, name_picture(talk, item)))
    word = _said(talk, noun)
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
        _count(talk, item.handle, word)
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
    word = _said(talk, noun)
    talk.call(("find_moments", {"video": item.handle, "query": word}))
    talk.tell(
        f"{item.handle} is a picture, not a video; give a video's handle such as vid-1, "
        "or look at the picture with classify_image"
    )
    _there(talk, item.handle, word)


Kind = Callable[[Talk, Any], None]
PICTURE_KINDS: dict[Kind, tuple[float, frozenset[str]]] = {
    count: (3.0, frozenset({"count_objects"})),
    what: (1.6, frozenset({"classify_image"})),
    there: (2.4, frozenset({"classify_image"})),
    colour: (1.2, frozenset({"inspect_region"})),
    where: (1.8, frozenset({"locate", "inspect_region"})),
    box: (0.3, frozenset({"inspect_region", "count_objects"})),
    which: (2.0, frozenset({"classify_image"})),
    fits: (1.8, frozenset({"match_text"})),
    compare: (0.8, frozenset({"compare_images", "classify_image"})),
    each: (0.4, frozenset({"count_objects"})),
    features: (0.25, frozenset({"extract_features"})),
    maps: (0.25, frozenset({"summarise_feature_map"})),
    unknown: (0.5, frozenset({"count_objects"})),
    mended: (0.3, frozenset({"count_objects"})),
    wrong_kind: (0.2, frozenset({"find_moments", "classify_image"})),
}
VIDEO_KINDS: dict[Kind, tuple[float, frozenset[str]]] = {
    happens: (0.7, frozenset({"describe_video"})),
    when: (1.2, frozenset({"find_moments"})),
    frames: (0.3, frozenset({"sample_frames"})),
}

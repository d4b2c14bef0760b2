"""Requests for features and heat maps."""

from __future__ import annotations

from mm_agent.local.demo import looks
from mm_agent.local.demo.kinds.asking import name_picture, question, said
from mm_agent.local.demo.kinds.wording import say
from mm_agent.local.demo.talk import Talk
from mm_agent.local.demo.words import any_noun
from mm_agent.media.item import MediaItem
from mm_agent.projection.wording import shape_words


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
    noun = any_noun(talk.world.language, talk.world.rng) if talk.world.chance(0.65) else None
    talk.ask(question(talk, "map_of" if noun else "map", noun, name_picture(talk, item)))
    word = said(talk, noun) if noun else None
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

"""Names of things: the built-in vocabulary's and ImageNet's, and which of them an image's words mention."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from mm_agent.vision.vocabulary import Concept, Vocabulary
from training.photo.sets import Example, ImageSet
from training.photo.texts import canonical, is_chinese, spelled
from training.photo.wordnet import WordNet

# Words that mostly mean something else in captions: an orange shirt, to watch, little dog for puppy, ...
_AMBIGUOUS = frozenset({
    "orange", "watch", "fly", "top", "camera", "tool", "file", "hip", "drink", "water", "小狗",
    "look", "taking a photo", "拍照", "小猫", "back", "light", "match", "ring", "train", "bow",
    "bat", "crane", "mouse", "seal", "jam", "date", "mouth", "face", "leaf", "leaves", "lead",
    "stand", "stands", "rest", "sport", "一起", "play", "plays", "playing", "运动", "landscape",
    "风景", "rose", "park", "parking", "parked",
})  # fmt: skip

_IMAGENET = "imagenet_"
"""How keys of names begin that only ImageNet has."""
_LONGEST_EN, _LONGEST_ZH = 4, 6
"""Words of an English name and characters of a Chinese one that are looked up in captions."""


@dataclass(frozen=True)
class Name:
    """One concept: its spellings in both languages, the usual one first, and its hypernym's key or ""."""

    key: str
    en: tuple[str, ...]
    zh: tuple[str, ...]
    parent: str
    group: str

    @property
    def is_of_vocabulary(self) -> bool:
        """Whether it is of the built-in vocabulary, not only of ImageNet."""
        return not self.key.startswith(_IMAGENET)


class Names:
    """Concepts, known by their numbers."""

    def __init__(self, names: Iterable[Name]) -> None:
        self.names = tuple(names)
        self._number = {name.key: number for number, name in enumerate(self.names)}

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, number: int) -> Name:
        return self.names[number]

    @cached_property
    def hypernyms(self) -> list[list[int]]:
        """For every concept: itself and all that are above it, nearest first."""
        chains = []
        for number, name in enumerate(self.names):
            chain, parent = [number], name.parent
            while parent:
                chain.append(self._number[parent])
                parent = self.names[chain[-1]].parent
            chains.append(chain)
        return chains

    @cached_property
    def hyponyms(self) -> list[list[int]]:
        """For every concept: all that are below it."""
        below: list[list[int]] = [[] for _ in self.names]
        for number, chain in enumerate(self.hypernyms):
            for above in chain[1:]:
                below[above].append(number)
        return below

    @cached_property
    def by_text(self) -> dict[str, int]:
        """Canonical spelling to concept; the first concept has it, usual spellings before others."""
        found: dict[str, int] = {}
        for most in (2, None):
            for number, name in enumerate(self.names):
                for text in (*name.en[:most], *name.zh[:most]):
                    found.setdefault(canonical(text), number)
        return found

    def of_labels(self, labels: Iterable[str]) -> set[int]:
        """Concepts of an image's labels, without what is above them."""
        texts = (canonical(spelled(label)) for label in labels)
        return {self.by_text[text] for text in texts if text in self.by_text}

    def of_captions(self, example: Example) -> set[int]:
        """Concepts that the captions name, without what is above them."""
        found: set[int] = set()
        for caption in example.captions:
            found |= self._in_english(canonical(caption).split())
        for caption in example.captions_zh:
            found |= self._in_chinese(canonical(caption))
        return found

    def _in_english(self, words: list[str]) -> set[int]:
        texts = _longest_matches(words, self._english_forms, " ", range(_LONGEST_EN, 0, -1))
        return {self._english_forms[text] for text in texts if text not in _AMBIGUOUS}

    def _in_chinese(self, text: str) -> set[int]:
        """Single characters are left out: most are parts of other words."""
        words = _longest_matches(text, self.by_text, "", range(_LONGEST_ZH, 1, -1))
        return {self.by_text[word] for word in words if word not in _AMBIGUOUS}

    @cached_property
    def _english_forms(self) -> dict[str, int]:
        """English spellings as in captions: also the verbs of activities (run and runs for running)."""
        forms = {text: number for text, number in self.by_text.items() if text.isascii()}
        for number, name in enumerate(self.names):
            word = canonical(name.en[0])
            if name.group != "activity" or not re.fullmatch(r"\w+ing", word):
                continue
            stem = word[:-3]
            for base in (stem, stem + "e", stem[:-1] if stem[-1:] == stem[-2:-1] else stem):
                forms.setdefault(base, number)
                forms.setdefault(base + "s", number)
        return forms


def _longest_matches(
    tokens: Sequence[str], known: Container[str], joint: str, lengths: Sequence[int]
) -> Iterator[str]:
    """Known texts in a row of words or characters, from its start, each of the first length that fits."""
    at = 0
    while at < len(tokens):
        texts = ((length, joint.join(tokens[at : at + length])) for length in lengths)
        length, text = next(((n, text) for n, text in texts if text in known), (1, ""))
        at += length
        if text:
            yield text


def read_names(vocabulary: Vocabulary, imagenet: ImageSet | None, wordnet: WordNet | None) -> Names:
    """The vocabulary's concepts, and ImageNet names that it lacks, each below its nearest known hypernym."""
    names = [_vocabulary_name(concept) for concept in vocabulary.concepts]
    known = Names(names)
    for example in () if imagenet is None else imagenet.examples:
        label = spelled(example.labels[0])
        if canonical(label) in known.by_text:
            continue
        above = wordnet.nearest(str(example.facts["wnid"]), known.by_text) if wordnet else None
        parent, group = ("", "household") if above is None else (known[above].key, known[above].group)
        names.append(Name(f"{_IMAGENET}{example.facts['index']}", (label,), (), parent, group))
    return Names(names)


def _vocabulary_name(concept: Concept) -> Name:
    chinese = [text for text in concept.also if is_chinese(text)]
    english = [text for text in concept.also if not is_chinese(text)]
    plural = [concept.en_plural] if concept.en_plural != concept.en else []
    return Name(
        concept.key, (concept.en, *plural, *english), (concept.zh, *chinese), concept.parent, concept.group
    )

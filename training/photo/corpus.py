"""The texts of a run: what the tokenizer, the teacher and the text tower's word loss learn from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from training.photo.names import Names
from training.photo.sets import Example, ImageSet
from training.photo.texts import canonical
from training.photo.words import Words

_TAUGHT_CAPTIONS = 2


@dataclass(frozen=True)
class Corpus:
    """Canonical texts of the sets that were read (drawn scenes stay out), names and words of dictionaries."""

    examples: tuple[Example, ...]
    names: Names
    words: Words

    @classmethod
    def of(cls, sets: Sequence[ImageSet], names: Names, words: Words) -> Corpus:
        """Of the sets' training examples."""
        return cls(tuple(e for one in sets for e in one.examples if e.split == "train"), names, words)

    def for_tokenizer(self) -> list[str]:
        """Captions, names three times, words."""
        captions = [canonical(c) for e in self.examples for c in (*e.captions, *e.captions_zh)]
        return [*captions, *self._spellings * 3, *self.words.english, *self.words.chinese]

    def chinese_words(self) -> set[str]:
        """Words that pieces of the tokenizer keep to."""
        return {*self.words.chinese, *(text for name in self.names.names for text in name.zh)}

    def for_teacher(self) -> list[str]:
        """Two captions of each language an image, names, and the words that are most worth knowing."""
        return [
            text for text in (*self._first_captions(), *self._spellings, *self.words.for_teacher()) if text
        ]

    def for_word_loss(self) -> list[str]:
        """Words and, twice, names; those that the teacher was not asked for are left out in the end."""
        return [*self.words.english, *self.words.chinese, *self._spellings * 2]

    @property
    def _spellings(self) -> list[str]:
        return [canonical(text) for name in self.names.names for text in (*name.en, *name.zh)]

    def _first_captions(self) -> Iterator[str]:
        for number in range(_TAUGHT_CAPTIONS):
            for example in self.examples:
                for captions in (example.captions, example.captions_zh):
                    yield from map(canonical, captions[number : number + 1])

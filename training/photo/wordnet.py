"""WordNet's nouns: hypernyms, and the commonest words. Debian has the files in `wordnet-base`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from mm_agent.errors import FinetuneError
from training.photo.texts import canonical

_FILES = ("data.noun", "cntlist.rev")
_NOUN = "1:"
_PHYSICAL = ("05", "06", "08", "13", "19", "20")
"""Lexicographer files: animal, artifact, body, food, phenomenon, plant."""


class WordNet:
    """Nouns of the folder with `data.noun` and `cntlist.rev`.

    Raises:
        FinetuneError: a file is missing.
    """

    def __init__(self, folder: Path) -> None:
        missing = [name for name in _FILES if not (folder / name).is_file()]
        if missing:
            raise FinetuneError(
                f"{folder} has no {missing[0]}; pass usr/share/wordnet of Debian's package wordnet-base"
            )
        self._counts = (folder / "cntlist.rev").read_text(encoding="utf-8").splitlines()
        data = (folder / "data.noun").read_text(encoding="utf-8").splitlines()
        self._entries = [line.split(" | ")[0].split() for line in data if not line.startswith(" ")]
        self._synsets = {parts[0]: _synset(parts) for parts in self._entries}

    def nearest(self, wnid: str, known: Mapping[str, int]) -> int | None:
        """The known concept of the synset's nearest hypernym, or of its own words; breadth first."""
        level = [wnid.removeprefix("n")]
        while level:
            entries = [self._synsets.get(synset, ((), ())) for synset in level]
            for words, _ in entries:
                for word in words:
                    if canonical(word) in known:
                        return known[canonical(word)]
            level = [above for _, hypernyms in entries for above in hypernyms]
        return None

    def common_nouns(self, most: int) -> list[str]:
        """Canonical nouns: those that tagged texts use most first, then the rest of physical things."""
        counts: Counter[str] = Counter()
        for line in self._counts:
            sense, _, count = line.split()
            lemma, rest = sense.split("%")
            if rest.startswith(_NOUN):
                counts[canonical(lemma.replace("_", " "))] += int(count)
        nouns = [word for word, _ in counts.most_common()]
        nouns += [canonical(parts[4].replace("_", " ")) for parts in self._entries if parts[1] in _PHYSICAL]
        return [word for word in dict.fromkeys(nouns) if word.isascii() and 1 < len(word) < 24][:most]


def _synset(parts: list[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Words and hypernyms' offsets of a line of `data.noun`; see wndb(5WN) for the format."""
    count = int(parts[3], 16)
    words = tuple(parts[4 + 2 * n].replace("_", " ").lower() for n in range(count))
    pointers = parts[4 + 2 * count + 1 :]
    above = (pointers[n + 1] for n in range(0, len(pointers) - 3, 4) if pointers[n] in ("@", "@i"))
    return words, tuple(above)

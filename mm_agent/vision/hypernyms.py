"""Of the names that fit a picture, the most useful ones: "Labrador retriever" rather than "dog" or "animal".

An encoder with a sigmoid scores every name on its own, so that a picture of a Labrador fits the whole chain.
Said together, the names are one thing three times; said alone, the general one wastes what the encoder knows
and the specific one may claim more than it knows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from itertools import chain

from mm_agent.vision.vocabulary import Competition, Concept, Vocabulary

# In log-odds: a kind is clearly the best when its odds are at least twice those of the next one.
CLEAR_MARGIN = 0.7


def most_useful(vocabulary: Vocabulary, logits: Sequence[float], present: Sequence[bool]) -> list[int]:
    """The concepts to say, as indices into the vocabulary, highest logit first.

    1. Only concepts that are present by their own score are said.
    2. A concept is not said beside a kind of it.
    3. Kinds of one concept that exclude each other compete, since one dog has one breed: the best is said if
       it is clearly the best (see `CLEAR_MARGIN`); if not, their hypernym is said in their place. Where the
       hypernym is not present by its own score, the best kind is said after all.
    4. Of kinds that are only alike, such as a dog and a wolf, those that are clearly less likely than the
       best are left out. The others do not compete: a man and a doctor may be the same person.

    Scores stay what the encoder gave: a hypernym never takes the score of a kind of it, although a dog is
    surely there where a poodle is. So the score beside a name comes from this name's own logit (and from how
    common it is, see `tag_priors`), and it supports that name and no other.

    Args:
        vocabulary: any vocabulary; without hypernyms all that is present is said.
        logits: (M,) one log-odds for each concept.
        present: (M,) whether each reaches the threshold.
    """
    index = {concept.key: i for i, concept in enumerate(vocabulary.concepts)}

    def said(concept: Concept) -> list[int]:
        found: list[int] = []
        unclear: list[list[int]] = []
        for competition, rivals in _rivals(vocabulary.children(concept), said).items():
            best = max(rivals, key=strength)
            near = [names for names in rivals if strength(best) - strength(names) < CLEAR_MARGIN]
            if competition in ("", "alike") or len(near) == 1:
                found += chain.from_iterable(near if competition else rivals)
            else:
                unclear.append(best)
        own = index[concept.key]
        if not found and present[own]:
            return [own]
        return found or max(unclear, key=strength, default=[])

    def strength(names: list[int]) -> float:
        return max(logits[name] for name in names)

    roots = (concept for concept in vocabulary.concepts if not concept.parent)
    return sorted((name for root in roots for name in said(root)), key=lambda name: -logits[name])


def _rivals(
    children: Iterable[Concept], said: Callable[[Concept], list[int]]
) -> dict[Competition, list[list[int]]]:
    """What is said below each of the children that says anything, by how they compete."""
    groups: dict[Competition, list[list[int]]] = defaultdict(list)
    for child in children:
        if names := said(child):
            groups[child.competes].append(names)
    return groups


def related(vocabulary: Vocabulary, concept: Concept, others: Iterable[Concept]) -> bool:
    """Whether the concept is one of the others, a kind of one of them, or the reverse."""
    return any(vocabulary.is_a(concept, other) or vocabulary.is_a(other, concept) for other in others)


def without_hypernyms(vocabulary: Vocabulary, indices: Sequence[int]) -> list[int]:
    """The concepts of which no kind is among the others, in the same order."""
    general = {above.key for i in indices for above in vocabulary.hypernyms(vocabulary.concepts[i])}
    return [i for i in indices if vocabulary.concepts[i].key not in general]

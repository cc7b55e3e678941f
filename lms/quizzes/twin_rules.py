"""Pairs of texts that are nearly the same: Jaccard similarity of their character pairs. Pure.

Two sets with a Jaccard similarity of at least t share at least one of the first n − ⌈t·n⌉ + 1 members of each when both are put in one
order, rarest first; so only texts that share a rare pair are compared, and twenty thousand take seconds.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from lms.quizzes.rules import bare_words

ALIKE = 0.85
MOST_PAIRS = 500


@dataclass(frozen=True, order=True)
class Pair:
    """Two texts by their numbers, the lower one first; `percent` from 85 to 100 (100: the same words)."""

    first: int
    second: int
    percent: int


def pairs_of(text: str) -> frozenset[str]:
    """The overlapping pairs of characters, without punctuation, width and case; a single character is its own pair."""
    bare = bare_words(text)
    return frozenset(bare[i : i + 2] for i in range(max(1, len(bare) - 1)))


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)


def alike(texts: Mapping[int, str], most: int = MOST_PAIRS) -> list[Pair]:
    """The pairs at or above ALIKE, the most alike first, at most so many."""
    sets = {number: pairs_of(text) for number, text in texts.items()}
    rarity = Counter(pair for each in sets.values() for pair in each)
    order = sorted(sets, key=lambda number: (len(sets[number]), number))
    holders: dict[str, list[int]] = defaultdict(list)
    found: list[Pair] = []
    for number in order:
        mine = sets[number]
        ranked = sorted(mine, key=lambda pair: (rarity[pair], pair))
        prefix = ranked[: len(mine) - math.ceil(ALIKE * len(mine)) + 1]
        for other in {holder for pair in prefix for holder in holders[pair]}:
            theirs = sets[other]
            if len(theirs) >= ALIKE * len(mine) and (share := similarity(mine, theirs)) >= ALIKE:
                found.append(Pair(min(number, other), max(number, other), int(share * 100)))
        for pair in prefix:
            holders[pair].append(number)
    return sorted(found, key=lambda pair: (-pair.percent, pair.first, pair.second))[:most]

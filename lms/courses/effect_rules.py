"""What a lecturer is shown of the effect of a talk: sums over people, never a person. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SHOWN_FROM = 5
"""Opinions, missed questions and where people stop are shown from so many replies, answers or persons."""
PARTS = 10


@dataclass(frozen=True)
class Reach:
    """How one person went through a resource: which share (0 to 1) of each of its parts was seen."""

    parts: tuple[float, ...]
    is_finished: bool


def parts_seen(spans: Iterable[tuple[int, int]], length: int) -> tuple[float, ...]:
    """For each tenth of [0, length] the share that disjoint spans cover."""
    if length <= 0:
        return (0.0,) * PARTS
    shares = [0.0] * PARTS
    for start, end in spans:
        for part in range(PARTS):
            low, high = length * part / PARTS, length * (part + 1) / PARTS
            shares[part] += max(0.0, min(end, high) - max(start, low)) / (high - low)
    return tuple(min(1.0, share) for share in shares)


def parts_read(pages: Iterable[int], page_count: int) -> tuple[float, ...]:
    """For each tenth of a document the share of its pages that was shown."""
    return parts_seen([(page - 1, page) for page in sorted(set(pages)) if 1 <= page <= page_count], page_count)


@dataclass(frozen=True)
class DropOff:
    """Where people leave: of each tenth the percentage of persons who saw at least half of it, and the tenth (from 0) behind
    which most of the unfinished stopped."""

    percents: tuple[int, ...]
    most_stop_after: int | None
    stops: tuple[int, ...]
    """Of each tenth how many of the unfinished got no further."""


def drop_off(reaches: Sequence[Reach]) -> DropOff | None:
    """None with fewer than SHOWN_FROM persons: too few to stay nameless."""
    if len(reaches) < SHOWN_FROM:
        return None
    percents = tuple(sum(each.parts[part] >= 0.5 for each in reaches) * 100 // len(reaches) for part in range(PARTS))
    stops = [0] * PARTS
    for each in reaches:
        if not each.is_finished:
            stops[max((part for part in range(PARTS) if each.parts[part] > 0), default=0)] += 1
    most = max(range(PARTS), key=lambda part: stops[part])
    return DropOff(percents, most if stops[most] else None, tuple(stops))


@dataclass(frozen=True)
class Opinions:
    """What people who finished think: always how many, and the rest from SHOWN_FROM on. Words stand in an order that tells
    nothing of who wrote them when."""

    count: int
    tenths: int | None = None
    """The mean, in tenths of a star."""
    by_stars: tuple[int, ...] = ()
    """How many gave 1, 2, 3, 4 and 5."""
    words: tuple[str, ...] = ()


def opinions(ratings: Sequence[tuple[int, str]]) -> Opinions:
    """From (stars, words)."""
    if len(ratings) < SHOWN_FROM:
        return Opinions(len(ratings))
    stars = [each for each, _ in ratings]
    mean = (sum(stars) * 20 + len(stars)) // (2 * len(stars))
    counted = tuple(stars.count(each) for each in range(1, 6))
    return Opinions(len(ratings), mean, counted, tuple(sorted(words for _, words in ratings if words)))

"""When several people mark the same answer: pure. Scores are in 1/1000 points."""

from collections.abc import Sequence
from enum import StrEnum

GAP_PERCENT = 20  # of the question's points: from here two markers are too far apart and a third one decides


class Standing(StrEnum):
    """Where an answer that is marked by hand is."""

    WAITING = "waiting"  # fewer markers than wanted
    APART = "apart"  # the markers are too far apart
    SETTLED = "settled"


def standing(scores: Sequence[int], points_millis: int, *, markers: int) -> Standing:
    """`scores` in the order given; `markers` (1 or 2) is how many people have to mark an answer."""
    if len(scores) < markers:
        return Standing.WAITING
    if markers == 2 and len(scores) == 2 and is_apart(scores[0], scores[1], points_millis):
        return Standing.APART
    return Standing.SETTLED


def is_apart(one: int, other: int, points_millis: int) -> bool:
    return abs(one - other) * 100 > points_millis * GAP_PERCENT


def settled(scores: Sequence[int], points_millis: int, *, markers: int) -> int | None:
    """What the answer earns: of one marker the score, of two near ones the mean (rounded half up), and where they were apart
    what the third says. None while it is not settled."""
    if standing(scores, points_millis, markers=markers) is not Standing.SETTLED:
        return None
    if markers == 1:
        return scores[0]
    return scores[2] if len(scores) > 2 else (scores[0] + scores[1] + 1) // 2

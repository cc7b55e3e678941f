"""What the questionnaire of a gathering comes to: sums over people, never a person. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

SHOWN_FROM = 5
"""Figures and words are shown from so many replies."""
MOST_POINTS = 5
OPEN_FOR = timedelta(days=30)
MOST_WORDS = 200


@dataclass(frozen=True)
class Outcome:
    """How many replied always; the rest from SHOWN_FROM replies on. Words stand in an order that tells nothing of who wrote them when."""

    count: int
    tenths: int | None = None
    """The mean of all points, in tenths of a point: 10 to 50."""
    by_question: tuple[int, ...] = ()
    """The mean of each question, in tenths of a point."""
    words: tuple[str, ...] = ()

    @property
    def is_shown(self) -> bool:
        return self.tenths is not None


def outcome(replies: Sequence[tuple[Sequence[int], str]]) -> Outcome:
    """Of (points for each question, words). Replies to fewer questions than the longest count for those they answer."""
    if len(replies) < SHOWN_FROM:
        return Outcome(len(replies))
    asked = max(len(points) for points, _ in replies)
    columns = [[points[n] for points, _ in replies if n < len(points)] for n in range(asked)]
    every = [point for column in columns for point in column]
    said = tuple(sorted(words for _, words in replies if words))
    return Outcome(len(replies), mean_tenths(sum(every), len(every)), tuple(map(_mean, columns)), said)


def _mean(points: Sequence[int]) -> int:
    return mean_tenths(sum(points), len(points))


def mean_tenths(total: int, count: int) -> int:
    """The mean in tenths, a half rounded up."""
    return (total * 20 + count) // (2 * count)


def are_points(points: Sequence[int], questions: Sequence[str]) -> bool:
    """One figure of 1 to 5 for each question."""
    return len(points) == len(questions) > 0 and all(1 <= point <= MOST_POINTS for point in points)


def is_open(ends_at: datetime, now: datetime) -> bool:
    """Replies are taken until thirty days after the end."""
    return now < ends_at + OPEN_FOR

"""What a package says of its learner, and what follows from it. Pure.

It runs in the browser, so its word is the browser's word: it can be necessary for a lesson to be finished, never enough.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Completion(StrEnum):
    UNKNOWN = "unknown"
    NOT_ATTEMPTED = "not attempted"
    INCOMPLETE = "incomplete"
    COMPLETED = "completed"


class Success(StrEnum):
    UNKNOWN = "unknown"
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True)
class Score:
    """A score as it was reported, in thousandths; None for what was not said."""

    raw_millis: int | None = None
    min_millis: int | None = None
    max_millis: int | None = None
    scaled_millis: int | None = None

    @property
    def share_millis(self) -> int | None:
        """How much of the whole that is, in thousandths; a raw score without a maximum is taken as one of 100."""
        if self.scaled_millis is not None:
            return self.scaled_millis
        if self.raw_millis is None:
            return None
        low = self.min_millis or 0
        high = self.max_millis if self.max_millis is not None else 100_000
        return (self.raw_millis - low) * 1000 // (high - low) if high > low else None

    @property
    def words(self) -> str:
        """As people read it: "80", "16 / 20"; "" where nothing was reported."""
        if self.raw_millis is None:
            return _plain(self.scaled_millis * 100) if self.scaled_millis is not None else ""
        of = f" / {_plain(self.max_millis)}" if self.max_millis not in (None, 100_000) else ""
        return f"{_plain(self.raw_millis)}{of}"


def _plain(millis: int) -> str:
    return f"{millis / 1000:.2f}".rstrip("0").rstrip(".")


def better(one: Score, other: Score) -> Score:
    """The higher of two; the first when they are equal, and one that says something before one that does not."""
    mine, theirs = one.share_millis, other.share_millis
    if theirs is None:
        return one
    return one if mine is not None and mine >= theirs else other


def is_done(completion: Completion, success: Success) -> bool:
    """Whether an item counts as completed: passed, or completed and not failed."""
    return success is Success.PASSED or (completion is Completion.COMPLETED and success is not Success.FAILED)


def comes_after(told: tuple[int, int], kept: tuple[int, int]) -> bool:
    """Whether what was told (viewing, sequence) is newer than what is kept: repeated and late reports change nothing."""
    return told > kept

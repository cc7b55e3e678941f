"""What a person has really studied of a lesson: a pure function of the beats the server received.

Media time is in whole milliseconds. A reader (document, article, link) has a timeline too: its reading clock, which
runs only while the page is shown, so one rule serves the player and the reader.

Credit of a lesson is a fold over its viewings in the order they were opened, and in each over its beats in sequence
order, whatever the order in which they arrived. `credited` does the whole fold, `step` one beat of it; a stored state
carried on by `step` equals the fold from scratch (tests/courses/test_study_rules.py).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import pairwise

Span = tuple[int, int]
Spans = tuple[Span, ...]

BEAT_SECONDS = 15
IDLE_END = timedelta(minutes=20)
"""A viewing ends this long after its last beat."""
INPUT_PAUSE_SECONDS = 20 * 60
"""The player pauses and asks when nobody touched anything for so long."""
LATE = timedelta(hours=24)
"""A beat that a bad network delayed counts so long after the end of its viewing."""
SLACK = timedelta(seconds=5)
GAP_MILLIS = 2_000
TOLERANCE_MILLIS = 5_000
PAGE_MILLIS = 1_000
"""A page counts as shown once there is this much reading time for it."""
FIRST_SPEED_PERCENT = 100
REPEAT_SPEED_PERCENT = 200


@dataclass(frozen=True)
class Terms:
    """What a viewing allows; fixed when the server opens it, so that a changed rule never rewrites an old viewing."""

    opened_at: datetime
    closed_at: datetime | None = None
    speed_percent: int = FIRST_SPEED_PERCENT
    may_jump: bool = False

    @property
    def order(self) -> tuple[datetime, bool, datetime]:
        """Viewings of a person follow one another; the open one is the last."""
        return self.opened_at, self.closed_at is None, self.closed_at or self.opened_at


@dataclass(frozen=True)
class Pulse:
    """One beat as the rules see it. `received_at` is the server's time; nothing here is the device's clock."""

    sequence: int
    from_millis: int
    to_millis: int
    received_at: datetime
    speed_percent: int = 100
    pages: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Coverage:
    """What is credited so far: disjoint ascending spans, and the pages shown."""

    spans: Spans = ()
    pages: frozenset[int] = field(default_factory=frozenset)

    @property
    def furthest_millis(self) -> int:
        return self.spans[-1][1] if self.spans else 0


# Spans


def join(spans: Iterable[Span], gap: int = 0) -> Spans:
    """The union, ascending and disjoint, with gaps of at most `gap` closed. Empty spans vanish."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if end <= start:
            continue
        if joined and start - joined[-1][1] <= gap:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return tuple(joined)


def measure(spans: Spans) -> int:
    return sum(end - start for start, end in spans)


def subtract(spans: Spans, taken: Spans) -> Spans:
    """What of `spans` lies outside `taken`; both ascending and disjoint."""
    left: list[Span] = []
    for start, end in spans:
        for cut_start, cut_end in taken:
            if cut_end <= start or cut_start >= end:
                continue
            if cut_start > start:
                left.append((start, cut_start))
            start = max(start, cut_end)
        if start < end:
            left.append((start, end))
    return tuple(left)


def head(spans: Spans, length: int) -> Spans:
    """The first `length` milliseconds of `spans`."""
    kept: list[Span] = []
    for start, end in spans:
        if length <= 0:
            break
        kept.append((start, min(end, start + length)))
        length -= end - start
    return tuple(kept)


# Viewings


def end_of(terms: Terms, received: Iterable[datetime]) -> datetime | None:
    """When the viewing ended, as far as what was received tells: closed by the next viewing, or 20 minutes after its
    last beat. None while it may still go on."""
    last = terms.opened_at
    for at in sorted(received):
        if terms.closed_at is not None and at >= terms.closed_at:
            break
        if at > last + IDLE_END:
            return last + IDLE_END
        last = at
    if terms.closed_at is None:
        return None
    return min(terms.closed_at, last + IDLE_END)


def allowance(terms: Terms, end: datetime | None, received_at: datetime) -> int:
    """The milliseconds of media a viewing can have earned up to a beat received then."""
    if end is not None and received_at > end + LATE:
        return 0
    until = received_at + SLACK
    if end is not None:
        until = min(until, end)
    wall = (until - terms.opened_at) // timedelta(milliseconds=1)
    return max(0, wall * terms.speed_percent // 100)


def step(
    coverage: Coverage, gained: int, pulse: Pulse, terms: Terms, end: datetime | None, length_millis: int
) -> tuple[Coverage, int]:
    """The coverage and what this viewing has gained after one more beat, the next in sequence order.

    Closing a gap is gained too, so a row of splinters two seconds apart earns no more than the wall clock allows.
    """
    left = allowance(terms, end, pulse.received_at) - gained
    if left <= 0 or pulse.speed_percent > terms.speed_percent:
        return coverage, gained
    if not terms.may_jump and pulse.from_millis > coverage.furthest_millis + GAP_MILLIS:
        return coverage, gained
    played = (max(0, pulse.from_millis), min(pulse.to_millis, length_millis))
    whole = join((*coverage.spans, played), GAP_MILLIS) if played[0] < played[1] else coverage.spans
    new = head(subtract(whole, coverage.spans), left)
    spans = join((*coverage.spans, *new))
    return Coverage(spans, shown(coverage.pages, pulse.pages, measure(spans))), gained + measure(new)


def shown(before: frozenset[int], claimed: frozenset[int], read_millis: int) -> frozenset[int]:
    """Pages shown, lowest first, at most one for each second read, and one to begin with."""
    room = 1 + read_millis // PAGE_MILLIS - len(before)
    return before | frozenset(sorted(claimed - before)[: max(0, room)])


def credited(viewings: Iterable[tuple[Terms, Sequence[Pulse]]], length_millis: int) -> Coverage:
    """The coverage of one person in one lesson by all beats ever received. Of equal sequences the first received
    counts."""
    coverage = Coverage()
    for terms, pulses in sorted(viewings, key=lambda viewing: viewing[0].order):
        coverage, _ = of_viewing(coverage, terms, pulses, length_millis)
    return coverage


def of_viewing(coverage: Coverage, terms: Terms, pulses: Sequence[Pulse], length_millis: int) -> tuple[Coverage, int]:
    """The coverage after one more viewing, and what that viewing gained."""
    end = end_of(terms, [pulse.received_at for pulse in pulses])
    gained = 0
    once = {pulse.sequence: pulse for pulse in sorted(pulses, key=lambda p: p.received_at, reverse=True)}
    for _, pulse in sorted(once.items()):
        coverage, gained = step(coverage, gained, pulse, terms, end, length_millis)
    return coverage, gained


def as_of(at: datetime, viewings: Iterable[tuple[Terms, Sequence[Pulse]]]) -> list[tuple[Terms, list[Pulse]]]:
    """The viewings as the server knew them then: what was received or closed later is left out."""
    return [
        (
            terms if terms.closed_at is None or terms.closed_at <= at else replace(terms, closed_at=None),
            [pulse for pulse in pulses if pulse.received_at <= at],
        )
        for terms, pulses in viewings
        if terms.opened_at <= at
    ]


# Finished


def is_seen(spans: Spans, length_millis: int, required_percent: int = 100) -> bool:
    """Whether a video or sound was heard as a whole: at 100 % all of it but 5 s at either end (a quarter of the length
    where that is less). A lower percentage lets as much more be missing anywhere."""
    if length_millis <= 0:
        return False
    tolerance = min(TOLERANCE_MILLIS, length_millis // 4)
    missing = subtract(((tolerance, length_millis - tolerance),), join(spans))
    return measure(missing) <= length_millis * (100 - required_percent) // 100


def is_read(coverage: Coverage, required_millis: int, page_count: int) -> bool:
    """Whether every page was shown and the required reading time has passed."""
    return measure(coverage.spans) >= required_millis and coverage.pages >= frozenset(range(1, page_count + 1))


def reading_length(required_millis: int, page_count: int) -> int:
    """How long the reading clock of a document runs: the required time, and long enough to show every page."""
    return max(required_millis, page_count * PAGE_MILLIS)


def seen_percent(spans: Spans, length_millis: int) -> int:
    """Rounded down, so that 100 is only said of the whole; the tolerated ends count as seen once the rest is."""
    if length_millis <= 0:
        return 0
    if is_seen(spans, length_millis):
        return 100
    return min(99, measure(spans) * 100 // length_millis)


def read_percent(coverage: Coverage, required_millis: int, page_count: int) -> int:
    """How far the slower of reading time and pages shown is, rounded down."""
    time = 100 if required_millis <= 0 else measure(coverage.spans) * 100 // required_millis
    pages = 100 if page_count <= 0 else len(coverage.pages) * 100 // page_count
    return min(100, time, pages)


def first_missing(spans: Spans, length_millis: int) -> int:
    """Where to go on: the first millisecond not yet covered, 0 when nothing is missing."""
    missing = subtract(((0, length_millis),), spans)
    return missing[0][0] if missing else 0


def accepted_through(sequences: Iterable[int]) -> int:
    """The highest sequence up to which none is missing; the first beat of a viewing is 1."""
    ordered = [0, *sorted(set(sequences))]
    for before, after in pairwise(ordered):
        if after != before + 1:
            return before
    return ordered[-1]

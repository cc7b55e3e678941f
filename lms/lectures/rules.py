"""States of topics and lectures, the deadline of proposals, and which giving of a topic earns. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

SLIDES_BEFORE = timedelta(days=14)
"""So long before a lecture its slides should be published."""
RECORDING_AFTER = timedelta(days=3)
RECORDING_UNTIL = timedelta(days=60)
"""A recording is asked for between these two after the lecture."""
RATED_FROM = 5
"""A lecturer's mean counts lectures with at least so many replies, so that no single reply can be found out."""
MOST_TOPICS = 6
"""So many topics may one person have before the organiser in one year."""


class TopicState(StrEnum):
    PROPOSED = "proposed"
    APPROVED = "approved"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


TOPIC_STATES = {
    TopicState.PROPOSED: "待审定",
    TopicState.APPROVED: "已通过",
    TopicState.RETURNED: "已退回",
    TopicState.WITHDRAWN: "已撤回",
}
EDITABLE = frozenset({TopicState.PROPOSED, TopicState.RETURNED})
QUARTERS = {1: "第一季度", 2: "第二季度", 3: "第三季度", 4: "第四季度"}


def usual_deadline(year: int) -> date:
    """The day until which topics are called for."""
    return date(year, 1, 31)


def is_late(on: date, deadline_on: date) -> bool:
    """Whether a proposal comes after the last day."""
    return on > deadline_on


def proposal_year(today: date) -> int:
    """The year a new proposal is meant for: from December on the next one."""
    return today.year + (today.month == 12)


class LectureStep(StrEnum):
    """Where a lecture stands, and what it asks for next."""

    CANCELLED = "cancelled"
    NEEDS_SLIDES = "needs_slides"
    IN_REVIEW = "in_review"
    TO_CONFIRM = "to_confirm"
    READY = "ready"
    TO_ROLL = "to_roll"
    NEEDS_RECORDING = "needs_recording"
    DONE = "done"


STEPS = {
    LectureStep.CANCELLED: "已取消",
    LectureStep.NEEDS_SLIDES: "等课件",
    LectureStep.IN_REVIEW: "课件审核中",
    LectureStep.TO_CONFIRM: "待确认就绪",
    LectureStep.READY: "已就绪",
    LectureStep.TO_ROLL: "待点名",
    LectureStep.NEEDS_RECORDING: "等录像",
    LectureStep.DONE: "已完成",
}
TONES = {
    LectureStep.READY: "done",
    LectureStep.DONE: "done",
    LectureStep.CANCELLED: "plain",
    LectureStep.IN_REVIEW: "now",
}


@dataclass(frozen=True)
class Facts:
    """What is known of a lecture. `slides` is None without any, else whether they are published now."""

    is_cancelled: bool
    is_held: bool
    ends_at: datetime
    slides: bool | None
    is_confirmed: bool
    is_recorded: bool
    """Whether a recording is to be made."""
    has_recording: bool


def step_of(facts: Facts, now: datetime) -> LectureStep:
    """A lecture that was confirmed is ready only as long as its slides are published."""
    if facts.is_cancelled:
        return LectureStep.CANCELLED
    if facts.is_held:
        is_missing = facts.is_recorded and not facts.has_recording and now <= facts.ends_at + RECORDING_UNTIL
        return LectureStep.NEEDS_RECORDING if is_missing else LectureStep.DONE
    if now >= facts.ends_at:
        return LectureStep.TO_ROLL
    if facts.slides is None:
        return LectureStep.NEEDS_SLIDES
    if not facts.slides:
        return LectureStep.IN_REVIEW
    return LectureStep.READY if facts.is_confirmed else LectureStep.TO_CONFIRM


# Hours


def was_given(*, is_held: bool, is_away: bool, listeners: int) -> bool:
    """By the closed roll: somebody heard it, and the lecturer is not marked as away."""
    return is_held and not is_away and listeners > 0


@dataclass(frozen=True)
class Giving:
    """One lecture of a topic: whether it was given, and (year, seconds) of it by calendar year."""

    lecture_id: int
    starts_at: datetime
    is_given: bool
    parts: Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Worth:
    """What one lecture is worth in one year: its seconds when it was the first giving of its topic in that year, and whether it was given."""

    lecture_id: int
    year: int
    seconds: int
    is_given: bool
    is_first: bool


def worths(givings: Iterable[Giving]) -> list[Worth]:
    """Of all lectures of one topic, in order of time. In each year the earliest that was given is the first; the order of rolls plays no part."""
    met: set[int] = set()
    found = []
    for giving in sorted(givings, key=lambda each: (each.starts_at, each.lecture_id)):
        for year, seconds in giving.parts:
            is_first = giving.is_given and year not in met
            if giving.is_given:
                met.add(year)
            found.append(Worth(giving.lecture_id, year, seconds, giving.is_given, is_first))
    return found


# The calendar


def month_days(month: date) -> list[date]:
    """All days of the month that begins on that day."""
    following = next_month(month)
    return [month + timedelta(days=n) for n in range((following - month).days)]


def next_month(month: date) -> date:
    return (month + timedelta(days=32)).replace(day=1)


def previous_month(month: date) -> date:
    return (month - timedelta(days=1)).replace(day=1)


def read_month(text: str, otherwise: date) -> date:
    """ "2026-11" → 2026-11-01; anything else, and years far away, the month of `otherwise`."""
    year, _, month = text.partition("-")
    if (
        len(text) == 7
        and year.isdecimal()
        and month.isdecimal()
        and 2000 <= int(year) <= 2100
        and 1 <= int(month) <= 12
    ):
        return date(int(year), int(month), 1)
    return otherwise.replace(day=1)

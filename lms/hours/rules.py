"""Conversion of study into hours, caps, and what is carried over. Pure.

Hours (学时) are counted in integer quarters. The figures of a version never change: a new figure is a new version (`lms.hours.versions`),
and an entry is always recomputed by the version it names.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

RULE_VERSION = "2026-1"
"""The version every site begins with; its figures are the defaults below. Later ones stand in the database."""
QUARTERS_PER_HOUR = 4
SHANGHAI = ZoneInfo("Asia/Shanghai")


class Bucket(StrEnum):
    """Which requirement an entry counts towards. One event may credit several, each once."""

    OFFLINE = "offline"
    ONLINE = "online"
    PARTY = "party"
    PROFESSIONAL = "professional"

    @property
    def label(self) -> str:
        return {"offline": "集中培训", "online": "网络自学", "party": "党员学习", "professional": "专业技术"}[self]


@dataclass(frozen=True)
class Source:
    """What an entry is for. A resource earns once per person and year, so its entries name the resource, not the
    course."""

    kind: str
    id: int


class Extent(StrEnum):
    """How long an event with a roll lasted, in the words of the timetable."""

    FULL_DAY = "full_day"
    HALF_DAY = "half_day"
    TIMED = "timed"


@dataclass(frozen=True)
class SourceRule:
    """What a policy says of one kind of source, beyond its conversion. The default changes nothing."""

    bucket: Bucket | None = None
    """Where it counts instead of where the activity says; 专业技术 stays beside it."""
    factor_percent: int = 100
    """What conversion gives is multiplied by this, rounded down to a quarter; a figure that somebody set is not."""
    cap: int | None = None
    """At most so many quarters in each bucket and year."""
    is_elective: bool = False
    """选修 instead of 必修."""


@dataclass(frozen=True)
class Policy:
    """The figures of one rule version, in quarters unless the name says otherwise."""

    media: tuple[tuple[int, int], ...] = ((30 * 60, 4), (15 * 60, 2), (0, 1))
    """(at least so many seconds, quarters), longest first."""
    reading_step_seconds: int = 15 * 60
    reading_most: int = 4
    quiz: int = 2
    full_day: int = 32
    half_day: int = 16
    theme_half_day: int = 16
    absence_limit: tuple[int, int] = (1, 7)
    lecture_factor: int = 2
    sources: Mapping[str, SourceRule] = field(default_factory=dict)
    """By source kind; a kind that is not named has the defaults."""
    carry_over: Mapping[Bucket, int] = field(default_factory=dict)
    """At most so much surplus of a year is taken into the next; none by default."""

    def of(self, source_kind: str) -> SourceRule:
        return self.sources.get(source_kind, PLAIN)

    def bucket_of(self, source_kind: str, bucket: Bucket) -> Bucket:
        """Where the source's hours count when its activity says `bucket`."""
        return bucket if bucket is Bucket.PROFESSIONAL else self.of(source_kind).bucket or bucket


PLAIN = SourceRule()
FIRST = Policy()
"""The figures of RULE_VERSION, as DOMAIN states them."""


# Conversion


def media_quarters(seconds: int, policy: Policy = FIRST) -> int:
    """Hours of a video or a sound by its length."""
    if seconds <= 0:
        return 0
    return next(quarters for least, quarters in policy.media if seconds >= least)


def reading_quarters(required_seconds: int, policy: Policy = FIRST) -> int:
    """Hours of a document or an article by its required reading time."""
    return min(policy.reading_most, max(0, required_seconds) // policy.reading_step_seconds)


def lesson_quarters(kind: str, seconds: int, policy: Policy = FIRST) -> int:
    """Hours of one lesson: by length, or by required reading time. A link earns nothing: nobody can tell whether it
    was read."""
    if kind in ("video", "audio"):
        return media_quarters(seconds, policy)
    if kind in ("document", "article", "package"):
        return reading_quarters(seconds, policy)
    return 0


def lesson_worth(kind: str, seconds: int, policy: Policy) -> int:
    """Hours of a lesson as the ledger would credit it, with the policy's factor for lessons."""
    return lesson_quarters(kind, seconds, policy) * policy.of("resource").factor_percent // 100


def timed_quarters(seconds: int) -> int:
    """One hour for each full hour, half for a rest of at least 30 minutes."""
    hours, rest = divmod(max(0, seconds), 3600)
    return hours * QUARTERS_PER_HOUR + (2 if rest >= 1800 else 0)


def offline_quarters(extent: Extent, seconds: int = 0, policy: Policy = FIRST) -> int:
    """Hours of a day, half a day or a stretch of a class or lecture that was heard."""
    if extent is Extent.FULL_DAY:
        return policy.full_day
    if extent is Extent.HALF_DAY:
        return policy.half_day
    return timed_quarters(seconds)


def class_quarters(whole: int, attended_seconds: int, held_seconds: int, policy: Policy = FIRST) -> int:
    """Hours of a class: nothing when more than 1/7 of it was missed."""
    part, of = policy.absence_limit
    missed = held_seconds - attended_seconds
    return 0 if missed * of > held_seconds * part else whole


def class_worth(
    meetings: Sequence[Mapping[str, Any]], attended_seconds: int, held_seconds: int, policy: Policy = FIRST
) -> int:
    """Hours of the meetings (extent and seconds) of a class in one year, by the attendance of the whole class."""
    whole = sum(offline_quarters(Extent(each["extent"]), each.get("seconds", 0), policy) for each in meetings)
    return class_quarters(whole, attended_seconds, held_seconds, policy)


def theme_day_quarters(extent: Extent, seconds: int = 0, policy: Policy = FIRST) -> int:
    """Hours of a theme day or a branch meeting: one for each full hour, four for half a day, eight for a whole one."""
    if extent is Extent.FULL_DAY:
        return 2 * policy.theme_half_day
    if extent is Extent.HALF_DAY:
        return policy.theme_half_day
    return max(0, seconds) // 3600 * QUARTERS_PER_HOUR


def lecture_quarters(seconds: int, *, is_first_this_year: bool, policy: Policy = FIRST) -> int:
    """Hours for giving a lecture: its length times two the first time a topic is given in a year, then nothing."""
    if not is_first_this_year:
        return 0
    return max(0, seconds) * policy.lecture_factor // 900


def split_by_year(starts_at: datetime, ends_at: datetime) -> list[tuple[int, int]]:
    """(year, seconds) of an event, cut at New Year's midnight in Shanghai."""
    parts = []
    begin, end = starts_at.astimezone(SHANGHAI), ends_at.astimezone(SHANGHAI)
    while begin < end:
        new_year = datetime(begin.year + 1, 1, 1, tzinfo=SHANGHAI)
        until = min(end, new_year)
        parts.append((begin.year, int((until - begin).total_seconds())))
        begin = until
    return parts


def capped(quarters: int, already: int, cap: int | None) -> int:
    """What of `quarters` still counts when a source may give at most `cap` in a year."""
    return quarters if cap is None else max(0, min(quarters, cap - already))


def carried_over(earned: int, target: int, most: int | None, *, brought: int = 0) -> int:
    """What of last year's surplus counts this year. What last year itself `brought` from before is used up first and never carried
    again."""
    return 0 if most is None else max(0, min(earned - target, earned - brought, most))


# Recomputing an entry from its evidence

Conversion = Callable[[Mapping[str, Any], Policy], int]


def days_quarters(evidence: Mapping[str, Any], policy: Policy) -> int:
    """Hours of training elsewhere: whole days, half days, and a rest by the clock."""
    days, halves = int(evidence.get("days", 0)), int(evidence.get("half_days", 0))
    return days * policy.full_day + halves * policy.half_day + timed_quarters(int(evidence.get("seconds", 0)))


CONVERSIONS: Mapping[str, Conversion] = {
    "lesson": lambda e, policy: lesson_quarters(e["kind"], e["seconds"], policy),
    "quiz": lambda e, policy: policy.quiz if e["percent"] >= e["pass_percent"] else 0,
    "offline": lambda e, policy: offline_quarters(Extent(e["extent"]), e.get("seconds", 0), policy),
    "class": lambda e, policy: class_worth(e["meetings"], e["attended_seconds"], e["held_seconds"], policy),
    "theme_day": lambda e, policy: theme_day_quarters(Extent(e["extent"]), e.get("seconds", 0), policy),
    "lecture": lambda e, policy: lecture_quarters(e["seconds"], is_first_this_year=e["is_first"], policy=policy),
    "days": days_quarters,
    "given": lambda e, _: int(e["quarters"]),
    "carry_over": lambda e, policy: carried_over(
        e["earned"], e["target"], policy.carry_over.get(Bucket(e["bucket"])), brought=e["brought"]
    ),
}
"""How evidence becomes quarters, by the conversion it names; `given` is a figure somebody set."""
AS_IT_IS = ("given", "carry_over")
"""Conversions that no factor touches."""


def recompute(evidence: Mapping[str, Any], policy: Policy, source_kind: str = "") -> int | None:
    """The quarters that the evidence is worth by that policy; None when it names no rule we know or lacks a fact."""
    name = str(evidence.get("conversion"))
    conversion = CONVERSIONS.get(name)
    if conversion is None:
        return None
    try:
        worth = conversion(evidence, policy)
    except (KeyError, TypeError, ValueError):
        return None
    return worth if name in AS_IT_IS else worth * policy.of(source_kind).factor_percent // 100


def remainder(evidence: Mapping[str, Any], policy: Policy) -> tuple[int, str]:
    """(seconds that the conversion left out, why); (0, "") when nothing was."""
    seconds, name = int(evidence.get("seconds") or 0), evidence.get("conversion")
    if name == "lesson" and evidence.get("kind") in ("document", "article", "package"):
        most = policy.reading_most * policy.reading_step_seconds
        if seconds > most:
            return seconds - most, f"阅读最多按 {most // 60} 分钟计"
        return seconds % policy.reading_step_seconds, f"阅读每满 {policy.reading_step_seconds // 60} 分钟计一次"
    if evidence.get("extent", Extent.TIMED) != Extent.TIMED:
        return 0, ""
    if name == "theme_day":
        return seconds % 3600, "党员学习按整小时计"
    if name in ("offline", "days"):
        return seconds % 1800, "满 30 分钟计 0.5 学时，不满的部分不计"
    return 0, ""

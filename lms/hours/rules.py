"""Conversion of study into hours, requirements by rank, caps and the pace line. Pure.

Hours (学时) are counted in integer quarters. The rules of a version never change: a new rule is a new version, and an
entry is always recomputed by the version it names.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

RULE_VERSION = "2026-1"
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
    caps: Mapping[tuple[str, Bucket], int] | None = None
    """At most so much by (source kind, bucket) and year; none by default."""
    carry_over: Mapping[Bucket, int] | None = None
    """At most so much surplus of a year is taken into the next; none by default."""


POLICIES: Mapping[str, Policy] = {RULE_VERSION: Policy()}
SIX_THREE = Policy(full_day=24, half_day=12)
"""The preset "6/3" for a class day."""


# Conversion


def media_quarters(seconds: int, policy: Policy = POLICIES[RULE_VERSION]) -> int:
    """Hours of a video or a sound by its length."""
    if seconds <= 0:
        return 0
    return next(quarters for least, quarters in policy.media if seconds >= least)


def reading_quarters(required_seconds: int, policy: Policy = POLICIES[RULE_VERSION]) -> int:
    """Hours of a document or an article by its required reading time."""
    return min(policy.reading_most, max(0, required_seconds) // policy.reading_step_seconds)


def lesson_quarters(kind: str, seconds: int, policy: Policy = POLICIES[RULE_VERSION]) -> int:
    """Hours of one lesson: by length, or by required reading time. A link earns nothing: nobody can tell whether it
    was read."""
    if kind in ("video", "audio"):
        return media_quarters(seconds, policy)
    if kind in ("document", "article", "package"):
        return reading_quarters(seconds, policy)
    return 0


def timed_quarters(seconds: int) -> int:
    """One hour for each full hour, half for a rest of at least 30 minutes."""
    hours, rest = divmod(max(0, seconds), 3600)
    return hours * QUARTERS_PER_HOUR + (2 if rest >= 1800 else 0)


def offline_quarters(extent: Extent, seconds: int = 0, policy: Policy = POLICIES[RULE_VERSION]) -> int:
    """Hours of a day, half a day or a stretch of a class or lecture that was heard."""
    if extent is Extent.FULL_DAY:
        return policy.full_day
    if extent is Extent.HALF_DAY:
        return policy.half_day
    return timed_quarters(seconds)


def class_quarters(
    whole: int, attended_seconds: int, held_seconds: int, policy: Policy = POLICIES[RULE_VERSION]
) -> int:
    """Hours of a class: nothing when more than 1/7 of it was missed."""
    part, of = policy.absence_limit
    missed = held_seconds - attended_seconds
    return 0 if missed * of > held_seconds * part else whole


def class_worth(
    meetings: Sequence[Mapping[str, Any]],
    attended_seconds: int,
    held_seconds: int,
    policy: Policy = POLICIES[RULE_VERSION],
) -> int:
    """Hours of the meetings (extent and seconds) of a class in one year, by the attendance of the whole class."""
    whole = sum(offline_quarters(Extent(each["extent"]), each.get("seconds", 0), policy) for each in meetings)
    return class_quarters(whole, attended_seconds, held_seconds, policy)


def theme_day_quarters(extent: Extent, seconds: int = 0, policy: Policy = POLICIES[RULE_VERSION]) -> int:
    """Hours of a theme day or a branch meeting: one for each full hour, four for half a day, eight for a whole one."""
    if extent is Extent.FULL_DAY:
        return 2 * policy.theme_half_day
    if extent is Extent.HALF_DAY:
        return policy.theme_half_day
    return max(0, seconds) // 3600 * QUARTERS_PER_HOUR


def lecture_quarters(seconds: int, *, is_first_this_year: bool, policy: Policy = POLICIES[RULE_VERSION]) -> int:
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


def carried_over(earned: int, target: int, most: int | None) -> int:
    """What of last year's surplus counts this year."""
    return 0 if most is None else max(0, min(earned - target, most))


# Recomputing an entry from its evidence

Conversion = Callable[[Mapping[str, Any], Policy], int]

CONVERSIONS: Mapping[str, Conversion] = {
    "lesson": lambda e, policy: lesson_quarters(e["kind"], e["seconds"], policy),
    "quiz": lambda e, policy: policy.quiz if e["percent"] >= e["pass_percent"] else 0,
    "offline": lambda e, policy: offline_quarters(Extent(e["extent"]), e.get("seconds", 0), policy),
    "class": lambda e, policy: class_worth(e["meetings"], e["attended_seconds"], e["held_seconds"], policy),
    "theme_day": lambda e, policy: theme_day_quarters(Extent(e["extent"]), e.get("seconds", 0), policy),
    "lecture": lambda e, policy: lecture_quarters(e["seconds"], is_first_this_year=e["is_first"], policy=policy),
    "given": lambda e, _: int(e["quarters"]),
}
"""How evidence becomes quarters, by the conversion it names; `given` is a figure somebody set."""


def recompute(evidence: Mapping[str, Any], rule_version: str) -> int | None:
    """The quarters that the evidence is worth by that version; None when it names no rule we know or lacks a fact."""
    policy = POLICIES.get(rule_version)
    conversion = CONVERSIONS.get(str(evidence.get("conversion")))
    if policy is None or conversion is None:
        return None
    try:
        return conversion(evidence, policy)
    except (KeyError, TypeError, ValueError):
        return None


# Requirements


class Standing(StrEnum):
    """Rank band as far as requirements go; the values are those of `people.rules.RankBand`."""

    COUNTY = "county"
    TOWNSHIP = "township"
    TECHNICAL = "technical"


@dataclass(frozen=True)
class Requirement:
    """What is asked of a person in a year. `bucket` None counts every event once, whatever its buckets."""

    bucket: Bucket | None
    target: int
    """In quarters."""
    basis: str
    is_duty: bool = True
    """A pace line is shown but not a duty of that year."""


def requirements(standing: Standing, *, is_member: bool, is_committee: bool) -> tuple[Requirement, ...]:
    """The year's requirements, in the order the page shows them."""
    found = [OFFLINE_BY_STANDING[standing]] if standing in OFFLINE_BY_STANDING else []
    found.append(Requirement(Bucket.ONLINE, 50 * 4, "每人每年网络自学 50 学时"))
    if is_committee:
        found.append(Requirement(Bucket.PARTY, 56 * 4, "党支部委员每年 56 学时"))
    elif is_member:
        found.append(Requirement(Bucket.PARTY, 32 * 4, "党员每年 32 学时"))
    if standing is Standing.TECHNICAL:
        found.append(Requirement(Bucket.PROFESSIONAL, 60 * 4, "专业技术人员每年专业科目 60 学时"))
        found.append(Requirement(None, 90 * 4, "专业技术人员每年继续教育 90 学时"))
    return tuple(found)


OFFLINE_BY_STANDING: Mapping[Standing, Requirement] = {
    Standing.COUNTY: Requirement(
        Bucket.OFFLINE, 110 * 4, "县处级及以上五年（2023—2027）550 学时，按每年 110 学时的进度看", is_duty=False
    ),
    Standing.TOWNSHIP: Requirement(Bucket.OFFLINE, 90 * 4, "乡科级及以下每年集中培训 90 学时"),
}
FIVE_YEARS = (2023, 2027, 550 * 4)
"""First year, last year and quarters asked of 县处级 and above over all of them."""


@dataclass(frozen=True)
class Exemption:
    """A stretch of a year in which a requirement is reduced or lifted (maternity, secondment, field team)."""

    from_on: date
    until_on: date
    percent: int = 100
    """How much of the duty is lifted in that time."""


def reduced(target: int, year: int, exemptions: Sequence[Exemption]) -> int:
    """The year's target less what is lifted, day by day, rounded up to a quarter."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    days = (last - first).days + 1
    lifted = [0] * days
    for exemption in exemptions:
        start, end = max(first, exemption.from_on), min(last, exemption.until_on)
        for day in range((start - first).days, (end - first).days + 1):
            lifted[day] = max(lifted[day], exemption.percent)
    return -(-target * (100 * days - sum(lifted)) // (100 * days))


def pace(target: int, on: date, year: int) -> int:
    """Where one would be on that date by even steps over the year, in quarters, rounded down."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    if on < first:
        return 0
    days = (min(on, last) - first + timedelta(days=1)).days
    return target * days // ((last - first).days + 1)

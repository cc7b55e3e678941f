"""Contests planned as several rounds: papers to choose from, presets, their dates, and last year's dates shifted. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from lms import clock
from lms.contests.advancement_rules import NOBODY, AdvanceRule
from lms.contests.rules import FINAL, GRAND, Draw, EntryMode, RoundKind


def _times(factor: int) -> tuple[Draw, ...]:
    return tuple(replace(draw, count=draw.count * factor) for draw in GRAND.draws)


# Questions of a paper → how they are drawn: the mixture of the grand preset, once or several times; 40 are for a final on stage.
LAYOUTS: dict[int, tuple[Draw, ...]] = {10: GRAND.draws, 20: _times(2), 40: FINAL.draws, 50: _times(5)}


@dataclass(frozen=True)
class RoundPreset:
    """A round of a preset: `wait` working days after the round before it (of the first: after the chosen day), for `days` working
    days, from `opens` to `closes` o'clock. `from_before`: it is entered by advancement from so many rounds before it."""

    kind: RoundKind
    title: str
    wait: int
    days: int
    questions: int = 10
    minutes: int = 10
    attempts_per_day: int = 3
    opens: int = 9
    closes: int = 18
    unit_quota: int = 0
    from_before: int = 0
    admission: AdvanceRule = NOBODY
    carry_percent: int = 0

    @property
    def entry(self) -> EntryMode:
        if self.from_before:
            return EntryMode.ADVANCEMENT
        return EntryMode.QUOTA if self.unit_quota else EntryMode.OPEN


@dataclass(frozen=True)
class ContestPreset:
    name: str
    about: str
    rounds: tuple[RoundPreset, ...]


REVIEW_DAYS = 8  # working days from the end of a round to the next: review, 公示, telling those who advanced

_PRACTICE = RoundPreset(RoundKind.PRACTICE, "练习", 0, 5, attempts_per_day=20)
_ONLINE = RoundPreset(RoundKind.ONLINE, "网上初赛", 1, 5)

PRESETS: dict[str, ContestPreset] = {
    "grand": ContestPreset(
        "局业务大比拼",
        "练习一周，网上初赛一周，前 8 队到现场决赛",
        (
            _PRACTICE,
            _ONLINE,
            RoundPreset(
                RoundKind.STAGE, "现场决赛", REVIEW_DAYS, 1, questions=40, minutes=FINAL.minutes, attempts_per_day=1, opens=14,
                closes=18, from_before=1, admission=AdvanceRule(top=8, reserve=2),
            ),
        ),
    ),
    "three": ContestPreset(
        "知识竞赛三轮",
        "初赛人人可参加，前 60 名和各单位第一进复赛，前 20 名进决赛",
        (
            replace(_ONLINE, title="初赛", wait=0),
            RoundPreset(
                RoundKind.ONLINE, "复赛", REVIEW_DAYS, 2, attempts_per_day=1, from_before=1,
                admission=AdvanceRule(top=60, per_unit=1, minimum_millis=60_000, reserve=10),
            ),
            RoundPreset(
                RoundKind.ONLINE, "决赛", REVIEW_DAYS, 1, attempts_per_day=1, from_before=1,
                admission=AdvanceRule(top=20, reserve=5), carry_percent=30,
            ),
        ),
    ),
    "chosen": ContestPreset(
        "单位推荐赛",
        "各单位按名额报名，前 10 名进决赛",
        (
            RoundPreset(RoundKind.ONLINE, "初赛", 5, 2, attempts_per_day=1, unit_quota=5),
            RoundPreset(
                RoundKind.ONLINE, "决赛", REVIEW_DAYS, 1, attempts_per_day=1, from_before=1,
                admission=AdvanceRule(top=10, reserve=3),
            ),
        ),
    ),
    "practised": ContestPreset("练习加网上赛", "练习一周，再网上赛一周，一轮定名次", (_PRACTICE, _ONLINE)),
}  # fmt: skip


@dataclass(frozen=True)
class Dates:
    """When a round is, whose roster counts, and until when units enter people (None: they need not)."""

    opens_at: datetime
    closes_at: datetime
    cut_off_on: date
    entry_until: datetime | None = None


def schedule(rounds: Sequence[RoundPreset], first_on: date, overrides: Mapping[date, bool]) -> list[Dates]:
    """The dates of a preset's rounds from the first working day at or after the chosen one: each begins after the one before it has
    ended, all begin and end on working days."""
    found: list[Dates] = []
    before = clock.add_working_days(first_on - timedelta(days=1), 1, overrides)
    for number, one in enumerate(rounds):
        wait = one.wait if number == 0 else max(1, one.wait)
        first = clock.add_working_days(before, wait, overrides) if wait else before
        last = clock.add_working_days(first, one.days - 1, overrides) if one.days > 1 else first
        until = _working_day_before(first, overrides) if one.entry is EntryMode.QUOTA else None
        found.append(
            Dates(
                clock.at_local(first, one.opens), clock.at_local(last, one.closes), first,
                clock.at_local(until, 18) if until else None,
            )
        )  # fmt: skip
        before = last
    return found


def _working_day_before(on: date, overrides: Mapping[date, bool]) -> date:
    on -= timedelta(days=1)
    while not clock.is_working_day(on, overrides):
        on -= timedelta(days=1)
    return on


def shifted(dates: Dates, by: timedelta, overrides: Mapping[date, bool]) -> Dates:
    """The same so many days later, at the same time of the day; what falls on a rest day moves to the next working day. What came in
    some order stays in that order."""

    def later(at: datetime) -> datetime:
        wall = clock.local(at)
        return clock.at_local(_working(wall.date() + by, overrides), wall.hour, wall.minute)

    until = later(dates.entry_until) if dates.entry_until else None
    return Dates(later(dates.opens_at), later(dates.closes_at), _working(dates.cut_off_on + by, overrides), until)


def _working(on: date, overrides: Mapping[date, bool]) -> date:
    """The day, or the next working day."""
    return clock.add_working_days(on - timedelta(days=1), 1, overrides)


# --- what is due ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Before:
    """A round as somebody stands before it; `opens` and `closes` in words. On stage nobody answers on a page of the site."""

    title: str
    kind: RoundKind
    is_upcoming: bool
    is_running: bool
    may_enter: bool
    attempts_left: int
    has_begun: bool
    opens: str
    closes: str


def next_step(rounds: Sequence[Before]) -> str:
    """What is due for one person in a contest, as one sentence, from its rounds in order: what counts before what is practice."""
    mine = [one for one in rounds if one.may_enter]
    running = [one for one in mine if one.is_running and one.kind is not RoundKind.STAGE]
    counting = [one for one in running if one.kind is not RoundKind.PRACTICE]
    for one in (*counting, *running):
        if one.attempts_left:
            verb = "练一练" if one.kind is RoundKind.PRACTICE else "再答一次" if one.has_begun else "答题"
            if one.kind is RoundKind.LIVE:
                return f"{one.title}：主持人逐题出题，点进去等题，{one.closes} 止。"
            return f"现在可以{verb}：{one.title}，{one.closes} 止。"
    if counting:
        return f"{counting[0].title}今天的机会已用完，{counting[0].closes} 止。"
    if any(one.is_running for one in mine):
        return "现场决赛正在进行，请到会场。"
    coming = next((one for one in mine if one.is_upcoming), None)
    if coming is not None:
        return f"下一轮：{coming.title}，{coming.opens} 开始。"
    if any(one.is_upcoming or one.is_running for one in rounds):
        return "现在不用做什么，每一轮怎么参加写在下面。"
    return "各轮都已结束，可以看榜单。"

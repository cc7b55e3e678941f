"""The single facts behind the scores of persons, many at once: what happened in the period, how much it counts, and where it stands.

Every function answers for the persons it is given and nobody else. Days and instants are those of the period in Asia/Shanghai, first and
last day included.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lms import clock
from lms.contests.models import Contest, Round, RoundEntry
from lms.contests.rules import ContestState, RoundKind
from lms.courses.models import Course, Lesson, Resource, Series
from lms.courses.review_rules import ResourceKind, ResourceState
from lms.gatherings.models import Entry, Gathering
from lms.gatherings.rules import GatheringState, Mark
from lms.hours import queries as hours
from lms.hours.models import HourEntry
from lms.quizzes.models import Attempt
from lms.quizzes.rules import Purpose, State
from lms.stars.catalogue_rules import Gate, Source
from lms.stars.period_rules import Span

WRITTEN = (ResourceKind.DOCUMENT, ResourceKind.ARTICLE)
CASE = "案例"


@dataclass(frozen=True)
class Fact:
    """One fact: `amount` in 1/1000 (a right share of 90 % is 900, one lecture 1000), in words, its day, and its address ("" for none)."""

    amount: int
    text: str
    on: date
    link: str = ""

    def to_json(self) -> dict[str, Any]:
        return {"amount": self.amount, "text": self.text, "on": self.on.isoformat(), "link": self.link}


@dataclass(frozen=True)
class Sitting:
    """Somebody's best result in one contest round or quiz, as a share in 1/1000."""

    person_id: int
    subject: str
    title: str
    amount: int
    on: date
    link: str


Facts = dict[int, list[Fact]]


def bounds(span: Span) -> tuple[datetime, datetime]:
    """The instants at which the period begins and is over."""
    return clock.start_of(span.first_on), clock.start_of(span.last_on + timedelta(days=1))


# --- accuracy ------------------------------------------------------------------------------------------------------


def list_sittings(session: Session, ids: Sequence[int], span: Span, *, contests: bool, quizzes: bool) -> list[Sitting]:
    """The best result of each person in each ranked contest round and each course or lesson quiz handed in within the period."""
    found: list[Sitting] = []
    if contests:
        found += _best(session.execute(_within(_CONTESTS, ids, span)), "/contests/rounds/{}/board")
    if quizzes:
        found += _best(session.execute(_within(_COURSES, ids, span)), "/courses/{}")
        found += _best(session.execute(_within(_LESSONS, ids, span)), "/courses/lessons/{}/quiz")
    return found


def _within(query: Select[*tuple[Any, ...]], ids: Sequence[int], span: Span) -> Select[*tuple[Any, ...]]:
    first, after = bounds(span)
    return query.where(
        Attempt.person_id.in_(ids), Attempt.submitted_at >= first, Attempt.submitted_at < after,
        Attempt.state != State.OPEN, Attempt.score_millis.is_not(None), Attempt.max_millis > 0,
    ).order_by(Attempt.submitted_at, Attempt.id)  # fmt: skip


_RESULT = (Attempt.person_id, Attempt.subject_id, Attempt.score_millis, Attempt.max_millis, Attempt.submitted_at)
_CONTESTS = (
    select(*_RESULT, Contest.title)
    .join(Round, Round.id == Attempt.subject_id)
    .join(Contest, Contest.id == Round.contest_id)
    .join(RoundEntry, (RoundEntry.round_id == Round.id) & (RoundEntry.person_id == Attempt.person_id))
    .where(Attempt.purpose == Purpose.CONTEST, Round.kind == RoundKind.ONLINE, Contest.state == ContestState.OPEN)
    .where(RoundEntry.is_ranked)
)
_COURSES = (
    select(*_RESULT, Course.title)
    .join(Course, Course.id == Attempt.subject_id)
    .where(Attempt.purpose == Purpose.COURSE)
)
_LESSONS = (
    select(*_RESULT, Lesson.title)
    .join(Lesson, Lesson.id == Attempt.subject_id)
    .where(Attempt.purpose == Purpose.LESSON)
)


def _best(rows: Iterable[Any], link: str) -> list[Sitting]:
    best: dict[tuple[int, int], Sitting] = {}
    for person_id, subject_id, score, most, at, title in rows:
        sitting = Sitting(
            person_id, link, title, min(1000, score * 1000 // most), clock.today(at), link.format(subject_id)
        )
        standing = best.get((person_id, subject_id))
        if standing is None or standing.amount < sitting.amount:
            best[person_id, subject_id] = sitting
    return list(best.values())


def _accuracy(session: Session, ids: Sequence[int], span: Span, **which: bool) -> Facts:
    found: Facts = defaultdict(list)
    for one in list_sittings(session, ids, span, **which):
        found[one.person_id].append(Fact(one.amount, f"{one.title}：正确率 {one.amount / 10:g}%", one.on, one.link))
    return found


# --- contributions -------------------------------------------------------------------------------------------------


def _lectures(session: Session, ids: Sequence[int], span: Span) -> Facts:
    """Lectures given, as the ledger credits them; a source that was corrected to nothing counts for nothing."""
    entries = session.scalars(
        select(HourEntry)
        .where(HourEntry.person_id.in_(ids), HourEntry.on.between(span.first_on, span.last_on))
        .order_by(HourEntry.revision, HourEntry.id)
    ).all()
    sources: dict[tuple[int, str, int], list[HourEntry]] = defaultdict(list)
    for entry in entries:
        sources[entry.person_id, entry.source_kind, entry.source_id].append(entry)
    found: Facts = defaultdict(list)
    for (person_id, kind, source_id), lines in sources.items():
        given = any(line.evidence.get("conversion") == hours.LECTURING for line in lines)
        if given and sum(line.quarters for line in lines) > 0:
            link = f"/gatherings/{source_id}" if kind == "gathering" else ""
            found[person_id].append(Fact(1000, lines[0].title, lines[0].on, link))
    return found


def _materials(session: Session, ids: Sequence[int], span: Span, *, cases: bool) -> Facts:
    """Resources of theirs in the library that were first published within the period, cases apart from everything else."""
    owner = func.coalesce(Resource.lecturer_id, Resource.created_by_id)
    rows = session.execute(
        select(owner, Resource.id, Resource.title, Resource.kind, Resource.published_at, Series.name)
        .outerjoin(Series, Series.id == Resource.series_id)
        .where(owner.in_(ids), Resource.state == ResourceState.PUBLISHED, Resource.replaces_id.is_(None))
        .where(Resource.published_at.is_not(None))
        .order_by(Resource.published_at, Resource.id)
    ).all()
    before = _first_versions(session, [row.id for row in rows])
    first, after = bounds(span)
    found: Facts = defaultdict(list)
    for person_id, resource_id, title, kind, published_at, series in rows:
        assert published_at is not None
        at = min(published_at, before.get(resource_id, published_at))
        is_case = kind in WRITTEN and CASE in title + (series or "")
        if first <= at < after and is_case is cases:
            found[person_id].append(Fact(1000, f"《{title}》", clock.today(at), f"/library/{resource_id}"))
    return found


def _first_versions(session: Session, ids: Sequence[int]) -> dict[int, datetime]:
    """Resource → when its first version was published, where there was one before: a new version is no new contribution."""
    rows = session.execute(
        select(Resource.replaces_id, Resource.published_at)
        .where(Resource.replaces_id.in_(ids), Resource.state == ResourceState.SUPERSEDED)
        .where(Resource.published_at.is_not(None))
        .order_by(Resource.published_at.desc())
    )
    return {replaced: at for replaced, at in rows if replaced is not None and at is not None}


PERSONAL: Mapping[Source, Callable[[Session, Sequence[int], Span], Facts]] = {
    Source.ACCURACY: lambda session, ids, span: _accuracy(session, ids, span, contests=True, quizzes=True),
    Source.CONTEST_ACCURACY: lambda session, ids, span: _accuracy(session, ids, span, contests=True, quizzes=False),
    Source.QUIZ_ACCURACY: lambda session, ids, span: _accuracy(session, ids, span, contests=False, quizzes=True),
    Source.LECTURES: _lectures,
    Source.MATERIALS: lambda session, ids, span: _materials(session, ids, span, cases=False),
    Source.CASES: lambda session, ids, span: _materials(session, ids, span, cases=True),
}
"""Sources that are measured for persons by the period alone."""


# --- gates ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Passage:
    """How somebody stands at a gate."""

    is_open: bool
    text: str

    def to_json(self, gate: Gate) -> dict[str, Any]:
        return {"gate": gate.value, "is_open": self.is_open, "text": self.text}


def _on_pace(session: Session, ids: Sequence[int], span: Span) -> dict[int, Passage]:
    """Whether every duty of the year was on pace on the last day, by what was earned up to it."""
    on = span.last_on
    earned: dict[tuple[int, Any], int] = defaultdict(int)
    rows = session.execute(
        select(HourEntry.person_id, HourEntry.bucket, func.sum(HourEntry.quarters))
        .where(HourEntry.person_id.in_(ids), HourEntry.year == on.year, HourEntry.on <= on)
        .group_by(HourEntry.person_id, HourEntry.bucket)
    )
    for person_id, bucket, quarters in rows:
        earned[person_id, bucket] = int(quarters)
    return {person_id: _pace_of(session, person_id, on, earned) for person_id in ids}


def _pace_of(session: Session, person_id: int, on: date, earned: Mapping[tuple[int, Any], int]) -> Passage:
    duties = [s for s in hours.requirements_of(session, person_id, on.year, today=on) if s.requirement.is_duty]
    told, is_open = [], True
    for duty in duties:
        bucket = duty.requirement.bucket
        has = duty.earned if bucket is None else earned[person_id, bucket]
        is_open = is_open and has >= duty.pace
        told.append(f"{duty.label} {has / 4:g}/{duty.pace / 4:g} 学时")
    return Passage(is_open, "、".join(told) or "没有学时要求")


def _no_absence(session: Session, ids: Sequence[int], span: Span) -> dict[int, Passage]:
    """Whether somebody who was due was absent without leave from a gathering of a branch whose roll is closed."""
    rows = session.execute(
        select(Entry.person_id, func.count())
        .join(Gathering, Gathering.id == Entry.gathering_id)
        .where(Entry.person_id.in_(ids), Entry.mark == Mark.ABSENT, Entry.is_due)
        .where(Gathering.state == GatheringState.HELD, Gathering.branch_id.is_not(None))
        .where(Gathering.held_on.between(span.first_on, span.last_on))
        .group_by(Entry.person_id)
    )
    missed = {person_id: count for person_id, count in rows}
    return {
        person_id: Passage(person_id not in missed, f"未请假缺席 {missed.get(person_id, 0)} 次") for person_id in ids
    }


PASSAGES: Mapping[Gate, Callable[[Session, Sequence[int], Span], dict[int, Passage]]] = {
    Gate.HOURS_ON_PACE: _on_pace,
    Gate.NO_ABSENCE: _no_absence,
}

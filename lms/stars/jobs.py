"""Cycles are opened when their period is over, recommending ends by the calendar, and what was measured is compared with the facts daily."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from lms import clock
from lms.db import MakeSession, unit_of_work
from lms.stars import queries, services
from lms.stars.errors import CycleMoved
from lms.stars.models import ProgrammeState, StarCycle, StarProgramme
from lms.stars.period_rules import Period, Span, due_spans
from lms.stars.pool_queries import list_contest_periods
from lms.tasks.jobs import Job
from lms.tasks.services import Run

CHECK_EVERY = timedelta(hours=20)
CHECKED_FOR = timedelta(days=120)
"""So long after its measuring a cycle is still compared with the facts."""


@dataclass(frozen=True)
class DuePeriod:
    span: Span
    label: str
    cut_off_on: date
    round_id: int | None = None


def due_periods(session: Session, programme: StarProgramme, today: date) -> Iterator[DuePeriod]:
    """The periods of the programme that are over and have no cycle yet, oldest first."""
    assert programme.started_at is not None
    there = queries.list_open_keys(session, programme.id)
    if programme.period is Period.CONTEST:
        found = [
            DuePeriod(one.span, one.title[:60], one.cut_off_on, one.round_id)
            for one in list_contest_periods(session, programme, programme.started_at)
        ]
    else:
        since = clock.today(programme.started_at)
        found = [DuePeriod(s, s.label, s.last_on) for s in due_spans(programme.period, since=since, today=today)]
    yield from (one for one in found if one.span.key not in there)


def open_due(make_session: MakeSession, now: datetime) -> int:
    """Each period that is due has its cycle, each made in a transaction of its own; returns how many were made here. A second run, or a
    second node, finds nothing left to do."""
    with make_session() as session:
        due = [
            (programme.id, one)
            for programme in queries.list_running(session)
            for one in due_periods(session, programme, clock.today(now))
        ]
    opened = 0
    for programme_id, one in due:
        with unit_of_work(make_session) as session:
            programme = session.get_one(StarProgramme, programme_id)
            if programme.state is ProgrammeState.RUNNING:
                opened += services.open_cycle(
                    session, programme, one.span, label=one.label, cut_off_on=one.cut_off_on, round_id=one.round_id, now=now
                )  # fmt: skip
    return opened


def end_recommending(make_session: MakeSession, now: datetime) -> None:
    """Cycles whose last day for recommending is over are up for review."""
    with make_session() as session:
        due = list(queries.list_ending_recommendations(session, clock.today(now)))
    for cycle_id in due:
        try:
            with unit_of_work(make_session) as session:
                services.close_recommending(session, cycle_id, by_id=None, now=now)
        except CycleMoved:
            continue  # another node, or a person, was faster


def compare_with_facts(make_session: MakeSession, now: datetime) -> None:
    """Cycles that were measured lately are compared with the facts once a day, so that a corrected key shows as a change."""
    with make_session() as session:
        due = list(queries.list_to_check(session, now - CHECK_EVERY, now - CHECKED_FOR))
    for cycle_id in due:
        with unit_of_work(make_session) as session:
            if services.claim_check(session, cycle_id, before=now - CHECK_EVERY, now=now):
                services.ask_for_measuring(session, session.get_one(StarCycle, cycle_id), by_id=None, compare=True, now=now)  # fmt: skip


def run(make_session: MakeSession, now: datetime) -> None:
    open_due(make_session, now)
    end_recommending(make_session, now)
    compare_with_facts(make_session, now)


JOBS = [Job("stars.cycles", 600, run)]
KINDS: Mapping[str, Run] = {
    services.MEASURE: services.run_measuring,
    services.PREVIEW: services.run_preview,
    services.CERTIFY: services.certify,
}

"""Cycles are opened exactly once, whatever the scheduler goes through (R07)."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from time_machine import travel

from lms import clock
from lms.audit.models import AuditRecord
from lms.db import MakeSession
from lms.stars import jobs, queries, services
from lms.stars.models import StarCandidate, StarCycle, StarRuleVersion
from lms.stars.period_rules import Period
from lms.stars.rules import CycleState
from lms.stars.services.measuring import run_measuring
from lms.tasks.models import Task
from lms.tasks.services import TaskContext, run_due
from tests.stars.conftest import DAY, NEW_YEAR, NOW

HOUR = timedelta(hours=1)


def keys_of(session: Session) -> list[str]:
    session.expire_all()
    return list(session.scalars(select(StarCycle.period_key).order_by(StarCycle.first_on)))


def at(year: int, month: int, day: int, hour: int = 1) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def test_a_quarter_has_no_cycle_before_it_is_over_and_one_afterwards(start, session, make_session):
    start()
    assert jobs.open_due(make_session, NEW_YEAR - timedelta(seconds=1)) == 0
    assert jobs.open_due(make_session, NEW_YEAR) == 1
    (cycle,) = session.scalars(select(StarCycle))
    assert (cycle.period_key, cycle.label, cycle.state) == ("2026-Q4", "2026年第四季度", CycleState.MEASURING)
    assert (cycle.first_on.isoformat(), cycle.cut_off_on.isoformat()) == ("2026-10-01", "2026-12-31")


def test_running_twice_opens_one(start, session, make_session):
    start()
    assert jobs.open_due(make_session, NEW_YEAR) == 1
    assert jobs.open_due(make_session, NEW_YEAR) == 0
    assert jobs.open_due(make_session, NEW_YEAR + 20 * DAY) == 0
    assert keys_of(session) == ["2026-Q4"]
    assert session.scalar(select(func.count()).select_from(Task)) == 1
    opened = select(func.count()).where(AuditRecord.action == "star:open")
    assert session.scalar(opened) == 1


def test_two_nodes_at_once_open_one(start, session, make_session):
    start(period=Period.MONTH, at=at(2026, 8, 10))
    counts: list[int] = []
    ready = threading.Barrier(4)

    def node() -> None:
        ready.wait()
        counts.append(jobs.open_due(make_session, at(2026, 12, 2)))

    nodes = [threading.Thread(target=node) for _ in range(4)]
    for one in nodes:
        one.start()
    for one in nodes:
        one.join()
    assert sum(counts) == 4
    assert keys_of(session) == ["2026-08", "2026-09", "2026-10", "2026-11"]
    assert session.scalar(select(func.count()).select_from(Task)) == 4


def test_three_missed_months_are_made_up_for_with_the_rows_of_a_scheduler_that_never_stopped(
    start, session, make_session
):
    start(period=Period.MONTH, at=at(2026, 8, 10))
    second = start(period=Period.MONTH, at=at(2026, 8, 10))
    columns = (StarCycle.period_key, StarCycle.first_on, StarCycle.last_on, StarCycle.cut_off_on, StarCycle.label)

    def rows(programme_id: int) -> list[tuple[object, ...]]:
        found = select(*columns).where(StarCycle.programme_id == programme_id).order_by(StarCycle.first_on)
        return [tuple(row) for row in session.execute(found)]

    for month in (9, 10, 11, 12):
        jobs.open_due(make_session, at(2026, month, 1))
    regular = rows(second.id)
    third = start(period=Period.MONTH, at=at(2026, 8, 10))
    assert jobs.open_due(make_session, at(2026, 12, 1)) == 4
    assert rows(third.id) == regular
    assert len(regular) == 4


class Killed(BaseException):
    """The process ends."""


def dying(make_session: MakeSession, after: int) -> Callable[[], Session]:
    """A process that is killed when it opens its session number `after` + 1."""
    opened = iter(range(after))

    def make() -> Session:
        if next(opened, None) is None:
            raise Killed
        return make_session()

    return make


@pytest.mark.parametrize("after", [1, 2, 3, 4])
def test_killed_midway_the_rest_is_opened_by_the_next_run(start, session, make_session, after):
    start(period=Period.MONTH, at=at(2026, 8, 10))
    with pytest.raises(Killed):
        jobs.open_due(dying(make_session, after), at(2026, 12, 2))
    assert len(keys_of(session)) == after - 1
    assert jobs.open_due(make_session, at(2026, 12, 2)) == 5 - after
    assert keys_of(session) == ["2026-08", "2026-09", "2026-10", "2026-11"]
    tasks = list(session.scalars(select(Task)))
    assert sorted(task.input["cycle_id"] for task in tasks) == list(session.scalars(select(StarCycle.id)))


def test_a_clock_set_back_opens_nothing_again(start, session, make_session):
    start(period=Period.MONTH, at=at(2026, 8, 10))
    jobs.open_due(make_session, at(2026, 12, 2))
    before = keys_of(session)
    assert jobs.open_due(make_session, at(2026, 9, 15)) == 0
    assert jobs.open_due(make_session, at(2026, 12, 2)) == 0
    assert keys_of(session) == before


@pytest.fixture
def host_zone(request: pytest.FixtureRequest) -> Iterator[str]:
    before = os.environ.get("TZ", "UTC")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    os.environ["TZ"] = before
    time.tzset()


@pytest.mark.parametrize(
    "host_zone", ["UTC", "Asia/Shanghai", "America/Los_Angeles", "Pacific/Kiritimati"], indirect=True
)
def test_the_quarter_ends_at_midnight_in_shanghai_wherever_the_host_stands(start, session, make_session, host_zone):
    start()
    with travel(NEW_YEAR - timedelta(seconds=1), tick=False):
        jobs.run(make_session, clock.now())
    assert keys_of(session) == []
    with travel(NEW_YEAR, tick=False):
        jobs.run(make_session, clock.now())
    assert keys_of(session) == ["2026-Q4"]
    (cycle,) = session.scalars(select(StarCycle))
    assert (cycle.first_on.isoformat(), cycle.last_on.isoformat()) == ("2026-10-01", "2026-12-31")


def test_a_stopped_programme_and_a_draft_open_nothing(start, session, make_session, cast):
    stopped = start()
    services.stop_programme(session, stopped, by_id=cast.hua.id, now=NOW)
    session.commit()
    assert jobs.open_due(make_session, NEW_YEAR) == 0


def test_a_rule_changed_within_a_period_counts_from_the_next_one_on(start, session, make_session, cast):
    programme = start(period=Period.MONTH)
    newest = queries.newest_version(session, programme.id)
    with_more = newest.star_rule.from_json(newest.rule | {"no_repeat": 3})
    services.save_rule(session, programme, with_more, by_id=cast.hua.id, now=NOW + DAY)
    session.commit()
    jobs.open_due(make_session, at(2027, 1, 2))
    followed = {
        cycle.period_key: session.get_one(StarRuleVersion, cycle.rule_id).version
        for cycle in session.scalars(select(StarCycle))
    }
    assert followed == {"2026-11": 2, "2026-12": 3}
    changes = session.scalars(select(AuditRecord).where(AuditRecord.action == "star:rule")).all()
    assert changes[-1].detail["after"]["no_repeat"] == 3
    assert changes[-1].detail["before"]["no_repeat"] == 1


# --- measuring ---


def rows_of(session: Session) -> list[tuple[object, ...]]:
    columns = (StarCandidate.holder_id, StarCandidate.score_millis, StarCandidate.parts, StarCandidate.obstacle)
    return [tuple(row) for row in session.execute(select(*columns).order_by(StarCandidate.holder_id))]


@pytest.mark.parametrize("after", [1, 2, 3])
def test_measuring_killed_midway_and_run_again_gives_what_it_gives_uninterrupted(
    start, session, make_session, lecture, cast, after, monkeypatch
):
    monkeypatch.setattr("lms.stars.services.measuring.AT_ONCE", 5)
    lecture(cast.lin.id)
    start()
    jobs.open_due(make_session, NEW_YEAR)
    (cycle,) = session.scalars(select(StarCycle))
    context = TaskContext(1, None, {"cycle_id": cycle.id}, dying(make_session, after), NEW_YEAR, {})
    with pytest.raises(Killed):
        run_measuring(context)
    assert len(rows_of(session)) < 14
    with travel(NEW_YEAR + HOUR, tick=False):
        run_due(make_session, jobs.KINDS, {})
    session.expire_all()
    once = rows_of(session)
    assert len(once) == 14
    services.ask_for_measuring(session, session.get_one(StarCycle, cycle.id), by_id=None, now=NEW_YEAR)
    session.commit()
    with travel(NEW_YEAR + HOUR, tick=False):
        run_due(make_session, jobs.KINDS, {})
    session.expire_all()
    assert rows_of(session) == once
    assert session.get_one(StarCycle, cycle.id).state is CycleState.RECOMMENDING


def test_recommending_ends_by_the_calendar_after_five_working_days(start, session, time_passes):
    start()
    time_passes(NEW_YEAR + HOUR)
    (cycle,) = session.scalars(select(StarCycle))
    # From New Year's Day: five working days later, whatever the holidays of 2027 are said to be.
    assert cycle.recommend_until_on == clock.add_working_days(clock.today(NEW_YEAR), 5)
    last = clock.start_of(cycle.recommend_until_on)
    time_passes(last + 23 * HOUR)
    assert session.get_one(StarCycle, cycle.id).state is CycleState.RECOMMENDING
    time_passes(last + 24 * HOUR)
    assert session.get_one(StarCycle, cycle.id).state is CycleState.REVIEWING

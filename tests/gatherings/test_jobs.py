"""The lock is written once per gathering: twice run, on two nodes, months missed, whatever zone the host is in."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.db import MakeSession
from lms.gatherings import services
from lms.gatherings.jobs import JOBS, lock_due
from lms.gatherings.models import Change, Gathering
from lms.scheduler import run_job
from tests.gatherings.north import FRIDAY, LONG_AFTER, NOON, theme_day


def locks(session: Session) -> int:
    session.expire_all()
    return session.scalar(select(func.count()).select_from(Change).where(Change.act == "lock")) or 0


@pytest.fixture
def gatherings(session: Session, cast: SimpleNamespace) -> list[Gathering]:
    return [theme_day(session, cast.chen, on=FRIDAY + timedelta(days=n)) for n in (0, 1, 30)]


def test_what_is_due_is_locked_once_and_what_is_not_stays_open(
    session: Session, make_session: MakeSession, gatherings: list[Gathering]
) -> None:
    assert lock_due(make_session, NOON) == 0
    assert lock_due(make_session, LONG_AFTER) == 2
    assert lock_due(make_session, LONG_AFTER) == 0
    assert locks(session) == 2
    assert [gathering.locked_at for gathering in gatherings] == [gatherings[0].locks_at, gatherings[1].locks_at, None]


def test_two_nodes_at_once_write_each_lock_once(
    session: Session, make_session: MakeSession, gatherings: list[Gathering]
) -> None:
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: lock_due(make_session, LONG_AFTER), range(2)))
    assert sum(done) == locks(session) == 2


def test_three_missed_months_are_caught_up_in_one_run(
    session: Session, make_session: MakeSession, gatherings: list[Gathering]
) -> None:
    assert lock_due(make_session, LONG_AFTER + timedelta(days=92)) == 3
    assert locks(session) == 3


def test_a_run_of_the_scheduler_is_claimed_once_and_a_clock_set_back_locks_nothing_twice(
    session: Session, make_session: MakeSession, gatherings: list[Gathering]
) -> None:
    (job,) = JOBS
    assert run_job(job, make_session, LONG_AFTER)
    assert not run_job(job, make_session, LONG_AFTER)
    assert run_job(job, make_session, LONG_AFTER - timedelta(days=1))
    assert locks(session) == 2


@pytest.fixture(params=["UTC", "Asia/Shanghai", "America/New_York", "Pacific/Auckland"])
def zone(request: pytest.FixtureRequest) -> Iterator[str]:
    before = os.environ.get("TZ", "UTC")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    os.environ["TZ"] = before
    time.tzset()


def test_the_zone_of_the_host_moves_no_lock(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, zone: str
) -> None:
    made = theme_day(session, cast.chen)
    assert (made.held_on, made.locks_at.isoformat()) == (FRIDAY, "2026-12-09T16:00:00+00:00")
    assert lock_due(make_session, made.locks_at - timedelta(seconds=1)) == 0
    assert lock_due(make_session, made.locks_at) == 1


def test_a_cancelled_gathering_is_not_locked(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, gatherings: list[Gathering]
) -> None:
    services.cancel(session, gatherings[0], reason="防汛", by_id=cast.chen.id, now=NOON)
    session.commit()
    assert lock_due(make_session, LONG_AFTER) == 1

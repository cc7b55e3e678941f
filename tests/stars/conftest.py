"""A programme of learning stars for the quarter that runs now, a contest in it, and a way to let time pass."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session
from time_machine import travel

from lms import clock
from lms.db import MakeSession
from lms.hours import bulk
from lms.hours.bulk import Credit
from lms.hours.rules import Bucket, Source
from lms.people.models import Unit
from lms.stars import jobs, queries, services
from lms.stars.models import StarCandidate, StarCycle, StarProgramme
from lms.stars.period_rules import Period
from lms.stars.preset_rules import PRESETS
from lms.stars.queries import CycleLine
from lms.stars.rules import StarRule
from lms.stars.services import Draft
from lms.tasks.services import run_due
from tests.contests.conftest import bank, make_contest, running  # noqa: F401  (fixtures)

NOW = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
NEW_YEAR = datetime(2026, 12, 31, 16, 0, tzinfo=UTC)
"""Midnight in Shanghai, the quarter is over."""
DAY = timedelta(days=1)

Start = Callable[..., StarProgramme]
Pass = Callable[[datetime], None]


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture
def bureau(session: Session) -> Unit:
    return session.scalars(select(Unit).where(Unit.parent_id.is_(None))).one()


@pytest.fixture
def start(session: Session, cast: SimpleNamespace, bureau: Unit) -> Start:
    """`start(preset, period=…, at=…, **changes of the rule)`: a running programme of the whole bureau, without gates unless given."""

    def make(
        preset: str = "learning", period: Period = Period.QUARTER, at: datetime = NOW, **changes: object
    ) -> StarProgramme:
        draft = Draft(PRESETS[preset], PRESETS[preset].name, period)
        made = services.create_programme(session, draft, bureau, by_id=cast.hua.id, now=at)
        session.flush()
        rule: StarRule = replace(PRESETS[preset].rule, **({"gates": ()} | changes))  # type: ignore[arg-type]
        services.save_rule(session, made, rule, by_id=cast.hua.id, now=at)
        session.flush()
        services.start_programme(session, made, by_id=cast.hua.id, now=at)
        session.commit()
        return made

    return make


@pytest.fixture
def time_passes(session: Session, make_session: MakeSession) -> Pass:
    """`time_passes(until)`: the scheduler's run and the tasks of that moment are done."""

    def run(until: datetime) -> None:
        session.commit()
        with travel(until, tick=False):
            jobs.run(make_session, until)
            run_due(make_session, jobs.KINDS, {})
        session.expire_all()

    return run


@pytest.fixture
def lecture(session: Session) -> Callable[..., None]:
    """`lecture(person, day)`: the ledger says that the person gave one."""

    def give(person_id: int, at: datetime = NOW, source: int = 1) -> None:
        evidence = {"conversion": "lecture", "seconds": 3600, "is_first": True}
        credit = Credit(
            person_id, Source("lecture", source), Bucket.OFFLINE, clock.today(at), "耕地保护法讲座", evidence, at
        )
        bulk.add_entries(session, [credit])
        session.commit()

    return give


@pytest.fixture
def line_of(session: Session) -> Callable[[], CycleLine]:
    """The newest cycle as it stands."""

    def find() -> CycleLine:
        session.expire_all()
        return queries.list_cycles(session)[0]

    return find


def candidate(session: Session, cycle: StarCycle, holder_id: int) -> StarCandidate:
    found = session.scalars(
        select(StarCandidate.id).where(StarCandidate.cycle_id == cycle.id, StarCandidate.holder_id == holder_id)
    ).one()
    whole = queries.find_candidate(session, found)
    assert whole is not None
    session.refresh(whole)
    return whole


def points_of(one: StarCandidate) -> dict[str, int]:
    return {part["source"]: part["points"] for part in one.parts}

"""A pack reaches every branch exactly once: run twice, on two nodes, months missed, whatever zone the host is in (R07)."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import clock
from lms.db import MakeSession
from lms.demo.cast import NORTH_BRANCH, OFFICE_BRANCH, SOUTH_BRANCH
from lms.errors import Conflict, Invalid
from lms.gatherings import queries as gathering_queries
from lms.gatherings.kind_rules import GatheringKind
from lms.gatherings.models import Gathering
from lms.notices.models import Notice
from lms.people.models import Branch
from lms.scheduler import run_job
from lms.themedays import queries, services
from lms.themedays.jobs import JOBS, bring_packs
from lms.themedays.models import BranchMonth, MonthPack
from lms.themedays.rules import PartKind
from lms.themedays.services import PackFacts
from tests.themedays import december
from tests.themedays.december import DECEMBER, NOON, Shelf, branch

LATER = NOON + timedelta(minutes=1)


def reached(session: Session, month: date = DECEMBER) -> list[str]:
    session.expire_all()
    query = select(Branch.name).join(BranchMonth, BranchMonth.branch_id == Branch.id).where(BranchMonth.month == month)
    return sorted(session.scalars(query))


def told(session: Session) -> dict[int, int]:
    """Person → how many notices speak of a pack."""
    query = (
        select(Notice.person_id, func.count()).where(Notice.text.contains("主题党日方案")).group_by(Notice.person_id)
    )
    return {person_id: count for person_id, count in session.execute(query)}


def test_every_branch_with_members_gets_it_once_and_its_secretary_is_told_once(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, pack: MonthPack
) -> None:
    assert bring_packs(make_session, LATER) == 3
    assert bring_packs(make_session, LATER) == 0
    assert reached(session) == sorted([NORTH_BRANCH, SOUTH_BRANCH, OFFICE_BRANCH])
    assert told(session) == {cast.chen.id: 1, cast.mei.id: 1}
    session.refresh(pack)
    assert pack.pushed_at == LATER


def test_a_draft_reaches_nobody(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, shelf: Shelf
) -> None:
    december.draft(session, cast.wen, shelf)
    assert bring_packs(make_session, LATER) == 0
    assert reached(session) == []
    assert queries.month_of(session, branch(session).id, DECEMBER).pack is None


def test_two_nodes_at_once_reach_each_branch_once(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, pack: MonthPack
) -> None:
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: bring_packs(make_session, LATER), range(2)))
    assert sum(done) == 3
    assert len(reached(session)) == 3
    assert told(session) == {cast.chen.id: 1, cast.mei.id: 1}


def test_the_scheduler_s_claim_lets_one_of_two_runs_of_a_minute_do_it(
    make_session: MakeSession, pack: MonthPack
) -> None:
    assert [run_job(JOBS[0], make_session, LATER), run_job(JOBS[0], make_session, LATER)] == [True, False]


def test_a_push_that_was_cut_off_goes_on_where_it_stopped(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, pack: MonthPack
) -> None:
    assert services.push_pack(session, pack, now=LATER, most=1) == 1
    session.commit()
    assert len(reached(session)) == 1
    assert bring_packs(make_session, LATER) == 2
    assert told(session) == {cast.chen.id: 1, cast.mei.id: 1}


def test_missed_months_are_published_and_pushed_in_one_run_but_nobody_is_told_of_what_is_over(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, shelf: Shelf
) -> None:
    months = [date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1), DECEMBER, date(2027, 1, 1)]
    for month in months:
        december.draft(session, cast.wen, shelf, month, publishes_on=month - timedelta(days=3))
    assert bring_packs(make_session, NOON) == 4 * 3
    assert bring_packs(make_session, NOON) == 0
    assert [len(reached(session, month)) for month in months] == [3, 3, 3, 3, 0]
    assert told(session) == {cast.chen.id: 2, cast.mei.id: 2}, "of November, which still runs, and of December"


def test_an_incomplete_draft_waits_although_its_day_has_come(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, shelf: Shelf
) -> None:
    pack = december.draft(session, cast.wen, shelf, publishes_on=date(2026, 11, 1))
    services.set_part(session, pack, PartKind.FILM, None, now=NOON)
    session.commit()
    assert bring_packs(make_session, LATER) == 0
    services.set_part(session, pack, PartKind.FILM, shelf.film, now=NOON)
    session.commit()
    assert bring_packs(make_session, LATER) == 3


@pytest.mark.parametrize("zone", ["UTC", "America/Los_Angeles", "Pacific/Kiritimati"])
def test_the_day_of_publication_begins_at_midnight_in_shanghai(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, shelf: Shelf, zone: str
) -> None:
    december.draft(session, cast.wen, shelf, publishes_on=date(2026, 12, 1))
    midnight = datetime(2026, 11, 30, 16, 0, tzinfo=UTC)
    before = os.environ.get("TZ")
    try:
        os.environ["TZ"] = zone
        time.tzset()
        assert bring_packs(make_session, midnight - timedelta(seconds=1)) == 0
        assert bring_packs(make_session, midnight) == 3
    finally:
        os.environ["TZ"] = before or "UTC"
        time.tzset()


def test_a_branch_that_planned_before_keeps_its_plan_and_has_the_pack(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, pack: MonthPack
) -> None:
    made = december.plan(session, cast.chen)
    bring_packs(make_session, LATER)
    session.expire_all()
    line = queries.month_of(session, branch(session).id, DECEMBER)
    assert line.main is not None
    assert (line.main.id, line.branch_month.pack_id if line.branch_month else None) == (made.id, pack.id)
    assert told(session) == {cast.chen.id: 1, cast.mei.id: 1}


def test_one_hour_for_all_plans_the_same_study_in_every_branch_once(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, shelf: Shelf
) -> None:
    at = clock.at_local(date(2026, 12, 9), 9)
    december.publish(session, december.draft(session, cast.wen, shelf, together_at=at), cast.wen)
    bring_packs(make_session, LATER)
    bring_packs(make_session, LATER)
    session.expire_all()
    planned = session.scalars(select(Gathering).where(Gathering.kind == GatheringKind.SAME_THEME)).all()
    assert len(planned) == 3
    assert {one.starts_at for one in planned} == {at}
    line = queries.month_of(session, branch(session).id, DECEMBER)
    assert line.together is not None
    assert [m.ref_id for m in gathering_queries.list_materials(session, line.together.id)] == [shelf.lesson.id]
    assert line.together.host_id == cast.chen.id


def test_it_is_published_once_and_only_when_complete(session: Session, cast: SimpleNamespace, shelf: Shelf) -> None:
    pack = december.draft(session, cast.wen, shelf)
    services.set_part(session, pack, PartKind.LESSON, None, now=NOON)
    with pytest.raises(Invalid, match="还缺一课"):
        services.publish_pack(session, pack, by_id=cast.wen.id, now=NOON)
    services.set_part(session, pack, PartKind.LESSON, shelf.lesson, now=NOON)
    services.publish_pack(session, pack, by_id=cast.wen.id, now=NOON)
    with pytest.raises(Conflict, match="已经发布"):
        services.publish_pack(session, pack, by_id=cast.wen.id, now=NOON)


def test_a_month_has_one_pack(session: Session, cast: SimpleNamespace, shelf: Shelf) -> None:
    december.draft(session, cast.wen, shelf)
    with pytest.raises(Conflict, match="已经有了"):
        services.draft_pack(session, DECEMBER, PackFacts("另一个"), by_id=cast.wen.id, now=NOON)


def test_the_common_hour_lies_in_the_month_and_does_not_move_once_it_was_pushed(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, pack: MonthPack
) -> None:
    with pytest.raises(Invalid, match="要在本月"):
        services.change_pack(
            session,
            pack,
            PackFacts("主题", together_at=clock.at_local(date(2027, 1, 4), 9)),
            by_id=cast.wen.id,
            now=NOON,
        )
    bring_packs(make_session, LATER)
    session.refresh(pack)
    with pytest.raises(Invalid, match="由支部"):
        services.change_pack(
            session,
            pack,
            PackFacts("主题", together_at=clock.at_local(date(2026, 12, 9), 9)),
            by_id=cast.wen.id,
            now=NOON,
        )

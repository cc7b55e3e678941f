"""补学: opened by the roll, closed by the player, within 30 days, and never a change of the roll."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms import clock
from lms.db import MakeSession
from lms.gatherings import queries as gathering_queries
from lms.gatherings import services as gatherings
from lms.gatherings.models import Gathering
from lms.gatherings.rules import Cause, Mark
from lms.gatherings.services import Tap
from lms.hours.models import HourEntry
from lms.themedays import queries, services
from lms.themedays.models import MakeUp, MonthPack
from lms.themedays.rules import PartKind
from tests.themedays import december
from tests.themedays.december import AFTER, DECEMBER, Shelf, branch

SOON = AFTER + timedelta(hours=1)
LESSON, FILM, PRACTICE = PartKind


@pytest.fixture
def held(session: Session, cast: SimpleNamespace, pack: MonthPack) -> Gathering:
    """North's theme day with all three parts; bo was absent, lin on leave."""
    made = december.plan(session, cast.chen)
    leave = Tap(cast.lin.id, Mark.LEAVE, Cause.OFFICIAL)
    gatherings.mark(session, made, [leave], by_id=cast.chen.id, now=made.starts_at)
    december.hold(session, made, cast.chen, absent=(cast.bo,))
    return made


def made_up(session: Session) -> list[tuple[int, PartKind, bool]]:
    session.expire_all()
    lines = queries.make_ups_of_month(session, branch(session).id, DECEMBER)
    return sorted((one.make_up.person_id, one.kind, one.make_up.closed_at is not None) for one in lines)


def test_who_was_absent_or_on_leave_may_make_up_lesson_and_film(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, held: Gathering
) -> None:
    assert services.settle_make_ups(make_session, SOON) == 4
    assert services.settle_make_ups(make_session, SOON) == 0
    both = (cast.lin.id, cast.bo.id)
    assert made_up(session) == sorted((who, kind, False) for who in both for kind in (LESSON, FILM))
    due = {one.due_on for one in session.scalars(select(MakeUp))}
    assert due == {held.held_on + timedelta(days=30)}


def test_the_player_s_evidence_closes_it_and_the_roll_and_its_count_stay(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, held: Gathering, shelf: Shelf
) -> None:
    services.settle_make_ups(make_session, SOON)
    december.watch(session, shelf.lessons[0], cast.bo, SOON)
    assert services.settle_make_ups(make_session, SOON + timedelta(minutes=3)) == 1
    assert (cast.bo.id, LESSON, True) in made_up(session)
    closed = session.scalars(select(MakeUp).where(MakeUp.closed_at.is_not(None))).one()
    assert closed.evidence is not None
    assert closed.evidence["lesson"] == shelf.lessons[0].id
    session.refresh(held)
    assert (held.due_count, held.present_count, held.leave_count) == (5, 3, 1)
    entry = gathering_queries.find_entry(session, held.id, cast.bo.id)
    assert entry is not None
    assert entry.mark is Mark.ABSENT
    assert queries.count_made_up(session, branch(session).id, DECEMBER, DECEMBER) == {DECEMBER: 1}


def test_hours_are_those_of_the_player_and_not_those_of_the_meeting(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, held: Gathering, shelf: Shelf
) -> None:
    services.settle_make_ups(make_session, SOON)
    december.watch(session, shelf.lessons[0], cast.bo, SOON)
    december.watch(session, shelf.lessons[1], cast.bo, SOON + timedelta(minutes=5))
    services.settle_make_ups(make_session, SOON + timedelta(minutes=10))
    assert all(is_closed for who, _, is_closed in made_up(session) if who == cast.bo.id)
    sources = session.scalars(select(HourEntry.source_kind).where(HourEntry.person_id == cast.bo.id)).all()
    assert sorted(sources) == ["resource", "resource"]
    present = session.scalars(select(HourEntry.source_kind).where(HourEntry.person_id == cast.ed.id)).all()
    assert present == ["gathering"]


def test_what_is_finished_after_thirty_days_closes_nothing(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, held: Gathering, shelf: Shelf
) -> None:
    services.settle_make_ups(make_session, SOON)
    after = clock.start_of(held.held_on + timedelta(days=31))
    december.watch(session, shelf.lessons[0], cast.bo, after)
    assert services.settle_make_ups(make_session, after + timedelta(minutes=5)) == 0
    december.watch(session, shelf.lessons[1], cast.lin, after - timedelta(minutes=2))
    assert services.settle_make_ups(make_session, after + timedelta(minutes=5)) == 1


def test_a_scheduler_that_slept_for_two_months_misses_nothing_that_was_in_time(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, held: Gathering, shelf: Shelf
) -> None:
    december.watch(session, shelf.lessons[0], cast.bo, SOON)
    assert services.settle_make_ups(make_session, SOON + timedelta(days=60)) == 5
    assert (cast.bo.id, LESSON, True) in made_up(session)


def test_two_nodes_at_once_open_and_close_each_once(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, held: Gathering, shelf: Shelf
) -> None:
    december.watch(session, shelf.lessons[0], cast.bo, SOON)
    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(lambda _: services.settle_make_ups(make_session, SOON + timedelta(minutes=5)), range(2)))
    assert sum(done) == 5
    assert session.scalar(select(func.count()).select_from(MakeUp)) == 4


def test_who_had_studied_it_before_the_meeting_has_made_it_up(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, shelf: Shelf, pack: MonthPack
) -> None:
    made = december.plan(session, cast.chen)
    december.watch(session, shelf.lessons[0], cast.bo, made.starts_at - timedelta(days=5))
    december.hold(session, made, cast.chen, absent=(cast.bo,))
    services.settle_make_ups(make_session, SOON)
    assert made_up(session) == sorted([(cast.bo.id, LESSON, True), (cast.bo.id, FILM, False)])


def test_a_correction_to_present_takes_the_open_ones_back_and_hides_the_closed(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, held: Gathering, shelf: Shelf
) -> None:
    december.watch(session, shelf.lessons[0], cast.bo, SOON)
    services.settle_make_ups(make_session, SOON + timedelta(minutes=5))
    gatherings.mark(session, held, [Tap(cast.bo.id, Mark.PRESENT)], by_id=cast.chen.id, now=SOON)
    session.commit()
    assert all(who == cast.lin.id for who, _, _ in made_up(session))
    services.settle_make_ups(make_session, SOON + timedelta(minutes=10))
    left = session.scalars(select(MakeUp).where(MakeUp.person_id == cast.bo.id)).all()
    assert [one.closed_at is not None for one in left] == [True]


def test_a_film_that_was_not_shown_after_all_is_not_made_up(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, held: Gathering
) -> None:
    services.settle_make_ups(make_session, SOON)
    services.reopen_part(session, branch(session), DECEMBER, FILM, by_id=cast.chen.id, now=SOON)
    session.commit()
    services.settle_make_ups(make_session, SOON)
    assert {kind for _, kind, _ in made_up(session)} == {LESSON}


def test_what_no_course_shows_and_who_is_not_due_have_nothing_to_make_up(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, shelf: Shelf
) -> None:
    pack = december.draft(session, cast.wen, shelf)
    services.set_part(session, pack, LESSON, shelf.file, now=AFTER)
    december.publish(session, pack, cast.wen)
    made = december.plan(session, cast.chen)
    december.hold(session, made, cast.chen, absent=(cast.bo,))
    services.settle_make_ups(make_session, SOON)
    assert made_up(session) == [(cast.bo.id, FILM, False)]


def test_a_plan_that_was_not_held_yet_offers_nothing(
    session: Session, make_session: MakeSession, cast: SimpleNamespace, pack: MonthPack
) -> None:
    december.plan(session, cast.chen)
    assert services.settle_make_ups(make_session, SOON) == 0

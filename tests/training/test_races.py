"""Everybody at once: places, the waiting list and the closing have one outcome."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.certificates.models import Certificate
from lms.db import MakeSession, unit_of_work
from lms.errors import Conflict
from lms.gatherings import queries as gathering_queries
from lms.hours.models import HourEntry
from lms.notices.models import Notice
from lms.training import queries, services
from lms.training.models import ClassEnrolment, TrainingClass
from tests.training.bureau import AFTER, NOW, cadre, enrol, hold, opened, unit

MANY = 8


def at_once(acts: Sequence[Callable[[], object]]) -> list[object]:
    """What each comes to when all begin together; a refusal is its error."""
    gate = Barrier(len(acts))

    def run(act: Callable[[], object]) -> object:
        gate.wait()
        try:
            return act()
        except Conflict as refused:
            return refused

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def asks(make_session: MakeSession, class_id: int, person_id: int) -> Callable[[], str]:
    def ask() -> str:
        with unit_of_work(make_session) as own:
            training = own.get_one(TrainingClass, class_id)
            return services.enrol(own, training, person_id, by_id=person_id, now=NOW).state.value

    return ask


def leaves(make_session: MakeSession, class_id: int, person_id: int) -> Callable[[], None]:
    def leave() -> None:
        with unit_of_work(make_session) as own:
            training = own.get_one(TrainingClass, class_id)
            row = queries.find_enrolment(own, class_id, person_id)
            assert row
            services.withdraw(own, training, row, now=NOW + timedelta(hours=1))

    return leave


def states(session: Session, class_id: int) -> list[str]:
    session.rollback()
    rows = session.scalars(select(ClassEnrolment.state).where(ClassEnrolment.class_id == class_id))
    return sorted(state.value for state in rows)


def test_places_and_quota_hold_when_everybody_enrols_at_once_twice(
    session: Session, make_session: MakeSession, cast: SimpleNamespace
) -> None:
    training = opened(session, cast, places=3)
    services.set_quotas(session, training, {unit(session, "北区分局").id: 2}, by_id=cast.hua.id, now=NOW)
    session.commit()
    northerners = [cadre(session, f"n{number}").id for number in range(MANY // 2 - 1)]
    people = [*northerners, cast.dana.id]
    session.rollback()
    found = at_once([asks(make_session, training.id, person_id) for person_id in people * 2])
    assert not [each for each in found if isinstance(each, Conflict)]
    assert states(session, training.id) == ["placed"] * 3 + ["waiting"] * (len(people) - 3)
    session.refresh(training)
    assert training.placed_count == 3
    ((quota, _),) = queries.list_quotas(session, training.id)
    assert quota.placed_count == 2
    placed = queries.list_placed(session, training.id)
    assert cast.dana.id in placed
    for each in queries.list_meetings(session, training.id):
        assert gathering_queries.list_invitees(session, each.id) == placed


def test_places_given_up_at_once_go_to_the_first_who_wait_each_exactly_once(
    session: Session, make_session: MakeSession, cast: SimpleNamespace
) -> None:
    training = opened(session, cast, places=3)
    waiting = [cadre(session, f"w{number}") for number in range(5)]
    enrol(session, training, cast.lin, cast.bo, cast.dana, *waiting)
    leaving = [cast.lin.id, cast.bo.id, cast.dana.id, waiting[1].id]
    session.rollback()
    at_once([leaves(make_session, training.id, person_id) for person_id in leaving for _ in range(2)])
    assert states(session, training.id) == ["placed"] * 3 + ["waiting"] + ["withdrawn"] * 4
    assert queries.list_placed(session, training.id) == sorted(waiting[number].id for number in (0, 2, 3))
    promoted = (
        select(Notice.person_id, func.count()).where(Notice.text.contains("从候补转为录取")).group_by(Notice.person_id)
    )
    counts = dict(session.execute(promoted).all())  # type: ignore[arg-type]
    assert {waiting[0].id, waiting[2].id, waiting[3].id} <= set(counts)
    assert set(counts.values()) == {1}
    session.refresh(training)
    assert training.placed_count == 3


def test_a_class_closed_by_many_at_once_credits_and_certifies_once(
    session: Session, make_session: MakeSession, cast: SimpleNamespace
) -> None:
    training = opened(session, cast)
    enrol(session, training, cast.lin, cast.bo)
    hold(session, training, cast)
    session.rollback()

    def close() -> int:
        with unit_of_work(make_session) as own:
            return len(services.close_class(own, own.get_one(TrainingClass, training.id), by_id=cast.ada.id, now=AFTER))

    found = at_once([close] * 6)
    assert sorted(each for each in found if isinstance(each, int)) == [2]
    assert sum(isinstance(each, Conflict) for each in found) == 5
    session.rollback()
    assert session.scalar(select(func.count()).select_from(Certificate)) == 2
    assert session.scalar(select(func.count()).select_from(HourEntry).where(HourEntry.source_kind == "class")) == 2


def test_the_database_itself_refuses_more_people_than_places(session: Session, cast: SimpleNamespace) -> None:
    training = opened(session, cast, places=1)
    with pytest.raises(IntegrityError):
        session.execute(update(TrainingClass).where(TrainingClass.id == training.id).values(placed_count=2))
    session.rollback()

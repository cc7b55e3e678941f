"""Many people at once."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.audit.models import AuditRecord
from lms.db import MakeSession
from lms.errors import Conflict
from lms.people import queries
from lms.people.models import Membership, Person, Unit
from lms.people.rules import RankBand
from lms.people.services import bulk
from lms.people.services.bulk import PEOPLE_AT_ONCE, NewPerson, Place

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
BEFORE, MOVED = date(2024, 1, 1), date(2025, 6, 1)


def add(make_session: MakeSession, people: list[NewPerson]) -> dict[str, int]:
    return bulk.add_people(make_session, people, by_id=None, by="test", now=NOW)


def newcomers(count: int, *places: Place) -> list[NewPerson]:
    return [NewPerson(f"n{n}", f"新人{n}", RankBand.TOWNSHIP, places=places) for n in range(count)]


def test_people_come_with_their_history_so_that_rosters_of_any_day_are_right(
    make_session: MakeSession, session: Session, cast: SimpleNamespace
) -> None:
    north, south = (session.scalars(select(Unit).where(Unit.name == name)).one() for name in ("北区分局", "南区分局"))
    ids = add(make_session, newcomers(1, Place(north.id, None, BEFORE, MOVED), Place(south.id, None, MOVED)))
    then = {m.person_id for m in queries.roster(session, date(2025, 5, 31), unit_path=north.path)}
    now = {m.person_id for m in queries.roster(session, MOVED, unit_path=south.path)}
    assert ids["n0"] in then
    assert ids["n0"] in now


def test_a_large_addition_is_made_of_short_transactions_each_in_the_audit_log(
    make_session: MakeSession, session: Session
) -> None:
    ids = add(make_session, newcomers(PEOPLE_AT_ONCE + 1))
    assert len(set(ids.values())) == PEOPLE_AT_ONCE + 1
    added = select(AuditRecord).where(AuditRecord.action == "people.add").order_by(AuditRecord.number)
    noted = session.scalars(added).all()
    assert [record.detail["count"] for record in noted] == [PEOPLE_AT_ONCE, 1]


@pytest.mark.parametrize("twice", [["lin"], ["new", "NEW "]])
def test_a_staff_number_that_is_taken_is_named_and_its_transaction_adds_nobody(
    make_session: MakeSession, session: Session, twice: list[str]
) -> None:
    people = [NewPerson(number, "某人", RankBand.TOWNSHIP) for number in ("first", *twice)]
    with pytest.raises(Conflict, match=twice[0]):
        add(make_session, people)
    assert session.scalars(select(Person).where(Person.name == "某人")).all() == []


def test_somebody_without_a_place_belongs_nowhere_but_can_be_found(make_session: MakeSession, session: Session) -> None:
    ids = add(make_session, newcomers(1))
    assert queries.find_by_staff_no(session, "n0") is not None
    assert session.scalars(select(Membership).where(Membership.person_id == ids["n0"])).all() == []

"""Many people at once, for imports and demonstrations: short transactions, so that nobody else waits for the write turn."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.db import MakeSession, unit_of_work
from lms.errors import Conflict
from lms.people import rules
from lms.people.models import Membership, Person
from lms.people.rules import DutyStatus, PartyStatus, RankBand
from lms.people.services.accounts import initials_of

PEOPLE_AT_ONCE = 80


@dataclass(frozen=True)
class Place:
    """A stretch of membership; `until_on` is the first day that no longer counts."""

    unit_id: int
    branch_id: int | None
    from_on: date
    until_on: date | None = None
    party_status: PartyStatus = PartyStatus.NONE
    duty_status: DutyStatus = DutyStatus.ON_DUTY


@dataclass(frozen=True)
class NewPerson:
    """Somebody to add, with places in order of time. A password comes as a hash, made once for many."""

    staff_no: str
    name: str
    rank_band: RankBand
    birth_year: int | None = None
    title: str = ""
    password_hash: str | None = None
    places: tuple[Place, ...] = field(default=())


def add_people(
    make_session: MakeSession,
    people: Iterable[NewPerson],
    *,
    by_id: int | None,
    by: str,
    now: datetime,
    progress: Callable[[int], object] = lambda done: None,
) -> dict[str, int]:
    """Everybody with their memberships; ids by staff number. Each short transaction adds all its people and one audit record.

    Raises Conflict for a staff number that is taken; the people of earlier transactions stay.
    """
    made: dict[str, int] = {}
    for chunk in _chunks(people):
        with unit_of_work(make_session) as session:
            made |= _add(session, chunk, now)
            detail = {"first": chunk[0].staff_no, "last": chunk[-1].staff_no, "count": len(chunk)}
            audit.record(session, by_id, "people.add", f"persons:{len(chunk)}", detail, now=now, actor=by)
        progress(len(made))
    return made


def _chunks(people: Iterable[NewPerson]) -> Iterator[list[NewPerson]]:
    rest = iter(people)
    while chunk := list(islice(rest, PEOPLE_AT_ONCE)):
        yield chunk


def _add(session: Session, people: Sequence[NewPerson], now: datetime) -> dict[str, int]:
    numbers = [rules.normal_identity(one.staff_no) for one in people]
    _refuse_taken(session, numbers)
    rows = [_person_row(one, number, now) for one, number in zip(people, numbers, strict=True)]
    made = insert(Person).returning(Person.id, sort_by_parameter_order=True)
    ids = list(session.scalars(made, rows))
    places = [_place_row(place, id) for one, id in zip(people, ids, strict=True) for place in one.places]
    if places:
        session.execute(insert(Membership), places)
    return dict(zip(numbers, ids, strict=True))


def _refuse_taken(session: Session, numbers: Sequence[str]) -> None:
    taken = session.scalars(select(Person.staff_no).where(Person.staff_no.in_(numbers)).order_by(Person.staff_no))
    names = [*taken, *(n for n in sorted(set(numbers)) if numbers.count(n) > 1)]
    if names:
        raise Conflict(f"工号 {'、'.join(names[:5])} 已经属于另一个人，请核对。")


def _person_row(person: NewPerson, staff_no: str, now: datetime) -> dict[str, object]:
    return {
        "staff_no": staff_no,
        "name": person.name.strip(),
        "initials": initials_of(person.name),
        "rank_band": person.rank_band,
        "birth_year": person.birth_year,
        "title": person.title,
        "password_hash": person.password_hash,
        "password_set_at": now if person.password_hash else None,
        "password_history": [],
        "created_at": now,
    }


def _place_row(place: Place, person_id: int) -> dict[str, object]:
    return {**vars(place), "person_id": person_id}

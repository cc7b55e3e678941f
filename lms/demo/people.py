"""The bureau's trees, people and secretaries, put into the database."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.db import MakeSession, unit_of_work
from lms.demo import cast
from lms.demo.bureau import Bureau, PersonPlan, PlacePlan, secretaries
from lms.demo.site import Site
from lms.demo.trees import UNITS, list_branches
from lms.people import queries
from lms.people.models import Branch, Person, Unit
from lms.people.rules import RankBand, Role
from lms.people.services import bulk, grants, trees
from lms.people.services.bulk import NewPerson, Place
from lms.people.services.passwords import hash_password

FOUNDED_DAYS_AGO = 400
BY = "demo"


def load(site: Site) -> None:
    """Trees and the cast, then everybody else, then a secretary for each branch."""
    founded = site.ago(FOUNDED_DAYS_AGO)
    with unit_of_work(site.make_session) as session:
        house = cast.create_house(session, now=founded)
        _grow_units(session, house, founded)
        _grow_branches(session, house, founded)
        cast.create_cast(session, house, now=founded, password_at=site.now, parts=cast.CAST + cast.DEMONSTRATED)
    bureau = Bureau(site.today, people=site.size.people)
    numbers = bulk.add_people(
        site.make_session,
        _new_people(bureau.people, house),
        by_id=None,
        by=BY,
        now=founded,
        progress=lambda done: site.progress("people", done, len(bureau.people)),
    )
    _appoint_secretaries(site, secretaries(bureau.people), numbers, house, founded)


def _grow_units(session: Session, house: cast.House, now: datetime) -> None:
    for sort, plan in enumerate(UNITS, start=10):
        if plan.name not in house.units:
            house.units[plan.name] = trees.create_unit(
                session, name=plan.name, parent=house.units[plan.parent], sort=sort, by_id=None, by=BY, now=now
            )


def _grow_branches(session: Session, house: cast.House, now: datetime) -> None:
    for sort, plan in enumerate(list_branches(), start=10):
        if plan.name not in house.branches:
            house.branches[plan.name] = trees.create_branch(
                session, name=plan.name, parent=house.branches[plan.parent], sort=sort, by_id=None, by=BY, now=now
            )


def _new_people(plans: Iterable[PersonPlan], house: cast.House) -> Iterator[NewPerson]:
    for plan in plans:
        places = tuple(_place(place, house.units, house.branches) for place in plan.places)
        yield NewPerson(plan.staff_no, plan.name, plan.rank_band, plan.birth_year, plan.title, places=places)


def _place(plan: PlacePlan, units: dict[str, Unit], branches: dict[str, Branch]) -> Place:
    branch_id = branches[plan.branch].id if plan.branch else None
    unit_id = units[plan.unit].id
    return Place(unit_id, branch_id, plan.from_on, plan.until_on, plan.party_status, plan.duty_status)


def _appoint_secretaries(
    site: Site, chosen: dict[str, str], numbers: dict[str, int], house: cast.House, now: datetime
) -> None:
    with unit_of_work(site.make_session) as session:
        for branch, staff_no in chosen.items():
            person = session.get_one(Person, numbers[staff_no])
            grants.grant(session, person, Role.SECRETARY, branch=house.branches[branch], by_id=None, by=BY, now=now)


def add_crowd(make_session: MakeSession, count: int, *, now: datetime) -> int:
    """perf1 … perf`count`, over all units in turn; those who are there already stay as they are."""
    with make_session() as session:
        there = set(session.scalars(select(Person.staff_no).where(Person.staff_no.startswith("perf"))))
        units = [unit.id for unit in queries.list_units(session) if unit.parent_id is not None]
    hashed = hash_password(cast.PASSWORD)
    since = clock.today(now) - timedelta(days=365)
    missing = [number for number in range(1, count + 1) if f"perf{number}" not in there]
    people = (
        NewPerson(
            f"perf{number}",
            f"测试{number}号",
            RankBand.TOWNSHIP,
            password_hash=hashed,
            places=(Place(units[number % len(units)], None, since),),
        )
        for number in missing
    )
    return len(bulk.add_people(make_session, people, by_id=None, by=BY, now=now))

"""Read people, trees and rosters."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from lms.people.models import Branch, Membership, OneTimeCode, Person, RoleGrant, SignIn, Unit
from lms.people.rules import DutyStatus, PartyStatus, Role

Node = TypeVar("Node", Unit, Branch)


@dataclass(frozen=True)
class Member:
    """One line of a roster as of a day."""

    person_id: int
    staff_no: str
    name: str
    unit_id: int
    unit_name: str
    branch_id: int | None
    party_status: PartyStatus
    duty_status: DutyStatus

    @property
    def is_due(self) -> bool:
        """Due (应到): a full or probationary member who is on duty."""
        return self.party_status in (PartyStatus.FULL, PartyStatus.PROBATIONARY) and self.duty_status in (
            DutyStatus.ON_DUTY,
            DutyStatus.SECONDED,
        )


def _on(on: date) -> tuple[ColumnElement[bool], ...]:
    return (Membership.from_on <= on, Membership.until_on.is_(None) | (Membership.until_on > on))


def roster(session: Session, on: date, *, unit_path: str | None = None, branch_path: str | None = None) -> list[Member]:
    """Everybody who belonged to the subtree on that day, by staff number. Disabled accounts still belong."""
    query = (
        select(Person, Membership, Unit.name)
        .join(Membership, Membership.person_id == Person.id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(*_on(on))
        .order_by(Person.staff_no)
    )
    if unit_path is not None:
        query = query.where(Unit.path.startswith(unit_path, autoescape=True))
    if branch_path is not None:
        query = query.join(Branch, Branch.id == Membership.branch_id)
        query = query.where(Branch.path.startswith(branch_path, autoescape=True))
    return [
        Member(p.id, p.staff_no, p.name, m.unit_id, unit, m.branch_id, m.party_status, m.duty_status)
        for p, m, unit in session.execute(query)
    ]


def membership_of(session: Session, person_id: int, on: date) -> Membership | None:
    """Where the person belonged on that day."""
    query = select(Membership).where(Membership.person_id == person_id, *_on(on))
    return session.scalars(query.order_by(Membership.from_on.desc()).limit(1)).one_or_none()


def count_by_unit(session: Session, on: date) -> dict[int, int]:
    """Head count of each unit (without its children) on that day."""
    query = select(Membership.unit_id, func.count()).where(*_on(on)).group_by(Membership.unit_id)
    return {unit_id: count for unit_id, count in session.execute(query)}


def find_person(session: Session, person_id: int) -> Person | None:
    return session.get(Person, person_id)


def find_by_staff_no(session: Session, staff_no: str) -> Person | None:
    return session.scalar(select(Person).where(Person.staff_no == staff_no))


def names_of(session: Session, person_ids: Sequence[int]) -> dict[int, str]:
    """Names by id, in one statement."""
    if not person_ids:
        return {}
    rows = session.execute(select(Person.id, Person.name).where(Person.id.in_(set(person_ids))))
    return {person_id: name for person_id, name in rows}


def list_units(session: Session) -> list[Unit]:
    """The whole unit tree in reading order: each parent before its children."""
    return _reading_order(list(session.scalars(select(Unit))))


def list_branches(session: Session) -> list[Branch]:
    return _reading_order(list(session.scalars(select(Branch))))


def _reading_order(nodes: list[Node]) -> list[Node]:
    key = {node.id: (node.sort, node.id) for node in nodes}
    return sorted(nodes, key=lambda n: [key.get(int(part), (0, 0)) for part in n.path.strip("/").split("/")])


def find_unit(session: Session, unit_id: int) -> Unit | None:
    return session.get(Unit, unit_id)


def find_branch(session: Session, branch_id: int) -> Branch | None:
    return session.get(Branch, branch_id)


def list_persons(*, text: str = "", unit_path: str = "", branch_path: str = "", on: date) -> Select[Person]:
    """Persons who belong there on the day, by staff number; text meets name, initials or staff number."""
    query = (
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(*_on(on))
        .order_by(Person.staff_no)
    )
    if unit_path:
        query = query.where(Unit.path.startswith(unit_path, autoescape=True))
    if branch_path:
        query = query.join(Branch, Branch.id == Membership.branch_id)
        query = query.where(Branch.path.startswith(branch_path, autoescape=True))
    if text:
        meets = (Person.name, Person.initials, Person.staff_no)
        query = query.where(
            meets[0].contains(text, autoescape=True)
            | meets[1].startswith(text.lower(), autoescape=True)
            | meets[2].startswith(text.lower(), autoescape=True)
        )
    return query


def list_grants(session: Session, person_id: int | None = None) -> list[RoleGrant]:
    """Live grants, oldest first; of one person or of all."""
    query = select(RoleGrant).where(RoleGrant.revoked_at.is_(None)).order_by(RoleGrant.id)
    return list(session.scalars(query if person_id is None else query.where(RoleGrant.person_id == person_id)))


def roles_of(session: Session, person_id: int) -> set[Role]:
    return {grant.role for grant in list_grants(session, person_id)}


def list_sign_ins(session: Session, person_id: int, now: datetime) -> list[SignIn]:
    """The person's live sign-ins, newest first."""
    query = select(SignIn).where(SignIn.person_id == person_id, SignIn.ended_at.is_(None), SignIn.expires_at > now)
    return list(session.scalars(query.order_by(SignIn.id.desc())))


def find_code(session: Session, code_hash: str, now: datetime) -> OneTimeCode | None:
    """A one-time code that can still be used."""
    query = select(OneTimeCode).where(OneTimeCode.code_hash == code_hash, OneTimeCode.used_at.is_(None))
    return session.scalar(query.where(OneTimeCode.expires_at > now))


def newest_membership(session: Session, person_id: int) -> Membership | None:
    query = select(Membership).where(Membership.person_id == person_id).order_by(Membership.from_on.desc())
    return session.scalars(query.limit(1)).one_or_none()


def person_by_id(session: Session, person_id: int) -> Person:
    """The person who surely exists, such as the signed-in one."""
    return session.get_one(Person, person_id)

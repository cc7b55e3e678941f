"""Read people, trees and rosters."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import Session

from lms.people.models import (
    ApiToken,
    Branch,
    Membership,
    OneTimeCode,
    Person,
    RankBandChange,
    RoleGrant,
    RosterImport,
    SignIn,
    SignInFailure,
    Unit,
)
from lms.people.rules import EXCLUSIVE, DutyStatus, ImportState, PartyStatus, RankBand, Role

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


def roster(
    session: Session,
    on: date,
    *,
    unit_path: str | None = None,
    branch_path: str | None = None,
    person_ids: Sequence[int] | None = None,
) -> list[Member]:
    """Everybody who belonged to the subtree on that day, by staff number; of them only `person_ids` if given (some hundreds at most).
    Disabled accounts still belong."""
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
    if person_ids is not None:
        query = query.where(Person.id.in_(person_ids))
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


def list_listings(session: Session, person_ids: Collection[int]) -> dict[int, tuple[str, bool]]:
    """Person → name, and whether the person stays off public lists, in one statement."""
    if not person_ids:
        return {}
    rows = session.execute(select(Person.id, Person.name, Person.is_unlisted).where(Person.id.in_(set(person_ids))))
    return {person_id: (name, is_unlisted) for person_id, name, is_unlisted in rows}


def has_grants(session: Session) -> bool:
    """True once anybody was granted a role, also one revoked since."""
    return session.scalar(select(RoleGrant.id).limit(1)) is not None


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


SORTS = {
    "staff_no": (Person.staff_no,),
    "name": (Person.initials, Person.staff_no),
    "unit": (Unit.sort, Unit.id, Person.staff_no),
}


def list_persons(
    *,
    on: date,
    text: str = "",
    unit_path: str = "",
    branch_path: str = "",
    disabled: bool | None = None,
    sort: str = "staff_no",
    descending: bool = False,
) -> Select[Person]:
    """Persons who belong there on the day; text meets name, pinyin initials or staff number. `disabled` None means both."""
    query = (
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(*_on(on))
        .order_by(*(column.desc() if descending else column for column in SORTS.get(sort, SORTS["staff_no"])))
    )
    if unit_path:
        query = query.where(Unit.path.startswith(unit_path, autoescape=True))
    if branch_path:
        query = query.join(Branch, Branch.id == Membership.branch_id)
        query = query.where(Branch.path.startswith(branch_path, autoescape=True))
    if disabled is not None:
        query = query.where(Person.disabled_at.is_not(None) if disabled else Person.disabled_at.is_(None))
    return query.where(_meets(text)) if text else query


def _meets(text: str) -> ColumnElement[bool]:
    typed = text.lower()
    return (
        Person.name.contains(text, autoescape=True)
        | Person.staff_no.startswith(typed, autoescape=True)
        | Person.initials.startswith(typed, autoescape=True)
        | Person.initials.contains(f" {typed}", autoescape=True)
    )


def list_accounts(*, text: str = "", state: str = "", now: datetime) -> Select[Person]:
    """Every person of the site, with or without a place, by staff number; state is "fresh" (no password), "locked" or "disabled"."""
    query = select(Person).order_by(Person.staff_no)
    if state == "fresh":
        query = query.where(Person.password_hash.is_(None), Person.disabled_at.is_(None))
    elif state == "locked":
        query = query.where(Person.locked_until > now)
    elif state == "disabled":
        query = query.where(Person.disabled_at.is_not(None))
    return query.where(_meets(text)) if text else query


def count_accounts(session: Session, state: str, now: datetime) -> int:
    """How many accounts are in the state of `list_accounts`."""
    query = list_accounts(state=state, now=now).order_by(None).with_only_columns(func.count())
    return session.scalar(query) or 0


@dataclass(frozen=True)
class Place:
    """Where a person belongs on a day, in names."""

    unit_name: str
    branch_name: str
    party_status: PartyStatus
    duty_status: DutyStatus


def places_of(session: Session, person_ids: Sequence[int], on: date) -> dict[int, Place]:
    """The places of several persons on a day, in one statement; who has none is missing."""
    if not person_ids:
        return {}
    rows = session.execute(
        select(Membership.person_id, Unit.name, Branch.name, Membership.party_status, Membership.duty_status)
        .join(Unit, Unit.id == Membership.unit_id)
        .outerjoin(Branch, Branch.id == Membership.branch_id)
        .where(Membership.person_id.in_(set(person_ids)), *_on(on))
        .order_by(Membership.from_on)
    )
    return {person_id: Place(unit, branch or "", party, duty) for person_id, unit, branch, party, duty in rows}


def places_in_chunks(session: Session, person_ids: Sequence[int], on: date) -> dict[int, Place]:
    """`places_of` for any number of persons."""
    found: dict[int, Place] = {}
    for start in range(0, len(person_ids), 500):
        found |= places_of(session, person_ids[start : start + 500], on)
    return found


def only_persons(query: Select[Person], person_ids: Sequence[int]) -> Select[Person]:
    """Those of the query's persons that were picked."""
    return query.where(Person.id.in_(person_ids))


def count_persons(session: Session, query: Select[Person]) -> int:
    return session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0


def list_first(session: Session, query: Select[Person], most: int) -> Sequence[Person]:
    return session.scalars(query.limit(most)).all()


def head_counts(nodes: Sequence[Unit] | Sequence[Branch], own: dict[int, int]) -> dict[int, int]:
    """Head count of each node with everything below it, from the counts without."""
    counts = {node.id: 0 for node in nodes}
    for node in nodes:
        for part in node.path.strip("/").split("/"):
            if int(part) in counts:
                counts[int(part)] += own.get(node.id, 0)
    return counts


def list_memberships(session: Session, person_id: int) -> list[tuple[Membership, str, str]]:
    """The person's history, newest first, each with the names of unit and branch ("" for none)."""
    rows = session.execute(
        select(Membership, Unit.name, Branch.name)
        .join(Unit, Unit.id == Membership.unit_id)
        .outerjoin(Branch, Branch.id == Membership.branch_id)
        .where(Membership.person_id == person_id)
        .order_by(Membership.from_on.desc())
    )
    return [(membership, unit, branch or "") for membership, unit, branch in rows]


def count_by_branch(session: Session, on: date) -> dict[int, int]:
    """Head count of each branch (without its children) on that day."""
    query = select(Membership.branch_id, func.count()).where(*_on(on), Membership.branch_id.is_not(None))
    rows = session.execute(query.group_by(Membership.branch_id))
    return {branch_id: count for branch_id, count in rows if branch_id is not None}


def secretaries_of(session: Session, branch_id: int) -> list[str]:
    """Names of those who hold the secretary's role on exactly this branch."""
    query = (
        select(Person.name)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .where(RoleGrant.branch_id == branch_id, RoleGrant.role == Role.SECRETARY, RoleGrant.revoked_at.is_(None))
    )
    return list(session.scalars(query.order_by(RoleGrant.id)))


def known_staff(
    session: Session, staff_nos: Sequence[str], condition: ColumnElement[bool] | None = None
) -> dict[str, str]:
    """Name by staff number, of those that exist already and fit the condition."""
    found: dict[str, str] = {}
    for start in range(0, len(staff_nos), 500):
        part = staff_nos[start : start + 500]
        rows = session.execute(
            select(Person.staff_no, Person.name).where(
                Person.staff_no.in_(part), true() if condition is None else condition
            )
        )
        found |= {staff_no: name for staff_no, name in rows}
    return found


def known_phones(session: Session, indexes: Sequence[str]) -> set[str]:
    """Those of the phone indexes that belong to somebody already."""
    found: set[str] = set()
    for start in range(0, len(indexes), 500):
        part = indexes[start : start + 500]
        found |= set(session.scalars(select(Person.phone_index).where(Person.phone_index.in_(part))))
    return found


def find_import(session: Session, import_id: int) -> RosterImport | None:
    return session.get(RosterImport, import_id)


def count_waiting_imports(session: Session, owner_id: int) -> int:
    """Roster files that the person has read in and not yet decided on."""
    query = select(func.count()).select_from(RosterImport)
    return session.scalar(query.where(RosterImport.owner_id == owner_id, RosterImport.state == ImportState.READ)) or 0


def newest_waiting_import(session: Session, owner_id: int) -> RosterImport | None:
    query = select(RosterImport).where(RosterImport.owner_id == owner_id, RosterImport.state == ImportState.READ)
    return session.scalars(query.order_by(RosterImport.id.desc()).limit(1)).one_or_none()


def list_grants(session: Session, person_id: int | None = None) -> list[RoleGrant]:
    """Live grants, oldest first; of one person or of all."""
    query = select(RoleGrant).where(RoleGrant.revoked_at.is_(None)).order_by(RoleGrant.id)
    return list(session.scalars(query if person_id is None else query.where(RoleGrant.person_id == person_id)))


def find_grant(session: Session, grant_id: int) -> RoleGrant | None:
    return session.get(RoleGrant, grant_id)


def list_holders(*, text: str = "", role: str = "") -> Select[Person]:
    """Persons with at least one live grant, by staff number."""
    held = select(RoleGrant.person_id).where(RoleGrant.revoked_at.is_(None))
    if role:
        held = held.where(RoleGrant.role == role)
    query = select(Person).where(Person.id.in_(held)).order_by(Person.staff_no)
    return query.where(_meets(text)) if text else query


@dataclass(frozen=True)
class Holder:
    """Somebody with a role and the paths it reaches down from; both None: everywhere."""

    person_id: int
    name: str
    role: Role
    unit_path: str | None
    branch_path: str | None


def holders_of(session: Session, roles: Collection[Role]) -> list[Holder]:
    """Every live grant of the roles to somebody whose account is open, by person."""
    query = (
        select(Person.id, Person.name, RoleGrant.role, Unit.path, Branch.path)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .outerjoin(Unit, Unit.id == RoleGrant.unit_id)
        .outerjoin(Branch, Branch.id == RoleGrant.branch_id)
        .where(RoleGrant.role.in_(roles), RoleGrant.revoked_at.is_(None), Person.disabled_at.is_(None))
    )
    return [Holder(*row) for row in session.execute(query.order_by(Person.id, RoleGrant.id))]


def count_failures_since(session: Session, at: datetime) -> int:
    """Failed sign-ins of everybody."""
    return session.scalar(select(func.count()).select_from(SignInFailure).where(SignInFailure.at >= at)) or 0


def count_locked(session: Session, now: datetime) -> int:
    """Accounts that are locked at this moment."""
    return session.scalar(select(func.count()).select_from(Person).where(Person.locked_until > now)) or 0


def password_hashes(session: Session, person_ids: Sequence[int]) -> list[tuple[str, str | None]]:
    """Name and password hash of each of these people whose account is open."""
    query = select(Person.name, Person.password_hash).where(Person.id.in_(person_ids), Person.disabled_at.is_(None))
    return [(name, made) for name, made in session.execute(query.order_by(Person.id))]


def count_without_second_factor(session: Session, person_ids: Collection[int]) -> int:
    query = select(func.count()).select_from(Person).where(Person.id.in_(person_ids), Person.totp_sealed.is_(None))
    return session.scalar(query) or 0


def paths_of(session: Session, person_id: int, on: date) -> tuple[str, str]:
    """The paths of the unit and the branch the person belongs to on the day, "" for none."""
    query = (
        select(Unit.path, Branch.path)
        .select_from(Membership)
        .join(Unit, Unit.id == Membership.unit_id)
        .outerjoin(Branch, Branch.id == Membership.branch_id)
        .where(Membership.person_id == person_id, *_on(on))
    )
    row = session.execute(query.order_by(Membership.from_on.desc()).limit(1)).one_or_none()
    return ("", "") if row is None else (row[0], row[1] or "")


@dataclass(frozen=True)
class Held:
    """A live grant in words; `where` is "全部" when it is on no node."""

    id: int
    person_id: int
    role: Role
    where: str
    granted_at: datetime


def grants_of(session: Session, person_ids: Sequence[int]) -> dict[int, list[Held]]:
    """Live grants of several persons, in one statement, oldest first."""
    rows = session.execute(
        select(RoleGrant, Unit.name, Branch.name)
        .outerjoin(Unit, Unit.id == RoleGrant.unit_id)
        .outerjoin(Branch, Branch.id == RoleGrant.branch_id)
        .where(RoleGrant.person_id.in_(set(person_ids)), RoleGrant.revoked_at.is_(None))
        .order_by(RoleGrant.id)
    )
    held: dict[int, list[Held]] = {}
    for grant, unit, branch in rows:
        line = Held(grant.id, grant.person_id, grant.role, branch or unit or "全部", grant.granted_at)
        held.setdefault(grant.person_id, []).append(line)
    return held


def roles_of(session: Session, person_id: int) -> set[Role]:
    return {grant.role for grant in list_grants(session, person_id)}


def is_exclusive_admin(session: Session, person_id: int) -> bool:
    """True for the system, security and audit admins."""
    return bool(roles_of(session, person_id) & EXCLUSIVE)


def list_sign_ins(session: Session, person_id: int, now: datetime) -> list[SignIn]:
    """The person's live sign-ins, newest first."""
    query = select(SignIn).where(SignIn.person_id == person_id, SignIn.ended_at.is_(None), SignIn.expires_at > now)
    return list(session.scalars(query.order_by(SignIn.id.desc())))


def list_tokens(session: Session, person_id: int) -> list[ApiToken]:
    """A person's access tokens that were not revoked, newest first."""
    query = select(ApiToken).where(ApiToken.person_id == person_id, ApiToken.revoked_at.is_(None))
    return list(session.scalars(query.order_by(ApiToken.id.desc())))


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


def band_on(on: date) -> ColumnElement[RankBand]:
    """The rank band that the Person of the statement had at the end of a day."""
    before = (
        select(RankBandChange.old)
        .where(RankBandChange.person_id == Person.id, RankBandChange.changed_on > on)
        .order_by(RankBandChange.changed_on, RankBandChange.id)
        .limit(1)
        .correlate(Person)
        .scalar_subquery()
    )
    return func.coalesce(before, Person.rank_band)


def find_band(session: Session, person_id: int, on: date) -> RankBand:
    """The rank band that somebody had at the end of a day."""
    return session.scalars(select(band_on(on)).where(Person.id == person_id)).one()


def unit_paths_of(session: Session, person_ids: Sequence[int], on: date) -> dict[int, str]:
    """The path of the unit each person belongs to on a day; who has none is missing."""
    rows = session.execute(
        select(Membership.person_id, Unit.path)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.person_id.in_(set(person_ids)), *_on(on))
        .order_by(Membership.from_on)
    )
    return {person_id: path for person_id, path in rows}

"""Persons as the back office keeps them: entered, put right, moved. Every act is audited; none of them touches history."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.config import Keys
from lms.db import after_commit, conflict_as
from lms.errors import Conflict
from lms.people.models import Branch, Membership, Person, RankBandChange, Unit
from lms.people.principal import CACHE, Principal
from lms.people.rules import DutyStatus, PartyStatus, RankBand
from lms.people.services import accounts


@dataclass(frozen=True)
class Posting:
    """Where somebody belongs from a day on."""

    unit: Unit
    branch: Branch | None
    from_on: date
    party_status: PartyStatus
    duty_status: DutyStatus

    @property
    def detail(self) -> dict[str, Any]:
        """What the audit log keeps of it."""
        branch = self.branch.id if self.branch else None
        return {"unit": self.unit.id, "branch": branch, "from_on": self.from_on.isoformat()}


def register(
    session: Session,
    posting: Posting,
    *,
    staff_no: str,
    name: str,
    rank_band: RankBand,
    birth_year: int | None,
    title: str,
    phone: str,
    keys: Keys,
    by: Principal,
    now: datetime,
) -> Person:
    """A new person who belongs somewhere and cannot sign in yet. Raises Conflict when 工号 or phone are taken."""
    person = accounts.create_person(
        session,
        staff_no=staff_no,
        name=name,
        rank_band=rank_band,
        birth_year=birth_year,
        title=title,
        phone=phone or None,
        keys=keys,
        now=now,
    )
    _place(session, person, posting)
    audit.record(session, by.id, "person.create", f"person:{person.id}", posting.detail, now=now, actor=by.name)
    return person


def edit(
    session: Session,
    person: Person,
    *,
    name: str,
    rank_band: RankBand,
    birth_year: int | None,
    title: str,
    phone: str,
    keys: Keys,
    by: Principal,
    now: datetime,
) -> None:
    """The person's facts are as given; an empty phone leaves the one on file. The 工号 never changes. Another rank band counts from today
    on: boards of earlier days keep the old one."""
    before = {"name": person.name, "rank_band": person.rank_band.value, "title": person.title}
    if person.rank_band is not rank_band:
        session.add(RankBandChange(person_id=person.id, old=person.rank_band, changed_on=clock.today(now)))
    with conflict_as(Conflict("这个手机号已经属于另一个人，请核对。"), session):
        person.name, person.initials = name.strip(), accounts.initials_of(name)
        person.rank_band, person.birth_year, person.title = rank_band, birth_year, title
        if phone:
            accounts.set_phone(person, phone, keys)
    after = {"name": person.name, "rank_band": person.rank_band.value, "title": person.title}
    changes: dict[str, Any] = {k: [before[k], after[k]] for k in after if before[k] != after[k]}
    audit.record(session, by.id, "person.edit", f"person:{person.id}", changes, now=now, actor=by.name)
    after_commit(session, lambda: CACHE.forget(person.id))


def transfer(session: Session, person: Person, posting: Posting, *, by: Principal, now: datetime) -> Membership:
    """From the posting's day the person belongs there; rosters of earlier days stay as they were. Raises Conflict for a day already passed over."""
    membership = _place(session, person, posting)
    audit.record(session, by.id, "person.transfer", f"person:{person.id}", posting.detail, now=now, actor=by.name)
    return membership


def _place(session: Session, person: Person, posting: Posting) -> Membership:
    return accounts.place(
        session,
        person,
        posting.unit,
        posting.branch,
        from_on=posting.from_on,
        party_status=posting.party_status,
        duty_status=posting.duty_status,
    )


def note_export(
    session: Session, *, count: int, reason: str, filters: dict[str, Any], by: Principal, now: datetime
) -> None:
    """That a list of persons left the site, how many, and why."""
    detail = {"count": count, "reason": reason, **filters}
    audit.record(session, by.id, "person.export", "persons", detail, now=now, actor=by.name)

"""Read announcements: whom they are for, who sees which, and their numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Date, Select, String, and_, bindparam, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from lms.db import Prepared, flushed
from lms.notices.announcement_rules import BADGE_DAYS, PARTY_OF, AnnouncementState, Reach
from lms.notices.models import Announcement, AnnouncementPerson, AnnouncementRead
from lms.people.models import Branch, Membership, Person, Unit


def meant_for(person: Any, on: Any) -> ColumnElement[bool]:
    """SQL condition over Announcement: the person belongs to its audience on the day, or did when it was published.

    `person` and `on` are values or parameters.
    """
    today = _on(on)
    at_publication = _on(Announcement.published_on)
    place = (
        exists()
        .where(Membership.person_id == person, or_(today, at_publication))
        .where(Unit.id == Membership.unit_id, Person.id == Membership.person_id, *_fits())
        .correlate(Announcement)
    )
    return or_(and_(Announcement.reach != Reach.PEOPLE, place), _names(person))


def was_meant_for(person_id: int, announcement: Announcement) -> Select[int]:
    """One row when the person was among the recipients at publication."""
    if announcement.reach is Reach.PEOPLE:
        return select(AnnouncementPerson.person_id).where(
            AnnouncementPerson.announcement_id == announcement.id, AnnouncementPerson.person_id == person_id
        )
    return recipients(announcement).where(Person.id == person_id)


def recipients(announcement: Announcement, on: date | None = None) -> Select[int]:
    """Ids of those it is for by the roster of its publication's day (or of `on`, while it is a draft), in order; accounts that were
    closed are left out."""
    query = select(Person.id).where(Person.disabled_at.is_(None)).order_by(Person.id)
    if announcement.reach is Reach.PEOPLE:
        named = select(AnnouncementPerson.person_id).where(AnnouncementPerson.announcement_id == announcement.id)
        return query.where(Person.id.in_(named))
    place = (
        exists()
        .where(Membership.person_id == Person.id, _on(on or announcement.published_on), Unit.id == Membership.unit_id)
        .where(Announcement.id == announcement.id, *_fits())
        .correlate(Person)
    )
    return query.where(place)


def count_drafted(session: Session, announcement: Announcement, on: date) -> int:
    """How many a draft would reach if it were published that day."""
    return session.scalar(select(func.count()).select_from(recipients(announcement, on).order_by(None).subquery())) or 0


def _on(on: Any) -> ColumnElement[bool]:
    return and_(Membership.from_on <= on, or_(Membership.until_on.is_(None), Membership.until_on > on))


def _fits() -> tuple[ColumnElement[bool], ...]:
    """Unit (joined), branch, rank band and Party status of a membership are those the announcement asks for."""
    of = Announcement
    below = exists().where(Branch.id == Membership.branch_id, _lies_in(Branch.path, of.branch_id))
    statuses = [
        and_(of.party == party, Membership.party_status == status)
        for party, held in PARTY_OF.items()
        for status in held
    ]
    return (
        or_(of.unit_id.is_(None), _lies_in(Unit.path, of.unit_id)),
        or_(of.branch_id.is_(None), below.correlate(Membership, Announcement)),
        or_(of.rank_band.is_(None), of.rank_band == Person.rank_band),
        or_(of.party.is_(None), *statuses),
    )


def _lies_in(path: Any, node_id: Any) -> ColumnElement[bool]:
    return path.like("%/" + cast(node_id, String) + "/%")  # type: ignore[no-any-return]


def _names(person: Any) -> ColumnElement[bool]:
    named = exists().where(
        AnnouncementPerson.announcement_id == Announcement.id, AnnouncementPerson.person_id == person
    )
    return named.correlate(Announcement)


def _shown(on: Any) -> tuple[ColumnElement[bool], ...]:
    return (
        Announcement.state == AnnouncementState.PUBLISHED,
        or_(Announcement.until_on.is_(None), Announcement.until_on >= on),
    )


def _unread(person: Any) -> ColumnElement[bool]:
    mark = exists().where(AnnouncementRead.announcement_id == Announcement.id, AnnouncementRead.person_id == person)
    return ~mark.correlate(Announcement)


def list_for(person_id: int, on: date, *, unread: bool = False) -> Select[Announcement]:
    """What a person is shown, newest first; what has run out is gone."""
    query = select(Announcement).where(*_shown(on), meant_for(person_id, on))
    if unread:
        query = query.where(Announcement.published_on > on - timedelta(days=BADGE_DAYS), _unread(person_id))
    return query.order_by(Announcement.published_at.desc(), Announcement.id.desc())


def find_for(session: Session, person_id: int, announcement_id: int, on: date) -> Announcement | None:
    return session.scalar(list_for(person_id, on).where(Announcement.id == announcement_id))


def read_ids(session: Session, person_id: int, announcements: Sequence[Announcement]) -> set[int]:
    """Those of the announcements that the person has opened."""
    ids = [each.id for each in announcements]
    query = select(AnnouncementRead.announcement_id).where(AnnouncementRead.person_id == person_id)
    return set(session.scalars(query.where(AnnouncementRead.announcement_id.in_(ids)))) if ids else set()


def count_unread(session: Session, person_id: int, on: date) -> int:
    """Unread ones of the last ninety days."""
    values = {"person": person_id, "on": on, "since": on - timedelta(days=BADGE_DAYS)}
    return int(_COUNT.first(flushed(session), values).unread)


_ON, _PERSON = bindparam("on", type_=Date), bindparam("person", type_=BigInteger)
_COUNT = Prepared(
    select(func.count().label("unread"))
    .select_from(Announcement)
    .where(*_shown(_ON), Announcement.published_on > bindparam("since", type_=Date))
    .where(_unread(_PERSON), meant_for(_PERSON, _ON))
)


@dataclass(frozen=True)
class Numbers:
    """How many it was for, how many of them opened it, and how many others who joined later did."""

    recipients: int
    read: int
    later: int


def numbers_of(session: Session, announcement: Announcement) -> Numbers:
    query = select(AnnouncementRead.is_counted, func.count()).where(AnnouncementRead.announcement_id == announcement.id)
    counts: dict[bool, int] = {
        counted: n for counted, n in session.execute(query.group_by(AnnouncementRead.is_counted))
    }
    return Numbers(announcement.recipient_count, counts.get(True, 0), counts.get(False, 0))


def list_written(author_id: int) -> Select[Announcement]:
    """One author's own, newest first."""
    return select(Announcement).where(Announcement.author_id == author_id).order_by(Announcement.id.desc())


def list_names(session: Session, announcement: Announcement) -> list[str]:
    """工号 of those it names, in order."""
    query = (
        select(Person.staff_no)
        .join(AnnouncementPerson, AnnouncementPerson.person_id == Person.id)
        .where(AnnouncementPerson.announcement_id == announcement.id)
    )
    return list(session.scalars(query.order_by(Person.staff_no)))


def place_name(session: Session, announcement: Announcement) -> str:
    """The unit or branch it is for; "" for named persons."""
    if announcement.unit_id is not None:
        return session.get_one(Unit, announcement.unit_id).name
    if announcement.branch_id is not None:
        return session.get_one(Branch, announcement.branch_id).name
    return ""

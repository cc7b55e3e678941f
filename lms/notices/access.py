"""Loaders of notices, announcements, digests, channels and feedback."""

from datetime import datetime

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from lms import clock
from lms.errors import Forbidden, NotFound
from lms.notices import announcement_queries as announcements
from lms.notices import channel_queries as channels
from lms.notices import queries
from lms.notices.announcement_rules import Reach
from lms.notices.channel_rules import DeliveryState
from lms.notices.models import Announcement, AnnouncementPerson, Channel, Delivery, Digest, Feedback, Notice
from lms.people import access as people
from lms.people import queries as people_queries
from lms.people.access import Scope
from lms.people.models import Branch, Person, Unit
from lms.people.principal import Principal
from lms.people.queries import Holder
from lms.people.rules import ROLE_PERMISSIONS, Permission, normal_identity

WRITE = Permission.ANNOUNCEMENT_WRITE


def notice_to_read(session: Session, person: Principal, notice_id: int) -> Notice:
    notice = session.get(Notice, notice_id)
    if notice is None or notice.person_id != person.id:
        raise NotFound()
    return notice


def digest_to_read(session: Session, person: Principal, digest_id: int) -> Digest:
    digest = queries.find_digest(session, digest_id)
    if digest is None or digest.person_id != person.id:
        raise NotFound()
    return digest


# Announcements


def announcement_to_read(session: Session, person: Principal, announcement_id: int, now: datetime) -> Announcement:
    """One that is for the person and shown today; NotFound for everybody else, its author included."""
    found = announcements.find_for(session, person.id, announcement_id, clock.today(now))
    if found is None:
        raise NotFound()
    return found


def announcement_to_keep(session: Session, person: Principal, announcement_id: int) -> Announcement:
    """One's own, in any state."""
    found = session.get(Announcement, announcement_id)
    if found is None or found.author_id != person.id:
        raise NotFound()
    return found


def write_scope(session: Session, person: Principal) -> Scope:
    """Where the person may announce."""
    return people.scope(session, person, WRITE)


def places_to_write_for(session: Session, person: Principal) -> list[Unit | Branch]:
    """Units and branches of the person's scope in reading order, the own ones first."""
    units = people.units_to_see(session, person, WRITE)
    branches = people.branches_to_see(session, person, WRITE)
    places: list[Unit | Branch] = [*units, *branches]
    return sorted(
        places, key=lambda place: place.id != (person.unit_id if isinstance(place, Unit) else person.branch_id)
    )


def place_to_write_for(session: Session, person: Principal, key: str) -> Unit | Branch:
    """ "unit:3" or "branch:4" of the person's scope; NotFound otherwise."""
    kind, _, number = key.partition(":")
    place_id = int(number) if number.isdecimal() and len(number) < 18 else 0
    place: Unit | Branch | None = session.get(Branch, place_id) if kind == "branch" else session.get(Unit, place_id)
    scope = write_scope(session, person)
    if place is None or not (
        scope.covers_branch(place.path) if isinstance(place, Branch) else scope.covers_unit(place.path)
    ):
        raise NotFound()
    return place


def check_may_still_write(session: Session, person: Principal, announcement: Announcement) -> None:
    """A draft may be older than a change of the person's scope. Raises Forbidden when it reaches beyond it now."""
    scope = write_scope(session, person)
    if announcement.reach is Reach.PEOPLE:
        inside = people.persons_in(scope, AnnouncementPerson.person_id, person.on)
        query = select(AnnouncementPerson.person_id).where(AnnouncementPerson.announcement_id == announcement.id)
        covered = session.scalars(query.where(~inside).limit(1)).first() is None
    elif announcement.branch_id is not None:
        covered = scope.covers_branch(session.get_one(Branch, announcement.branch_id).path)
    else:
        covered = scope.covers_unit(session.get_one(Unit, announcement.unit_id).path)
    robots = {robot.id for robot in channels.list_robots_in(session, scope)}
    on = {robot.id for robot in channels.list_robots_on(session, announcement.channel_ids)}
    if not covered or not on <= robots:
        raise Forbidden("你的管理范围变了，这条通知发不到原来的范围，请修改后再发。")


def persons_to_write_to(
    session: Session, person: Principal, staff_nos: list[str], now: datetime
) -> tuple[list[Person], list[str]]:
    """Those of the person's scope, and the numbers that meet nobody there."""
    numbers = list(dict.fromkeys(normal_identity(number) for number in staff_nos))
    within = people.persons_in(write_scope(session, person), Person.id, clock.today(now))
    found = session.scalars(select(Person).where(Person.staff_no.in_(numbers), within)).all()
    known = {each.staff_no for each in found}
    return list(found), [number for number in numbers if number not in known]


# Channels


def channel_to_manage(session: Session, channel_id: int) -> Channel:
    """The channels are the whole site's; the permission decides alone."""
    channel = session.get(Channel, channel_id)
    if channel is None:
        raise NotFound()
    return channel


def delivery_to_decide(session: Session, delivery_id: int) -> Delivery:
    delivery = session.get(Delivery, delivery_id)
    if delivery is None or delivery.state is not DeliveryState.DEAD:
        raise NotFound()
    return delivery


# Feedback


def feedback_to_read(session: Session, person: Principal, feedback_id: int) -> Feedback:
    """One's own."""
    feedback = session.get(Feedback, feedback_id)
    if feedback is None or feedback.person_id != person.id:
        raise NotFound()
    return feedback


def feedback_to_reply(session: Session, person: Principal, feedback_id: int) -> Feedback:
    """What somebody in my scope gave; NotFound otherwise."""
    feedback = session.scalar(select(Feedback).where(Feedback.id == feedback_id, answerable(session, person)))
    if feedback is None:
        raise NotFound()
    return feedback


def answerable(session: Session, person: Principal) -> ColumnElement[bool]:
    """SQL condition: the feedback came from somebody of the person's scope."""
    reach = people.scope(session, person, Permission.FEEDBACK_REPLY)
    return people.persons_in(reach, Feedback.person_id, clock.today(clock.now()))


def assignees(session: Session, feedback: Feedback, now: datetime) -> dict[int, str]:
    """Whoever answers feedback of its writer's place, by name."""
    roles = [role for role, may in ROLE_PERMISSIONS.items() if Permission.FEEDBACK_REPLY in may]
    unit, branch = people_queries.paths_of(session, feedback.person_id, clock.today(now))
    holders = people_queries.holders_of(session, roles)
    return {holder.person_id: holder.name for holder in holders if _reaches(holder, unit, branch)}


def _reaches(holder: Holder, unit_path: str, branch_path: str) -> bool:
    """As `persons_in` says it of one person: who holds the top of a tree reaches everybody."""
    held = [path for path in (holder.unit_path, holder.branch_path) if path]
    if not held or any(path.count("/") <= people.TOP for path in held):
        return True
    return any(
        bool(path) and where.startswith(path)
        for path, where in ((holder.unit_path or "", unit_path), (holder.branch_path or "", branch_path))
    )

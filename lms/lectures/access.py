"""The loaders of lectures: what is there for whom."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.courses import access as courses
from lms.courses.models import Resource
from lms.courses.review_rules import ResourceState
from lms.errors import Forbidden, NotFound
from lms.gatherings import access as gatherings
from lms.lectures import queries
from lms.lectures.models import LectureFeed, Topic
from lms.lectures.queries import LectureLine, TopicLine
from lms.people import access as people
from lms.people.access import Scope
from lms.people.models import Person, Unit
from lms.people.principal import Principal, principal_of, token_hash
from lms.people.rules import Permission


def manage_scope(session: Session, person: Principal) -> Scope:
    """Where the person decides on topics and makes the timetable."""
    return people.scope(session, person, Permission.LECTURE_MANAGE)


def may_manage(session: Session, person: Principal, unit_id: int | None) -> bool:
    unit = session.get(Unit, unit_id) if unit_id is not None else None
    return unit is not None and manage_scope(session, person).covers_unit(unit.path)


def lecture_to_see(session: Session, person: Principal, lecture_id: int) -> LectureLine:
    """One that is meant for me, that I give, or of my scope."""
    line = queries.find_line(session, lecture_id)
    if line is None:
        raise NotFound()
    if line.topic.lecturer_id == person.id or may_manage(session, person, line.gathering.unit_id):
        return line
    if not gatherings.is_meant(session, person, line.gathering):
        raise NotFound()
    return line


def lecture_to_prepare(session: Session, person: Principal, lecture_id: int) -> LectureLine:
    """One whose slides and recording I look after: as its lecturer or as its organiser. Forbidden for who may only see it."""
    line = lecture_to_see(session, person, lecture_id)
    if line.topic.lecturer_id == person.id or may_manage(session, person, line.gathering.unit_id):
        return line
    raise Forbidden("课件和录像由主讲人或组织者关联。")


def lecture_to_manage(session: Session, person: Principal, lecture_id: int) -> LectureLine:
    """One of my scope."""
    line = queries.find_line(session, lecture_id)
    if line is None or not may_manage(session, person, line.gathering.unit_id):
        raise NotFound()
    return line


def topic_to_change(session: Session, person: Principal, topic_id: int) -> Topic:
    """One of my own."""
    topic = session.get(Topic, topic_id)
    if topic is None or topic.lecturer_id != person.id:
        raise NotFound()
    return topic


def topic_to_manage(session: Session, person: Principal, topic_id: int) -> TopicLine:
    """One of a lecturer of my scope."""
    line = queries.find_topic(session, topic_id)
    if line is None or not may_manage(session, person, line.topic.unit_id):
        raise NotFound()
    return line


def unit_to_schedule_for(session: Session, person: Principal, unit_id: int) -> Unit:
    return people.unit_to_see(session, person, unit_id, Permission.LECTURE_MANAGE)


def lecturer_to_see(session: Session, person: Principal, person_id: int) -> Person:
    """A person of my scope, whatever they have lectured on."""
    return people.person_to_manage(session, person, person_id, Permission.LECTURE_MANAGE)


def slides_to_link(session: Session, person: Principal, resource_id: int) -> Resource:
    """A document that the person prepares or may read; whether it has passed its reviews is another question."""
    return _document_or_film(courses.resource_to_preview(session, person, resource_id))


def recording_to_link(session: Session, person: Principal, resource_id: int) -> Resource:
    """A published resource that the person may read."""
    return _document_or_film(courses.resource_to_read(session, person, resource_id))


def _document_or_film(resource: Resource) -> Resource:
    """The resource itself, never a version of it on its way or from before."""
    if resource.replaces_id is not None or resource.state is ResourceState.SUPERSEDED:
        raise NotFound()
    return resource


def feed_to_read(session: Session, token: str, now: datetime) -> Principal:
    """The person whose live feed has this address; NotFound for a revoked or unknown one, and for a person who was disabled."""
    query = (
        select(Person)
        .join(LectureFeed, LectureFeed.person_id == Person.id)
        .where(LectureFeed.token_hash == token_hash(token), LectureFeed.revoked_at.is_(None))
        .where(Person.disabled_at.is_(None))
    )
    person = session.scalar(query)
    if person is None:
        raise NotFound()
    return principal_of(session, person, now)

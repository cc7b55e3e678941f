"""Loaders of notices and feedback."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from lms import clock
from lms.errors import NotFound
from lms.notices.models import Feedback, Notice
from lms.people import access as people
from lms.people.principal import Principal
from lms.people.rules import Permission


def notice_to_read(session: Session, person: Principal, notice_id: int) -> Notice:
    notice = session.get(Notice, notice_id)
    if notice is None or notice.person_id != person.id:
        raise NotFound()
    return notice


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

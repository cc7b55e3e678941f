"""Loaders of notices and feedback."""

from sqlalchemy.orm import Session

from lms.errors import NotFound
from lms.notices.models import Feedback, Notice
from lms.people.principal import Principal


def notice_to_read(session: Session, person: Principal, notice_id: int) -> Notice:
    notice = session.get(Notice, notice_id)
    if notice is None or notice.person_id != person.id:
        raise NotFound()
    return notice


def feedback_to_reply(session: Session, person: Principal, feedback_id: int) -> Feedback:
    feedback = session.get(Feedback, feedback_id)
    if feedback is None:
        raise NotFound()
    return feedback

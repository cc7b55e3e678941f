"""Objections to a list in its notice period: when the period ends, filing, and the answer."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.db import Base, changed, conflict_as
from lms.errors import Conflict, Invalid
from lms.leaderboard.errors import AlreadyObjected, NoNoticePeriod
from lms.leaderboard.models import Filed
from lms.leaderboard.notice_rules import may_object
from lms.notices import services as notices
from lms.workdays import queries as workdays

Row = TypeVar("Row", bound=Filed)


def notice_until(session: Session, working_days: int, today: date) -> date:
    """The last day of a notice period that begins today. Its first day is not counted (民法典第二百零一条)."""
    return clock.add_working_days(today, working_days, workdays.overrides(session, today))


def file_objection(session: Session, make: Callable[[], Row], *, until_on: date | None, now: datetime) -> Row:
    """The objection that `make` makes, to be answered. Raises NoNoticePeriod outside of it, AlreadyObjected while an earlier one is
    unanswered."""
    if not may_object(until_on, clock.today(now)):
        raise NoNoticePeriod()
    objection = make()
    with conflict_as(AlreadyObjected(), session):
        session.add(objection)
    return objection


def answer_objection(
    session: Session, objection: Filed, *, reply: str, told: str, link: str, actor_id: int, now: datetime
) -> None:
    """Answered once, in writing; who filed it is told in that sentence."""
    if not reply.strip():
        raise Invalid("请写下答复。", field="reply")
    assert isinstance(objection, Base)
    model = type(objection)
    answered = (
        update(model)
        .where(model.id == objection.id, model.replied_at.is_(None))
        .values(reply=reply, replied_by_id=actor_id, replied_at=now)
    )
    if not changed(session.execute(answered)):
        raise Conflict("这条异议已经答复过了。")
    notices.tell(session, objection.person_id, told, link, now=now)
    target = f"{model.__tablename__.removesuffix('s')}:{objection.id}"
    audit.record(session, actor_id, "objection:answer", target, {"reply": reply}, now=now)

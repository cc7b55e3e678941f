"""A candidate asks for one question to be looked at again, and gets a written answer."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.db import changed, conflict_as
from lms.errors import Conflict, Invalid, NotFound
from lms.notices import services as notices
from lms.quizzes import queries
from lms.quizzes.models import Appeal, Attempt

MOST = 500


def file_appeal(session: Session, attempt: Attempt, position: int, *, text: str, now: datetime) -> Appeal:
    """One appeal for each question of an attempt. Raises NotFound for no such question, Invalid without words, Conflict when
    there was one."""
    if not queries.has_position(session, attempt.id, position):
        raise NotFound()
    if not text.strip():
        raise Invalid("写下你的理由，例如依据哪一条。", field="text")
    appeal = Appeal(attempt_id=attempt.id, position=position, text=text.strip()[:MOST], filed_at=now)
    with conflict_as(Conflict("这道题你已经提过申诉，处理结果会告诉你。"), session):
        session.add(appeal)
    return appeal


def answer_appeal(session: Session, appeal: Appeal, *, is_upheld: bool, reply: str, by_id: int, now: datetime) -> None:
    """Answered once; who filed it is told. Upholding changes no score by itself: the key is corrected for everybody."""
    if not reply.strip():
        raise Invalid("写下答复，本人会看到。", field="reply")
    answered = (
        update(Appeal)
        .where(Appeal.id == appeal.id, Appeal.is_upheld.is_(None))
        .values(is_upheld=is_upheld, reply=reply.strip()[:MOST], replied_by_id=by_id, replied_at=now)
        .execution_options(synchronize_session=False)
    )
    if not changed(session.execute(answered)):
        raise Conflict("这条申诉已经答复过了。")
    person_id = session.get_one(Attempt, appeal.attempt_id).person_id
    text = f"你对第 {appeal.position} 题的申诉有了答复"
    notices.tell(session, person_id, text, f"/attempts/{appeal.attempt_id}/review#q-{appeal.position}", now=now)
    audit.record(session, by_id, "appeal.answer", f"attempt:{appeal.attempt_id}", {"reply": reply.strip()}, now=now)

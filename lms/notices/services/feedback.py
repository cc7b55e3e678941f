"""Take feedback, talk about it, answer it, open it again."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lms.db import changed
from lms.errors import Conflict, Invalid, TooMany
from lms.notices.feedback_rules import AFTER_REPLY, MOST_A_DAY, OPEN, FeedbackState, section_key
from lms.notices.models import Feedback, FeedbackMessage
from lms.notices.services.inbox import tell

TEXT_MOST = 2000


def give_feedback(session: Session, person_id: int, *, page: str, text: str, now: datetime) -> Feedback:
    """A wish or complaint. Raises Invalid when it is empty, TooMany from the 21st of a day on."""
    if not text.strip():
        raise Invalid("请写下你的意见或建议。", field="text")
    today = select(func.count()).select_from(Feedback).where(Feedback.at > now - timedelta(days=1))
    if (session.scalar(today.where(Feedback.person_id == person_id)) or 0) >= MOST_A_DAY:
        raise TooMany(f"一天最多提 {MOST_A_DAY} 条意见，请明天再提，或在已有的意见里补充。")
    feedback = Feedback(
        person_id=person_id, page=page[:200], section=section_key(page), text=text.strip()[:TEXT_MOST], at=now,
        moved_at=now, state=FeedbackState.NEW,
    )  # fmt: skip
    session.add(feedback)
    return feedback


def add_word(session: Session, feedback: Feedback, *, text: str, now: datetime) -> bool:
    """The writer says more; a thread that was closed is opened again. Returns whether it was."""
    if not text.strip():
        raise Invalid("请写下要补充的话。", field="text")
    opened = update(Feedback).where(Feedback.id == feedback.id, Feedback.state.not_in(OPEN))
    again = changed(session.execute(opened.values(state=FeedbackState.WORKING, moved_at=now)))
    _say(session, feedback, feedback.person_id, False, text, now)
    if feedback.assignee_id is not None and feedback.assignee_id != feedback.person_id:
        said = "重新打开" if again else "补充"
        tell(session, feedback.assignee_id, f"你负责的一条意见有了{said}", f"/office/feedback/{feedback.id}", now=now)
    return again


def reply(
    session: Session,
    feedback: Feedback,
    *,
    by_id: int,
    text: str,
    state: FeedbackState = FeedbackState.ANSWERED,
    now: datetime,
) -> None:
    """The office answers and says what becomes of it; the writer is told. Raises Invalid for an empty text, Conflict when it is closed."""
    if not text.strip():
        raise Invalid("不采纳要写明理由。" if state is FeedbackState.DECLINED else "请写下答复。", field="reply")
    if state not in AFTER_REPLY:
        raise Invalid("请选择处理结果。", field="state")
    answered = update(Feedback).where(Feedback.id == feedback.id, Feedback.state.in_(OPEN))
    values = {"state": state, "answered_at": func.coalesce(Feedback.answered_at, now)}
    if not changed(session.execute(answered.values(**values))):
        raise Conflict("这条意见已经答复过了，要再答复请先重新打开。")
    session.execute(
        update(Feedback).where(Feedback.id == feedback.id, Feedback.assignee_id.is_(None)).values(assignee_id=by_id)
    )
    _say(session, feedback, by_id, True, text, now)
    tell(session, feedback.person_id, "你的意见有了答复", f"/feedback/{feedback.id}", now=now)


def assign(session: Session, feedback: Feedback, person_id: int, *, by_id: int, now: datetime) -> None:
    """Somebody of the office sees to it from now on; who is given it by another is told. Raises Conflict when it is closed."""
    given = update(Feedback).where(Feedback.id == feedback.id, Feedback.state.in_(OPEN))
    if not changed(session.execute(given.values(assignee_id=person_id, state=FeedbackState.WORKING))):
        raise Conflict("这条意见已经办结，要再办理请先重新打开。")
    if person_id != by_id:
        tell(session, person_id, "有一条意见建议交你办理", f"/office/feedback/{feedback.id}", now=now)


def reopen(session: Session, feedback: Feedback, *, now: datetime) -> None:
    """The office takes it up again. Raises Conflict when it is open."""
    opened = update(Feedback).where(Feedback.id == feedback.id, Feedback.state.not_in(OPEN))
    if not changed(session.execute(opened.values(state=FeedbackState.WORKING, moved_at=now))):
        raise Conflict("这条意见正在办理中。")


def _say(
    session: Session, feedback: Feedback, author_id: int, is_office: bool, text: str, now: datetime
) -> FeedbackMessage:
    message = FeedbackMessage(
        feedback_id=feedback.id, author_id=author_id, is_office=is_office, text=text.strip()[:TEXT_MOST], at=now
    )
    session.add(message)
    session.flush()  # the states were set past the session
    session.refresh(feedback)
    return message

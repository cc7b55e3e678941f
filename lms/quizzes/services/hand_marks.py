"""Answers that people mark: one or two markers who do not see each other, a third where they are apart; then the score counts
everywhere as if it had been there from the start."""

from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.db import changed, conflict_as
from lms.errors import Conflict, Invalid, NotFound
from lms.notices import services as notices
from lms.quizzes import marking_queries, marking_rules
from lms.quizzes.errors import MarkedAlready
from lms.quizzes.grade_rules import WHOLE
from lms.quizzes.models import Attempt, AttemptItem, HandMark, Paper
from lms.quizzes.rules import Purpose, State
from lms.quizzes.services.regrade import Resettle


def mark_answer(
    session: Session,
    attempt: Attempt,
    position: int,
    *,
    score_millis: int,
    comment: str,
    marker_id: int,
    resettle: Resettle,
    now: datetime,
) -> bool:
    """The marker's score stands; True when the answer is settled by it. With the last one settled the attempt has its whole
    score, its person is told, and what follows from a score follows.

    Raises NotFound for what is not marked by hand, Invalid outside 0…points, MarkedAlready when the marker had this answer or
    nobody is wanted any more.
    """
    item = session.get(AttemptItem, (attempt.id, position))
    if (
        item is None
        or attempt.state not in (State.SUBMITTED, State.CLOSED)
        or not marking_queries.is_by_hand(session, item)
    ):
        raise NotFound()
    if not 0 <= score_millis <= item.points_millis:
        raise Invalid(f"得分从 0 到 {item.points_millis / 1000:g}。", field="score")
    if marker_id == attempt.person_id:
        raise Invalid("自己的答案由别人评。", field="score")
    markers = session.get_one(Paper, attempt.paper_id).markers
    given = marking_queries.list_scores(session, attempt.id, position)
    if marking_rules.standing(given, item.points_millis, markers=markers) is marking_rules.Standing.SETTLED:
        raise MarkedAlready()
    mark = HandMark(
        attempt_id=attempt.id, position=position, marker_id=marker_id, number=len(given) + 1, score_millis=score_millis,
        comment=comment.strip(), marked_at=now,
    )  # fmt: skip
    with conflict_as(MarkedAlready(), session):
        session.add(mark)
    earned = marking_rules.settled([*given, score_millis], item.points_millis, markers=markers)
    if earned is None:
        return False
    _settle(session, attempt, item, earned)
    if not marking_queries.count_unmarked(session, attempt.id):
        _finish(session, attempt, resettle, now)
    return True


def _settle(session: Session, attempt: Attempt, item: AttemptItem, earned: int) -> None:
    fraction = earned * WHOLE // item.points_millis if item.points_millis else 0
    stored = (
        update(AttemptItem)
        .where(AttemptItem.attempt_id == item.attempt_id, AttemptItem.position == item.position)
        .where(AttemptItem.fraction.is_(None))
        .values(fraction=fraction, score_millis=earned)
        .execution_options(synchronize_session=False)
    )
    if not changed(session.execute(stored)):
        raise MarkedAlready()
    session.execute(
        update(Attempt)
        .where(Attempt.id == attempt.id)
        .values(score_millis=Attempt.score_millis + earned)
        .execution_options(synchronize_session=False)
    )
    session.refresh(attempt)


def _finish(session: Session, attempt: Attempt, resettle: Resettle, now: datetime) -> None:
    resettle(session, [attempt], "评卷完成", now)
    if not session.get_one(Paper, attempt.paper_id).is_released_by_hand:
        notices.tell(
            session, attempt.person_id, "你的答卷评完了，可以看得分", f"/attempts/{attempt.id}/review", now=now
        )


def release_results(session: Session, paper: Paper, *, by_id: int, now: datetime) -> int:
    """From now on everybody sees their own result of a paper that is released by hand; how many are told. Raises Conflict when it
    is no such paper or released already, or while answers wait to be marked."""
    waiting = marking_queries.count_waiting(session, paper.id)
    if waiting:
        raise Conflict(f"还有 {waiting} 份答案没有评完，评完再发布。")
    released = (
        update(Paper)
        .where(Paper.id == paper.id, Paper.is_released_by_hand.is_(True), Paper.released_at.is_(None))
        .values(released_at=now)
        .execution_options(synchronize_session=False)
    )
    if not changed(session.execute(released)):
        raise Conflict("成绩已经发布过了。")
    rows = session.execute(
        select(Attempt.person_id, Attempt.id)
        .where(Attempt.paper_id == paper.id, Attempt.state.in_((State.SUBMITTED, State.CLOSED)))
        .where(Attempt.purpose != Purpose.MOCK)
        .order_by(Attempt.id)
    )
    latest = {person_id: attempt_id for person_id, attempt_id in rows}
    for person_id, attempt_id in latest.items():
        notices.tell(session, person_id, f"《{paper.title}》的成绩公布了", f"/attempts/{attempt_id}/review", now=now)
    audit.record(session, by_id, "paper.release", f"paper:{paper.id}", {"people": len(latest)}, now=now)
    return len(latest)

"""What stands between a person and the lessons of a course."""

from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from lms.courses import course_rules as rules
from lms.courses.course_rules import Gate, Lock
from lms.courses.models import Course, CourseProgress, Prerequisite
from lms.courses.queries.library import above, is_within
from lms.courses.review_rules import CourseState
from lms.quizzes import queries as quizzes
from lms.quizzes.rules import Purpose, State
from lms.web.filters import moment

MISSING = (
    select(Course.title)
    .join(Prerequisite, Prerequisite.required_id == Course.id)
    .outerjoin(
        CourseProgress, (CourseProgress.course_id == Course.id) & (CourseProgress.person_id == bindparam("person"))
    )
    .where(Prerequisite.course_id == bindparam("course"), CourseProgress.finished_at.is_(None))
    .where(Course.state == CourseState.PUBLISHED, is_within("above", Course.audience_unit_id))
    .order_by(Course.title)
)
FINISHED = select(CourseProgress.finished_at).where(
    CourseProgress.course_id == bindparam("course"), CourseProgress.person_id == bindparam("person")
)


def gate_of(session: Session, course: Course, *, person_id: int, unit_path: str) -> Gate:
    """A course asked for first that was withdrawn, or is not for this person, is not asked for any more."""
    here = {"course": course.id, "person": person_id}
    missing = tuple(session.scalars(MISSING, {**here, "above": above(unit_path)}))
    is_gated = missing or course.opens_at or course.closes_at or course.pretest_paper_id or course.is_ordered
    is_finished = bool(is_gated) and session.scalar(FINISHED, here) is not None
    return Gate(
        opens_at=course.opens_at,
        closes_at=course.closes_at,
        missing=missing,
        wants_pretest=not is_finished and wants_pretest(session, course, person_id),
        is_finished=is_finished,
    )


def wants_pretest(session: Session, course: Course, person_id: int) -> bool:
    """Whether there is a pre-test and the person has not handed it in."""
    if course.pretest_paper_id is None:
        return False
    last = quizzes.find_last_attempt(session, person_id, Purpose.PRETEST, course.id)
    return last is None or last.state is State.OPEN


def why_locked(gate: Gate, now: datetime) -> str:
    """The sentence that says why the course cannot be studied now and what to do; empty when it can."""
    lock = rules.lock_of(gate, now)
    if lock is Lock.NOT_OPEN and gate.opens_at:
        return f"这门课{moment(gate.opens_at)}开放，到时再来学。"
    if lock is Lock.CLOSED and gate.closes_at:
        return f"这门课已于{moment(gate.closes_at)}截止，不能再学。确需补学，请联系主办单位。"
    if lock is Lock.PREREQUISITE:
        return f"请先学完{'、'.join(f'《{title}》' for title in gate.missing)}，再学这门课。"
    return "请先完成前测，再开始学习。前测不计成绩，只用来比较学前和学后。" if lock is Lock.PRETEST else ""


def why_waits(place: int) -> str:
    """`place` of the lesson to finish first, from 0."""
    return f"先学完第 {place + 1} 课"

"""A lecturer's quick course: one upload, what learners must do with it, and perhaps a few questions.

Lecturers do not publish courses for the bureau. Who chose the own unit has the course published by the second reviewer's
approval, in the same transaction; for everybody it then lies ready for whoever manages courses. Reviewers see the
questions with their answers before they approve, and nothing of it changes while they look.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.courses.models import Course, QuickCourse, Resource
from lms.courses.quick_rules import QuickQuestion, from_stored
from lms.courses.review_rules import EDITABLE
from lms.courses.services.contents import put_lesson
from lms.courses.services.courses import CourseFacts, create_course, publish_course
from lms.db import changed
from lms.errors import Conflict, Invalid
from lms.notices import services as notices
from lms.people.principal import Principal
from lms.quizzes import queries as quiz_queries
from lms.quizzes import services as quizzes
from lms.quizzes.errors import Duplicate
from lms.quizzes.models import Question
from lms.quizzes.rules import Readiness
from lms.quizzes.services import Content, PaperSettings


@dataclass(frozen=True)
class Settings:
    """What learners must do. `is_published_by_review`: see above."""

    audience_unit_id: int | None
    is_required: bool
    is_published_by_review: bool
    pass_percent: int = 60
    required_reading_seconds: int = 0


def draft_quick(session: Session, resource: Resource, *, author: Principal, now: datetime) -> QuickCourse:
    """A draft course with this draft as its only lesson."""
    facts = CourseFacts(
        resource.title, resource.summary, resource.line, resource.lecturer_name, resource.audience_unit_id,
        None, False, False,
    )  # fmt: skip
    course = create_course(session, facts, owner_unit_id=resource.owner_unit_id, now=now)
    put_lesson(session, course, title=resource.title, is_required=True, resource_id=resource.id)
    quick = QuickCourse(course_id=course.id, resource_id=resource.id, author_id=author.id, questions=[])
    session.add(quick)
    session.flush()  # the next step is a page of its number
    return quick


def settle_quick(
    session: Session,
    quick: QuickCourse,
    course: Course,
    resource: Resource,
    settings: Settings,
    questions: Sequence[QuickQuestion],
) -> None:
    """The course, its resource and its questions are to be like this. Raises Conflict while it is under review or published,
    Invalid for questions that cannot be asked."""
    if resource.state not in EDITABLE:
        raise Conflict("已送审或已发布，不能再改。被退回后可以修改。")
    asked = {number: question for number, question in enumerate(questions, 1) if not question.is_empty}
    _check(session, course, asked)
    course.audience_unit_id = resource.audience_unit_id = settings.audience_unit_id
    course.is_required = settings.is_required
    resource.required_reading_seconds = settings.required_reading_seconds
    quick.pass_percent, quick.is_published_by_review = settings.pass_percent, settings.is_published_by_review
    quick.questions = [question.stored() for question in asked.values()]


def _check(session: Session, course: Course, asked: Mapping[int, QuickQuestion]) -> None:
    """Raises Invalid with the number that the question has on the page."""
    for number, question in asked.items():
        if question.fault:
            raise Invalid(f"第 {number} 题：{question.fault}", field="questions")
    marks = {number: content_of(question).fingerprint for number, question in asked.items()}
    known = quiz_queries.known_fingerprints(session, course.owner_unit_id, list(marks.values()))
    for number, mark in marks.items():
        if mark in known:
            raise Invalid(f"第 {number} 题：题库里或上面已有同样的题，请换一种问法。", field="questions")
        known.add(mark)


def content_of(question: QuickQuestion) -> Content:
    options, right = question.asked()
    return Content(question.kind, question.stem, options, right)


def follow_review(session: Session, resource: Resource, *, reviewer: Principal, now: datetime) -> None:
    """What follows in the transaction in which a resource is published: its quick course gets its quiz and is published, or lies
    ready. Happens once, however often the resource comes back."""
    quick = session.scalar(select(QuickCourse).where(QuickCourse.resource_id == resource.id))
    if quick is None or not _claim(session, quick, now):
        return
    course = session.get_one(Course, quick.course_id)
    course.paper_id = _make_quiz(session, quick, course, now)
    session.flush()  # publishing reads the course as it is now
    told = f"《{course.title}》已通过审核，等课程管理员发布。"
    if quick.is_published_by_review:
        told = _publish(session, course, resource, reviewer, now)
    notices.tell(session, quick.author_id, told, f"/studio/courses/{course.id}", now=now)


def _claim(session: Session, quick: QuickCourse, now: datetime) -> bool:
    held = update(QuickCourse).where(QuickCourse.course_id == quick.course_id, QuickCourse.settled_at.is_(None))
    return changed(session.execute(held.values(settled_at=now)))


def _publish(session: Session, course: Course, resource: Resource, reviewer: Principal, now: datetime) -> str:
    """A course that somebody changed meanwhile so that it cannot be published must not hold the review up: it lies ready."""
    try:
        publish_course(session, course, by=reviewer, now=now, detail={"by_review_of": resource.id})
    except (Invalid, Conflict) as problem:
        return f"《{course.title}》已通过审核，课程还不能发布：{problem.message}"
    return f"课程《{course.title}》已通过审核并发布。"


def _make_quiz(session: Session, quick: QuickCourse, course: Course, now: datetime) -> int | None:
    """The questions are in the bank of the course's unit and in a paper; a question that the bank has got meanwhile is taken from
    there. From now on their keys stand where keys belong and nowhere else."""
    ids = [
        id
        for question in from_stored(quick.questions)
        if (id := _make_question(session, question, quick, course, now)) is not None
    ]
    quick.questions = []
    if not ids:
        return course.paper_id
    paper = quizzes.create_fixed_paper(
        session, PaperSettings(f"《{course.title[:100]}》小测验", pass_percent=quick.pass_percent), ids,
        owner_unit_id=course.owner_unit_id, by_id=quick.author_id, now=now,
    )  # fmt: skip
    return paper.id


def _make_question(
    session: Session, question: QuickQuestion, quick: QuickCourse, course: Course, now: datetime
) -> int | None:
    content = content_of(question)
    try:
        made = quizzes.create_question(
            session, content, owner_unit_id=course.owner_unit_id, line=course.line, by_id=quick.author_id, now=now,
            tags=question.tags,
        )  # fmt: skip
    except Duplicate:
        return session.scalar(
            select(Question.id).where(
                Question.owner_unit_id == course.owner_unit_id, Question.fingerprint == content.fingerprint,
                Question.readiness == Readiness.READY,
            )
        )  # fmt: skip
    return made.id

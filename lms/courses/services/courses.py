"""Courses of the back office: made, published, copied, withdrawn. Their lessons: services.contents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from types import MappingProxyType

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.courses import course_rules as rules
from lms.courses.course_rules import Completion
from lms.courses.models import Course, Lesson, Prerequisite, Resource, Section
from lms.courses.review_rules import COURSE, CourseState, Line, ResourceState
from lms.courses.services.search import entry_of_course
from lms.db import changed, search
from lms.errors import Conflict, Invalid
from lms.people.models import Unit
from lms.people.principal import Principal
from lms.quizzes.models import Paper
from lms.quizzes.rules import PaperKind

NOTHING: Mapping[str, object] = MappingProxyType({})
MOVED_ON = "课程的状态刚刚有了变化，请刷新后再试。"


@dataclass(frozen=True)
class CourseFacts:
    """What an organiser says about a course. Raises Invalid for what contradicts itself."""

    title: str
    summary: str
    line: Line
    lecturer_name: str
    audience_unit_id: int | None
    paper_id: int | None
    is_required: bool
    professional: bool
    is_ordered: bool = False
    completion: Completion = Completion.REQUIRED
    electives_needed: int = 0
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    pretest_paper_id: int | None = None

    def __post_init__(self) -> None:
        if self.opens_at and self.closes_at and self.closes_at <= self.opens_at:
            raise Invalid("截止时间要晚于开放时间。", field="closes_at")
        if self.completion is Completion.QUIZ and self.paper_id is None:
            raise Invalid("按测验算学完，请先选一份课后测验。", field="paper")
        if self.completion is Completion.ELECTIVES and self.electives_needed < 1:
            raise Invalid("请填写至少要学完几个选学课时。", field="electives_needed")


def create_course(session: Session, facts: CourseFacts, *, owner_unit_id: int, now: datetime) -> Course:
    """A draft without lessons."""
    _check_pretest(session, facts)
    course = Course(owner_unit_id=owner_unit_id, state=CourseState.DRAFT, created_at=now, **vars(facts))
    session.add(course)
    session.flush()  # the page it leads to is named by its number
    return course


def edit_course(session: Session, course: Course, facts: CourseFacts, *, owner_unit_id: int) -> None:
    """The course says this now; a published one is found by its new words at once, and its new rules hold for everybody who has
    not finished it."""
    _check_pretest(session, facts)
    if course.state is CourseState.PUBLISHED:
        _check_audiences(session, course.id, facts.audience_unit_id)
        _check_electives(session, course.id, facts)
    for name, value in vars(facts).items():
        setattr(course, name, value)
    course.owner_unit_id = owner_unit_id
    if course.state is CourseState.PUBLISHED:
        search.put(session, COURSE, course.id, entry_of_course(course))


def _check_pretest(session: Session, facts: CourseFacts) -> None:
    """Raises Invalid when the pre-test would give the answers of the quiz away: both the same questions."""
    if facts.pretest_paper_id is None or facts.pretest_paper_id != facts.paper_id:
        return
    if session.get_one(Paper, facts.pretest_paper_id).kind is PaperKind.FIXED:
        raise Invalid("前测和课后测验是同一份固定试卷，前测后答案就公布了。请换一份，或用抽题的试卷。", field="pretest")


def set_prerequisites(session: Session, course: Course, required_ids: Sequence[int]) -> None:
    """Exactly these courses come first. Raises Invalid when one would wait for itself, or is not for everybody in the audience."""
    requires: dict[int, list[int]] = {}
    for before, first in session.execute(select(Prerequisite.course_id, Prerequisite.required_id)):
        if before != course.id:
            requires.setdefault(before, []).append(first)
    audience = _audience_path(session, course.audience_unit_id)
    asked = select(Course, Unit.path).outerjoin(Unit, Unit.id == Course.audience_unit_id)
    for required, path in session.execute(asked.where(Course.id.in_(required_ids))):
        if rules.leads_back(course.id, required.id, requires):
            raise Invalid(f"《{required.title}》要先学完本课，不能再作本课的先修课。", field="prerequisites")
        if path and not audience.startswith(path):
            raise Invalid(f"《{required.title}》只对部分单位开放，不能作这门课的先修课。", field="prerequisites")
    session.execute(delete(Prerequisite).where(Prerequisite.course_id == course.id))
    session.add_all(Prerequisite(course_id=course.id, required_id=each) for each in dict.fromkeys(required_ids))


def duplicate_course(session: Session, course: Course, *, now: datetime) -> Course:
    """A draft with the same settings, sections and lessons, which nobody has studied."""
    names = [field.name for field in fields(CourseFacts)]
    facts = {name: getattr(course, name) for name in names} | {"title": f"{course.title[:112]}（副本）"}
    lessons = session.scalars(
        select(Lesson).where(Lesson.course_id == course.id, ~Lesson.is_retired).order_by(Lesson.position)
    ).all()
    sections = session.scalars(select(Section).where(Section.course_id == course.id)).all()
    first = session.scalars(select(Prerequisite.required_id).where(Prerequisite.course_id == course.id)).all()
    made = create_course(session, CourseFacts(**facts), owner_unit_id=course.owner_unit_id, now=now)
    twins = {each.id: Section(course_id=made.id, position=each.position, title=each.title) for each in sections}
    session.add_all(twins.values())
    session.flush()  # lessons name their sections by number
    for lesson in lessons:
        session.add(
            Lesson(
                course_id=made.id, position=lesson.position, resource_id=lesson.resource_id, paper_id=lesson.paper_id,
                section_id=twins[lesson.section_id].id if lesson.section_id else None, title=lesson.title,
                is_required=lesson.is_required,
            )
        )  # fmt: skip
    session.add_all(Prerequisite(course_id=made.id, required_id=each) for each in first)
    return made


def publish_course(
    session: Session, course: Course, *, by: Principal, now: datetime, detail: Mapping[str, object] = NOTHING
) -> None:
    """Learners of its audience find and study it. Raises Invalid without lessons, when a lesson is not to be had by the audience,
    or when its rule asks for more than it offers."""
    lessons = session.execute(
        select(Lesson.title, Resource.state)
        .outerjoin(Resource, Resource.id == Lesson.resource_id)
        .where(Lesson.course_id == course.id, ~Lesson.is_retired)
        .order_by(Lesson.position)
    ).all()
    if not lessons:
        raise Invalid("课程还没有课时，请先添加至少一个课时再发布。")
    for title, state in lessons:
        if state is ResourceState.WITHDRAWN:
            raise Invalid(f"课时“{title}”的资源已撤下，请更换后再发布。")
        if state not in (None, ResourceState.PUBLISHED):
            raise Invalid(f"课时“{title}”的资源还没有通过两步审核，发布后才能用。")
    _check_audiences(session, course.id, course.audience_unit_id)
    _check_electives(session, course.id, course)
    texts = entry_of_course(course)
    _move(session, course, CourseState.DRAFT, CourseState.PUBLISHED, published_at=now)
    search.put(session, COURSE, course.id, texts)
    audit.record(session, by.id, "course.publish", f"course:{course.id}", dict(detail), now=now)


def _check_electives(session: Session, course_id: int, asked: Course | CourseFacts) -> None:
    """Raises Invalid when the course asks for more elective lessons than it has."""
    if asked.completion is not Completion.ELECTIVES:
        return
    electives = session.scalars(
        select(Lesson.id).where(Lesson.course_id == course_id, ~Lesson.is_retired, ~Lesson.is_required)
    ).all()
    if len(electives) < asked.electives_needed:
        offered = f"要求学完 {asked.electives_needed} 个选学课时，课程里只有 {len(electives)} 个"
        raise Invalid(f"{offered}，请把课时改为选学或减少要求。", field="electives_needed")


def _audience_path(session: Session, audience_unit_id: int | None) -> str:
    return session.scalar(select(Unit.path).where(Unit.id == audience_unit_id)) or "/"


def _check_audiences(session: Session, course_id: int, audience_unit_id: int | None) -> None:
    """Raises Invalid when a lesson is for fewer people than the course."""
    narrower = session.execute(
        select(Lesson.title, Unit.path)
        .join(Resource, Resource.id == Lesson.resource_id)
        .join(Unit, Unit.id == Resource.audience_unit_id)
        .where(Lesson.course_id == course_id, ~Lesson.is_retired)
    ).all()
    audience = _audience_path(session, audience_unit_id)
    for title, path in narrower:
        if not audience.startswith(path):
            raise Invalid(f"课时“{title}”只对部分单位开放，请把学习对象缩小到同一单位，或更换课时。", field="audience")


def withdraw_course(session: Session, course: Course, *, by: Principal, now: datetime) -> None:
    """The course is gone for learners; what they have studied and earned stays."""
    _move(session, course, CourseState.PUBLISHED, CourseState.WITHDRAWN)
    search.remove(session, COURSE, course.id)
    audit.record(session, by.id, "course.withdraw", f"course:{course.id}", {}, now=now)


def reopen_course(session: Session, course: Course) -> None:
    """A withdrawn course is a draft again."""
    _move(session, course, CourseState.WITHDRAWN, CourseState.DRAFT)


def _move(session: Session, course: Course, old: CourseState, new: CourseState, **values: object) -> None:
    held = update(Course).where(Course.id == course.id, Course.state == old)
    if not changed(session.execute(held.values(state=new, **values))):
        raise Conflict(MOVED_ON)
    session.refresh(course)

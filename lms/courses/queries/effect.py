"""What became of a lecturer's resource: sums over people, never a person."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from lms.courses import effect_rules, study_rules
from lms.courses.effect_rules import SHOWN_FROM, Reach
from lms.courses.models import Course, Lesson, LessonProgress, Resource, Viewing
from lms.courses.queries.history import PLAYED, length_of
from lms.courses.review_rules import CourseState
from lms.people.models import Unit
from lms.quizzes.bank_models import QuestionTag
from lms.quizzes.models import Attempt, AttemptItem, Question, QuestionVersion
from lms.quizzes.rules import Purpose, State

MOST_PERSONS = 5000  # the newest; more would not change a figure a reader can see
MOST_MISSED = 8


@dataclass(frozen=True)
class Use:
    """How often a resource was opened in courses, by how many persons, and how many of them finished it."""

    viewings: int = 0
    persons: int = 0
    finished: int = 0

    @property
    def finished_percent(self) -> int | None:
        return self.finished * 100 // self.persons if self.persons else None


def count_use(session: Session, resource_ids: Sequence[int]) -> dict[int, Use]:
    """For each of the resources, in two statements."""
    opened = (
        select(Lesson.resource_id, func.count())
        .join(Viewing, Viewing.lesson_id == Lesson.id)
        .where(Lesson.resource_id.in_(resource_ids))
        .group_by(Lesson.resource_id)
    )
    studied = (
        select(
            Lesson.resource_id,
            func.count(LessonProgress.person_id.distinct()),
            func.count(case((LessonProgress.finished_at.is_not(None), LessonProgress.person_id)).distinct()),
        )
        .join(LessonProgress, LessonProgress.lesson_id == Lesson.id)
        .where(Lesson.resource_id.in_(resource_ids))
        .group_by(Lesson.resource_id)
    )
    viewings = {id: count for id, count in session.execute(opened)}
    found = {id: Use(viewings.get(id, 0), persons, done) for id, persons, done in session.execute(studied)}
    return {id: found.get(id, Use()) for id in resource_ids}


def list_reaches(session: Session, resource: Resource) -> list[Reach]:
    """How far each person came, in whichever of the courses that hold the resource."""
    rows = session.execute(
        select(LessonProgress.person_id, LessonProgress.spans, LessonProgress.pages, LessonProgress.finished_at)
        .join(Lesson, Lesson.id == LessonProgress.lesson_id)
        .where(Lesson.resource_id == resource.id)
        .order_by(LessonProgress.id.desc())
        .limit(MOST_PERSONS)
    )
    spans: dict[int, list[tuple[int, int]]] = defaultdict(list)
    pages: dict[int, set[int]] = defaultdict(set)
    finished: dict[int, bool] = defaultdict(bool)
    for person_id, covered, shown, finished_at in rows:
        spans[person_id] += [(start, end) for start, end in covered]
        pages[person_id] |= set(shown)
        finished[person_id] |= finished_at is not None
    return [Reach(_parts(resource, spans[id], pages[id]), done) for id, done in finished.items()]


def _parts(resource: Resource, spans: list[tuple[int, int]], pages: set[int]) -> tuple[float, ...]:
    if resource.kind in PLAYED or not resource.page_count:
        return effect_rules.parts_seen(study_rules.join(spans), length_of(resource))
    return effect_rules.parts_read(pages, resource.page_count)


@dataclass(frozen=True)
class Missed:
    """A question, or a topic, with how many first answers it got and how many of them did not earn everything."""

    name: str
    answers: int
    wrong: int

    @property
    def percent(self) -> int:
        return self.wrong * 100 // self.answers


@dataclass(frozen=True)
class Misses:
    """What was missed most, by question and by topic; only what at least SHOWN_FROM persons answered."""

    questions: list[Missed]
    topics: list[Missed]


def list_misses(session: Session, resource: Resource) -> Misses:
    """From everybody's first attempt at the quizzes of the courses that hold the resource. Stems only: no key, no name."""
    rows = session.execute(_asked(resource)).all()
    tags = defaultdict(list)
    for question_id, tag in session.execute(
        select(QuestionTag.question_id, QuestionTag.tag).where(QuestionTag.question_id.in_([row.id for row in rows]))
    ):
        tags[question_id].append(tag)
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        for tag in tags[row.id]:
            sums[tag][0] += row.answers
            sums[tag][1] += row.wrong
    return Misses(
        _most([Missed(row.stem, row.answers, row.wrong) for row in rows]),
        _most([Missed(tag, answers, wrong) for tag, (answers, wrong) in sums.items()]),
    )


def _asked(resource: Resource) -> Select[tuple[int, str, int, int]]:
    holding = select(Lesson.course_id).where(Lesson.resource_id == resource.id)
    beside = select(Lesson.id).where(Lesson.course_id.in_(holding), Lesson.paper_id.is_not(None))
    of_course = (Attempt.purpose == Purpose.COURSE) & Attempt.subject_id.in_(holding)
    of_lesson = (Attempt.purpose == Purpose.LESSON) & Attempt.subject_id.in_(beside)
    wrong = case((AttemptItem.score_millis < AttemptItem.points_millis, 1), else_=0)
    sums = (
        select(QuestionVersion.question_id, func.count().label("answers"), func.sum(wrong).label("wrong"))
        .join(AttemptItem, AttemptItem.version_id == QuestionVersion.id)
        .join(Attempt, Attempt.id == AttemptItem.attempt_id)
        .where(of_course | of_lesson, Attempt.number == 1, Attempt.state != State.OPEN)
        .where(AttemptItem.score_millis.is_not(None))
        .group_by(QuestionVersion.question_id)
        .subquery()
    )
    newest = (QuestionVersion.question_id == Question.id) & (QuestionVersion.number == Question.version)
    return (
        select(Question.id, QuestionVersion.stem, sums.c.answers, sums.c.wrong)
        .join(sums, sums.c.question_id == Question.id)
        .join(QuestionVersion, newest)
    )


def _most(missed: list[Missed]) -> list[Missed]:
    told = [each for each in missed if each.answers >= SHOWN_FROM and each.wrong]
    return sorted(told, key=lambda each: (-each.percent, -each.answers, each.name))[:MOST_MISSED]


def list_reuse(session: Session, resource: Resource) -> list[tuple[str, str]]:
    """(course, unit) of published courses of other units that hold the resource."""
    query = (
        select(Course.title, Unit.name)
        .join(Unit, Unit.id == Course.owner_unit_id)
        .where(Course.owner_unit_id != resource.owner_unit_id, Course.state == CourseState.PUBLISHED)
        .where(Course.id.in_(select(Lesson.course_id).where(Lesson.resource_id == resource.id, ~Lesson.is_retired)))
        .order_by(Unit.sort, Course.title)
    )
    return [(title, unit) for title, unit in session.execute(query)]

"""A course of several sections to be studied in order after another one, and what people say of the films they have seen."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.courses.models import Course, Lesson, LessonProgress, Resource
from lms.courses.review_rules import Line, ResourceKind
from lms.courses.services import contents, courses
from lms.courses.services.courses import CourseFacts
from lms.courses.services.ratings import rate_resource
from lms.demo import cast
from lms.demo.shelf import SPEAKERS, course_plans
from lms.demo.story import AT_ONCE, Happening, Story
from lms.quizzes.models import Paper

TITLE = "新任干部业务进阶"
BUILT_DAYS_AGO, CLOSES_IN_DAYS = 12, 60
FILMS = 3
RATERS = 14
WORDS = (
    "例子都是窗口上真碰到的，听完就能用。",
    "后半段讲得快了些，希望配一张流程图。",
    "把新旧规定放在一起对比，清楚多了。",
    "",
    "声音有点小，字幕帮了大忙。",
    "",
    "测验题出得好，错了才知道哪里没听懂。",
)
STARS = (5, 4, 5, 4, 4, 5, 3)


def chapter(story: Story) -> Iterator[Happening]:
    at = story.site.working_day_ago(BUILT_DAYS_AGO, 15)
    yield Happening(at, partial(_build, story=story, at=at))
    rated_at = story.site.now
    yield Happening(rated_at, partial(_rate, story=story, at=rated_at), weight=AT_ONCE)


def _build(session: Session, *, story: Story, at: datetime) -> None:
    """After the first course, in order: films in the first section, a quiz to pass in the second, something to read besides."""
    told = [story.courses[p.lecture.code] for p in course_plans(story.site) if p.film.audience is None]
    first = session.get_one(Course, told[0].id)
    facts = CourseFacts(
        title=TITLE,
        summary="先学完《" + first.title + "》，再按顺序学本课：看完录像，通过随堂测验。",
        line=Line(first.line),
        lecturer_name="人事教育处",
        audience_unit_id=None,
        paper_id=None,
        is_required=False,
        professional=False,
        is_ordered=True,
        closes_at=story.site.ago(-CLOSES_IN_DAYS, 18),
    )
    course = courses.create_course(session, facts, owner_unit_id=story.units[cast.BUREAU], now=at)
    contents.add_section(session, course, "第一章 听课")
    for each in told[:FILMS]:
        contents.add_lesson(session, course, _film(session, each.film_lesson_id), title="")
    contents.add_section(session, course, "第二章 检验")
    contents.add_quiz(session, course, session.get_one(Paper, told[0].paper_id), title="随堂测验")
    contents.add_lesson(session, course, _beside(session, first), title="延伸阅读", is_required=False)
    contents.add_lesson(session, course, _package(session), title="", is_required=False)
    session.flush()  # publishing counts the lessons
    courses.set_prerequisites(session, course, [first.id])
    courses.publish_course(session, course, by=story.who(session, "hua", at), now=at)


def _film(session: Session, lesson_id: int) -> Resource:
    return session.scalars(select(Resource).join(Lesson).where(Lesson.id == lesson_id)).one()


def _beside(session: Session, course: Course) -> Resource:
    """What is read beside the course's film."""
    query = select(Resource).join(Lesson).where(Lesson.course_id == course.id).order_by(Lesson.position.desc())
    return session.scalars(query.limit(1)).one()


def _package(session: Session) -> Resource:
    return session.scalars(select(Resource).where(Resource.kind == ResourceKind.PACKAGE)).one()


def _rate(session: Session, *, story: Story, at: datetime) -> None:
    """Some of those who finished the first film and the films of lecturers of the cast."""
    codes = [plan.lecture.code for plan in course_plans(story.site)]
    for code in dict.fromkeys([codes[0], *(code for code in codes if code in SPEAKERS)]):
        lesson_id = story.courses[code].film_lesson_id
        film = _film(session, lesson_id)
        seen = select(LessonProgress.person_id).where(
            LessonProgress.lesson_id == lesson_id, LessonProgress.finished_at.is_not(None)
        )
        for place, person_id in enumerate(session.scalars(seen.order_by(LessonProgress.person_id).limit(RATERS)).all()):
            stars, words = STARS[place % len(STARS)], (WORDS[place : place + 1] or ("",))[0]
            rate_resource(session, film, person_id=person_id, stars=stars, words=words, now=at)

"""A year of study: the cast through the services, hundreds of others at their own pace through bulk functions."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from lms import clock, outcomes
from lms.courses.models import Course, Lesson
from lms.courses.services import bulk, quiz, viewings
from lms.courses.services.bulk import Watched
from lms.courses.services.viewings import Batch, SentBeat
from lms.courses.study_rules import BEAT_SECONDS
from lms.demo import cast
from lms.demo.shelf import CoursePlan, course_plans
from lms.demo.sitting import chooser, moment, sit
from lms.demo.story import AT_ONCE, Happening, Story
from lms.people import queries as people
from lms.people.rules import DutyStatus
from lms.quizzes.models import Paper
from lms.quizzes.rules import Purpose
from lms.quizzes.services import bulk as quizzes_bulk
from lms.quizzes.services.bulk import Sitting

PEOPLE_AT_ONCE = 40
FINISHED_PERCENT, QUIZZED_PERCENT = 80, 90
COURSES_MOST = 5
REST = timedelta(minutes=45)
"""Nobody begins later than so long before now, so that the quiz is handed in and every viewing has fallen silent."""


@dataclass(frozen=True)
class Start:
    """Somebody begins a course and sees so much of its film; who sees it all may go on to the quiz."""

    person_id: int
    at: datetime
    percent: int
    quiz_after_seconds: int | None
    skill: float


def chapter(story: Story) -> Iterator[Happening]:
    plans = course_plans(story.site)
    yield from _cast(story, plans)
    yield from _everybody(story, plans)


# --- the cast


def _cast(story: Story, plans: Sequence[CoursePlan]) -> Iterator[Happening]:
    """lin has finished one course and seen half of another; chen, mei and dana have studied too, bo has not begun."""
    site = story.site
    first, last = plans[0], plans[-1]
    yield from _studies(story, "lin", first, site.working_day_ago(64, 12, 40), 100, failures=1)
    yield from _studies(story, "lin", last, site.working_day_ago(2, 20, 5), 54)
    yield from _studies(story, "chen", first, site.working_day_ago(120, 15), 100)
    yield from _studies(story, "mei", first, site.working_day_ago(90, 15, 30), 100)
    yield from _studies(story, "dana", first, site.working_day_ago(16, 19), 31)


def _studies(
    story: Story, name: str, plan: CoursePlan, at: datetime, percent: int, failures: int = 0
) -> Iterator[Happening]:
    at = max(at, plan.published_at + timedelta(hours=2))
    act = partial(_study, story=story, name=name, plan=plan, at=at, percent=percent, failures=failures)
    yield Happening(at, act)


def _study(
    session: Session, *, story: Story, name: str, plan: CoursePlan, at: datetime, percent: int, failures: int
) -> None:
    """The film through so much of it; after the whole of it the quiz, failed so many times first."""
    told, person_id = story.courses[plan.lecture.code], story.people[name]
    through = told.film_millis * percent // 100
    seen_at = at + timedelta(milliseconds=through)
    lesson = session.get_one(Lesson, told.film_lesson_id)
    viewing, _ = viewings.open_viewing(session, lesson, person_id=person_id, now=at)
    viewings.keep_beats(session.connection(), Batch(viewing.id, person_id, _beats(through), seen_at))
    session.expire_all()
    viewings.end_open_viewings(session, person_id=person_id, now=seen_at + timedelta(hours=1))
    if percent < 100:
        return
    course, quiz_at = session.get_one(Course, told.id), seen_at + timedelta(minutes=3)
    for skill in [0] * failures + [1]:
        attempt = quiz.start_quiz(session, course, person_id=person_id, now=quiz_at)
        sit(session, attempt, skill=skill, seconds=186, chance=story.chance)
        quiz_at += timedelta(minutes=5)


def _beats(through: int) -> tuple[SentBeat, ...]:
    step = BEAT_SECONDS * 1000
    starts = range(0, through, step)
    return tuple(
        SentBeat(n, start, min(start + step, through), 100, has_input=n == 1) for n, start in enumerate(starts, start=1)
    )


# --- everybody else


def _everybody(story: Story, plans: Sequence[CoursePlan]) -> Iterator[Happening]:
    """At the end of the year, as one wave for each course: these acts leave no other trace than their own moments."""
    starts: dict[str, list[Start]] = defaultdict(list)
    for person_id, is_north in _students(story):
        for code, start in _year_of(story, person_id, [p for p in plans if is_north or p.film.audience is None]):
            starts[code].append(start)
    for code, many in starts.items():
        for place in range(0, len(many), PEOPLE_AT_ONCE):
            chunk = many[place : place + PEOPLE_AT_ONCE]
            yield Happening(story.site.now, partial(_learn, story=story, code=code, starts=chunk), weight=AT_ONCE)


def _students(story: Story) -> list[tuple[int, bool]]:
    """(person id, belongs to North) of people on duty outside the cast, chosen by chance."""
    own = {story.people[part.staff_no] for part in cast.CAST + cast.DEMONSTRATED}
    with story.site.make_session() as session:
        members = people.roster(session, story.site.today)
        north = {m.person_id for m in people.roster(session, story.site.today, unit_path=_north_path(story, session))}
    present = [m.person_id for m in members if m.duty_status is DutyStatus.ON_DUTY and m.person_id not in own]
    chosen = story.chance.sample(present, min(story.site.size.students, len(present)))
    return [(person_id, person_id in north) for person_id in chosen]


def _north_path(story: Story, session: Session) -> str:
    return story.unit(session, cast.NORTH).path


def _year_of(story: Story, person_id: int, plans: Sequence[CoursePlan]) -> Iterator[tuple[str, Start]]:
    """One person's courses, each begun on a day of its own."""
    chance, site = story.chance, story.site
    skill = min(0.98, max(0.55, chance.gauss(0.85, 0.1)))
    days = set()
    for plan in chance.sample(plans, chance.randint(1, min(COURSES_MOST, len(plans)))):
        at = moment(chance, plan.published_at + timedelta(hours=1), site.now - REST)
        if clock.today(at) in days:
            continue
        days.add(clock.today(at))
        is_whole = chance.randrange(100) < FINISHED_PERCENT
        goes_on = is_whole and chance.randrange(100) < QUIZZED_PERCENT
        after = chance.randint(60, 900) if goes_on else None
        yield plan.lecture.code, Start(person_id, at, 100 if is_whole else chance.randint(8, 85), after, skill)


def _learn(session: Session, *, story: Story, code: str, starts: Sequence[Start]) -> None:
    told, chance = story.courses[code], story.chance
    watched = [Watched(s.person_id, s.at, told.film_millis * s.percent // 100) for s in starts]
    bulk.add_watched(session, told.film_lesson_id, watched)
    sittings = [
        Sitting(
            s.person_id,
            1,
            w.last_at + timedelta(seconds=s.quiz_after_seconds),
            chance.randint(60, 400),
            chooser(s.skill, chance),
        )
        for s, w in zip(starts, watched, strict=True)
        if s.quiz_after_seconds is not None
    ]
    paper = session.get_one(Paper, told.paper_id)
    attempts = quizzes_bulk.add_attempts(
        session, paper, sittings, purpose=Purpose.COURSE, subject_id=told.id, rng=chance
    )
    for attempt in attempts:
        assert attempt.submitted_at is not None
        outcomes.settle(session, attempt, attempt.submitted_at)

"""What an attempt's purpose decides, as literal tables: how it begins, what follows from its submission, which page it belongs to.

`settle` is called in the transaction of the submission, so that a finished course, credited hours or a board's new result are stored with
it or not at all. A purpose without an entry (practice, a pre-test) has no consequence. A mock round earns nothing anywhere.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lms import clock
from lms.config import Keys
from lms.contests import correction_services as corrections
from lms.contests import services as contests
from lms.courses import access_study
from lms.courses.queries import library
from lms.courses.queries.library import Wanted
from lms.courses.services import progress, quiz
from lms.db import Read
from lms.errors import Forbidden, NotFound
from lms.gatherings.models import Gathering
from lms.lectures.models import SUBJECT as LECTURE
from lms.lectures.services import earning
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.quizzes.models import Attempt, KeyCorrection
from lms.quizzes.rules import Purpose
from lms.quizzes.services.mock import settle_mock
from lms.tasks.services import TaskContext
from lms.training import access as classes
from lms.training import plan_access
from lms.training import services as training
from lms.training.models import TrainingClass

Settle = Callable[[Session, Attempt, datetime], Any]
Begin = Callable[[Session, Principal, int, datetime], Attempt]


def _begin_course_quiz(session: Session, person: Principal, course_id: int, now: datetime) -> Attempt:
    if not person.can(Permission.COURSE_STUDY):
        raise Forbidden()
    course = access_study.quiz_to_sit(session, person, course_id, now)
    return quiz.start_quiz(session, course, person_id=person.id, now=now)


def _begin_lesson_quiz(session: Session, person: Principal, lesson_id: int, now: datetime) -> Attempt:
    if not person.can(Permission.COURSE_STUDY):
        raise Forbidden()
    course, lesson, _ = access_study.quiz_lesson_to_study(session, person, lesson_id, now)
    return quiz.start_lesson_quiz(session, course, lesson, person_id=person.id, now=now)


def _begin_pretest(session: Session, person: Principal, course_id: int, now: datetime) -> Attempt:
    if not person.can(Permission.COURSE_STUDY):
        raise Forbidden()
    course = access_study.pretest_to_sit(session, person, course_id, now)
    return quiz.start_pretest(session, course, person_id=person.id, now=now)


def _begin_class_quiz(session: Session, person: Principal, class_id: int, now: datetime) -> Attempt:
    if not person.can(Permission.COURSE_STUDY):
        raise Forbidden()
    return training.start_quiz(session, classes.own_class(session, person, class_id), person_id=person.id, now=now)


def _begin_plan_quiz(session: Session, person: Principal, item_id: int, now: datetime) -> Attempt:
    if not person.can(Permission.COURSE_STUDY):
        raise Forbidden()
    item = plan_access.quiz_to_sit(session, person, item_id, clock.today(now))
    return training.start_plan_quiz(session, item, person_id=person.id, now=now)


def _settle_lesson_quiz(session: Session, attempt: Attempt, now: datetime) -> None:
    quiz.settle_lesson_quiz(session, attempt, now=now)


def _settle_course_quiz(session: Session, attempt: Attempt, now: datetime) -> None:
    progress.settle_quiz(session, attempt, now=now)


SETTLE_BY_PURPOSE: Mapping[str, Settle] = {
    Purpose.COURSE: _settle_course_quiz,
    Purpose.LESSON: _settle_lesson_quiz,
    Purpose.CONTEST: contests.settle_attempt,
    Purpose.MOCK: settle_mock,
}

# Purpose → (session, principal, subject id, now) → the attempt, with the subject's own checks of access, window and number of attempts.
BEGIN_BY_PURPOSE: Mapping[str, Begin] = {
    Purpose.COURSE: _begin_course_quiz,
    Purpose.LESSON: _begin_lesson_quiz,
    Purpose.PRETEST: _begin_pretest,
    Purpose.CONTEST: contests.begin,
    Purpose.CLASS: _begin_class_quiz,
    Purpose.PLAN: _begin_plan_quiz,
    Purpose.MOCK: contests.begin_mock,
}

# Purpose → label, endpoint and argument ("" for none) of the page to go back to.
SUBJECT_PAGES: Mapping[str, tuple[str, str, str]] = {
    Purpose.COURSE: ("回到课程", "courses.course", "course_id"),
    Purpose.LESSON: ("回到课时", "courses.lesson_quiz", "lesson_id"),
    Purpose.PRETEST: ("回到课程", "courses.course", "course_id"),
    Purpose.PLAN: ("回到我的计划", "plans.mine", ""),
    Purpose.CLASS: ("回到培训班", "classes.show", "class_id"),
    Purpose.CONTEST: ("回到比拼", "contests.round_page", "round_id"),
    Purpose.MOCK: ("回到练习", "practice.index", ""),
}


# Where a material of a gathering that is a resource of the library is read, and how one is found there.
MATERIAL_PAGE = ("library.resource", "resource_id")
MOST_MATERIALS = 10


def find_materials(session: Session, person: Principal, text: str) -> list[tuple[int, str]]:
    """(id, title) of published resources for the person that meet the text, the newest or best first; none without a text."""
    if not text:
        return []
    found = library.find_resources(session, person, Wanted(text=text), limit=MOST_MATERIALS)
    return [(resource.id, resource.title) for resource in found.rows]


# What a gathering was made for → what follows from its closed or corrected roll, and label, endpoint and argument of the page about it.
FOLLOW_BY_SUBJECT: Mapping[str, Callable[[Session, Gathering, datetime], None]] = {LECTURE: earning.settle}
GATHERING_PAGES: Mapping[str, tuple[str, str, str]] = {LECTURE: ("讲座页面：课件、录像", "lectures.show", "lecture_id")}


def follow_gathering(session: Session, gathering: Gathering, now: datetime) -> None:
    """Do what follows from the gathering's roll, in the transaction that closes or corrects it."""
    follow = FOLLOW_BY_SUBJECT.get(gathering.subject_kind or "")
    if follow is not None:
        follow(session, gathering, now)


def settle(session: Session, attempt: Attempt, now: datetime) -> None:
    """Do what follows from the attempt."""
    follow = SETTLE_BY_PURPOSE.get(attempt.purpose)
    if follow is not None:
        follow(session, attempt, now)


def settle_reads(attempt_id: int) -> Sequence[Read]:
    """What `settle` asks the database of an attempt in a contest, to be read ahead; of other purposes it finds nothing."""
    return contests.reads_of_settling(attempt_id)


def resettle(session: Session, attempts: Sequence[Attempt], reason: str, now: datetime) -> None:
    """Do what follows when the scores of ended attempts are corrected."""
    contests_met: dict[int, list[Attempt]] = {}
    for attempt in attempts:
        if attempt.purpose is Purpose.COURSE:
            progress.resettle_quiz(session, attempt, reason=reason, now=now)
        elif attempt.purpose is Purpose.LESSON:
            quiz.resettle_lesson_quiz(session, attempt, now=now)
        elif attempt.purpose is Purpose.CONTEST:
            contests_met.setdefault(attempt.subject_id, []).append(attempt)
    for class_id in sorted({attempt.subject_id for attempt in attempts if attempt.purpose is Purpose.CLASS}):
        _resettle_class(session, class_id, now)
    for round_id, of_round in contests_met.items():
        contests.resettle_attempts(session, round_id, of_round, reason=reason, now=now)


def publish(context: TaskContext, correction: KeyCorrection) -> None:
    """Publish the corrected rankings and advancement lists that were approved together with a corrected key, now that every attempt is marked again."""
    with context.make_session() as session:
        if not corrections.list_due(session, correction.id):
            return
    keys: Keys = context.services["keys"]
    reason = f"更正试题后重新计分：{correction.reason}"
    corrections.publish_all_due(context.make_session, correction.id, keys=keys, reason=reason, now=clock.now())


def _resettle_class(session: Session, class_id: int, now: datetime) -> None:
    """An open class reads the scores when it is closed; a closed one is corrected."""
    of = session.get_one(TrainingClass, class_id)
    if training.to_correct(session, of):
        training.correct_class(session, of, by_id=None, now=now)


def begin(session: Session, person: Principal, purpose: str, subject_id: int, now: datetime) -> Attempt:
    """The person's open attempt at the subject, started if need be. Raises NotFound for a purpose that has no start of its own."""
    start = BEGIN_BY_PURPOSE.get(purpose)
    if start is None:
        raise NotFound()
    return start(session, person, subject_id, now)


def begin_reads(person: Principal, purpose: str, subject_id: int) -> Sequence[Read]:
    """What `begin` asks the database in any case, to be read ahead; nothing is told of purposes that begin one at a time."""
    return contests.reads_of_start(person, subject_id) if purpose == Purpose.CONTEST else ()


def next_mock(session: Session, person: Principal, now: datetime) -> contests.MockOffer | None:
    """The contest that the practice page offers a mock of."""
    return contests.next_mock(session, person, now) if person.can(Permission.CONTEST_ENTER) else None

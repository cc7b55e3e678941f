"""The recount as a command, study loaded in bulk, and the course to go on with."""

from types import SimpleNamespace

from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.cli import hours
from lms.courses.models import LessonProgress
from lms.courses.queries import study as queries
from lms.courses.services import progress as progress_service
from lms.courses.services.bulk import Watched, add_watched
from lms.hours.models import HourEntry
from tests.courses import desk


def run(app: Flask) -> Result:
    with app.app_context():
        return CliRunner().invoke(hours, ["verify"])


def test_the_command_compares_all_and_fails_on_a_difference(
    app: Flask, session: Session, cast: SimpleNamespace
) -> None:
    (lesson,) = desk.lessons(session, desk.course(session, desk.resource(session, seconds=60)))
    desk.Device(session, lesson, cast.lin).play(60)
    session.commit()
    answer = run(app)
    assert answer.exit_code == 0, answer.output
    assert "hours: 1 of 1 compared, 0 faults" in answer.output
    assert "study: 1 of 1 compared, 0 faults" in answer.output
    session.execute(update(LessonProgress).values(spans=[[0, 1]]))
    session.execute(update(HourEntry).values(quarters=9))
    session.commit()
    answer = run(app)
    assert answer.exit_code == 1
    assert answer.output.count("FAULT") == 3  # the entry, the sum it is in, the lesson


def test_a_settled_lesson_the_ledger_knows_nothing_of_is_named(session: Session, cast: SimpleNamespace) -> None:
    (lesson,) = desk.lessons(session, desk.course(session, desk.resource(session, seconds=60)))
    desk.Device(session, lesson, cast.lin).play(60)
    session.execute(HourEntry.__table__.delete())  # type: ignore[attr-defined]
    assert any("ledger" in problem for problem in progress_service.verify(session).problems)


def test_beats_whose_progress_is_gone_are_a_failure_and_not_an_empty_success(
    app: Flask, session: Session, cast: SimpleNamespace
) -> None:
    (lesson,) = desk.lessons(session, desk.course(session, desk.resource(session, seconds=60)))
    desk.Device(session, lesson, cast.lin).play(30)
    session.execute(LessonProgress.__table__.delete())  # type: ignore[attr-defined]
    session.commit()
    answer = run(app)
    assert answer.exit_code == 1
    assert "study: 0 of 0 compared, 1 faults" in answer.output


def test_study_in_bulk_stands_up_to_the_recount(session: Session, cast: SimpleNamespace) -> None:
    (lesson,) = desk.lessons(session, desk.course(session, desk.resource(session, seconds=1800)))
    watched = [Watched(cast.lin.id, desk.at(0), 1_800_000), Watched(cast.bo.id, desk.at(0), 700_000)]
    add_watched(session, lesson.id, watched)
    session.expire_all()
    check = progress_service.verify(session)
    assert (check.problems, check.compared) == ([], 2)
    assert desk.progress(session, lesson, cast.lin).finished_at is not None
    assert desk.progress(session, lesson, cast.bo).finished_at is None


def test_the_course_studied_last_is_the_one_to_go_on_with(session: Session, cast: SimpleNamespace) -> None:
    first = desk.course(session, desk.resource(session, seconds=100), desk.resource(session, "document", seconds=900))
    second = desk.course(session, desk.resource(session, seconds=100))
    done = desk.course(session, desk.resource(session, seconds=30))
    for number, (course, seconds) in enumerate([(second, 10), (first, 40), (done, 30)]):
        desk.Device(session, desk.lessons(session, course)[0], cast.lin, seconds=number * 1000).play(seconds)
    going = queries.list_going_on(session, cast.lin.id, "/", now=desk.at(0))
    assert [each.course.id for each in going] == [first.id, second.id]
    assert (going[0].line.percent, going[0].seconds_left) == (40, 60 + 900)

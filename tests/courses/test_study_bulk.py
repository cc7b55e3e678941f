"""Study in bulk leaves what honest viewing would have left."""

from types import SimpleNamespace

from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lms.cli import hours
from lms.courses.models import LessonProgress
from lms.courses.queries import study as queries
from lms.courses.services import progress as progress_service
from lms.courses.services.bulk import Study, record_studies
from lms.hours.models import HourEntry
from tests.courses import desk


def run(app: Flask) -> Result:
    with app.app_context():
        return CliRunner().invoke(hours, ["verify"])


def test_studies_in_bulk_are_credited_and_stand_up_to_the_recount(session: Session, cast: SimpleNamespace) -> None:
    course = desk.course(session, desk.resource(session, seconds=1800), desk.resource(session, "document", seconds=900))
    studies = [Study(person.id, course.id, desk.at(0)) for person in (cast.lin, cast.bo)]
    record_studies(session, [*studies, Study(cast.dana.id, course.id, desk.at(0), percent=40)])
    assert session.scalar(select(func.sum(HourEntry.quarters))) == 2 * (4 + 1)
    check = progress_service.verify(session)
    assert (check.problems, check.compared) == ([], 5)
    (going,) = queries.list_going_on(session, cast.dana.id, "/")
    assert (going.line.percent, going.course.id) == (40, course.id)
    assert going.seconds_left == 1800 * 60 // 100 + 900
    assert queries.list_going_on(session, cast.lin.id, "/") == []


def test_studies_in_bulk_of_a_short_document_with_many_pages_show_them_all(
    session: Session, cast: SimpleNamespace
) -> None:
    course = desk.course(session, desk.resource(session, "document", seconds=5, page_count=36))
    record_studies(session, [Study(cast.lin.id, course.id, desk.at(0))])
    assert progress_service.verify(session).problems == []


def test_the_command_compares_all_and_fails_on_a_difference(
    app: Flask, session: Session, cast: SimpleNamespace
) -> None:
    course = desk.course(session, desk.resource(session, seconds=60))
    record_studies(session, [Study(cast.lin.id, course.id, desk.at(0))])
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
    assert answer.output.count("FAULT") == 2


def test_a_settled_lesson_the_ledger_knows_nothing_of_is_named(session: Session, cast: SimpleNamespace) -> None:
    course = desk.course(session, desk.resource(session, seconds=60))
    record_studies(session, [Study(cast.lin.id, course.id, desk.at(0))])
    session.execute(HourEntry.__table__.delete())  # type: ignore[attr-defined]
    assert any("ledger" in problem for problem in progress_service.verify(session).problems)

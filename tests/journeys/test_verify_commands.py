"""`flask hours|boards|audit verify`: 0 where all agrees, 1 where something differs or where nothing is left to compare."""

import importlib
from datetime import date
from types import SimpleNamespace

import pytest
from click import Command
from click.testing import CliRunner, Result
from flask import Flask
from sqlalchemy import delete
from sqlalchemy.orm import Session

from lms.audit.models import AuditHead, AuditRecord
from lms.cli import audit, hours
from lms.config import Keys
from lms.contests.cli import boards
from lms.hours import services as ledger
from lms.hours.models import HourSum
from lms.hours.rules import Bucket, Source
from lms.leaderboard import services
from lms.leaderboard.models import BoardBucket, BoardEntry, BoardResult, BoardUnit
from tests.leaderboard.making import NOON, make_hall, make_people


def run(app: Flask, command: Command, verb: str = "verify") -> Result:
    with app.app_context():
        return CliRunner().invoke(command, [verb])


@pytest.mark.parametrize("command", [hours, boards], ids=["hours", "boards"])
def test_a_site_without_any_data_has_nothing_to_compare_and_that_is_right(app: Flask, command: Command) -> None:
    answer = run(app, command)
    assert answer.exit_code == 0, answer.output
    assert "0 faults" in answer.output


def test_boards_with_results_are_compared_and_counted(app: Flask, session: Session) -> None:
    hall = make_hall(session)
    hall.record(make_people(session, 1)[0])
    session.commit()
    answer = run(app, boards)
    assert (answer.exit_code, "1 boards, 1 results, 1 entries" in answer.output) == (0, True), answer.output


def test_results_nobody_compared_are_a_failure(app: Flask, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    hall = make_hall(session)
    hall.record(make_people(session, 1)[0])
    session.commit()
    mutant = importlib.import_module("lms.leaderboard.services.recount")
    monkeypatch.setattr(mutant, "_verify_board", lambda *given: None)
    answer = run(app, boards)
    assert answer.exit_code == 1
    assert "1 rows stand in boards, 0 were compared" in answer.output
    assert "1 rows stand in board_results, 0 were compared" in answer.output


def test_a_publication_whose_journal_was_emptied_is_a_failure(app: Flask, session: Session, keys: Keys) -> None:
    hall = make_hall(session)
    (lin,) = make_people(session, 1)
    hall.record(lin)
    services.publish(session, hall.head, keys=keys, actor_id=lin, now=NOON)
    session.commit()
    assert run(app, boards).exit_code == 0
    for model in (BoardResult, BoardEntry, BoardBucket, BoardUnit):
        session.execute(delete(model))
    session.commit()
    answer = run(app, boards)
    assert answer.exit_code == 1
    assert "journal that is empty" in answer.output


def test_the_audit_log_is_compared_where_there_is_one(app: Flask, cast: SimpleNamespace) -> None:
    answer = run(app, audit)
    assert answer.exit_code == 0, answer.output
    assert "audit: 0 compared" not in answer.output


def test_a_site_whose_audit_log_was_emptied_to_the_last_row_is_a_failure(app: Flask, session: Session) -> None:
    session.execute(delete(AuditRecord))
    session.execute(delete(AuditHead))
    session.commit()
    answer = run(app, audit)
    assert answer.exit_code == 1
    assert "audit: 0 compared, 0 faults" in answer.output


def test_sums_of_hours_that_were_lost_are_named_and_made_anew(
    app: Flask, session: Session, cast: SimpleNamespace
) -> None:
    ledger.credit(
        session, person_id=cast.lin.id, source=Source("import", 1), bucket=Bucket.ONLINE, quarters=4, title="网络学院",
        on=date(2026, 3, 2), evidence={}, now=NOON,
    )  # fmt: skip
    session.execute(delete(HourSum))
    session.commit()
    answer = run(app, hours)
    assert (answer.exit_code, "FAULT sum of person" in answer.output) == (1, True), answer.output
    assert run(app, hours, "rebuild").output == "hours: 1 sums\n"
    assert run(app, hours).exit_code == 0

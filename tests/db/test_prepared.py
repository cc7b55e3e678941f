"""Prepared statements keep the rules of every other statement: a turn, a transaction, errors that are understood."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Connection, Engine, bindparam, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from lms.db import Prepared, UtcDateTime, reading_only
from lms.db.engine import WroteWhileReading
from lms.people.models import Person
from lms.people.rules import RankBand

PERSONS = Person.__table__
NOON = datetime(2026, 11, 27, 4, tzinfo=UTC)
NAMES = ("staff_no", "name", "rank_band", "initials", "title", "password_history", "must_change_password")
NAMES += ("failures", "totp_step", "is_unlisted", "type_size", "theme", "created_at")
ADD = Prepared(insert(PERSONS).values({name: bindparam(name) for name in NAMES}).returning(PERSONS.c.id))
FIND = Prepared(
    select(PERSONS.c.rank_band, PERSONS.c.password_history, PERSONS.c.created_at).where(
        PERSONS.c.staff_no == bindparam("staff")
    )
)
RENAME = Prepared(
    update(PERSONS).where(PERSONS.c.staff_no == bindparam("staff")).values(name=bindparam("called"), title="固定")
)


def person(staff_no: str) -> dict[str, object]:
    return {
        "staff_no": staff_no, "name": "新人", "rank_band": RankBand.COUNTY, "initials": "", "title": "",
        "password_history": ["a"], "must_change_password": False, "failures": 0, "totp_step": 0, "is_unlisted": False,
        "type_size": "standard", "theme": "auto", "created_at": NOON.astimezone(timezone(timedelta(hours=8))),
    }  # fmt: skip


@pytest.fixture
def connection(app) -> Iterator[Connection]:
    engine: Engine = app.extensions["engine"]
    with engine.connect() as opened:
        yield opened
        opened.rollback()


def test_values_go_in_and_come_out_as_the_columns_types_say(connection):
    assert ADD.first(connection, person("x1")).id > 0
    found = FIND.first(connection, {"staff": "x1"})
    assert (found.rank_band, found.password_history, found.created_at) == (RankBand.COUNTY, ["a"], NOON)
    assert found.created_at.tzinfo is UTC or found.created_at.utcoffset() == timedelta(0)
    assert FIND.first(connection, {"staff": "nobody"}) is None


def test_a_write_says_how_many_rows_it_met_and_keeps_its_fixed_values(connection):
    ADD.first(connection, person("x1"))
    assert RENAME.run(connection, {"staff": "x1", "called": "改名"}) == 1
    assert RENAME.run(connection, {"staff": "nobody", "called": "改名"}) == 0
    told = connection.execute(text("SELECT name, title FROM persons WHERE staff_no = 'x1'")).one()
    assert tuple(told) == ("改名", "固定")


def test_what_is_committed_stays_and_what_is_rolled_back_does_not(connection):
    ADD.first(connection, person("stays"))
    connection.commit()
    ADD.first(connection, person("goes"))
    connection.rollback()
    assert FIND.first(connection, {"staff": "stays"}) is not None
    assert FIND.first(connection, {"staff": "goes"}) is None


def test_a_broken_constraint_is_the_error_everybody_knows_without_the_values(connection):
    ADD.first(connection, person("x1"))
    with pytest.raises(IntegrityError) as problem:
        ADD.first(connection, person("x1"))
    assert isinstance(problem.value, DBAPIError)
    assert "新人" not in str(problem.value)


def test_nothing_writes_while_only_reading_is_allowed(connection):
    with reading_only():
        assert FIND.first(connection, {"staff": "lin"}) is not None
        with pytest.raises(WroteWhileReading):
            RENAME.run(connection, {"staff": "lin", "called": "改名"})
        with pytest.raises(WroteWhileReading):
            ADD.first(connection, person("x1"))


def test_a_naive_instant_is_refused(connection):
    at = Prepared(
        text("SELECT name FROM persons WHERE created_at = :at").bindparams(bindparam("at", type_=UtcDateTime()))
    )
    with pytest.raises(ValueError, match="naive"):
        at.run(connection, {"at": datetime(2026, 1, 1)})  # noqa: DTZ001

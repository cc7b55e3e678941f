"""Courses that are being studied come through the migration that lets a lesson be a quiz."""

from pathlib import Path

from sqlalchemy import Connection, Integer, MetaData, Table, insert, text

from lms.db import open_engine
from lms.db.migrate import upgrade

BEFORE, AFTER = "0013", "0018"
AT = "2026-11-01 08:00:00.000000"


def put(connection: Connection, name: str, **values: object) -> None:
    """A row in the schema of that time; what is not given and must not be empty is 0, or the moment as text."""
    table = Table(name, MetaData(), autoload_with=connection)
    needed = [c for c in table.columns if not c.nullable and c.name not in values]
    filled = {c.name: 0 if isinstance(c.type, Integer) or c.name.startswith("is_") else AT for c in needed}
    given = {column: value for column, value in {**filled, **values}.items() if value is not None}
    connection.execute(insert(table).values({n: text(f"'{v}'") for n, v in given.items()}))


def fill(connection: Connection) -> None:
    put(connection, "units", id=1)
    put(connection, "persons", id=1)
    put(connection, "resources", id=1, owner_unit_id=1, created_by_id=1)
    put(connection, "courses", id=1, owner_unit_id=1)
    put(connection, "lessons", id=7, course_id=1, position=1, resource_id=1, title="甲", is_required=1)
    put(connection, "lessons", id=8, course_id=1, position=2, resource_id=1, title="乙", is_required=0)
    put(connection, "viewings", id=1, lesson_id=8, person_id=1)
    connection.commit()


def test_lessons_keep_their_numbers_and_everything_that_points_to_them(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'studied.sqlite3'}")
    upgrade(engine, BEFORE)
    with engine.connect() as connection:
        fill(connection)
    upgrade(engine, AFTER)
    with engine.connect() as connection:
        lessons = connection.execute(text("SELECT id, title, is_required, is_retired FROM lessons ORDER BY id")).all()
        assert [tuple(row) for row in lessons] == [(7, "甲", 1, 0), (8, "乙", 0, 0)]
        assert connection.execute(text("SELECT lesson_id FROM viewings")).scalar_one() == 8
        assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
        assert connection.execute(text("SELECT completion FROM courses")).scalar_one() == "required"
        connection.rollback()
    engine.dispose()

"""The migrations make exactly the schema the models speak of."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, inspect, text
from sqlalchemy.engine import make_url

import lms.app  # noqa: F401  (imports every domain, so that the metadata is whole)
from lms.db import Base, open_engine
from lms.db.migrate import upgrade
from tests.support.databases import Databases, PostgresDatabases

BY_TRIGGER = {"fk_attempt_items_attempt_id_attempts", "fk_attempt_items_version_id_question_versions"}
"""What PostgreSQL has no keys for (lms/quizzes/item_links.py)."""
FULL_TEXT = {"search_words", "ix_search_texts_grams", "ix_search_subjects_title", "ix_search_subjects_marks"}


def _is_ours(what: Any) -> bool:
    is_by_trigger = what[0] == "add_fk" and what[1].name in BY_TRIGGER
    return not is_by_trigger and not any(name in repr(what) for name in FULL_TEXT)


def _empty(databases: Databases, folder: Path) -> str:
    if not isinstance(databases, PostgresDatabases):
        return f"sqlite:///{folder / 'empty.sqlite3'}"
    name = f"{make_url(databases.url).database}_empty"
    databases._do(
        f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"
    )
    return make_url(databases.url).set(database=name).render_as_string(hide_password=False)


def test_migrations_lead_from_nothing_to_the_models(databases: Databases, tmp_path: Path) -> None:
    engine = open_engine(_empty(databases, tmp_path))
    upgrade(engine)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
        connection.rollback()
    assert [d for d in differences if _is_ours(d)] == []
    engine.dispose()


def test_migrating_twice_changes_nothing(databases: Databases, tmp_path: Path) -> None:
    engine = open_engine(_empty(databases, tmp_path))
    upgrade(engine)
    tables = set(inspect(engine).get_table_names())
    upgrade(engine)
    assert set(inspect(engine).get_table_names()) == tables
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one()
    engine.dispose()


def test_the_migrated_search_finds_what_the_models_search_finds(databases: Databases, tmp_path: Path) -> None:
    engine = open_engine(_empty(databases, tmp_path))
    upgrade(engine)
    with engine.connect() as connection:
        connection.execute(
            text(
                "INSERT INTO search_subjects (kind, subject_id, title, grams, marks) "
                "VALUES ('resource', 1, '耕地 地', '', 'fkresource')"
            )
        )
        found = (
            "SELECT count(*) FROM search_words WHERE search_words MATCH 'fkresource AND \"耕地\"'"
            if engine.dialect.name == "sqlite"
            else "SELECT count(*) FROM search_subjects WHERE to_tsvector('simple', title) @@ to_tsquery('simple', '耕地')"
        )
        assert connection.execute(text(found)).scalar_one() == 1
        connection.rollback()
    engine.dispose()


def test_hours_that_were_there_before_have_their_sums(databases: Databases, tmp_path: Path) -> None:
    engine = open_engine(_empty(databases, tmp_path))
    upgrade(engine, "0036")
    tables, at = MetaData(), datetime(2026, 4, 1, tzinfo=UTC)
    tables.reflect(engine, only=["persons", "hour_rule_versions", "hour_entries"])
    persons, versions, entries = (tables.tables[n] for n in ("persons", "hour_rule_versions", "hour_entries"))
    person = {
        "id": 1,
        "staff_no": "p",
        "name": "p",
        "initials": "p",
        "rank_band": "township",
        "title": "",
        "failures": 0,
    }
    person |= {"password_history": [], "must_change_password": False, "totp_step": 0, "is_unlisted": False}
    person |= {"type_size": "standard", "theme": "auto", "created_at": at}
    figures = {"sources": {"resource": {"is_elective": True}, "class": {"is_elective": False}}}
    version = {"id": 1, "subject": "conversion", "name": "2026-2", "preset": "", "figures": figures, "reason": ""}
    version |= {"state": "issued", "created_by_id": 1, "created_at": at}
    entry = {"person_id": 1, "bucket": "online", "year": 2026, "rule_version": "2026-2", "revision": 0, "evidence": {}}
    lines = [("resource", 3, 4), ("resource", 3, 2), ("class", 3, 8), ("resource", 11, 1)]
    with engine.connect() as connection:
        connection.execute(persons.insert(), person)
        connection.execute(versions.insert(), version)
        for number, (kind, month, quarters) in enumerate(lines):
            of = {
                "source_kind": kind,
                "source_id": number,
                "quarters": quarters,
                "on": date(2026, month, 5),
                "title": "x",
            }
            connection.execute(entries.insert(), {**entry, **of, "created_at": at})
        connection.commit()
    upgrade(engine)
    with engine.connect() as connection:
        columns = "person_id, year, month, bucket, is_elective, quarters, entries"
        sums = connection.execute(text(f"SELECT {columns} FROM hour_sums ORDER BY month, quarters")).all()
        connection.rollback()
    assert [tuple(row) for row in sums] == [
        (1, 2026, 3, "online", True, 6, 2), (1, 2026, 3, "online", False, 8, 1), (1, 2026, 11, "online", True, 1, 1),
    ]  # fmt: skip
    engine.dispose()

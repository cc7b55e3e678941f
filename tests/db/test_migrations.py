"""The migrations make exactly the schema the models speak of."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.engine import make_url

import lms.app  # noqa: F401  (imports every domain, so that the metadata is whole)
from lms.db import Base, open_engine
from lms.db.migrate import upgrade
from tests.support.databases import Databases, PostgresDatabases

FULL_TEXT = {"search_words", "ix_search_texts_grams", "ix_search_subjects_title", "ix_search_subjects_marks"}


def _is_ours(what: object) -> bool:
    return not any(name in repr(what) for name in FULL_TEXT)


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

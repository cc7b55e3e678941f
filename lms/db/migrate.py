"""Bring a database's schema up to date. Each migration is one transaction, so that a killed one is simply run again."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from lms.lazy import later

if TYPE_CHECKING:
    from alembic import command, config, migration, script
else:
    command, config = later("alembic.command"), later("alembic.config")
    migration, script = later("alembic.migration"), later("alembic.script")

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def configuration(connection: Connection) -> "config.Config":
    made = config.Config()
    made.set_main_option("script_location", str(MIGRATIONS))
    made.attributes["connection"] = connection
    return made


def upgrade(engine: Engine, revision: str = "head") -> None:
    """All migrations up to the revision are in the database."""
    with engine.connect() as connection:
        command.upgrade(configuration(connection), revision)
        connection.commit()


def is_current(connection: Connection) -> bool:
    """True when the database holds every migration of this code."""
    return set(migration.MigrationContext.configure(connection).get_current_heads()) == _heads()


@cache
def _heads() -> set[str]:
    return set(script.ScriptDirectory(str(MIGRATIONS)).get_heads())

"""Bring a database's schema up to date. Each migration is one transaction, so that a killed one is simply run again."""

from dataclasses import dataclass
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


@dataclass(frozen=True)
class Standing:
    """Which migration a database has ("" for none), which one this program needs, and whether this program knows the former."""

    present: str
    needed: str
    is_known: bool


def history() -> list[str]:
    """Every migration of this program, the oldest first."""
    return [one.revision for one in _scripts().walk_revisions()][::-1]


def standing(connection: Connection) -> Standing:
    present = ", ".join(migration.MigrationContext.configure(connection).get_current_heads())
    return Standing(present, ", ".join(_heads()), present in history() or not present)


@cache
def _scripts() -> "script.ScriptDirectory":
    return script.ScriptDirectory(str(MIGRATIONS))


@cache
def _heads() -> set[str]:
    return set(_scripts().get_heads())

"""The database: there, at the right schema, set so that what was acknowledged stays, and with a clock that fits ours."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from lms.audit.models import AuditRecord
from lms.db.dialect import database_clock
from lms.db.migrate import standing
from lms.upkeep.machine import sqlite_line
from lms.upkeep.rules import CLOCK_MOST, Line, mend, ok, span

POSTGRES_LEAST = 150000
ON = ("fsync", "full_page_writes")


def reached(engine: Engine) -> Line:
    """Whether anything else can be asked."""
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
    except SQLAlchemyError as problem:
        reason = str(getattr(problem, "orig", problem)).strip().splitlines()[0][:200]
        return mend("database", f"cannot be reached ({reason}): start its server or mend DATABASE_URL")
    return ok("database", f"{engine.dialect.name} answers")


def schema_line(connection: Connection) -> Line:
    found = standing(connection)
    if found.present == found.needed:
        return ok("schema", f"at {found.present}, as this program needs")
    if not found.is_known:
        return mend(
            "schema",
            f"at {found.present}, which this program does not know: install the release that made it, or restore a backup",
        )
    if not found.present:
        return mend(
            "schema", f"there are no tables, this program needs {found.needed}: run flask migrate, then flask setup"
        )
    told = f"at {found.present}, this program needs {found.needed}"
    return mend("schema", f"{told}: make a backup with the release that ran last, then run flask migrate")


def settings_lines(connection: Connection, threads: int) -> Iterator[Line]:
    yield from _sqlite(connection) if connection.dialect.name == "sqlite" else _postgres(connection, threads)


def _sqlite(connection: Connection) -> Iterator[Line]:
    yield sqlite_line()
    mode, level = (connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous"))
    if (mode, level) != ("wal", 2):
        yield mend(
            "durability",
            f"journal_mode={mode}, synchronous={level}: the file system refuses WAL, move the database to a local disk",
        )
    else:
        yield ok("durability", "journal_mode=wal, synchronous=FULL")


def _postgres(connection: Connection, threads: int) -> Iterator[Line]:
    version = int(_shown(connection, "server_version_num"))
    if version < POSTGRES_LEAST:
        yield mend(
            "PostgreSQL", f"{_shown(connection, 'server_version')} is too old: upgrade the server to 15 or newer"
        )
    else:
        yield ok("PostgreSQL", _shown(connection, "server_version"))
    yield durability_line({name: _shown(connection, name) for name in (*ON, "synchronous_commit")})
    most = int(_shown(connection, "max_connections"))
    pool = threads + 4
    if most < 2 * pool + 10:
        yield mend(
            "connections",
            f"max_connections={most}, each process holds up to {pool}: raise it to {4 * pool} or lower LMS_THREADS",
        )
    else:
        yield ok("connections", f"max_connections={most}: room for {(most - 10) // pool} processes of {pool}")


def durability_line(shown: dict[str, str]) -> Line:
    """PostgreSQL's settings by which a commit survives a power cut."""
    wrong = [f"{name}={shown[name]}" for name in ON if shown[name] != "on"]
    if shown["synchronous_commit"] == "off":
        wrong.append("synchronous_commit=off")
    if wrong:
        names = ", ".join(name.partition("=")[0] for name in wrong)
        return mend(
            "durability",
            f"{', '.join(wrong)}: acknowledged answers can be lost; set {names} to on in postgresql.conf and reload",
        )
    return ok("durability", ", ".join(f"{name}={value}" for name, value in shown.items()))


def _shown(connection: Connection, name: str) -> str:
    return str(connection.exec_driver_sql(f"SHOW {name}").scalar_one())


def clock_line(session: Session, now: datetime) -> Line:
    """The host's clock against the database's and against what was recorded: time that was set back is noticed on one machine too."""
    theirs = database_clock(session)
    if theirs is not None and abs(theirs - now) > CLOCK_MOST:
        return mend(
            "clock", f"{span(abs(theirs - now))} from the database's: run timedatectl set-ntp true on both machines"
        )
    newest = session.scalar(select(func.max(AuditRecord.at)))
    if newest is not None and newest - now > CLOCK_MOST:
        return mend(
            "clock",
            f"{span(newest - now)} behind the newest record of the audit log: run timedatectl set-ntp true, deadlines go by it",
        )
    return ok("clock", now.isoformat(timespec="seconds"))

"""Everything the doctor looks at, in the order an operator mends it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from lms.config import Settings
from lms.db import MakeSession
from lms.storage import Storage
from lms.tasks.jobs import Job
from lms.upkeep import accounts, database, machine, proxy, running
from lms.upkeep.rules import Level, Line, mend


@dataclass(frozen=True)
class Site:
    """What is looked at. `nginx`: files of the proxy's configuration, empty for the usual ones."""

    settings: Settings
    engine: Engine
    make_session: MakeSession
    storage: Storage
    jobs: Sequence[Job]
    nginx: Sequence[Path] = ()


def examine(site: Site, now: datetime) -> Iterator[Line]:
    """Each line as soon as it is known. What only an up-to-date database can say is left out while it is not."""
    reached = database.reached(site.engine)
    yield reached
    if reached.level is Level.OK:
        yield from _in_database(site, now)
    yield from machine.lines(site.settings, site.storage)
    yield from proxy.lines(site.settings, site.nginx)


def _in_database(site: Site, now: datetime) -> Iterator[Line]:
    with site.engine.connect() as connection:
        schema = database.schema_line(connection)
        yield schema
        yield from database.settings_lines(connection, site.settings.threads)
    if schema.level is Level.OK:
        with site.make_session() as session:
            yield from _in_tables(session, site, now)


def _in_tables(session: Session, site: Site, now: datetime) -> Iterator[Line]:
    try:
        yield database.clock_line(session, now)
        yield from accounts.lines(session, site.settings)
        yield from running.lines(session, site.jobs, now)
    except SQLAlchemyError as problem:
        reason = str(getattr(problem, "orig", problem)).splitlines()[0][:200]
        yield mend(
            "database",
            f"stopped answering ({reason}): stop the site, copy the database, restore the newest backup beside it",
        )

"""Everything that differs between SQLite and PostgreSQL, behind the same signatures."""

import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Connection, Engine, Select, Table, bindparam, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.db.prepared import Prepared
from lms.db.types import Base
from lms.lazy import later

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql
else:
    postgresql = later("sqlalchemy.dialects.postgresql")

Row = Mapping[str, Any]


def is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def _insert(session: Session, model: type[Base]) -> Any:
    table: Table = model.__table__  # type: ignore[assignment]
    return (sqlite if is_sqlite(session) else postgresql).insert(table)


def insert_ignore(session: Session, model: type[Base], rows: Sequence[Row], *, key: Sequence[str]) -> int:
    """Insert the rows whose key is not there yet; returns how many were new."""
    if not rows:
        return 0
    session.flush()  # what the session holds is written first, as before any statement of its own
    connection, on_sqlite = session.connection(), is_sqlite(session)
    new = 0
    for row in rows:
        whole = _defaults(model) | dict(row)
        new += max(_ignoring(on_sqlite, model, tuple(key), tuple(whole)).run(connection, whole), 0)
    return new


def insert_ignore_soon(session: Session, model: type[Base], row: Row, *, key: Sequence[str]) -> None:
    """`insert_ignore` of a row of which nobody asks whether it was new: sent with what follows (lms/db/soon.py)."""
    session.flush()
    whole = _defaults(model) | dict(row)
    _ignoring(is_sqlite(session), model, tuple(key), tuple(whole)).run_soon(session.connection(), whole)


def _defaults(model: type[Base]) -> dict[str, Any]:
    """What a column of a new row holds if nothing is said: of those whose default the model gives, made anew."""
    given: dict[str, Any] = {}
    for column in model.__table__.columns:
        default: Any = column.default
        if default is not None:
            given[column.name] = default.arg(None) if default.is_callable else default.arg
    return given


@cache
def _ignoring(on_sqlite: bool, model: type[Base], key: Sequence[str], columns: Sequence[str]) -> Prepared:
    values: dict[str, Any] = {name: bindparam(name) for name in columns}
    return Prepared(ignoring(on_sqlite, model, key).values(values).inline())


@cache
def ignoring(on_sqlite: bool, model: type[Base], key: Sequence[str] | None = None) -> Any:
    """An INSERT that leaves a row with the same key as it is; without a key, a row with any of the same unique values."""
    table: Table = model.__table__  # type: ignore[assignment]
    statement = (sqlite if on_sqlite else postgresql).insert(table).on_conflict_do_nothing(index_elements=key)
    return statement.execution_options(preserve_rowcount=True)  # otherwise unknown for an INSERT on PostgreSQL


def upsert(
    session: Session, model: type[Base], rows: Sequence[Row], *, key: Sequence[str], update: Sequence[str]
) -> None:
    """Insert each row, or set the named columns of the row that has its key."""
    if not rows:
        return
    statement = _insert(session, model)
    statement = statement.on_conflict_do_update(
        index_elements=list(key), set_={name: statement.excluded[name] for name in update}
    )
    session.execute(statement, list(rows))


def add_up(session: Session, model: type[Base], rows: Sequence[Row], *, key: Sequence[str], add: Sequence[str]) -> None:
    """Insert each row, or add its columns `add` to those of the row that has its key. In the order of the keys, so that of two
    transactions with the same rows one waits for the other and never both."""
    if not rows:
        return
    session.flush()  # what the session holds is written first, as before any statement of its own
    ordered = sorted(rows, key=lambda row: [row[name] for name in key])
    _adding(is_sqlite(session), model, tuple(key), tuple(add)).run_many(session.connection(), ordered)


@cache
def _adding(on_sqlite: bool, model: type[Base], key: Sequence[str], add: Sequence[str]) -> Prepared:
    table: Table = model.__table__  # type: ignore[assignment]
    statement = (sqlite if on_sqlite else postgresql).insert(table).values({n: bindparam(n) for n in (*key, *add)})
    sums = {name: table.columns[name] + statement.excluded[name] for name in add}
    return Prepared(statement.on_conflict_do_update(index_elements=list(key), set_=sums).inline())


def write_alone(session: Session, model: type[Base]) -> None:
    """From here to the end of the transaction nobody else writes the model's table; who has written it is waited for. Reading goes on."""
    if is_sqlite(session):
        serialise(session, model.__tablename__)
    else:
        session.execute(text(f"LOCK TABLE {model.__tablename__} IN SHARE ROW EXCLUSIVE MODE"))


def skip_locked(session: Session, query: Select[Any]) -> Select[Any]:
    """The query locking its rows and passing over locked ones; on SQLite the write lock has done so already."""
    return query if is_sqlite(session) else query.with_for_update(skip_locked=True)


def sharing(connection: Connection, name: str) -> str:
    """The clause of a SELECT that keeps the rows of table `name` as they are until the transaction ends; SQLite's write lock does so."""
    return "" if connection.dialect.name == "sqlite" else f"FOR SHARE OF {name}"


def writes_in_with(connection: Connection) -> bool:
    """Whether a WITH may hold INSERTs, so that two writes are one round trip."""
    return connection.dialect.name != "sqlite"


def reading_turns(engine: Engine) -> AbstractContextManager[Any]:
    """What short reads wait in: two at a time on SQLite, whose driver lets go of the interpreter at each step, so that eight readers take it
    from each other and each costs half as much again. A database server is waited for, so its readers need not wait for each other as well."""
    return threading.Semaphore(2) if engine.dialect.name == "sqlite" else nullcontext()


def json_items(connection: Connection, name: str) -> str:
    """What stands in FROM for the items of the JSON list bound as :name, its text: `key` counts from 0, `value` is JSON."""
    if connection.dialect.name == "sqlite":
        return f"json_each(:{name})"
    items = f"json_array_elements(CAST(:{name} AS json)) WITH ORDINALITY AS one(value, place)"
    return f"(SELECT place - 1 AS key, value FROM {items}) AS each"


def rows_from(name: str, alias: str, columns: Mapping[str, str]) -> str:
    """On PostgreSQL, what stands in FROM for the objects of the JSON list bound as :name; `columns` by their types."""
    typed = ", ".join(f"{column} {kind}" for column, kind in columns.items())
    return f"json_to_recordset(CAST(:{name} AS json)) AS {alias}({typed})"


def bound_as(column: Column[Any]) -> str:
    """In a text for PostgreSQL, the value bound by the column's name as a value of its type, whatever the driver takes it for."""
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]
    return f"CAST(:{column.name} AS {column.type.compile(dialect)})"


def serialise(session: Session, name: str) -> None:
    """From here to the end of the transaction no other transaction passes the same call. SQLite's write lock does so for all."""
    if is_sqlite(session):
        # A statement that changes nothing still opens the write transaction.
        session.execute(text("UPDATE site_marks SET value = value WHERE key = ''"))
    else:
        session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": name})


def database_clock(session: Session) -> datetime | None:
    """The database's own present instant; None on SQLite, which uses the host's clock."""
    if is_sqlite(session):
        return None
    at: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    return at


def is_unique_violation(problem: IntegrityError) -> bool:
    """True when a unique constraint refused the row (not a foreign key or an empty column)."""
    original = problem.orig
    return getattr(original, "sqlstate", None) == "23505" or "UNIQUE constraint failed" in str(original)

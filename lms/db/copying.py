"""A whole database out and in: one moment of it, row by row in plain values, and loaded again on SQLite or PostgreSQL."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Engine,
    Enum,
    Float,
    Integer,
    TableClause,
    Text,
    cast,
    column,
    insert,
    inspect,
    select,
    table,
    text,
)
from sqlalchemy import types as sqltypes
from sqlalchemy.types import TypeEngine

from lms.db.types import BIG, Base, UtcDateTime

KINDS: dict[str, TypeEngine[Any]] = {
    "instant": UtcDateTime(),
    "day": Date(),
    "whole": BIG,
    "number": Float(),
    "yes": Boolean(),
    "json": sqltypes.NullType(),  # as text in both directions, so that NULL and the JSON value null stay apart
    "text": Text(),
}
Columns = Mapping[str, str]
"""Column → kind, in order."""


class Dangling(Exception):
    """Loaded rows refer to rows that are not there."""


def tables() -> dict[str, Columns]:
    """Every table of the models with its columns' kinds, those first that others refer to."""
    return {made.name: {c.name: _kind(c) for c in made.columns} for made in Base.metadata.sorted_tables}


def _kind(of: Column[Any]) -> str:
    if isinstance(of.type, Enum):
        return "text"
    for kind, type_ in (
        ("instant", UtcDateTime), ("day", Date), ("yes", Boolean), ("whole", Integer), ("number", Float), ("json", sqltypes.JSON),
        ("text", sqltypes.String),
    ):  # fmt: skip
        if isinstance(of.type, type_):
            return kind
    raise TypeError(f"{of} has a type no copy knows")


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection that sees one moment, whatever is written meanwhile, and holds nobody up."""
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            driver: Any = connection.connection.dbapi_connection
            driver.execute("BEGIN")
            try:
                yield connection
            finally:
                driver.execute("ROLLBACK")
    else:
        with engine.connect().execution_options(isolation_level="REPEATABLE READ", stream_results=True) as connection:
            yield connection


def read_rows(connection: Connection, name: str, columns: Columns, *, at_most: int) -> Iterator[list[list[Any]]]:
    """The rows of a table in the order of its key, in lists of at most so many; every value is one that JSON knows."""
    made = _light(name, columns)
    picked = [cast(made.c[c], Text) if kind == "json" else made.c[c] for c, kind in columns.items()]
    key = [made.c[c] for c in inspect(connection).get_pk_constraint(name)["constrained_columns"]]
    result = connection.execution_options(yield_per=at_most).execute(select(*picked).order_by(*key))
    for part in result.partitions(at_most):
        yield [[_plain(value) for value in row] for row in part]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def write_rows(connection: Connection, name: str, columns: Columns, rows: Sequence[Sequence[Any]]) -> None:
    """Rows as `read_rows` gave them are in the table."""
    readers = [_READERS.get(kind) for kind in columns.values()]
    values = [
        {c: read(v) if read and v is not None else v for c, read, v in zip(columns, readers, row, strict=True)}
        for row in rows
    ]
    connection.execute(insert(_light(name, columns)), values)


_READERS = {"instant": datetime.fromisoformat, "day": date.fromisoformat}


def _light(name: str, columns: Columns) -> TableClause:
    return table(name, *(column(c, KINDS[kind]) for c, kind in columns.items()))


@contextmanager
def loading(connection: Connection) -> Iterator[None]:
    """One transaction in which rows come in any order; when it ends everything fits together, counters go on behind the loaded
    keys, and it is stored. Raises Dangling, with nothing stored, when a reference leads nowhere."""
    around = _on_sqlite if connection.dialect.name == "sqlite" else _on_postgres
    with around(connection):
        yield


@contextmanager
def _on_sqlite(connection: Connection) -> Iterator[None]:
    connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    try:
        yield
        faults = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        if faults:
            raise Dangling(f"{len(faults)} references lead nowhere, the first from {faults[0][0]} to {faults[0][2]}")
        connection.commit()
    finally:
        connection.rollback()
        connection.exec_driver_sql("PRAGMA foreign_keys=ON")


_REFERENCES = text("""
SELECT CAST(conrelid AS regclass)::text AS of, quote_ident(conname) AS name, pg_get_constraintdef(oid) AS rule
FROM pg_constraint WHERE contype = 'f' AND connamespace = CAST(current_schema() AS regnamespace)
""")
_TRIGGERS = text("""
SELECT CAST(tgrelid AS regclass)::text AS of, quote_ident(tgname) AS name FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
WHERE NOT tgisinternal AND c.relnamespace = CAST(current_schema() AS regnamespace)
""")
# The links that triggers keep in place of foreign keys (lms/quizzes/item_links.py): a column of attempt_items, and where it leads.
_LINKS = text("""
SELECT CAST(tgrelid AS regclass)::text AS target, split_part(encode(tgargs, 'escape'), E'\\\\000', 1) AS name
FROM pg_trigger JOIN pg_proc p ON p.oid = tgfoid
WHERE p.proname = 'check_attempt_items_of_gone' AND p.pronamespace = CAST(current_schema() AS regnamespace)
""")
_COUNTERS = text("""
SELECT quote_ident(table_name) AS of, quote_ident(column_name) AS name,
       pg_get_serial_sequence(quote_ident(table_name), column_name) AS counter
FROM information_schema.columns
WHERE table_schema = current_schema() AND pg_get_serial_sequence(quote_ident(table_name), column_name) IS NOT NULL
""")


@contextmanager
def _on_postgres(connection: Connection) -> Iterator[None]:
    try:
        references = connection.execute(_REFERENCES).all()
        for reference in references:
            connection.execute(text(f"ALTER TABLE {reference.of} DROP CONSTRAINT {reference.name}"))
        triggers = connection.execute(_TRIGGERS).all()
        for trigger in triggers:
            connection.execute(text(f"ALTER TABLE {trigger.of} DISABLE TRIGGER {trigger.name}"))
        yield
        for trigger in triggers:
            connection.execute(text(f"ALTER TABLE {trigger.of} ENABLE TRIGGER {trigger.name}"))
        _check_links(connection)
        for reference in references:
            connection.execute(text(f"ALTER TABLE {reference.of} ADD CONSTRAINT {reference.name} {reference.rule}"))
        for counter in connection.execute(_COUNTERS).all():
            highest = f"SELECT max({counter.name}) AS n FROM {counter.of}"
            connection.execute(
                text(f"SELECT setval(:counter, coalesce(n, 1), n IS NOT NULL) FROM ({highest}) AS found"),
                {"counter": counter.counter},
            )
        connection.commit()
    finally:
        connection.rollback()


def _check_links(connection: Connection) -> None:
    for link in connection.execute(_LINKS).all():
        nowhere = f"NOT EXISTS (SELECT FROM {link.target} t WHERE t.id = i.{link.name})"
        faults = connection.execute(text(f"SELECT count(*) FROM attempt_items i WHERE {nowhere}")).scalar_one()
        if faults:
            raise Dangling(f"{faults} references lead nowhere, from attempt_items to {link.target}")


def empty(connection: Connection) -> None:
    """What migrations put into tables is gone. For use in `loading`."""
    for name in inspect(connection).get_table_names():
        if name != "alembic_version" and not name.startswith("search_words"):
            connection.execute(text(f'DELETE FROM "{name}"'))

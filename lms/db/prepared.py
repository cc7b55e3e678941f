"""Statements of the hot paths: compiled once for each database, run on the driver's own cursor.

`Connection.execute` builds a context, a result and its metadata each time, which costs several times what SQLite needs for a row. Here only
the conversions of the column types remain. The rules of transactions are the same: a write begins as every other does (lms/db/engine.py).
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Dialect, Float, Table, TextClause, bindparam, select
from sqlalchemy.orm import Session
from sqlalchemy.sql import Executable, Select
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import TextualSelect
from sqlalchemy.types import TypeEngine

from lms.db.engine import AHEAD, LASTING, LOCKS, ready_to_write
from lms.db.problems import raise_as_execute_does
from lms.db.soon import SOON, send_soon, send_waiting

Values = Mapping[str, Any]
Convert = Callable[[Any], Any] | None


class Prepared:
    """A SELECT, or an INSERT, UPDATE or DELETE whose values are all named by bindparam (an INSERT is `.inline()`)."""

    def __init__(
        self, statement: Executable, *, writes: bool = False, alone: bool = False, lasts: bool = False
    ) -> None:
        """`writes`: the text of a write whose RETURNING has `columns`, which looks like a SELECT. `alone`: it is all its transaction
        does, unless one has begun, so that PostgreSQL commits it at once: one round trip in place of three. `lasts`: nobody who reads
        it ahead writes what it reads, so that its rows are still given after a write."""
        self._statement = statement
        self._alone = alone
        self._lasts = lasts
        self._reads = isinstance(statement, Select | TextualSelect) and not writes
        self._forms: dict[str, _Form] = {}

    def rows(self, connection: Connection, values: Values, *, then: Sequence["Read"] = ()) -> list[Any]:
        """All rows of a SELECT, or of a write with RETURNING, with their columns as attributes. `then`: what will be read next, ahead as
        by `read_ahead`, after this."""
        form = self._form(connection)
        if not self._reads or form.locks:
            ready_to_write(connection, alone=self._alone)
        elif ahead := connection.info.get(LASTING if self._lasts else AHEAD):
            known: list[Any] | None = ahead.pop(_asked(self, values), None)
            if known is not None:
                return known
        if connection.info.get(SOON) or (then and connection.dialect.name != "sqlite"):
            return _sent_together(connection, form, values, then)
        with _cursor(connection) as cursor:
            cursor.execute(form.text, form.bound(values))
            return form.read(cursor.fetchall())

    def first(self, connection: Connection, values: Values, *, then: Sequence["Read"] = ()) -> Any:
        """The first row, or None."""
        rows = self.rows(connection, values, then=then)
        return rows[0] if rows else None

    def run(self, connection: Connection, values: Values) -> int:
        """How many rows the write met."""
        ready_to_write(connection, alone=self._alone)
        form = self._form(connection)
        send_waiting(connection)
        with _cursor(connection) as cursor:
            cursor.execute(form.text, form.bound(values))
            return int(cursor.rowcount)

    def run_soon(self, connection: Connection, values: Values) -> None:
        """`run` for a write of which nothing is asked: lms/db/soon.py."""
        if connection.dialect.name == "sqlite":
            self.run(connection, values)
            return
        ready_to_write(connection)
        form = self._form(connection)
        send_soon(connection, form.text, form.bound(values))

    def run_many(self, connection: Connection, many: Sequence[Values]) -> None:
        ready_to_write(connection)
        form = self._form(connection)
        send_waiting(connection)
        with _cursor(connection) as cursor:
            cursor.executemany(form.text, [form.bound(values) for values in many])

    def _form(self, connection: Connection) -> "_Form":
        dialect = connection.dialect
        form = self._forms.get(dialect.name)
        if form is None:
            form = self._forms[dialect.name] = _Form(self._statement, dialect)
        return form


Read = tuple[Prepared, Values]
"""A SELECT that locks nothing, and its values."""


def read_ahead(connection: Connection, reads: Sequence[Read]) -> None:
    """On PostgreSQL these are read in one round trip, and the rows of each are given to the first who asks for them, unless something is
    written before. What was read ahead earlier is forgotten. SQLite is not asked twice for nothing."""
    connection.info.pop(AHEAD, None)
    connection.info.pop(LASTING, None)
    if connection.dialect.name == "sqlite" or len(reads) < 2:
        return
    send_waiting(connection)
    (first, values), *others = reads
    _check_ahead(connection, reads)
    rows = _sent_together(connection, first._form(connection), values, others)
    _keep_ahead(connection, [(reads[0], rows)])


def _check_ahead(connection: Connection, reads: Sequence[Read]) -> None:
    if any(prepared._form(connection).locks or not prepared._reads for prepared, _ in reads):
        raise ValueError("only what neither writes nor locks can be read ahead")


def _keep_ahead(connection: Connection, read: Sequence[tuple[Read, list[Any]]]) -> None:
    for (prepared, values), rows in read:
        kept = connection.info.setdefault(LASTING if prepared._lasts else AHEAD, {})
        kept[_asked(prepared, values)] = rows


def _sent_together(connection: Connection, form: "_Form", values: Values, then: Sequence[Read]) -> list[Any]:
    """In one round trip, on PostgreSQL: what waits to be sent, then this, whose rows these are, then what is read ahead."""
    _check_ahead(connection, then)
    waiting = connection.info.pop(SOON, ())
    with _cursor(connection) as cursor, connection.connection.dbapi_connection.pipeline():  # type: ignore[union-attr]
        for text, bound in waiting:
            connection.connection.cursor().execute(text, bound)
        cursor.execute(form.text, form.bound(values))
        cursors = [connection.connection.cursor() for _ in then]
        for other, (prepared, its_values) in zip(cursors, then, strict=True):
            its_form = prepared._form(connection)
            other.execute(its_form.text, its_form.bound(its_values))
        rows = form.read(cursor.fetchall())
        read = [
            prepared._form(connection).read(other.fetchall())
            for other, (prepared, _) in zip(cursors, then, strict=True)
        ]
    _keep_ahead(connection, list(zip(then, read, strict=True)))
    return rows


def _asked(prepared: Prepared, values: Values) -> tuple[Prepared, frozenset[tuple[str, Any]]]:
    return prepared, frozenset(values.items())


def find_row(session: Session, model: type[Any], key: int) -> Any:
    """The columns of the row with this id, to read only, or None: a fifth of what the session's own object costs."""
    session.flush()
    return _whole_row(model.__table__).first(session.connection(), {"key": key})


@cache
def _whole_row(table: Table) -> Prepared:
    return Prepared(select(*table.columns).where(table.columns.id == bindparam("key")))


class _cursor:
    """The driver's cursor; its errors come out as SQLAlchemy's, as those of `execute` do."""

    __slots__ = ("_connection", "_cursor")

    def __init__(self, connection: Connection) -> None:
        if not connection.in_transaction():
            connection.begin()  # what is committed or rolled back later must be known to be open
        self._connection = connection
        self._cursor = connection.connection.cursor()

    def __enter__(self) -> Any:
        return self._cursor

    def __exit__(self, kind: Any, problem: BaseException | None, trace: Any) -> None:
        try:
            if problem is not None:
                raise_as_execute_does(self._connection, problem)
        finally:
            self._cursor.close()


class _Form:
    """The statement as one database wants it."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled, required = _compiled(statement, dialect)
        self.text = str(compiled)
        self.locks = LOCKS.search(self.text) is not None
        self._names = list(compiled.positiontup or ()) if compiled.positional else None
        self._binds = {name: _bound(bind.type, dialect) for name, bind in compiled.binds.items()}
        self._fixed = {
            name: self._converted(name, bind.effective_value)
            for name, bind in compiled.binds.items()
            if name not in required
        }
        columns = _columns(statement)
        converts = [c.type.dialect_impl(dialect).result_processor(dialect, _kind_of(c.type)) for c in columns]
        self._converts = [(place, convert) for place, convert in enumerate(converts) if convert is not None]
        self._row = namedtuple("Row", [column.key for column in columns]) if columns else None

    def _converted(self, name: str, value: Any) -> Any:
        convert = self._binds[name]
        return value if convert is None else convert(value)

    def bound(self, values: Values) -> Any:
        if self._names is None:
            return {n: self._fixed[n] if n in self._fixed else self._converted(n, values[n]) for n in self._binds}
        return [self._fixed[n] if n in self._fixed else self._converted(n, values[n]) for n in self._names]

    def read(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        if self._row is None:
            return list(rows)
        make: Callable[[Sequence[Any]], Any] = self._row._make  # type: ignore[attr-defined]
        if not self._converts:
            return [make(row) for row in rows]
        return [make(self._read_one(list(row))) for row in rows]

    def _read_one(self, row: list[Any]) -> list[Any]:
        for place, convert in self._converts:
            row[place] = convert(row[place])
        return row


def _compiled(statement: Any, dialect: Dialect) -> tuple[SQLCompiler, set[str]]:
    """With the literals that must stand in the text itself written there; and the names still to be given. No lists: say `or_`."""
    plain = statement.compile(dialect=dialect)
    required = {name for name, bind in plain.binds.items() if bind.required}
    if isinstance(statement, Select):
        statement = statement.params(
            dict.fromkeys(required)
        )  # the compiler asks for a value of each, and looks at none
    compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
    assert isinstance(compiled, SQLCompiler)
    return compiled, required


def _columns(statement: Any) -> Sequence[Any]:
    """What comes back: of a SELECT, or by RETURNING."""
    if isinstance(statement, Select | TextualSelect):
        return list(statement.selected_columns)
    return [] if isinstance(statement, TextClause) else list(statement.exported_columns)


def _kind_of(kind: TypeEngine[Any]) -> int | None:
    """What the driver says of a column of the type, as far as conversions ask: PostgreSQL's number of double precision."""
    return 701 if isinstance(kind, Float) else None


def _bound(kind: TypeEngine[Any], dialect: Dialect) -> Convert:
    return kind.dialect_impl(dialect).bind_processor(dialect)

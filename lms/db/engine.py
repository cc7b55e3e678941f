"""Engines, and the moment at which a transaction begins.

SQLite: WAL, foreign keys, synchronous=FULL; `BEGIN IMMEDIATE` under the process's write lock at the first statement whose text does not
start with SELECT (reads before it see committed data, statement by statement, as PostgreSQL's READ COMMITTED does). The lock is given
back when the connection returns to the pool, a point every path reaches. PostgreSQL: the driver commits by itself, and `BEGIN` is sent at
the same moment, so that a read costs one round trip and no rollback follows it, at which the driver would forget what it prepared. Errors
never quote parameters: they hold names, phones and hashes, and messages go to the log.
"""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError

from lms.db import soon
from lms.db.problems import raise_as_execute_does
from lms.db.turns import WriteLock

BUSY_MILLIS = 5000
ASK_AFTER_SECONDS = 2.0
PREPARED_MOST = 500  # statements a connection keeps prepared: more than the hot paths have
READS = ("SELECT", "PRAGMA", "EXPLAIN")
LOCKS = re.compile(r"FOR (UPDATE|NO KEY UPDATE|SHARE|KEY SHARE)\b|\bpg_(try_)?advisory_")
AHEAD = "read_ahead"  # what lms/db/prepared.py has read ahead on a connection
LASTING = "read_ahead_to_last"  # and what of it no write of the act makes untrue
WITHIN = (1, 2, 3)  # what libpq says of a connection in a transaction: busy, in order, failed
COMMAND_OK = 1

_reading_only: ContextVar[bool] = ContextVar("reading_only", default=False)


class WroteWhileReading(RuntimeError):
    """A request that must not change anything tried to write."""


@contextmanager
def reading_only(active: bool = True) -> Iterator[None]:
    """Within the block a write raises WroteWhileReading: GET never writes."""
    before = _reading_only.set(active)
    try:
        yield
    finally:
        _reading_only.reset(before)


def open_engine(url: str, *, threads: int = 8) -> Engine:
    """An engine with our transaction rules; `engine.write_lock` is the process's turn to write (None on PostgreSQL, where
    `engine.group_turn` is the turn of the groups of lms/db/groups.py)."""
    if make_url(url).get_backend_name() == "sqlite":
        return _open_sqlite(url, threads)
    engine = create_engine(
        url,
        pool_size=threads + 4,
        max_overflow=0,
        pool_use_lifo=True,  # the same few connections, which have the statements prepared
        hide_parameters=True,
        connect_args={"autocommit": True, "prepare_threshold": 1},
    )
    event.listen(engine, "before_cursor_execute", _begin_where_needed)
    event.listen(engine.pool, "connect", _keep_prepared)
    event.listen(engine.pool, "checkin", _rest)
    event.listen(engine.pool, "checkout", _ask_if_rested)
    soon.listen(engine)
    engine.group_turn = threading.Lock()  # type: ignore[attr-defined]
    return engine


def _keep_prepared(dbapi_connection: Any, record: Any) -> None:
    dbapi_connection.prepared_max = PREPARED_MOST


def _rest(dbapi_connection: Any, record: Any) -> None:
    """Who had an isolation level of their own (lms/db/copying.py) gives back a connection that no longer commits by itself."""
    record.info["used_at"] = time.monotonic()
    for kept in (AHEAD, LASTING, soon.SOON):
        record.info.pop(kept, None)
    if dbapi_connection is not None and not dbapi_connection.autocommit:
        dbapi_connection.autocommit = True


def _ask_if_rested(dbapi_connection: Any, record: Any, proxy: Any) -> None:
    """A connection that rested is asked whether it still stands; asking each time would be a round trip in every request."""
    if time.monotonic() - record.info.get("used_at", 0.0) < ASK_AFTER_SECONDS:
        return
    try:
        dbapi_connection.execute("SELECT 1")
    except dbapi_connection.Error as problem:  # the pool takes a new one instead
        raise DisconnectionError from problem


def _begin_where_needed(
    conn: Connection, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
) -> None:
    """Before a write or a lock, and before rows come in portions, which the server only hands out within a transaction."""
    soon.send_waiting(conn)
    if not is_read(statement):
        _refuse_while_reading(conn, cursor, statement, parameters, context, executemany)
    elif context is None or not context.execution_options.keys() & {"stream_results", "yield_per"}:
        return
    conn.info.pop(AHEAD, None)
    _begin_on_postgres(conn, cursor.connection)


def _begin_on_postgres(conn: Connection, dbapi_connection: Any) -> None:
    if not dbapi_connection.autocommit or dbapi_connection.pgconn.transaction_status in WITHIN:
        return
    try:
        begun = dbapi_connection.pgconn.exec_(b"BEGIN")  # a cursor of psycopg costs several times what this does
        if begun.status != COMMAND_OK:
            dbapi_connection.execute("BEGIN")  # which says what is wrong
    except dbapi_connection.Error as problem:
        raise_as_execute_does(conn, problem)


def _open_sqlite(url: str, threads: int) -> Engine:
    path = make_url(url).database
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(
        url,
        pool_size=threads + 4,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"isolation_level": None, "timeout": BUSY_MILLIS / 1000, "check_same_thread": False},
    )
    lock = WriteLock()

    def begin_before_writing(
        conn: Connection, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
    ) -> None:
        if is_read(statement):
            return
        _refuse_while_reading(conn, cursor, statement, parameters, context, executemany)
        begin_writing(conn, cursor.connection)

    def give_back(dbapi_connection: Any, record: Any) -> None:
        if record.info.pop("writes", False):
            lock.release()

    event.listen(engine, "connect", _prepare)
    event.listen(engine, "before_cursor_execute", begin_before_writing)
    event.listen(engine.pool, "checkin", give_back)
    engine.write_lock = lock  # type: ignore[attr-defined]
    return engine


def ready_to_write(conn: Connection, *, alone: bool = False) -> None:
    """What precedes every write that does not go through `execute`: refused in a GET, and begun, on SQLite with the turn. `alone`: not
    begun on PostgreSQL, where a single statement is a transaction."""
    if _reading_only.get():
        raise WroteWhileReading("a GET tried to write by a prepared statement")
    conn.info.pop(AHEAD, None)
    if not alone or hasattr(conn.engine, "write_lock"):
        begin_writing(conn, conn.connection.dbapi_connection)


def begin_writing(conn: Connection, dbapi_connection: Any) -> None:
    """Open the write transaction, on SQLite once it is our turn, unless it is open already."""
    lock: WriteLock | None = getattr(conn.engine, "write_lock", None)
    if lock is None:
        _begin_on_postgres(conn, dbapi_connection)
        return
    if dbapi_connection.in_transaction:
        return
    if not conn.info.get("writes"):
        lock.acquire()
        conn.info["writes"] = True
    dbapi_connection.execute("BEGIN IMMEDIATE")


def is_read(statement: str) -> bool:
    """True only for statements that surely change and lock nothing; everything else counts as a write."""
    return statement.lstrip()[:7].upper().startswith(READS) and LOCKS.search(statement) is None


def _refuse_while_reading(
    conn: Connection, cursor: Any, statement: str, parameters: Any, context: Any, executemany: bool
) -> None:
    if _reading_only.get() and not is_read(statement):
        raise WroteWhileReading(f"a GET tried to write: {statement[:80]}")


def _prepare(dbapi_connection: Any, record: Any) -> None:
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_MILLIS}",
        "cache_size=-4000",
    ):
        dbapi_connection.execute(f"PRAGMA {pragma}")

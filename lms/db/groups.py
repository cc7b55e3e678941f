"""Rows saved in groups: acknowledged after the commit that holds them, led by the first request of the group.

On SQLite one fsync serves everybody who waited for the process's turn to write. On PostgreSQL a group that is written `together` shares one
BEGIN and COMMIT; the others are led too, on one warm connection, but each row is its own transaction, because a group that holds
the locks of many rows can meet an ordinary transaction in a deadlock. Groups of one process that share take turns; one that
fails is written again, row by row.
"""

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from lms.db.engine import begin_writing
from lms.metrics import GROUP_ROWS, GROUP_SECONDS

RowT = TypeVar("RowT")
ResultT = TypeVar("ResultT")


def _held() -> threading.Lock:
    """A lock that is taken: who acquires it waits until it is released. Cheaper than an Event, which is one with a condition around it."""
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(slots=True)
class _Ticket(Generic[RowT, ResultT]):
    row: RowT
    done: threading.Lock = field(default_factory=_held)
    result: ResultT | None = None
    error: BaseException | None = None


class GroupWriter(Generic[RowT, ResultT]):
    """`save(row)` returns what `write_one(connection, row)` returned, after the commit that holds the row.

    No thread of its own: nothing to start, stop or lose. A row that fails is retried alone, so that it cannot take others down.
    `may_refuse`: a row that fails is nothing out of the ordinary, so where rows share a transaction each is written in a savepoint and
    undone in its place. `together`: they share one on PostgreSQL too; only for rows that wait for no lock whose holder may wait for
    another row's.
    """

    def __init__(
        self,
        engine: Engine,
        write_one: Callable[[Connection, RowT], ResultT],
        *,
        may_refuse: bool = False,
        together: bool = False,
    ) -> None:
        self._engine = engine
        self._write_one = write_one
        self._name = getattr(write_one, "__module__", "").rpartition(".")[2]  # as the figures of the process call it
        self._write = self._write_in_savepoint if may_refuse else self._write_plainly
        self._lock = getattr(engine, "write_lock", None)
        self._shares = self._lock is not None or together
        self._turn: AbstractContextManager[object] = nullcontext() if self._lock or not together else engine.group_turn  # type: ignore[attr-defined]
        self._mutex = threading.Lock()
        self._group: list[_Ticket[RowT, ResultT]] | None = None

    def save(self, row: RowT) -> ResultT:
        mine: _Ticket[RowT, ResultT] = _Ticket(row)
        self._join(mine)
        if mine.error is not None:
            raise mine.error
        return mine.result  # type: ignore[return-value]

    def _join(self, mine: _Ticket[RowT, ResultT]) -> None:
        with self._mutex:
            leads = self._group is None
            if self._group is None:
                self._group = []
            self._group.append(mine)
        if leads:
            self._lead()
        mine.done.acquire()

    def _lead(self) -> None:
        group = None
        try:
            with self._engine.connect() as connection, self._turn:
                if self._lock is not None:
                    begin_writing(connection, self._lock, _driver(connection))
                group = self._close()
                began = time.perf_counter()
                self._commit(connection, group)
        except Exception as problem:
            self._finish(self._close() if group is None else group, problem)
            return
        self._finish(group)
        GROUP_ROWS.observe(len(group), self._name)
        GROUP_SECONDS.observe(time.perf_counter() - began, self._name)

    def _close(self) -> list[_Ticket[RowT, ResultT]]:
        with self._mutex:
            group, self._group = self._group, None
        return group or []

    def _commit(self, connection: Connection, group: list[_Ticket[RowT, ResultT]]) -> None:
        if not self._shares:
            for ticket in group:
                self._commit_alone(connection, ticket)
            return
        try:
            for ticket in group:
                self._write(connection, ticket)
            connection.commit()
        except Exception as problem:
            connection.rollback()
            if self._lock is not None and isinstance(problem, OperationalError):  # disk full, I/O error: none is stored
                for ticket in group:
                    ticket.result, ticket.error = None, problem
                return
            for ticket in group:  # one bad row must not take the others down
                self._commit_alone(connection, ticket)

    def _write_plainly(self, connection: Connection, ticket: _Ticket[RowT, ResultT]) -> None:
        ticket.result = self._write_one(connection, ticket.row)

    def _write_in_savepoint(self, connection: Connection, ticket: _Ticket[RowT, ResultT]) -> None:
        if not connection.in_transaction():
            connection.begin()  # what is committed later must be known to be open
        driver = _driver(connection)
        driver.execute("SAVEPOINT one_row")
        try:
            ticket.result = self._write_one(connection, ticket.row)
        except OperationalError:
            raise
        except Exception as problem:
            self._undo_one(driver)
            ticket.error = problem
        driver.execute("RELEASE one_row")

    @staticmethod
    def _undo_one(driver: Any) -> None:
        try:
            driver.execute("ROLLBACK TO one_row")
        except Exception:
            driver.rollback()  # a flush that failed has rolled back the whole of it, and PostgreSQL began another by this
            raise

    def _commit_alone(self, connection: Connection, ticket: _Ticket[RowT, ResultT]) -> None:
        ticket.error = None  # of the group that was rolled back
        try:
            self._write_plainly(connection, ticket)
            connection.commit()
        except Exception as problem:
            connection.rollback()
            ticket.result, ticket.error = None, problem

    @staticmethod
    def _finish(group: list[_Ticket[RowT, ResultT]], error: Exception | None = None) -> None:
        for ticket in group:
            ticket.error = ticket.error or error
            ticket.done.release()


def _driver(connection: Connection) -> Any:
    return connection.connection.dbapi_connection

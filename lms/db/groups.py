"""Rows saved in groups: acknowledged after the commit that holds them, led by the first request of the group.

On SQLite one fsync serves everybody who waited for the process's turn to write. On PostgreSQL a group whose rows one statement can write
is that statement, which commits by itself, and the groups of a process take turns so that they grow; every other row is its own
transaction, because a group that holds the locks of many rows can meet an ordinary transaction in a deadlock. A few groups of those are
written at a time: more would only take processors from each other, on connections that have nothing prepared yet. A group that fails is written
again, row by row.
"""

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import OperationalError

from lms.db.engine import begin_writing
from lms.metrics import GROUP_ROWS, GROUP_SECONDS

GROUPS_AT_A_TIME = 2  # on PostgreSQL, of rows that are transactions of their own
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
    undone in its place. `write_all` is used on PostgreSQL in place of `write_one`: it writes all rows by statements that each are a
    transaction, and gives a result for each; only for rows that wait for no lock whose holder may wait for another row's.
    """

    def __init__(
        self,
        engine: Engine,
        write_one: Callable[[Connection, RowT], ResultT],
        *,
        may_refuse: bool = False,
        write_all: Callable[[Connection, Sequence[RowT]], Sequence[ResultT]] | None = None,
    ) -> None:
        self._engine = engine
        self._write_one = write_one
        self._name = getattr(write_one, "__module__", "").rpartition(".")[2]  # as the figures of the process call it
        self._write = self._write_in_savepoint if may_refuse else self._write_plainly
        self._on_sqlite = hasattr(engine, "write_lock")
        self._write_all = None if self._on_sqlite else write_all
        self._at_a_time = threading.BoundedSemaphore(GROUPS_AT_A_TIME)
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
            with self._turn(), self._engine.connect() as connection:
                if self._on_sqlite:
                    begin_writing(connection, _driver(connection))
                group = self._close()
                began = time.perf_counter()
                if self._write_all is not None:
                    self._commit_at_once(connection, group, self._write_all)
                elif self._on_sqlite:
                    self._commit(connection, group)
                else:
                    self._commit_each(connection, group)
        except Exception as problem:
            self._finish(self._close() if group is None else group, problem)
            return
        self._finish(group)
        GROUP_ROWS.observe(len(group), self._name)
        GROUP_SECONDS.observe(time.perf_counter() - began, self._name)

    def _turn(self) -> AbstractContextManager[object]:
        """Before a connection is taken, so that those who wait keep none. On SQLite the turn comes with the transaction."""
        if self._on_sqlite:
            return nullcontext()
        if self._write_all is None:
            return self._at_a_time
        turn: threading.Lock = self._engine.group_turn  # type: ignore[attr-defined]
        return turn

    def _close(self) -> list[_Ticket[RowT, ResultT]]:
        with self._mutex:
            group, self._group = self._group, None
        return group or []

    def _commit(self, connection: Connection, group: list[_Ticket[RowT, ResultT]]) -> None:
        try:
            for ticket in group:
                self._write(connection, ticket)
            connection.commit()
        except OperationalError as problem:  # disk full, I/O error: none of them is stored
            connection.rollback()
            for ticket in group:
                ticket.result, ticket.error = None, problem
        except Exception:  # one bad row must not take the others down
            connection.rollback()
            self._commit_each(connection, group)

    def _commit_at_once(
        self,
        connection: Connection,
        group: list[_Ticket[RowT, ResultT]],
        write_all: Callable[[Connection, Sequence[RowT]], Sequence[ResultT]],
    ) -> None:
        try:
            results = write_all(connection, [ticket.row for ticket in group])
            connection.commit()
        except Exception:  # a bad row, or a deadlock, which is over now
            connection.rollback()
            self._commit_each(connection, group)
            return
        for ticket, result in zip(group, results, strict=True):
            ticket.result = result

    def _write_plainly(self, connection: Connection, ticket: _Ticket[RowT, ResultT]) -> None:
        if self._write_all is not None:
            (ticket.result,) = self._write_all(connection, [ticket.row])
        else:
            ticket.result = self._write_one(connection, ticket.row)

    def _write_in_savepoint(self, connection: Connection, ticket: _Ticket[RowT, ResultT]) -> None:
        driver = _driver(connection)
        driver.execute("SAVEPOINT one_row")
        try:
            ticket.result = self._write_one(connection, ticket.row)
        except OperationalError:
            raise
        except Exception as problem:
            driver.execute("ROLLBACK TO one_row")
            ticket.error = problem
        driver.execute("RELEASE one_row")

    def _commit_each(self, connection: Connection, group: list[_Ticket[RowT, ResultT]]) -> None:
        for ticket in group:
            self._commit_alone(connection, ticket)

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

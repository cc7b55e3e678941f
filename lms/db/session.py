"""Sessions and the edge of a transaction. Services never commit; whoever opened the session does, through `finish`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, CursorResult, Engine, Result
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, sessionmaker

from lms.db.dialect import is_unique_violation
from lms.errors import LmsError

MakeSession = Callable[[], Session]
Apart = Callable[[Session], object]


def session_maker(engine: Engine) -> MakeSession:
    return sessionmaker(engine, expire_on_commit=False)


@contextmanager
def unit_of_work(make_session: MakeSession) -> Iterator[Session]:
    """One transaction: committed when the block ends, rolled back when it raises. For jobs, tasks and commands."""
    with make_session() as session:
        try:
            yield session
        except BaseException:
            finish(session, make_session, commit=False)
            raise
        finish(session, make_session, commit=True)


def finish(session: Session, make_session: MakeSession, *, commit: bool) -> None:
    """Commit or roll back, then run what was put apart, each in a transaction of its own."""
    try:
        if commit:
            session.commit()
            for fn in session.info.pop("after_commit", []):
                fn()
    finally:
        apart: list[Apart] = session.info.pop("apart", [])
        session.close()  # what is not committed is rolled back
        for write in apart:
            with make_session() as other:
                write(other)
                other.commit()


class TooLong(Exception):
    """This takes too long for a transaction that others wait in: it belongs in one of its own."""


@contextmanager
def session_in_group(connection: Connection) -> Iterator[Session]:
    """A session for one row of a group (lms/db/groups.py), in the transaction of all of them. Raises TooLong when something was put off
    until after the commit, which nobody would do then."""
    if not connection.in_transaction():
        connection.begin()
    with Session(connection, expire_on_commit=False, info={"in_group": True}) as session:
        yield session
        session.flush()
        if session.info.keys() & {"apart", "after_commit"}:
            raise TooLong


def takes_its_time(session: Session) -> None:
    """Said before work of several milliseconds. Raises TooLong in a group, where everybody would wait for it."""
    if session.info.get("in_group"):
        raise TooLong


def flushed(session: Session) -> Connection:
    """The session's connection once what the session holds is written: for statements that go past the session, as Prepared ones do."""
    session.flush()
    transaction, kept = session.get_transaction(), session.info.get("flushed")
    if transaction is not None and transaction.is_active and kept is not None and kept[0] is transaction:
        connection: Connection = kept[1]  # asking the session again costs as much as a short statement
        return connection
    connection = session.connection()
    session.info["flushed"] = (session.get_transaction(), connection)
    return connection


def record_apart(session: Session, write: Apart) -> None:
    """`write(session2)` runs in its own short transaction after this one has ended, also when it was refused."""
    session.info.setdefault("apart", []).append(write)


def after_commit(session: Session, fn: Callable[[], object]) -> None:
    """`fn()` runs once this transaction is stored, and never when it is not."""
    session.info.setdefault("after_commit", []).append(fn)


@contextmanager
def conflict_as(error: LmsError, session: Session) -> Iterator[None]:
    """What the block adds is flushed in a savepoint; if it breaks a once-only fact, `error` is raised and only the block undone."""
    try:
        with session.begin_nested():
            yield
    except IntegrityError as problem:
        if not is_unique_violation(problem):
            raise
        raise error from problem


def changed(result: Result[object]) -> bool:
    """True when a conditional update or delete met at least one row."""
    assert isinstance(result, CursorResult)
    return result.rowcount > 0

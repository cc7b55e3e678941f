"""When a transaction begins on PostgreSQL: at the first write or lock. What was read before it, nobody holds."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from flask import Flask
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, bindparam, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from lms.db import GroupWriter, MakeSession, Prepared, SiteMark, find_mark, mark, read_ahead, serialise, unit_of_work
from lms.db.copying import snapshot
from lms.db.dialect import skip_locked

KEYS = Prepared(select(SiteMark.key).where(SiteMark.value == bindparam("of_value")))
SHARED = Prepared(select(SiteMark.key).where(SiteMark.value == bindparam("of_value")).with_for_update(read=True))


PUT = Prepared(text("INSERT INTO site_marks (key, value) VALUES (:key, '1')"), alone=True)
INSIDE = Prepared(text("INSERT INTO site_marks (key, value) VALUES (:key, '1')"))
ADD = Prepared(
    text("INSERT INTO site_marks (key, value) VALUES (:key, '1') RETURNING key").columns(SiteMark.key), writes=True
)
LASTING = Prepared(select(SiteMark.key).where(SiteMark.value == bindparam("of_value")), lasts=True)


@pytest.fixture(autouse=True)
def on_postgres(app: Flask) -> None:
    if app.extensions["engine"].dialect.name == "sqlite":
        pytest.skip("SQLite's transactions are test_transactions.py's")


@pytest.fixture
def other(make_session: MakeSession) -> Iterator[Session]:
    with make_session() as opened:
        yield opened


@pytest.fixture
def asked_at_once(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The statements of each round trip that had several."""
    trips: list[list[str]] = []
    pipeline, execute = psycopg.Connection.pipeline, psycopg.Cursor.execute

    def opened(connection: Any) -> Any:
        trips.append([])
        return pipeline(connection)

    def told(cursor: Any, query: Any, *given: Any, **more: Any) -> Any:
        if cursor.connection.pgconn.pipeline_status:
            trips[-1].append(str(query))
        return execute(cursor, query, *given, **more)

    monkeypatch.setattr(psycopg.Connection, "pipeline", opened)
    monkeypatch.setattr(psycopg.Cursor, "execute", told)
    return trips


def is_open(session: Session) -> bool:
    driver = session.connection().connection.dbapi_connection
    return driver.info.transaction_status is not TransactionStatus.IDLE  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "read",
    [
        lambda session: session.scalars(select(SiteMark)).all(),
        lambda session: session.execute(text("SELECT 1")),
        lambda session: KEYS.rows(session.connection(), {"of_value": "1"}),
    ],
)
def test_a_read_opens_none(session: Session, read: Callable[[Session], object]) -> None:
    read(session)
    assert not is_open(session)


@pytest.mark.parametrize(
    "act",
    [
        lambda session: mark(session, "a", "1"),
        lambda session: session.execute(update(SiteMark).values(value="1")),
        lambda session: session.execute(text("UPDATE site_marks SET value = '1'")),
        lambda session: session.execute(text("WITH x AS (DELETE FROM site_marks RETURNING key) SELECT key FROM x")),
        lambda session: session.begin_nested(),
        lambda session: session.scalars(select(SiteMark).with_for_update()).all(),
        lambda session: session.scalars(select(SiteMark).with_for_update(read=True, key_share=True)).all(),
        lambda session: session.scalars(skip_locked(session, select(SiteMark))).all(),
        lambda session: serialise(session, "anything"),
        lambda session: session.scalar(text("SELECT pg_try_advisory_xact_lock(1)")),
        lambda session: SHARED.rows(session.connection(), {"of_value": "1"}),
        lambda session: session.scalars(select(SiteMark).execution_options(yield_per=10)).all(),
    ],
)
def test_a_write_a_lock_a_savepoint_and_rows_in_portions_open_one(
    session: Session, act: Callable[[Session], object]
) -> None:
    act(session)
    session.flush()
    assert is_open(session)


def test_a_lock_lasts_until_the_transaction_ends(make_session: MakeSession, other: Session) -> None:
    with unit_of_work(make_session) as session:
        session.add(SiteMark(key="a", value="1"))
    free = text("SELECT key FROM site_marks WHERE key = 'a' FOR UPDATE SKIP LOCKED")
    with make_session() as session:
        session.scalars(select(SiteMark).where(SiteMark.key == "a").with_for_update()).one()
        session.execute(text("SELECT 1"))
        assert other.scalars(free).all() == []
        other.rollback()
        session.rollback()
        assert other.scalars(free).all() == ["a"]


def test_rows_in_portions_come_whole_while_others_write(make_session: MakeSession, other: Session) -> None:
    with unit_of_work(make_session) as session:
        session.add_all(SiteMark(key=f"k{n:03}", value="1") for n in range(60))
    with make_session() as session:
        seen = []
        for key in session.scalars(select(SiteMark.key).where(SiteMark.value == "1").execution_options(yield_per=7)):
            other.execute(update(SiteMark).values(value="2"))
            other.commit()
            seen.append(key)
    assert len(seen) == 60


def test_a_read_between_two_writes_sees_the_first_and_a_rollback_undoes_both(
    make_session: MakeSession, other: Session
) -> None:
    with make_session() as session:
        mark(session, "a", "1")
        session.flush()
        assert find_mark(session, "a") == "1"
        assert find_mark(other, "a") is None
        mark(session, "b", "1")
        session.rollback()
    assert (find_mark(other, "a"), find_mark(other, "b")) == (None, None)


def test_after_an_error_the_session_is_used_again(make_session: MakeSession) -> None:
    with unit_of_work(make_session) as session:
        mark(session, "a", "1")
    with make_session() as session:
        session.add(SiteMark(key="a", value="2"))
        with pytest.raises(IntegrityError):
            session.flush()
        session.rollback()
        mark(session, "b", "1")
        session.commit()
        assert find_mark(session, "b") == "1"


def test_a_snapshot_sees_one_moment_and_its_connection_commits_by_itself_again(
    app: Flask, make_session: MakeSession, other: Session
) -> None:
    engine = app.extensions["engine"]
    with snapshot(engine) as connection:
        assert connection.execute(text("SELECT count(*) FROM site_marks")).scalar() == 0
        mark(other, "a", "1")
        other.commit()
        assert connection.execute(text("SELECT count(*) FROM site_marks")).scalar() == 0
        process = connection.execute(text("SELECT pg_backend_pid()")).scalar()
    with make_session() as session:
        assert session.scalar(text("SELECT pg_backend_pid()")) == process
        assert not is_open(session)
        assert session.scalar(text("SHOW transaction_isolation")) == "read committed"


@pytest.mark.parametrize(
    "act",
    [
        lambda session: session.execute(update(SiteMark).values(value="1")),
        lambda session: PUT.run(session.connection(), {"key": "a"}),
        lambda session: KEYS.rows(session.connection(), {"of_value": "1"}),
        lambda session: session.scalars(select(SiteMark)).all(),
    ],
)
def test_a_connection_lost_before_the_first_write_is_told_as_ever_and_replaced(
    make_session: MakeSession, other: Session, act: Callable[[Session], object]
) -> None:
    with make_session() as session:
        mine = session.scalar(text("SELECT pg_backend_pid()"))
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
        time.sleep(0.1)
        with pytest.raises(OperationalError):
            act(session)
        session.rollback()
        act(session)
        assert session.scalar(text("SELECT pg_backend_pid()")) != mine


@pytest.mark.parametrize("between", [lambda session: None, lambda session: mark(session, "b", "1")])
def test_what_was_read_ahead_is_given_once_and_never_after_a_write(
    session: Session, other: Session, between: Callable[[Session], object]
) -> None:
    asked = {"of_value": "1"}
    connection = session.connection()
    read_ahead(connection, [(KEYS, asked), (KEYS, {"of_value": "2"})])
    other.execute(text("INSERT INTO site_marks (key, value) VALUES ('a', '1')"))
    other.commit()
    between(session)
    session.flush()
    is_read_anew = is_open(session)
    assert [row.key for row in KEYS.rows(connection, asked)] == (["a", "b"] if is_read_anew else [])
    assert sorted(row.key for row in KEYS.rows(connection, asked)) == (["a", "b"] if is_read_anew else ["a"])
    read_ahead(connection, [(KEYS, asked), (KEYS, {"of_value": "2"})])
    read_ahead(connection, [])
    other.execute(text("DELETE FROM site_marks WHERE key = 'a'"))
    other.commit()
    assert [row.key for row in KEYS.rows(connection, asked)] == (["b"] if is_read_anew else [])


def test_what_locks_or_writes_is_not_read_ahead(session: Session) -> None:
    for refused in ((SHARED, {"of_value": "1"}), (PUT, {"key": "a"})):
        with pytest.raises(ValueError, match="neither writes nor locks"):
            read_ahead(session.connection(), [(KEYS, {"of_value": "1"}), refused])


def test_rows_that_one_statement_writes_are_stored_when_it_ends(app: Flask, make_session: MakeSession) -> None:
    put = Prepared(text("INSERT INTO site_marks (key, value) VALUES (:key, '1') RETURNING key").columns(SiteMark.key),
                   writes=True, alone=True)  # fmt: skip

    def write_all(connection: Connection, rows: list[str]) -> list[str]:
        return [put.first(connection, {"key": row}).key for row in rows]

    writer: GroupWriter[str, str] = GroupWriter(app.extensions["engine"], lambda *_: "", write_all=write_all)  # type: ignore[arg-type]
    assert writer.save("a") == "a"
    with pytest.raises(IntegrityError):
        writer.save("a")
    assert writer.save("b") == "b"
    with make_session() as session:
        assert (find_mark(session, "a"), find_mark(session, "b")) == ("1", "1")


def test_a_statement_that_may_stand_alone_is_part_of_the_transaction_it_meets(session: Session, other: Session) -> None:
    mark(session, "a", "1")
    session.flush()
    PUT.run(session.connection(), {"key": "b"})
    session.rollback()
    assert (find_mark(other, "a"), find_mark(other, "b")) == (None, None)


def test_what_is_sent_soon_goes_with_what_follows_or_with_the_commit(
    session: Session, other: Session, asked_at_once: list[list[str]]
) -> None:
    connection = session.connection()
    INSIDE.run_soon(connection, {"key": "a"})
    assert asked_at_once == []
    assert [row.key for row in KEYS.rows(connection, {"of_value": "1"})] == ["a"]
    INSIDE.run_soon(connection, {"key": "b"})
    session.commit()
    assert [[statement.split()[0] for statement in each] for each in asked_at_once] == [
        ["INSERT", "SELECT"],
        ["INSERT", "COMMIT"],
    ]
    assert not is_open(session)
    assert (find_mark(other, "a"), find_mark(other, "b")) == ("1", "1")


@pytest.mark.parametrize(
    "follow",
    [
        lambda session: session.scalars(select(SiteMark.key)).all(),
        lambda session: INSIDE.run(session.connection(), {"key": "c"}),
        lambda session: INSIDE.run_many(session.connection(), [{"key": "c"}]),
        lambda session: session.begin_nested(),
        lambda session: read_ahead(session.connection(), [(KEYS, {"of_value": "1"}), (KEYS, {"of_value": "2"})]),
    ],
)
def test_what_is_sent_soon_is_there_for_whatever_follows(session: Session, follow: Callable[[Session], object]) -> None:
    INSIDE.run_soon(session.connection(), {"key": "a"})
    follow(session)
    driver = session.connection().connection.dbapi_connection
    assert driver.execute("SELECT count(*) FROM site_marks WHERE key = 'a'").fetchone() == (1,)  # type: ignore[union-attr]


def test_what_is_sent_soon_and_fails_undoes_the_transaction_at_its_commit(session: Session, other: Session) -> None:
    mark(other, "a", "1")
    other.commit()
    connection = session.connection()
    INSIDE.run(connection, {"key": "b"})
    INSIDE.run_soon(connection, {"key": "a"})
    with pytest.raises(IntegrityError):
        session.commit()
    session.rollback()
    assert find_mark(other, "b") is None
    INSIDE.run_soon(session.connection(), {"key": "c"})
    session.rollback()
    session.commit()
    mark(session, "d", "1")
    session.commit()
    assert (find_mark(other, "c"), find_mark(other, "d")) == (None, "1")


def test_of_a_group_the_row_whose_last_write_fails_at_the_commit_takes_no_other_down(
    app: Flask, make_session: MakeSession
) -> None:
    def write(connection: Connection, row: str) -> str:
        INSIDE.run(connection, {"key": f"{row}-first"})
        INSIDE.run_soon(connection, {"key": row})
        return row

    writer: GroupWriter[str, str] = GroupWriter(app.extensions["engine"], write, may_refuse=True)
    assert writer.save("a") == "a"
    with make_session() as session:
        session.execute(text("DELETE FROM site_marks WHERE key = 'a-first'"))
        session.commit()
    with pytest.raises(IntegrityError):
        writer.save("a")
    assert writer.save("b") == "b"
    with make_session() as session:
        assert (find_mark(session, "a-first"), find_mark(session, "b"), find_mark(session, "b-first")) == (
            None,
            "1",
            "1",
        )


def test_what_a_write_reads_along_sees_what_it_wrote(session: Session, asked_at_once: list[list[str]]) -> None:
    connection, wanted = session.connection(), {"of_value": "1"}
    added = ADD.first(connection, {"key": "a"}, then=[(KEYS, wanted)])
    assert added.key == "a"
    assert [row.key for row in KEYS.rows(connection, wanted)] == ["a"]
    assert len(asked_at_once) == 1


def test_what_lasts_is_given_after_a_write_and_forgotten_with_the_next_reading_ahead(session: Session) -> None:
    connection, wanted = session.connection(), {"of_value": "1"}
    read_ahead(connection, [(LASTING, wanted), (KEYS, wanted)])
    INSIDE.run(connection, {"key": "a"})
    assert (LASTING.rows(connection, wanted), len(KEYS.rows(connection, wanted))) == ([], 1)
    assert len(LASTING.rows(connection, wanted)) == 1
    read_ahead(connection, [(LASTING, {"of_value": "2"}), (KEYS, wanted)])
    read_ahead(connection, [])
    INSIDE.run(connection, {"key": "b"})
    assert len(LASTING.rows(connection, wanted)) == 2

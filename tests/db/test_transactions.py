"""The edges of transactions, the write turn and group commit, on the real database."""

import threading
import time
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import Connection, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.db import (
    GroupWriter,
    MakeSession,
    SiteMark,
    TooLong,
    after_commit,
    conflict_as,
    find_mark,
    mark,
    reading_only,
    record_apart,
    session_in_group,
    takes_its_time,
    unit_of_work,
)
from lms.db.engine import WroteWhileReading, is_read
from lms.db.turns import WriteLock
from lms.errors import Conflict, Unavailable


def test_a_connection_the_server_has_ended_is_replaced_unseen_after_a_rest(
    app: Flask, make_session: MakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = app.extensions["engine"]
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no server")
    with make_session() as kept, make_session() as other:
        mine, _ = kept.scalar(text("SELECT pg_backend_pid()")), other.scalar(text("SELECT 1"))
        kept.close()
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": mine})
        other.rollback()
        monkeypatch.setattr("lms.db.engine.ASK_AFTER_SECONDS", 0.0)
        with make_session() as again:
            assert again.scalar(text("SELECT pg_backend_pid()")) != mine


def test_a_naive_time_is_refused(session: Session) -> None:
    from lms.notices.models import Notice  # noqa: PLC0415

    session.add(Notice(person_id=1, text="x", link="/", at=datetime(2026, 1, 1)))  # noqa: DTZ001
    with pytest.raises(Exception, match="naive"):
        session.flush()


def test_times_come_back_aware_in_utc(session: Session) -> None:
    from lms.notices.services import tell  # noqa: PLC0415

    at = datetime(2026, 3, 1, 8, 30, tzinfo=UTC)
    notice = tell(session, 1, "x", "/", now=at)
    session.commit()
    session.expire_all()
    assert notice is not None
    assert notice.at == at
    assert notice.at.tzinfo is UTC


def test_a_textual_update_that_is_aborted_stores_nothing(make_session: MakeSession) -> None:
    with unit_of_work(make_session) as session:
        mark(session, "a", "1")
    with make_session() as session:
        session.execute(text("UPDATE site_marks SET value = '2' WHERE key = 'a'"))
        session.rollback()
    with make_session() as session:
        assert find_mark(session, "a") == "1"


def test_reading_only_refuses_a_write(session: Session) -> None:
    with reading_only(), pytest.raises(WroteWhileReading):
        mark(session, "a", "1")


def test_only_plain_selects_count_as_reads() -> None:
    assert is_read("  select 1")
    assert not is_read("WITH x AS (SELECT 1) INSERT INTO y SELECT * FROM x")
    assert not is_read("SELECT 1 FROM x FOR UPDATE")
    assert not is_read("SAVEPOINT a")


def test_a_once_only_fact_is_a_conflict_and_the_rest_of_the_transaction_lives(make_session: MakeSession) -> None:
    with unit_of_work(make_session) as session:
        session.add(SiteMark(key="once", value="1"))
    with unit_of_work(make_session) as session:
        mark(session, "other", "kept")
        with pytest.raises(Conflict), conflict_as(Conflict("again"), session):
            session.add(SiteMark(key="once", value="2"))
    with make_session() as session:
        assert (find_mark(session, "once"), find_mark(session, "other")) == ("1", "kept")


def test_what_is_put_apart_outlives_the_refusal(make_session: MakeSession) -> None:
    with pytest.raises(Conflict), unit_of_work(make_session) as session:
        mark(session, "lost", "1")
        record_apart(session, lambda other: mark(other, "kept", "1"))
        raise Conflict()
    with make_session() as session:
        assert (find_mark(session, "lost"), find_mark(session, "kept")) == (None, "1")


def test_five_hundred_increments_from_ten_threads_all_survive(make_session: MakeSession) -> None:
    with unit_of_work(make_session) as session:
        mark(session, "n", "0")

    def add_fifty() -> None:
        for _ in range(50):
            with unit_of_work(make_session) as session:
                session.execute(text("UPDATE site_marks SET value = CAST(value AS INTEGER) + 1 WHERE key = 'n'"))

    run_together(10, add_fifty)
    with make_session() as session:
        assert find_mark(session, "n") == "500"


def run_together(count: int, work: object) -> None:
    threads = [threading.Thread(target=work) for _ in range(count)]  # type: ignore[arg-type]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class TestWriteLock:
    def test_asking_twice_is_told_at_once(self) -> None:
        lock = WriteLock()
        lock.acquire()
        with pytest.raises(RuntimeError, match="already writes"):
            lock.acquire()

    def test_who_waits_too_long_is_told_that_the_site_is_busy(self) -> None:
        lock = WriteLock()
        lock.acquire()
        seen: list[type] = []

        def wait() -> None:
            try:
                lock.acquire(patience_seconds=0.05)
            except Unavailable:
                seen.append(Unavailable)

        run_together(1, wait)
        assert seen == [Unavailable]

    def test_turns_come_in_the_order_of_asking(self) -> None:
        lock, order = WriteLock(), []
        lock.acquire()

        def take(number: int) -> None:
            lock.acquire()
            order.append(number)
            lock.release()

        threads = []
        for number in range(5):
            threads.append(threading.Thread(target=take, args=(number,)))
            threads[-1].start()
            while len(lock._queue) <= number:
                time.sleep(0.001)
        lock.release()
        for thread in threads:
            thread.join()
        assert order == [0, 1, 2, 3, 4]


def _put(connection: Connection, row: tuple[str, str]) -> str:
    if row[1] == "poison":
        raise ValueError("poison")
    connection.execute(
        text("INSERT INTO site_marks (key, value) VALUES (:key, :value)"), {"key": row[0], "value": row[1]}
    )
    return row[0]


class TestGroupWriter:
    def test_every_row_is_stored_before_its_save_returns(self, app: Flask, make_session: MakeSession) -> None:
        writer = GroupWriter(app.extensions["engine"], _put)
        seen: list[bool] = []

        def save(number: int) -> None:
            writer.save((f"k{number}", "v"))
            with make_session() as session:
                seen.append(find_mark(session, f"k{number}") == "v")

        threads = [threading.Thread(target=save, args=(n,)) for n in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert seen == [True] * 20

    def test_a_poisoned_row_takes_nobody_down(self, app: Flask, make_session: MakeSession) -> None:
        writer = GroupWriter(app.extensions["engine"], _put)
        failed: list[str] = []

        def save(number: int) -> None:
            try:
                writer.save((f"k{number}", "poison" if number == 3 else "v"))
            except ValueError:
                failed.append(f"k{number}")

        threads = [threading.Thread(target=save, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with make_session() as session:
            stored = session.scalars(select(SiteMark.key).where(SiteMark.key.startswith("k"))).all()
        assert failed == ["k3"]
        assert len(stored) == 7

    def test_a_row_that_may_be_refused_is_undone_in_its_place(self, app: Flask, make_session: MakeSession) -> None:
        written: list[str] = []

        def put_then_refuse(connection: Connection, row: tuple[str, str]) -> str:
            written.append(_put(connection, (row[0], "v")))
            if row[1] == "poison":
                raise Conflict("refused after it wrote")
            return row[0]

        writer = GroupWriter(app.extensions["engine"], put_then_refuse, may_refuse=True)
        refused: list[str] = []

        def save(number: int) -> None:
            try:
                writer.save((f"k{number}", "poison" if number % 3 == 0 else "v"))
            except Conflict:
                refused.append(f"k{number}")

        threads = [threading.Thread(target=save, args=(n,)) for n in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with make_session() as session:
            stored = session.scalars(select(SiteMark.key).where(SiteMark.key.startswith("k"))).all()
        assert sorted(refused) == ["k0", "k3", "k6", "k9"]
        assert sorted(stored) == sorted(f"k{n}" for n in range(12) if n % 3)
        assert len(written) == 12, "nobody was written a second time because of another"

    def test_a_flush_that_fails_rolls_the_group_back_and_everybody_else_is_stored_all_the_same(
        self, app: Flask, make_session: MakeSession
    ) -> None:
        with unit_of_work(make_session) as session:
            mark(session, "there", "v")

        def add(connection: Connection, row: str) -> str:
            with session_in_group(connection) as session:
                if row == "refused":
                    raise Conflict
                session.add(SiteMark(key=row, value="v"))
            return row

        engine, told = app.extensions["engine"], {}
        writer = GroupWriter(engine, add, may_refuse=True)

        def save(row: str) -> None:
            try:
                told[row] = writer.save(row)
            except (Conflict, IntegrityError) as problem:
                told[row] = type(problem).__name__

        turn = getattr(engine, "write_lock", None) or engine.group_turn
        turn.acquire()  # until everybody is in the group
        threads = [threading.Thread(target=save, args=(row,)) for row in ("a", "refused", "b", "there", "c")]
        for thread in threads:
            thread.start()
            time.sleep(0.02)
        turn.release()
        for thread in threads:
            thread.join()
        assert told == {"a": "a", "refused": "Conflict", "b": "b", "there": "IntegrityError", "c": "c"}
        with make_session() as session:
            assert [find_mark(session, key) for key in ("a", "b", "c", "refused")] == ["v", "v", "v", None]

    def test_what_waits_for_the_commit_or_takes_its_time_does_not_belong_in_a_group(self, app: Flask) -> None:
        def put_off(connection: Connection, row: str) -> None:
            with session_in_group(connection) as session:
                mark(session, row, "v")
                if row == "later":
                    after_commit(session, lambda: None)
                if row == "slow":
                    takes_its_time(session)

        writer = GroupWriter(app.extensions["engine"], put_off, may_refuse=True)
        for row in ("later", "slow"):
            with pytest.raises(TooLong):
                writer.save(row)
        writer.save("fine")
        with app.extensions["make_session"]() as session:
            assert [find_mark(session, key) for key in ("later", "slow", "fine")] == [None, None, "v"]
            takes_its_time(session)

    def test_ordinary_writers_and_groups_take_turns(self, app: Flask, make_session: MakeSession) -> None:
        writer = GroupWriter(app.extensions["engine"], _put)
        with unit_of_work(make_session) as session:
            mark(session, "n", "0")

        def ordinary() -> None:
            for _ in range(20):
                with unit_of_work(make_session) as session:
                    session.execute(update(SiteMark).where(SiteMark.key == "n").values(value=SiteMark.value + "1"))

        def grouped(number: int) -> None:
            for n in range(20):
                writer.save((f"g{number}-{n}", "v"))

        threads = [threading.Thread(target=ordinary) for _ in range(3)]
        threads += [threading.Thread(target=grouped, args=(n,)) for n in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with make_session() as session:
            assert len(find_mark(session, "n") or "") == 61
            assert len(session.scalars(select(SiteMark).where(SiteMark.key.startswith("g"))).all()) == 100

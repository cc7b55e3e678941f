"""Alive, ready, and in step with the database's clock."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.orm import Session
from werkzeug.routing import AnyConverter, BaseConverter, Map, Rule

from lms import clock
from lms.app import readiness
from lms.db import MakeSession, is_sqlite
from lms.db.dialect import database_clock
from lms.storage.local import LocalStorage
from lms.web import health, node_clock
from lms.web.health import Readiness
from lms.web.node_clock import NodeClock, offset_of
from tests.support.web import Web

NOON = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def offset_put_back() -> Iterator[None]:
    yield
    clock.set_offset(timedelta(0))


@pytest.fixture
def fresh(app: Flask) -> Iterator[Flask]:
    """The site before anybody asked whether it is ready."""
    app.extensions["readiness"] = readiness(app.extensions["make_session"], app.extensions["storage"])
    yield app
    app.extensions["readiness"] = readiness(app.extensions["make_session"], app.extensions["storage"])


def test_a_site_whose_parts_work_is_ready_and_says_nothing_of_itself(fresh: Flask, web: Web) -> None:
    answer = web.client.get("/readyz")
    body: dict[str, Any] = answer.get_json()
    assert answer.status_code == 200
    assert set(body) == {"ready", "database", "migrations", "storage", "clock"}
    assert all(body[part] is True for part in ("ready", "database", "migrations", "storage"))
    assert set(body["clock"]) == {"offset_millis", "measured_seconds_ago", "jumped_at"}
    assert answer.headers["Cache-Control"] == "no-store"
    assert not {"/", "sqlite", "postgres", "0001"} & set(json.dumps(body).lower().split())


def test_a_database_behind_the_code_is_not_ready(fresh: Flask, web: Web, session: Session) -> None:
    session.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    session.commit()
    answer = web.client.get("/readyz")
    assert answer.status_code == 503
    body = answer.get_json()
    assert (body["ready"], body["database"], body["migrations"], body["storage"]) == (False, True, False, True)


class FullStorage(LocalStorage):
    """A storage on a disk without room."""

    def put(self, key: str, source: Any, *, mime: str = "") -> None:
        raise OSError(28, "No space left on device", "/srv/secret/place")


def test_a_storage_without_room_is_not_ready_and_its_place_is_not_told(fresh: Flask, web: Web, tmp_path: Path) -> None:
    full = FullStorage(tmp_path)
    fresh.extensions["readiness"] = readiness(fresh.extensions["make_session"], full)
    answer = web.client.get("/readyz")
    assert (answer.status_code, answer.get_json()["storage"]) == (503, False)
    assert "secret" not in answer.get_data(as_text=True)


def test_a_database_that_is_gone_is_not_ready_and_the_process_still_alive(fresh: Flask, web: Web) -> None:
    def gone() -> Session:
        raise ConnectionError("the database is gone")

    fresh.extensions["readiness"] = readiness(gone, fresh.extensions["storage"])
    answer = web.client.get("/readyz")
    assert (answer.status_code, answer.get_json()["database"]) == (503, False)
    assert web.client.get("/healthz").status_code == 200


def test_the_probe_leaves_nothing_in_the_storage(make_session: MakeSession, tmp_path: Path) -> None:
    assert readiness(make_session, LocalStorage(tmp_path)).results()["storage"]
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_however_often_it_is_asked_the_parts_are_looked_at_once_in_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []

    def check() -> bool:
        looked.append(1)
        return True

    asked = Readiness({"part": check})
    for _ in range(50):
        assert asked.results() == {"part": True}
    assert len(looked) == 1
    monkeypatch.setattr(health, "ASKED_AGAIN_AFTER_SECONDS", 0.0)
    asked.results()
    assert len(looked) == 2


def test_who_asks_while_a_slow_part_is_looked_at_gets_what_was_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "ASKED_AGAIN_AFTER_SECONDS", 0.0)
    slow, looking, go_on = threading.Event(), threading.Event(), threading.Event()

    def check() -> bool:
        if slow.is_set():
            looking.set()
            assert go_on.wait(10)
            return False
        return True

    asked = Readiness({"part": check})
    assert asked.results() == {"part": True}
    slow.set()
    first = threading.Thread(target=asked.results)
    first.start()
    assert looking.wait(10)
    assert asked.results() == {"part": True}
    go_on.set()
    first.join()
    assert asked._known == {"part": False}


# The clock


@given(st.integers(-(10**7), 10**7), st.integers(0, 5000))
def test_the_offset_is_right_to_half_the_time_the_question_took(offset_millis: int, took_millis: int) -> None:
    offset, took = timedelta(milliseconds=offset_millis), timedelta(milliseconds=took_millis)
    for answered_at in (NOON, NOON + took / 2, NOON + took):
        found = offset_of(NOON, answered_at + offset, NOON + took)
        assert abs(found - offset) <= took / 2 + timedelta(microseconds=1)


def test_the_measured_offset_moves_the_clock_of_the_site() -> None:
    NodeClock().adopt(timedelta(seconds=4))
    assert timedelta(seconds=3.5) < clock.now() - datetime.now(UTC) < timedelta(seconds=4.5)


def test_a_drift_is_followed_quietly_and_a_jump_over_five_seconds_is_logged_and_shown(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = NodeClock()
    monkeypatch.setattr(health, "NODE_CLOCK", kept)
    logged: list[str] = []
    monkeypatch.setattr(node_clock.log, "error", lambda event, **facts: logged.append(event))
    for seconds in (1, 5, 9.9):
        kept.adopt(timedelta(seconds=seconds))
    assert (logged, kept.jumped_at) == ([], None)
    kept.adopt(timedelta(seconds=15))
    assert logged == ["clock jumped"]
    shown = web.client.get("/readyz").get_json()["clock"]
    assert shown["offset_millis"] == 15000
    assert shown["measured_seconds_ago"] == 0
    assert shown["jumped_at"] is not None


def test_on_sqlite_there_is_one_clock_and_no_thread_and_on_postgresql_it_is_measured_at_once(
    make_session: MakeSession, session: Session
) -> None:
    kept = NodeClock()
    before = threading.active_count()
    if is_sqlite(session):
        kept.start(make_session)
        assert database_clock(session) is None
        assert threading.active_count() == before
        kept.measure(make_session)
        assert kept.measured_at is None
        return
    clock.set_offset(timedelta(hours=-3))
    kept.measure(make_session)
    assert kept.measured_at is not None
    assert abs(kept.offset) < timedelta(seconds=2)  # the server of the tests runs on this machine
    assert kept.jumped_at is not None


def test_the_database_s_clock_is_an_aware_instant(session: Session) -> None:
    at = database_clock(session)
    assert at is None or at.utcoffset() is not None


def _fitting(converter: BaseConverter) -> object:
    """A value the part of an address takes."""
    return min(converter.items) if isinstance(converter, AnyConverter) else 7


def test_addresses_are_built_as_flask_builds_them(site: Flask) -> None:
    """LateRule overrides a private method of Werkzeug: what comes out must be what a plain Rule gives."""
    plain = Map([Rule(rule.rule, endpoint=rule.endpoint, methods=rule.methods) for rule in site.url_map.iter_rules()])
    late, reference = site.url_map.bind("localhost"), plain.bind("localhost")
    for rule in site.url_map.iter_rules():
        values: dict[str, object] = {name: _fitting(rule._converters[name]) for name in rule.arguments} | {"q": "甲 &"}
        assert late.build(rule.endpoint, values) == reference.build(rule.endpoint, values)

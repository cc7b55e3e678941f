"""`/metrics`: who may read it, what it tells, and that it goes on while the database is away."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from lms import clock, metrics
from lms.backup import newest
from lms.db import GroupWriter, mark
from lms.people.models import SignInFailure
from lms.tasks.models import JobRun, Task, TaskState
from lms.upkeep.views import KEPT, may_read
from tests.support.web import Web
from tests.test_metrics import Family, parsed

HERE = "http://127.0.0.1/"
TOKEN = "0123456789abcdef0123"


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    KEPT.forget()
    yield
    KEPT.forget()


def told(web: Web, **headers: str) -> dict[str, Family]:
    answer = web.client.get("/metrics", base_url=HERE, headers=headers)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    return parsed(answer.get_data(as_text=True))


def value(families: dict[str, Family], name: str, **labels: str) -> float:
    found = [v for _, given, v in families[name].samples if given == labels]
    assert len(found) == 1, (name, labels, families[name].samples)
    return found[0]


def test_requests_are_counted_by_group_and_status_with_their_seconds(web: Web) -> None:
    def counted() -> dict[tuple[str, str], float]:
        return {(s["group"], s["status"]): v for _, s, v in told(web)["jiangtai_requests_total"].samples}

    before = counted() if metrics.REQUESTS.totals() else {}
    web.client.get("/nowhere")
    web.as_("lin").get("/notices", 200)
    after = counted()
    assert after["none", "4xx"] - before.get(("none", "4xx"), 0) == 1
    assert after["notices", "2xx"] - before.get(("notices", "2xx"), 0) == 1
    seconds = told(web)["jiangtai_request_seconds"]
    assert {s["group"] for name, s, _ in seconds.samples if name.endswith("_count")} >= {"none", "notices"}


def test_group_commits_tell_their_size_and_seconds(app: Flask, web: Web) -> None:
    writer = GroupWriter(app.extensions["engine"], lambda connection, row: row)
    before = metrics.GROUP_ROWS.totals().get(("test_metrics_page",), [0.0])[-1]
    writer.save(1)
    families = told(web)
    rows = {name: v for name, s, v in families["jiangtai_group_rows"].samples if s["writer"] == "test_metrics_page"}
    assert rows["jiangtai_group_rows_sum"] - before == 1
    assert families["jiangtai_group_seconds"].kind == "histogram"


def test_what_concerns_the_whole_site_is_read_from_its_database(
    app: Flask, web: Web, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = clock.now()
    monkeypatch.setitem(app.extensions, "job_names", ("quizzes.close", "never.ran"))
    old = now - timedelta(minutes=10)
    session.add(JobRun(job="quizzes.close", slot="1", claimed_at=now - timedelta(seconds=40), error="KeyError"))
    session.add(Task(kind="k", title="t", input={}, state=TaskState.QUEUED, run_after=old, created_at=old))
    session.add(SignInFailure(source="s", identity="i", at=now))
    session.add(SignInFailure(source="s", identity="i", at=now - timedelta(hours=2)))
    mark(session, newest.MARK, (now - timedelta(hours=5)).isoformat())
    session.commit()
    families = told(web)
    assert value(families, "jiangtai_database_up") == 1
    assert 39 < value(families, "jiangtai_job_age_seconds", job="quizzes.close") < 100
    assert value(families, "jiangtai_job_failed", job="quizzes.close") == 1
    assert value(families, "jiangtai_tasks", state="queued") == 1
    assert 600 <= value(families, "jiangtai_task_lag_seconds") < 700
    assert value(families, "jiangtai_messages", state="dead") == 0
    assert value(families, "jiangtai_message_lag_seconds") == 0
    assert value(families, "jiangtai_sign_in_failures") == 1
    assert value(families, "jiangtai_backup_age_seconds") == pytest.approx(5 * 3600, abs=60)
    assert value(families, "jiangtai_audit_records_total") > 0
    assert value(families, "jiangtai_pool_in_use") >= 0
    assert value(families, "process_resident_memory_bytes") > 10**7


def test_without_a_backup_there_is_no_age_to_be_taken_for_a_young_one(web: Web, session: Session) -> None:
    session.execute(text("DELETE FROM site_marks"))
    session.commit()
    assert told(web)["jiangtai_backup_age_seconds"].samples == []


def test_while_the_database_is_away_the_process_still_tells_its_own_figures(
    app: Flask, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone() -> Session:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setitem(app.extensions, "make_session", gone)
    families = told(web)
    assert value(families, "jiangtai_database_up") == 0
    assert "jiangtai_tasks" not in families
    assert value(families, "process_cpu_seconds_total") > 0


def test_however_often_it_is_scraped_the_database_is_asked_once_in_a_while(web: Web, session: Session) -> None:
    assert value(told(web), "jiangtai_sign_in_failures") == 0
    session.add(SignInFailure(source="s", identity="i", at=clock.now()))
    session.commit()
    assert value(told(web), "jiangtai_sign_in_failures") == 0
    KEPT.forget()
    assert value(told(web), "jiangtai_sign_in_failures") == 1


@pytest.mark.parametrize(
    ("token", "source", "headers", "may"),
    [
        ("", "127.0.0.1", {"Host": "127.0.0.1:8000"}, True),
        ("", "::1", {"Host": "[::1]:8000"}, True),
        ("", "127.0.0.1", {"Host": "localhost"}, True),
        ("", "10.0.0.7", {"Host": "127.0.0.1"}, False),
        ("", "127.0.0.1", {"Host": "jiangtai.example"}, False),
        ("", "127.0.0.1", {"Host": "127.0.0.1", "X-Forwarded-For": "127.0.0.1"}, False),
        ("", "127.0.0.1", {"Host": "127.0.0.1", "Via": "1.1 proxy"}, False),
        ("", "", {"Host": "127.0.0.1"}, False),
        ("", "127.0.0.1", {"Host": "127.0.0.1", "Authorization": "Bearer "}, True),
        (TOKEN, "127.0.0.1", {"Host": "127.0.0.1"}, False),
        (TOKEN, "127.0.0.1", {"Host": "127.0.0.1", "Authorization": "Bearer "}, False),
        (TOKEN, "10.0.0.7", {"Host": "jiangtai.example", "Authorization": f"Bearer {TOKEN}"}, True),
        (TOKEN, "10.0.0.7", {"Host": "jiangtai.example", "Authorization": f"Bearer {TOKEN}x"}, False),
        (TOKEN, "10.0.0.7", {"Host": "jiangtai.example", "Authorization": TOKEN}, False),
    ],
)
def test_who_may_read_it(token: str, source: str, headers: dict[str, str], may: bool) -> None:
    assert may_read(token, source, headers) is may


def test_everybody_else_finds_no_such_address_not_even_with_a_sign_in(
    app: Flask, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert web.client.get("/metrics", base_url=HERE, headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404
    assert web.client.get("/metrics", base_url=HERE, environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 404
    web.as_("sun").client.get("/metrics", base_url=HERE, headers={"X-Forwarded-For": "203.0.113.9"})
    monkeypatch.setitem(app.extensions, "settings", replace(app.extensions["settings"], metrics_token=TOKEN))
    assert web.client.get("/metrics", base_url=HERE).status_code == 404
    assert told(web, Authorization=f"Bearer {TOKEN}")


def test_no_name_phone_or_address_of_a_person_is_told(web: Web) -> None:
    web.as_("lin").get("/notices", 200)
    page = web.client.get("/metrics", base_url=HERE).get_data(as_text=True)
    assert not {"lin", "林"} & set(page.replace('"', " ").split())
    assert "/notices" not in page

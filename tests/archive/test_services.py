"""A year is closed once for everybody; what comes later is a numbered amendment."""

import io
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session
from time_machine import travel

from lms import clock
from lms.archive import jobs, queries, rules, services
from lms.archive.assembling import assemble
from lms.archive.models import ArchivedYear, YearClosing
from lms.certificates.models import Certificate
from lms.certificates.rules import Kind, State
from lms.db import MakeSession
from lms.errors import Conflict, Forbidden, Invalid
from lms.people.models import Person
from lms.storage import Storage
from lms.tasks.models import Task
from tests.archive.conftest import earn
from tests.printing.test_typeset import text_of

RunTasks = Callable[[], int]


def closed(session: Session, year: int, run_tasks: RunTasks, by_id: int | None = None) -> None:
    services.begin_closing(session, year, by_id=by_id, now=clock.now())
    session.commit()
    run_tasks()
    session.expire_all()


def newest(session: Session, person: Person, year: int) -> ArchivedYear:
    found = queries.find_newest(session, person.id, year)
    assert found is not None
    return found


def test_a_year_says_what_the_rooms_hold_of_it_and_of_no_other_year(
    session: Session, cast: SimpleNamespace, year: int
) -> None:
    facts = assemble(session, cast.lin, year, today=clock.today(clock.now()))
    assert [(row["title"], row["quarters"]) for row in facts["hours"]] == [("第 1 课", 6), ("第 2 课", 32)]
    assert [row["title"] for row in facts["honours"]] == ["学习之星"]
    assert [row["title"] for row in facts["postings"]] == ["乡村振兴服务团：湖溪村"]
    assert [row["title"] for row in facts["mentors"]] == [f"导师{cast.ed.name}：确权登记"]
    assert facts["as_of"] == "2026-12-31"
    assert assemble(session, cast.ed, year, today=clock.today(clock.now()))["mentors"][0]["title"].startswith("带教")
    assert assemble(session, cast.bo, year, today=clock.today(clock.now()))["hours"] == []


def test_closing_writes_everybody_once_with_a_number_and_a_second_run_changes_nothing(
    session: Session, cast: SimpleNamespace, year: int, run_tasks: RunTasks
) -> None:
    closed(session, year, run_tasks, cast.hua.id)
    count = session.scalar(select(func.count()).select_from(ArchivedYear))
    assert count == len(vars(cast))
    version = newest(session, cast.lin, year)
    assert version.digest == rules.digest_of(version.facts)
    assert queries.find_certificate(session, version).person_id == cast.lin.id
    session.execute(Task.__table__.update().values(state="queued"))  # type: ignore[attr-defined]
    session.commit()
    run_tasks()
    assert session.scalar(select(func.count()).select_from(ArchivedYear)) == count
    archives = select(func.count()).select_from(Certificate).where(Certificate.kind == Kind.ARCHIVE)
    assert session.scalar(archives) == count
    with pytest.raises(Conflict):
        services.begin_closing(session, year, by_id=cast.hua.id, now=clock.now())


def test_a_year_that_goes_on_is_not_closed(session: Session, cast: SimpleNamespace, year: int) -> None:
    with pytest.raises(Invalid):
        services.begin_closing(session, 2027, by_id=cast.hua.id, now=clock.now())


def test_r07_due_years_are_begun_once_on_two_nodes_after_missed_years(
    make_session: MakeSession, session: Session, cast: SimpleNamespace, year: int
) -> None:
    earn(session, cast.bo.id, 4, on=date(2024, 5, 5), source_id=9)
    session.commit()
    at = datetime(2027, 1, 31, 16, 0, tzinfo=UTC)  # 1 February in Shanghai
    with travel(at, tick=False), ThreadPoolExecutor(2) as pool:
        begun = sum(pool.map(lambda _: jobs.close_due(make_session, at), range(4)))
    assert begun == 2
    assert sorted(session.scalars(select(YearClosing.year))) == [2024, 2026]
    assert session.scalar(select(func.count()).select_from(Task)) == 2
    early = datetime(2027, 1, 31, 15, 59, tzinfo=UTC)
    assert jobs.close_due(make_session, early) == 0


def test_an_amendment_is_a_further_version_with_its_difference_and_replaces_the_certificate(
    session: Session, cast: SimpleNamespace, year: int, run_tasks: RunTasks
) -> None:
    closed(session, year, run_tasks)
    first = newest(session, cast.lin, year)
    said = dict(first.facts)
    with pytest.raises(Invalid):
        services.amend(session, cast.lin, first, reason="补记", by_id=cast.hua.id, now=clock.now())
    earn(session, cast.lin.id, 2, on=date(2026, 12, 30), source_id=4)
    second = services.amend(session, cast.lin, first, reason="补记十二月一课", by_id=cast.hua.id, now=clock.now())
    assert (second.version, second.reason) == (2, "补记十二月一课")
    assert "学时记录增加：第 4 课（2026-12-30）" in second.changes
    assert "网络自学：1.5 → 2 学时" in second.changes
    session.expire_all()
    old = queries.list_versions(session, cast.lin.id, year)[1]
    assert old.facts == said
    assert queries.find_certificate(session, old).state is State.REPLACED
    assert queries.find_certificate(session, newest(session, cast.lin, year)).state is State.VALID


def test_nobody_amends_their_own_archive_and_none_without_a_reason(
    session: Session, cast: SimpleNamespace, year: int, run_tasks: RunTasks
) -> None:
    closed(session, year, run_tasks)
    earn(session, cast.hua.id, 2, on=date(2026, 12, 30), source_id=4)
    own = newest(session, cast.hua, year)
    with pytest.raises(Forbidden):
        services.amend(session, cast.hua, own, reason="补", by_id=cast.hua.id, now=clock.now())
    with pytest.raises(Invalid):
        services.amend(session, cast.hua, own, reason="  ", by_id=cast.ada.id, now=clock.now())


def test_one_file_holds_everybody_s_archive(
    session: Session, cast: SimpleNamespace, year: int, run_tasks: RunTasks, storage: Storage
) -> None:
    with pytest.raises(Conflict):
        services.begin_printing(session, year, "https://x/verify/", by_id=cast.hua.id, now=clock.now())
    closed(session, year, run_tasks)
    task = services.begin_printing(session, year, "https://x/verify/", by_id=cast.hua.id, now=clock.now())
    session.commit()
    run_tasks()
    session.refresh(task)
    assert task.result is not None
    with zipfile.ZipFile(io.BytesIO(b"".join(storage.read(task.result["file_key"])))) as archive:
        assert len(archive.namelist()) == len(vars(cast))
        text = text_of(archive.read("lin.pdf"))
    certificate = queries.find_certificate(session, newest(session, cast.lin, year))
    assert all(word in text for word in ("林晓", "第 2 课", "湖溪村", certificate.serial))

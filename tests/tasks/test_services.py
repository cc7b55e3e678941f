"""Tasks: run once, found again after a crash, told apart from refusals."""

import threading
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms import clock
from lms.db import MakeSession, unit_of_work
from lms.errors import Invalid
from lms.tasks import jobs, queries, services
from lms.tasks.models import JobRun, Task, TaskState
from lms.tasks.services import TaskContext, run_due
from lms.web.operations import Operation


@pytest.fixture
def queued(session: Session, cast: SimpleNamespace) -> Task:
    made = services.enqueue(session, "k", {"n": 1}, owner_id=cast.hua.id, title="试", now=clock.now())
    session.commit()
    return made


def state_of(session: Session) -> Task:
    session.expire_all()
    return session.scalars(select(Task)).one()


def test_a_task_runs_once_and_keeps_its_result(session: Session, make_session: MakeSession, queued: Task) -> None:
    def work(context: TaskContext) -> dict[str, Any]:
        context.progress(1, 2)
        return {"doubled": context.input["n"] * 2}

    assert run_due(make_session, {"k": work}, {}) == 1
    assert run_due(make_session, {"k": work}, {}) == 0
    done = state_of(session)
    assert (done.state, done.result, done.progress_done) == (TaskState.DONE, {"doubled": 2}, 1)


def test_a_task_of_a_rolled_back_transaction_does_not_exist(make_session: MakeSession) -> None:
    with pytest.raises(RuntimeError), unit_of_work(make_session) as session:
        services.enqueue(session, "k", {}, owner_id=None, title="x", now=clock.now())
        raise RuntimeError
    assert run_due(make_session, {"k": lambda context: None}, {}) == 0


def test_b16_eight_workers_run_a_task_once(make_session: MakeSession, queued: Task) -> None:
    ran: list[int] = []
    ready = threading.Barrier(8)

    def worker() -> None:
        ready.wait()
        run_due(make_session, {"k": lambda context: ran.append(context.task_id)}, {})

    threads = [threading.Thread(target=worker) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ran == [queued.id]


def test_a_refusal_ends_the_task_with_its_own_sentence(
    session: Session, make_session: MakeSession, queued: Task
) -> None:
    def refuse(context: TaskContext) -> None:
        raise Invalid("视频打不开，请换一个文件。")

    run_due(make_session, {"k": refuse}, {})
    failed = state_of(session)
    assert (failed.state, failed.error, failed.tries) == (TaskState.FAILED, "视频打不开，请换一个文件。", 1)


def test_a_crash_is_tried_three_times_with_pauses(session: Session, make_session: MakeSession, queued: Task) -> None:
    def crash(context: TaskContext) -> None:
        raise OSError("disk")

    for tries in (1, 2, 3):
        assert run_due(make_session, {"k": crash}, {}) == 1
        task = state_of(session)
        assert task.tries == tries
        assert task.run_after > clock.now() or tries == 3
        session.execute(update(Task).values(run_after=clock.now() - timedelta(seconds=1)))
        session.commit()
    assert state_of(session).state == TaskState.FAILED
    assert run_due(make_session, {"k": crash}, {}) == 0
    services.retry(session, state_of(session), now=clock.now() - timedelta(seconds=1))
    session.commit()
    assert run_due(make_session, {"k": lambda context: None}, {}) == 1
    assert state_of(session).state == TaskState.DONE


def test_a_task_whose_worker_died_is_taken_up_when_its_claim_has_run_out(
    session: Session, make_session: MakeSession, queued: Task
) -> None:
    ahead = clock.now() + timedelta(minutes=5)
    session.execute(update(Task).values(state=TaskState.RUNNING, tries=1, claimed_until=ahead))
    session.commit()
    assert run_due(make_session, {"k": lambda context: None}, {}) == 0
    session.execute(update(Task).values(claimed_until=clock.now() - timedelta(seconds=1)))
    session.commit()
    assert run_due(make_session, {"k": lambda context: None}, {}) == 1


def test_a_kind_nobody_knows_waits(make_session: MakeSession, queued: Task) -> None:
    assert run_due(make_session, {"other": lambda context: None}, {}) == 0


def test_a_done_task_is_not_begun_again_by_retry(session: Session, make_session: MakeSession, queued: Task) -> None:
    run_due(make_session, {"k": lambda context: None}, {})
    services.retry(session, state_of(session), now=clock.now())
    session.commit()
    assert run_due(make_session, {"k": lambda context: None}, {}) == 0


def test_lists_and_counts_are_the_owner_s(session: Session, cast: SimpleNamespace, queued: Task) -> None:
    assert queries.count_unfinished(session, cast.hua.id) == 1
    assert queries.count_unfinished(session, cast.ada.id) == 0
    session.execute(update(Task).values(state=TaskState.FAILED))
    assert (queries.count_failed(session, None), queries.count_failed(session, cast.ada.id)) == (1, 0)
    assert session.scalars(queries.list_tasks(cast.hua.id, TaskState.FAILED)).all()
    assert not session.scalars(queries.list_tasks(None, TaskState.DONE)).all()


def test_b16_one_claim_for_each_job_and_slot(make_session: MakeSession) -> None:
    won: list[bool] = []

    def claim() -> None:
        with unit_of_work(make_session) as session:
            won.append(services.claim_run(session, "job", "2026-05", now=clock.now()))

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 7 + [True]


def test_sweeping_keeps_what_is_still_asked_for(session: Session, make_session: MakeSession, queued: Task) -> None:
    now = clock.now()
    for days in (1, 3):
        session.add(
            Operation(
                person_id=1, operation_id=f"o{days}", route="/", digest="", status=303, location="/", mimetype="text/html",
                body="", at=now - timedelta(days=days),
            )
        )  # fmt: skip
    for days in (1, 8):
        services.claim_run(session, "job", f"s{days}", now=now - timedelta(days=days))
    session.commit()
    jobs.sweep(make_session, now)
    assert session.scalars(select(Operation.operation_id)).all() == ["o1"]
    assert session.scalars(select(JobRun.slot)).all() == ["s1"]
    assert state_of(session).state == TaskState.QUEUED

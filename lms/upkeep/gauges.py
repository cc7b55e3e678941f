"""Figures as they are at the moment of asking: of this process, and of the whole site out of its database."""

import os
import resource
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from lms.audit import queries as audit
from lms.backup import newest as backups
from lms.metrics import Gauge, Labels
from lms.notices import channel_queries as messages
from lms.people import queries as people
from lms.tasks import queries as tasks

NO_LABELS: Labels = {}
RECENT = timedelta(minutes=15)
STARTED_AT = time.time()
STATES = ("queued", "running", "failed")
UNSENT = ("queued", "sending", "dead")


def of_process(engine: Engine) -> Iterator[Gauge]:
    """Of the process that answers."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    yield _one("process_cpu_seconds_total", "CPU seconds of this process.", usage.ru_utime + usage.ru_stime, "counter")
    yield _one("process_resident_memory_bytes", "Memory of this process.", _resident_bytes())
    yield _one("process_start_time_seconds", "When this process began, Unix time.", STARTED_AT)
    yield _one("jiangtai_threads", "Threads of this process.", threading.active_count())
    pool: Any = engine.pool
    yield _one("jiangtai_pool_size", "Database connections this process may hold.", pool.size())
    yield _one("jiangtai_pool_in_use", "Database connections in use.", max(0, pool.checkedout()))
    lock = getattr(engine, "write_lock", None)
    if lock is not None:
        yield _one("jiangtai_write_waiting", "Threads that wait for their turn to write (SQLite).", lock.waiting)


def _one(name: str, told: str, value: float, kind: str = "gauge") -> Gauge:
    return Gauge(name, told, [({}, value)], kind)


def _resident_bytes() -> int:
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # not Linux: the most it ever was
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def of_site(session: Session, jobs: Sequence[str], now: datetime) -> Iterator[Gauge]:
    """Of the whole site: every process tells the same."""
    runs = tasks.newest_runs(session, jobs)
    since = [({"job": name}, _seconds(now, run.claimed_at)) for name, run in runs.items()]
    yield Gauge("jiangtai_job_age_seconds", "Seconds since each job last came round.", since)
    failed = [({"job": name}, float(run.error is not None)) for name, run in runs.items()]
    yield Gauge("jiangtai_job_failed", "1 when the job's last run failed.", failed)
    counts = tasks.count_by_state(session)
    states = [({"state": state}, counts.get(state, 0)) for state in STATES]
    yield Gauge("jiangtai_tasks", "Tasks by state.", states)
    yield _lag("jiangtai_task_lag_seconds", "How long the oldest due task waits.", tasks.oldest_due(session, now), now)
    unsent = messages.count_unsent(session)
    yield Gauge("jiangtai_messages", "Unsent messages by state.", [({"state": s}, unsent.get(s, 0)) for s in UNSENT])
    waiting = messages.oldest_waiting(session, now)
    yield _lag("jiangtai_message_lag_seconds", "How long the oldest due message waits.", waiting, now)
    failures = people.count_failures_since(session, now - RECENT)
    yield _one("jiangtai_sign_in_failures", "Failed sign-ins of the last 15 minutes.", failures)
    yield _one("jiangtai_locked_accounts", "Accounts locked at this moment.", people.count_locked(session, now))
    yield _one("jiangtai_audit_records_total", "Records of the audit log.", audit.newest_number(session), "counter")
    made, tried = backups.newest(session), backups.rehearsed(session)
    yield _age("jiangtai_backup_age_seconds", "Seconds since the newest backup; missing: none was made.", made, now)
    yield _age(
        "jiangtai_restore_check_age_seconds", "Seconds since a backup came back whole; missing: never.", tried, now
    )


def _age(name: str, told: str, at: datetime | None, now: datetime) -> Gauge:
    return Gauge(name, told, [] if at is None else [(NO_LABELS, _seconds(now, at))])


def _seconds(now: datetime, at: datetime) -> float:
    return max(0.0, (now - at).total_seconds())


def _lag(name: str, told: str, at: datetime | None, now: datetime) -> Gauge:
    return _one(name, told, 0.0 if at is None else _seconds(now, at))

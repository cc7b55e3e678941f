"""What the site did lately: jobs, tasks, messages, backups, and the end of the audit log."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.backup import newest as backups
from lms.notices import channel_queries as messages
from lms.people import queries as people
from lms.tasks import queries as tasks
from lms.tasks.jobs import Job
from lms.upkeep.rules import (
    BACKUP_MOST,
    MESSAGE_WAITS_MOST,
    REHEARSAL_MOST,
    TASK_WAITS_MOST,
    Line,
    is_late,
    mend,
    ok,
    span,
)

SAMPLE = 2000
SHOWN = 4
START = "start a worker (systemctl start jiangtai-worker, or LMS_SCHEDULER=inside)"


def lines(session: Session, jobs: Sequence[Job], now: datetime) -> Iterator[Line]:
    yield from job_lines(session, {job.name: job.every_seconds for job in jobs}, now)
    yield tasks_line(session, now)
    yield messages_line(session, now)
    yield backup_line(session, now)
    yield rehearsal_line(session, now)
    yield audit_line(session)


def job_lines(session: Session, every: Mapping[str, int], now: datetime) -> Iterator[Line]:
    runs = tasks.newest_runs(session, list(every))
    beats = {name: run.claimed_at for name, run in runs.items()}
    late = [name for name in every if is_late(every[name], beats.get(name), now)]
    if not beats:
        yield mend("jobs", f"none has ever run: {START}")
    elif len(late) == len(every):
        yield mend("jobs", f"none ran for {span(now - max(beats.values()))}: {START}")
    elif late:
        yield mend("jobs", f'{_some(late)} late: look for "job failed" in the worker\'s log, restart the worker')
    else:
        yield ok("jobs", f"{len(every)} come round, the last {span(now - max(beats.values()))} ago")
    failed = [f"{name} ({run.error})" for name, run in runs.items() if run.error]
    if failed:
        yield mend(
            "failed jobs", f"{_some(failed)}: the reason stands in the worker's log; they are tried again by themselves"
        )


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def tasks_line(session: Session, now: datetime) -> Line:
    oldest = tasks.oldest_due(session, now)
    if oldest is not None and now - oldest > TASK_WAITS_MOST:
        return mend("tasks", f"the oldest waits for {span(now - oldest)}: {START}, or another one for its kind")
    failed = tasks.count_failed_since(session, now - timedelta(days=1))
    if failed:
        return mend(
            "tasks", f"{failed} failed within a day: open 管理 → 任务 as the system admin, read the reason, press 重试"
        )
    return ok("tasks", "none waits too long, none failed within a day")


def messages_line(session: Session, now: datetime) -> Line:
    """Mails and robots' messages."""
    oldest, dead = messages.oldest_waiting(session, now), messages.count_dead_since(session, now - timedelta(days=1))
    if oldest is not None and now - oldest > MESSAGE_WAITS_MOST:
        return mend(
            "messages",
            f"the oldest waits for {span(now - oldest)}: open 管理 → 发送通道, press 发测试消息 to see the server's answer",
        )
    if dead:
        return mend(
            "messages", f"{dead} were given up within a day: open 管理 → 发送通道, mend the channel and press 重发"
        )
    return ok("messages", "none waits too long, none was given up within a day")


def backup_line(session: Session, now: datetime) -> Line:
    newest = backups.newest(session)
    if newest is None:
        return mend(
            "backup",
            "none was ever made: systemctl enable --now jiangtai-backup.timer, or flask backup nightly FOLDER every night, on another machine's disk",
        )
    age = now - newest
    if age > BACKUP_MOST:
        return mend(
            "backup",
            f"the newest is {span(age)} old: look why the nightly one does not run (systemctl status jiangtai-backup)",
        )
    return ok("backup", f"the newest is {span(age)} old")


def rehearsal_line(session: Session, now: datetime) -> Line:
    """Whether a backup came back lately."""
    last, name = backups.rehearsed(session), "restore check"
    if last is None:
        return mend(
            name,
            "no backup was ever tried: systemctl enable --now jiangtai-rehearsal.timer, or flask backup rehearse FOLDER every week",
        )
    if now - last > REHEARSAL_MOST:
        told = f"the last backup that came back is {span(now - last)} ago: look why the weekly check fails"
        return mend(name, f"{told} (systemctl status jiangtai-rehearsal)")
    return ok(name, f"a backup came back whole {span(now - last)} ago")


def audit_line(session: Session) -> Line:
    compared, faults = audit.verify_end(session, SAMPLE)
    if faults:
        return mend(
            "audit log", f"{faults[0]}: run flask audit verify, keep the database as it is and tell the audit admin"
        )
    if compared == 0 and people.has_grants(session):
        return mend(
            "audit log",
            "empty although roles were granted: it was emptied; keep the database as it is and tell the audit admin",
        )
    return ok("audit log", f"the last {compared} records fit together; flask audit verify compares all of them")

"""An attempt from start to end: drawn and stored, leased, submitted or closed, graded, settled."""

import json
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import structlog
from sqlalchemy import Table, bindparam, select, text, update
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import set_committed_value

from lms.clock import today
from lms.db import MakeSession, Prepared, Read, changed, flushed, json_items, unit_of_work, writes_in_with
from lms.db.dialect import ignoring
from lms.errors import Conflict, Invalid
from lms.quizzes import key_queries, queries
from lms.quizzes.errors import AttemptsUsedUp, Ended, LeaseTaken, OutOfTime, TooEarly
from lms.quizzes.grade_rules import earned
from lms.quizzes.models import Attempt, AttemptItem, Paper
from lms.quizzes.rules import GRACE, Purpose, State, deadline, is_over, seconds_used
from lms.quizzes.services.drawing import Begun, Sheet, insert_sheet, sheet_for, store_sheet, stored
from lms.quizzes.services.ready_sheets import LATER, begin_with_ready

Settle = Callable[[Session, Attempt, datetime], None]

_ATTEMPTS: Table = Attempt.__table__  # type: ignore[assignment]


_RESULTS = f"""
UPDATE {AttemptItem.__tablename__}
SET fraction = CAST(value ->> 1 AS INTEGER), score_millis = CAST(value ->> 2 AS INTEGER)
FROM {{items}} WHERE attempt_id = :attempt AND position = CAST(value ->> 0 AS INTEGER)
"""
_WHOLE = f"UPDATE {_ATTEMPTS.name} SET score_millis = :score_millis, seconds_used = :seconds_used WHERE id = :attempt"
_STORE_WHOLE = Prepared(text(_WHOLE))


@cache
def _store_results(items: str) -> Prepared:
    """One statement for all questions: [position, fraction, score_millis] each."""
    return Prepared(text(_RESULTS.format(items=items)))


@cache
def _store_all(items: str) -> Prepared:
    """Questions and the whole in one statement, where a WITH may write."""
    return Prepared(text(f"WITH results AS ({_RESULTS.format(items=items)}) {_WHOLE}"))


CLOSE_BATCH = 200
_TRIES = 5

log = structlog.get_logger("lms.quizzes")


def start_attempt(
    session: Session,
    paper: Paper,
    *,
    person_id: int,
    purpose: Purpose,
    subject_id: int,
    now: datetime,
    closes_at: datetime | None = None,
    release_at: datetime | None = None,
    limit_per_day: int | None = None,
    extra_seconds: int = 0,
    minimum_seconds: int = 0,
    rng: Random | None = None,
    draw_instead: Callable[[], Sheet] | None = None,
) -> Attempt:
    """The person's open attempt for this purpose and subject: the one there is, or a new one with its questions, their order
    and its deadline stored. `draw_instead` gives the questions in place of the paper's own. However many start at once, they all get the same one.

    Raises AttemptsUsedUp (Shanghai days), OutOfTime while an attempt past its time waits to be closed, PoolShort, Conflict
    after `closes_at`.
    """
    for _ in range(_TRIES):
        last = queries.find_last_attempt(session, person_id, purpose, subject_id)
        if last is not None and last.state is State.OPEN:
            if is_over(last.deadline_at, now):
                raise OutOfTime("上一次作答的时间已到，正在自动交卷，请一分钟后再试。")
            return last
        if closes_at is not None and now >= closes_at:
            raise Conflict("已经结束，不能再开始作答。")
        if last is not None and limit_per_day is not None:
            _check_limit(session, last, limit_per_day, now)
        begun: dict[str, Any] = {
            "paper_id": paper.id, "person_id": person_id, "purpose": purpose, "subject_id": subject_id,
            "number": last.number + 1 if last else 1, "state": State.OPEN, "scoring": paper.scoring, "started_at": now,
            "started_on": today(now), "deadline_at": deadline(now, _longer(paper.duration_seconds, extra_seconds), closes_at),
            "submit_from_at": now + timedelta(seconds=minimum_seconds) if minimum_seconds else None,
            "release_at": release_at, "letter": "", "note": "",
        }  # fmt: skip
        made = _begin_with_ready(session, paper, begun) if draw_instead is None else None
        if made is None:
            given = Begun(stored(draw_instead())) if draw_instead is not None else _sheet(session, paper, begun, rng)
            made = _begin(session, begun, given)
        if made is not None:
            return queries.as_read(session, {**begun, **made, **_NOT_YET})
    raise Conflict()


def _sheet(session: Session, paper: Paper, begun: Mapping[str, Any], rng: Random | None) -> Begun:
    chance = rng or Random(secrets.randbits(128))
    whose = {name: begun[name] for name in ("person_id", "purpose", "subject_id")}
    return sheet_for(session, paper, **whose, now=begun["started_at"], rng=chance)


def _longer(duration_seconds: int | None, extra_seconds: int) -> int | None:
    return None if duration_seconds is None else duration_seconds + extra_seconds


def _check_limit(session: Session, last: Attempt, limit: int, now: datetime) -> None:
    """Counts no further than `last`: a twin that was started since then must not look like one attempt too many."""
    if queries.count_attempts_on(session, last, today(now)) >= limit:
        raise AttemptsUsedUp(limit)


def _begin_with_ready(session: Session, paper: Paper, begun: Mapping[str, Any]) -> dict[str, Any] | None:
    """The new attempt with a sheet that lay ready, where one statement can do it; None when the sheet is still to be found."""
    connection = flushed(session)
    if paper.is_lettered or paper.unseen_days or not writes_in_with(connection):
        return None
    ready = begin_with_ready(connection, begun)
    return {"id": ready.attempt_id, "max_millis": ready.max_millis} if ready and ready.attempt_id else None


def _begin(session: Session, begun: Mapping[str, Any], given: Begun) -> dict[str, Any] | None:
    """The new attempt, which has these questions; None when somebody was faster with the same number (the schema decides)."""
    said = {"max_millis": sum(points for _, points, _ in given.sheet), "letter": given.letter, "note": given.note}
    row, connection = {**begun, **said}, flushed(session)
    if writes_in_with(connection):
        made = _BEGIN_AT_ONCE.first(connection, {**row, "sheet": json.dumps(given.sheet)})
    else:
        made = _BEGIN.first(connection, row)
        if made is not None:
            store_sheet(session, made.id, given.sheet)
    return {"id": int(made.id), **said} if made else None


_NOT_YET = dict.fromkeys(LATER)
_BEGUN = (
    "paper_id", "person_id", "purpose", "subject_id", "number", "state", "scoring", "started_at", "started_on",
    "deadline_at", "submit_from_at", "release_at", "max_millis", "letter", "note",
)  # fmt: skip


def _beginning(*, on_sqlite: bool) -> Any:
    return ignoring(on_sqlite, Attempt).values({name: bindparam(name) for name in _BEGUN}).returning(_ATTEMPTS.c.id)


def _begin_at_once() -> Prepared:
    """With its questions in one statement, where a WITH may write."""
    made = _beginning(on_sqlite=False).cte("made")
    return Prepared(select(made.c.id).add_cte(insert_sheet(made)), writes=True)


_BEGIN, _BEGIN_AT_ONCE = Prepared(_beginning(on_sqlite=True)), _begin_at_once()


def is_lease(token: str) -> bool:
    """Whether a device can have made this token."""
    return re.fullmatch(r"[A-Za-z0-9_-]{16,64}", token) is not None


def take_lease(session: Session, attempt: Attempt, *, lease: str, take_over: bool, now: datetime) -> None:
    """From now on only the device with this token may write the attempt. Raises LeaseTaken when another one holds it and
    `take_over` is not asked for (the device that lost it is told at its next answer), OutOfTime after deadline and grace."""
    if not is_lease(lease):
        raise Invalid("请刷新页面后再试。", field="lease")
    taken = _TAKE_OVER if take_over else _TAKE_FREE
    if taken.run(flushed(session), {"attempt": attempt.id, "device": lease, "earliest": now - GRACE}):
        return
    session.refresh(attempt)
    if attempt.state is not State.OPEN:
        raise Ended()
    raise OutOfTime() if is_over(attempt.deadline_at, now) else LeaseTaken()


_TAKE = (
    update(_ATTEMPTS)
    .where(_ATTEMPTS.c.id == bindparam("attempt"), _ATTEMPTS.c.state == State.OPEN)
    .where(_ATTEMPTS.c.deadline_at.is_(None) | (_ATTEMPTS.c.deadline_at >= bindparam("earliest")))
    .values(lease=bindparam("device"))
)
_TAKE_OVER = Prepared(_TAKE)
_TAKE_FREE = Prepared(_TAKE.where(_ATTEMPTS.c.lease.is_(None) | (_ATTEMPTS.c.lease == bindparam("device"))))


def reads_of_submission(person_id: int, attempt_id: int) -> list[Read]:
    """What the submission of the person's attempt reads before it knows more than these two."""
    mine = {"attempt": attempt_id}
    return [(queries.OWN_ATTEMPT, mine | {"person": person_id}), (queries.RELEASE, mine)]


def submit(session: Session, attempt: Attempt, *, settle: Settle, now: datetime) -> Attempt:
    """Handed in, graded and settled in this transaction. A repeat changes nothing and gives the same attempt. Raises
    OutOfTime after deadline and grace, when only the job may close it; TooEarly before its least time is over."""
    if attempt.submit_from_at is not None and now < attempt.submit_from_at and attempt.state is State.OPEN:
        raise TooEarly(int((attempt.submit_from_at - now).total_seconds()))
    values = {"attempt": attempt.id, "earliest": now - GRACE, "at": now}
    row = _SUBMIT.first(flushed(session), values, then=key_queries.reads_to_grade(attempt.id))
    if row is not None:
        for name, value in row._asdict().items():
            set_committed_value(attempt, name, value)
        _grade(session, attempt, ended_at=now)
        settle(session, attempt, now)
        return attempt
    session.refresh(attempt)
    if attempt.state is not State.SUBMITTED:
        raise OutOfTime()
    return attempt


_SUBMIT = Prepared(
    update(_ATTEMPTS)
    .where(_ATTEMPTS.c.id == bindparam("attempt"), _ATTEMPTS.c.state == State.OPEN)
    .where(_ATTEMPTS.c.deadline_at.is_(None) | (_ATTEMPTS.c.deadline_at >= bindparam("earliest")))
    .values(state=State.SUBMITTED, submitted_at=bindparam("at"))
    .returning(*_ATTEMPTS.c)
)


def close_due(make_session: MakeSession, settle: Settle, now: datetime) -> int:
    """Closes every open attempt whose deadline and grace are over, each in a transaction of its own, as of its deadline. Any
    number of closers may run: the conditional update lets one win. Returns how many this one closed; one that fails is left
    for the next run and stops no other."""
    closed = after = 0
    while True:
        with make_session() as session:
            due = queries.list_due_attempts(session, now - GRACE, after=after, limit=CLOSE_BATCH)
        if not due:
            return closed
        for attempt_id in due:
            after = attempt_id
            try:
                with unit_of_work(make_session) as session:
                    closed += _close(session, attempt_id, settle, now)
            except Exception as problem:  # the others must not wait for this one
                log.error("attempt not closed", attempt=attempt_id, exc_info=problem)


def _close(session: Session, attempt_id: int, settle: Settle, now: datetime) -> bool:
    ended = (
        update(Attempt)
        .where(Attempt.id == attempt_id, Attempt.state == State.OPEN, Attempt.deadline_at < now - GRACE)
        .values(state=State.CLOSED, submitted_at=Attempt.deadline_at)
        .execution_options(synchronize_session=False)
    )
    if not changed(session.execute(ended)):
        return False
    attempt = session.get_one(Attempt, attempt_id)
    assert attempt.deadline_at is not None
    _grade(session, attempt, ended_at=attempt.deadline_at)
    settle(session, attempt, now)
    return True


def _grade(session: Session, attempt: Attempt, *, ended_at: datetime) -> None:
    """Stores what each question and the whole earned; what a person grades has neither fraction nor score yet. The attempt is no longer open, so no answer can come in between."""
    results: list[tuple[int, int | None, int | None]] = []
    for row in key_queries.list_to_grade(session, attempt.id):
        fraction = row.fraction(attempt.scoring)
        results.append((row.position, fraction, None if fraction is None else earned(row.points_millis, fraction)))
    whole = {
        "score_millis": sum(score or 0 for _, _, score in results),
        "seconds_used": seconds_used(attempt.started_at, ended_at, attempt.deadline_at),
    }
    connection = flushed(session)
    values = {"attempt": attempt.id, "results": json.dumps(results), **whole}
    if writes_in_with(connection):
        _store_all(json_items(connection, "results")).run_soon(connection, values)
    else:
        _store_results(json_items(connection, "results")).run(connection, values)
        _STORE_WHOLE.run(connection, values)
    for name, value in whole.items():
        set_committed_value(attempt, name, value)


def release(session: Session, *, purpose: Purpose, subject_id: int, at: datetime | None) -> None:
    """Key and explanation of all attempts of a subject are shown from `at` on (None: as soon as each has ended)."""
    session.execute(
        update(Attempt)
        .where(Attempt.purpose == purpose, Attempt.subject_id == subject_id)
        .values(release_at=at)
        .execution_options(synchronize_session=False)
    )

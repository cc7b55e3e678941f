"""An attempt from start to end: drawn and stored, leased, submitted or closed, graded, settled."""

import re
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime
from random import Random

import structlog
from sqlalchemy import Table, bindparam, update
from sqlalchemy.orm import Session

from lms.clock import today
from lms.db import MakeSession, changed, conflict_as, unit_of_work
from lms.errors import Conflict, Invalid
from lms.quizzes import key_queries, queries
from lms.quizzes.draw_rules import PoolTooSmall, draw, option_order, rules_from
from lms.quizzes.errors import AttemptsUsedUp, Ended, LeaseTaken, OutOfTime, PoolShort
from lms.quizzes.grade_rules import earned, fraction_of
from lms.quizzes.models import Attempt, AttemptItem, Paper
from lms.quizzes.queries import SheetRow
from lms.quizzes.rules import GRACE, Kind, PaperKind, Purpose, State, deadline, is_over, seconds_used

Settle = Callable[[Session, Attempt, datetime], None]

_ITEMS: Table = AttemptItem.__table__  # type: ignore[assignment]
_STORE_RESULT = _ITEMS.update().where(
    _ITEMS.c.attempt_id == bindparam("of_attempt"), _ITEMS.c.position == bindparam("at")
)

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
    rng: Random | None = None,
    draw_instead: Callable[[], "Sheet"] | None = None,
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
        sheet = draw_instead() if draw_instead else _sheet(session, paper, rng or Random(secrets.randbits(128)))
        attempt = Attempt(
            paper_id=paper.id,
            person_id=person_id,
            purpose=purpose,
            subject_id=subject_id,
            number=last.number + 1 if last else 1,
            state=State.OPEN,
            scoring=paper.scoring,
            started_at=now,
            started_on=today(now),
            deadline_at=deadline(now, paper.duration_seconds, closes_at),
            release_at=release_at,
            max_millis=sum(points for _, points, _ in sheet),
        )
        if _is_first(session, attempt):
            _store_sheet(session, attempt, sheet)
            return attempt
    raise Conflict()


def _check_limit(session: Session, last: Attempt, limit: int, now: datetime) -> None:
    """Counts no further than `last`: a twin that was started since then must not look like one attempt too many."""
    if queries.count_attempts_on(session, last, today(now)) >= limit:
        raise AttemptsUsedUp(limit)


def _is_first(session: Session, attempt: Attempt) -> bool:
    """Adds the attempt; False when somebody was faster with the same number (the schema decides)."""
    try:
        with conflict_as(_TwinStarted(), session):
            session.add(attempt)
    except _TwinStarted:
        return False
    return True


class _TwinStarted(Conflict):
    pass


Sheet = Sequence[tuple[SheetRow, int, list[int]]]


def _sheet(session: Session, paper: Paper, rng: Random) -> Sheet:
    """(version, points, option order) in the order of the positions: by kind, shuffled within each kind if the paper says
    so; the parts of a case stay together and in order, after the questions that stand alone."""
    rows = _fixed(session, paper) if paper.kind is PaperKind.FIXED else _drawn(session, paper, rng)
    if not rows:
        raise Invalid("这份试卷还没有试题，请联系出题人。")
    return arrange(rows, is_shuffled=paper.is_shuffled, rng=rng)


def arrange(rows: Sequence[tuple[SheetRow, int]], *, is_shuffled: bool, rng: Random) -> Sheet:
    """(version, points, option order) in the order of the positions."""
    if not is_shuffled:
        return [(row, points, list(range(len(row.options)))) for row, points in rows]
    kinds = list(Kind)
    cases: dict[object, list[tuple[SheetRow, int]]] = {}
    for row, points in rows:
        cases.setdefault(row.material or row.version_id, []).append((row, points))
    mixed = rng.sample(list(cases.values()), len(cases))
    mixed.sort(key=lambda case: (bool(case[0][0].material), kinds.index(case[0][0].kind)))
    parts = [part for case in mixed for part in sorted(case, key=lambda part: part[0].place)]
    return [(row, points, option_order(row.kind, row.options, rng)) for row, points in parts]


def _fixed(session: Session, paper: Paper) -> list[tuple[SheetRow, int]]:
    return queries.list_paper_rows(session, paper.id)


def _drawn(session: Session, paper: Paper, rng: Random) -> list[tuple[SheetRow, int]]:
    rules = rules_from(paper.rules)
    pool = queries.list_candidates(session, paper.owner_unit_id, rules)
    try:
        drawn = draw(rules, pool, rng)
    except PoolTooSmall as short:
        raise PoolShort(short.shortages) from None
    rows = queries.find_sheet_rows(session, [candidate.id for candidate, _ in drawn])
    return [(rows[candidate.id], rule.points_millis) for candidate, rule in drawn]


def _store_sheet(session: Session, attempt: Attempt, sheet: Sheet) -> None:
    session.execute(
        _ITEMS.insert(),
        [
            {
                "attempt_id": attempt.id, "position": n, "version_id": row.version_id, "option_order": order,
                "points_millis": points,
            }
            for n, (row, points, order) in enumerate(sheet, 1)
        ],
    )  # fmt: skip


def take_lease(session: Session, attempt: Attempt, *, lease: str, take_over: bool, now: datetime) -> None:
    """From now on only the device with this token may write the attempt. Raises LeaseTaken when another one holds it and
    `take_over` is not asked for; the device that lost it is told at its next answer."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{16,64}", lease):
        raise Invalid("请刷新页面后再试。", field="lease")
    free = Attempt.lease.is_(None) | (Attempt.lease == lease)
    taken = update(Attempt).where(Attempt.id == attempt.id, Attempt.state == State.OPEN)
    if not take_over:
        taken = taken.where(free)
    if changed(session.execute(taken.values(lease=lease).execution_options(synchronize_session=False))):
        return
    session.refresh(attempt)
    raise Ended() if attempt.state is not State.OPEN else LeaseTaken()


def new_lease() -> str:
    return secrets.token_urlsafe(18)


def submit(session: Session, attempt: Attempt, *, settle: Settle, now: datetime) -> Attempt:
    """Handed in, graded and settled in this transaction. A repeat changes nothing and gives the same attempt. Raises
    OutOfTime after deadline and grace, when only the job may close it."""
    ended = (
        update(Attempt)
        .where(Attempt.id == attempt.id, Attempt.state == State.OPEN)
        .where(Attempt.deadline_at.is_(None) | (Attempt.deadline_at >= now - GRACE))
        .values(state=State.SUBMITTED, submitted_at=now)
        .execution_options(synchronize_session=False)
    )
    won = changed(session.execute(ended))
    session.refresh(attempt)
    if won:
        _grade(session, attempt, ended_at=now)
        settle(session, attempt, now)
    elif attempt.state is not State.SUBMITTED:
        raise OutOfTime()
    return attempt


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
    results: list[dict[str, int | None]] = []
    for row in key_queries.list_to_grade(session, attempt.id):
        fraction = fraction_of(row.kind, row.key, row.choice, attempt.scoring, row.marking)
        results.append(
            {
                "of_attempt": attempt.id, "at": row.position, "fraction": fraction,
                "score_millis": None if fraction is None else earned(row.points_millis, fraction),
            }
        )  # fmt: skip
    if results:
        session.execute(_STORE_RESULT, results)
    attempt.score_millis = sum(result["score_millis"] or 0 for result in results)
    attempt.seconds_used = seconds_used(attempt.started_at, ended_at, attempt.deadline_at)
    session.flush()  # what follows from the attempt reads its score


def release(session: Session, *, purpose: Purpose, subject_id: int, at: datetime | None) -> None:
    """Key and explanation of all attempts of a subject are shown from `at` on (None: as soon as each has ended)."""
    session.execute(
        update(Attempt)
        .where(Attempt.purpose == purpose, Attempt.subject_id == subject_id)
        .values(release_at=at)
        .execution_options(synchronize_session=False)
    )

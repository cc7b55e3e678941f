"""Saving one answer: the hot path. Saved in groups, acknowledged after the commit, refused by the WHERE of its own insert."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Engine, Integer, bindparam, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.db import GroupWriter, Prepared, UtcDateTime, insert_ignore, rows_from
from lms.errors import Invalid, NotFound, NotSignedIn
from lms.people.queries import list_sign_ins
from lms.quizzes import queries
from lms.quizzes.content_rules import MAX_OPTIONS
from lms.quizzes.errors import Ended, LeaseTaken, OutOfTime, SequenceUsed
from lms.quizzes.models import Answer, Attempt
from lms.quizzes.rules import GRACE, Choice, State, is_over, seconds_left

MAX_POSITION, MAX_SEQUENCE, MAX_PARTS, MAX_CHOICE, MAX_LATE = 1000, 2**31 - 1, 20, 6000, 500
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True)
class AnswerRow:
    """A choice on its way into the journal. `now` is the time the request came in; `choice` is canonical JSON."""

    attempt_id: int
    person_id: int
    sign_in_id: int
    position: int
    sequence: int
    choice: str
    lease: str
    now: datetime


@dataclass(frozen=True)
class Saved:
    """`is_counted` False: stored, but too late to change the score."""

    is_counted: bool
    seconds_left: int | None


@dataclass(frozen=True)
class Accepted:
    deadline_at: datetime | None


AnswerWriter = GroupWriter[AnswerRow, Accepted | None]


def answer_writer(engine: Engine) -> AnswerWriter:
    """The one writer of a process."""
    return GroupWriter(engine, _write, write_all=_write_all)


def canonical_choice(choice: Choice) -> str:
    """The choice as it is journalled, in the order given: order and repeats mean something to some kinds, and those they do
    not suit earn nothing. Raises Invalid for anything that is no choice: what reaches a group cannot fail it."""
    numbers = [each for each in choice if type(each) is int and -1 <= each < MAX_OPTIONS]
    texts = [each for each in choice if isinstance(each, str) and not _UNSTORABLE.search(each)]
    if len(choice) <= MAX_PARTS and len(choice) in (len(numbers), len(texts)):
        written = json.dumps(list(choice), ensure_ascii=False, separators=(",", ":"))
        if len(written) <= MAX_CHOICE:
            return written
        raise Invalid("答案太长，请写短一些。", field="choice")
    raise Invalid("答案的格式不对，请刷新页面后再选。", field="choice")


def check_row(row: AnswerRow) -> None:
    """Raises NotFound or Invalid for numbers no attempt can have."""
    if not (0 < row.attempt_id < 2**62 and 0 < row.position <= MAX_POSITION):
        raise NotFound()
    if not 0 < row.sequence <= MAX_SEQUENCE:
        raise Invalid("请刷新页面后再选。", field="sequence")
    if not re.fullmatch(r"[A-Za-z0-9_-]{16,64}", row.lease):
        raise Invalid("请刷新页面后再选。", field="lease")


def save_answer(writer: AnswerWriter, session: Session, row: AnswerRow) -> Saved:
    """Stored durably when this returns. The same (question, sequence) again with the same choice is acknowledged again.

    After deadline and grace it is kept as late and not counted. Raises NotFound, NotSignedIn, Ended, LeaseTaken,
    SequenceUsed. `session` is used only to find out why the insert refused, and for a late answer.
    """
    return save_if_fits(writer, row) or explain(session, row)


def save_if_fits(writer: AnswerWriter, row: AnswerRow) -> Saved | None:
    """`save_answer` without a session: None when the insert let nothing in, for a reason that `explain` finds."""
    check_row(row)
    try:
        accepted = writer.save(row)
    except IntegrityError:  # its twin was faster
        return None
    return Saved(True, seconds_left(accepted.deadline_at, row.now)) if accepted else None


def explain(session: Session, row: AnswerRow) -> Saved:
    """Why the insert stored nothing: an acknowledgement of what is stored already, a late answer now kept, or the refusal."""
    attempt = queries.find_own_attempt(session, row.person_id, row.attempt_id)
    if attempt is None or not queries.has_position(session, row.attempt_id, row.position):
        raise NotFound()
    if row.sign_in_id not in {each.id for each in list_sign_ins(session, row.person_id, row.now)}:
        raise NotSignedIn()
    kept = session.get(Answer, (row.attempt_id, row.position, row.sequence))
    if kept is not None:
        return _again(kept, attempt, row)
    if attempt.state is State.SUBMITTED:
        raise Ended()
    if attempt.state is State.CLOSED or is_over(attempt.deadline_at, row.now):
        return _keep_late(session, attempt, row)
    raise LeaseTaken()


def _again(kept: Answer, attempt: Attempt, row: AnswerRow) -> Saved:
    if kept.choice != row.choice:
        raise SequenceUsed()
    return Saved(kept.is_counted, seconds_left(attempt.deadline_at, row.now))


def _keep_late(session: Session, attempt: Attempt, row: AnswerRow) -> Saved:
    if queries.count_late_answers(session, attempt.id) >= MAX_LATE:
        raise OutOfTime()
    late = {
        "attempt_id": row.attempt_id, "position": row.position, "sequence": row.sequence, "choice": row.choice,
        "saved_at": row.now, "is_counted": False,
    }  # fmt: skip
    insert_ignore(session, Answer, [late], key=["attempt_id", "position", "sequence"])
    return Saved(False, 0)


# --- in the group's transaction --------------------------------------------------------------------------------------

_GIVEN = {
    "attempt_id": "bigint", "person_id": "bigint", "sign_in_id": "bigint", "position": "integer", "sequence": "integer",
    "choice": "text", "lease": "text", "now": "timestamptz", "earliest": "timestamptz",
}  # fmt: skip
_STORE = """
INSERT INTO answers (attempt_id, position, sequence, choice, saved_at, is_counted)
SELECT i.attempt_id, i.position, r.sequence, r.choice, r.now, true
FROM {given} JOIN attempts a ON a.id = r.attempt_id AND a.person_id = r.person_id
JOIN attempt_items i ON i.attempt_id = a.id AND i.position = r.position
JOIN sign_ins s ON s.id = r.sign_in_id AND s.person_id = a.person_id
WHERE a.state = 'open' AND a.lease = r.lease AND (a.deadline_at IS NULL OR a.deadline_at >= r.earliest)
AND s.ended_at IS NULL AND s.expires_at > r.now
"""
_SET_CURRENT = """
INSERT INTO current_answers (attempt_id, position, sequence, choice, saved_at)
{rows}
ON CONFLICT (attempt_id, position) DO UPDATE
SET sequence = excluded.sequence, choice = excluded.choice, saved_at = excluded.saved_at
WHERE excluded.sequence > current_answers.sequence
"""
_MOMENTS = [bindparam(name, type_=UtcDateTime()) for name in ("now", "earliest")]
_set_current = Prepared(
    text(_SET_CURRENT.format(rows="VALUES (:attempt_id, :position, :sequence, :choice, :now)")).bindparams(_MOMENTS[0])
)


def _one_by_one(store: str) -> Prepared:
    """Gives the deadline when the row got in."""
    given = f"(SELECT {', '.join(f':{name} AS {name}' for name in _GIVEN)}) AS r"
    deadline = "RETURNING (SELECT a.deadline_at FROM attempts a WHERE a.id = answers.attempt_id) AS deadline_at"
    whole = f"{store.format(given=given)} ON CONFLICT DO NOTHING {deadline}"
    return Prepared(text(whole).bindparams(*_MOMENTS).columns(deadline_at=UtcDateTime()), writes=True)


def _at_once(store: str) -> Prepared:
    """Gives attempt, position and deadline of the rows that got in, whose current answers are set; no two of one question."""
    whole = f"""
WITH stored AS (
    {store.format(given=rows_from("rows", "r", _GIVEN))} ORDER BY a.id, i.position FOR SHARE OF a
    ON CONFLICT DO NOTHING RETURNING attempt_id, position, sequence, choice, saved_at
),
current AS ({_SET_CURRENT.format(rows="SELECT * FROM stored")})
SELECT a.id, stored.position, a.deadline_at FROM stored JOIN attempts a ON a.id = stored.attempt_id
"""
    gives = text(whole).columns(id=BigInteger(), position=Integer(), deadline_at=UtcDateTime())
    return Prepared(gives, writes=True, alone=True)


@cache
def _store(*, at_once: bool) -> Prepared:
    return _at_once(_STORE) if at_once else _one_by_one(_STORE)


def _values(row: AnswerRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _GIVEN if name != "earliest"} | {"earliest": row.now - GRACE}


def _write(connection: Connection, row: AnswerRow) -> Accepted | None:
    """The journal row and, if it is the newest, the current answer; None when the insert's own checks let nothing in."""
    values = _values(row)
    stored = _store(at_once=False).first(connection, values)
    if stored is None:
        return None
    _set_current.run(connection, values)
    return Accepted(stored.deadline_at)


def _write_all(connection: Connection, rows: Sequence[AnswerRow]) -> list[Accepted | None]:
    """`_write` for each, in one statement; as many as it takes for questions that several rows answer, the earlier first."""
    results: list[Accepted | None] = [None] * len(rows)
    waiting = list(enumerate(rows))
    while waiting:
        turn: dict[tuple[int, int], tuple[int, AnswerRow]] = {}
        for n, row in waiting:
            turn.setdefault((row.attempt_id, row.position), (n, row))
        taken = {n for n, _ in turn.values()}
        waiting = [(n, row) for n, row in waiting if n not in taken]
        told = json.dumps([_values(row) for _, row in turn.values()], default=datetime.isoformat, ensure_ascii=False)
        for stored in _store(at_once=True).rows(connection, {"rows": told}):
            results[turn[stored.id, stored.position][0]] = Accepted(stored.deadline_at)
    return results

"""Saving one answer: the hot path. Saved in groups, acknowledged after the commit, refused by the WHERE of its own insert."""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, Engine, bindparam, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lms.db import GroupWriter, Prepared, UtcDateTime, insert_ignore, sharing, writes_in_with
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
    return GroupWriter(engine, _write, together=True)


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

_STORE = """
INSERT INTO answers (attempt_id, position, sequence, choice, saved_at, is_counted)
SELECT i.attempt_id, i.position, :sequence, :choice, :now, :counted
FROM attempts a JOIN attempt_items i ON i.attempt_id = a.id AND i.position = :position
JOIN sign_ins s ON s.id = :sign_in_id AND s.person_id = a.person_id
WHERE a.id = :attempt_id AND a.person_id = :person_id AND a.state = 'open' AND a.lease = :lease
AND (a.deadline_at IS NULL OR a.deadline_at >= :earliest) AND s.ended_at IS NULL AND s.expires_at > :now
{sharing}
ON CONFLICT DO NOTHING
"""
_DEADLINE = "RETURNING (SELECT a.deadline_at FROM attempts a WHERE a.id = answers.attempt_id) AS deadline_at"
_SET_CURRENT = """
INSERT INTO current_answers (attempt_id, position, sequence, choice, saved_at)
{row}
ON CONFLICT (attempt_id, position) DO UPDATE
SET sequence = excluded.sequence, choice = excluded.choice, saved_at = excluded.saved_at
WHERE excluded.sequence > current_answers.sequence
"""
_BOTH = f"""
WITH stored AS ({_STORE} RETURNING attempt_id, position, sequence, choice, saved_at),
current AS ({_SET_CURRENT.format(row="SELECT * FROM stored")})
SELECT a.deadline_at FROM stored JOIN attempts a ON a.id = stored.attempt_id
"""


def _prepared(statement: str) -> Prepared:
    moments = [bindparam(name, type_=UtcDateTime()) for name in ("now", "earliest")]
    return Prepared(text(statement).bindparams(*moments).columns(deadline_at=UtcDateTime()), writes=True)


_set_current = Prepared(
    text(_SET_CURRENT.format(row="VALUES (:attempt_id, :position, :sequence, :choice, :now)")).bindparams(
        bindparam("now", type_=UtcDateTime())
    )
)


@cache
def _store(share: str, *, with_current: bool) -> Prepared:
    """Gives the deadline when the row got in; `with_current` sets the current answer in the same round trip."""
    return _prepared((_BOTH if with_current else f"{_STORE}{_DEADLINE}").format(sharing=share))


def _write(connection: Connection, row: AnswerRow) -> Accepted | None:
    """The journal row and, if it is the newest, the current answer; None when the insert's own checks let nothing in."""
    values = {
        "attempt_id": row.attempt_id, "position": row.position, "sequence": row.sequence, "choice": row.choice,
        "now": row.now, "person_id": row.person_id, "sign_in_id": row.sign_in_id, "lease": row.lease,
        "earliest": row.now - GRACE, "counted": True,
    }  # fmt: skip
    at_once = writes_in_with(connection)
    stored = _store(sharing(connection, "a"), with_current=at_once).first(connection, values)
    if stored is None:
        return None
    if not at_once:
        _set_current.run(connection, values)
    return Accepted(stored.deadline_at)

"""One answer: saved in a group, acknowledged after the commit, refused by the WHERE of its own insert."""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from lms.clock import to_ms
from lms.contests.errors import NotOpen
from lms.db import Prepared, flushed, sharing
from lms.errors import Conflict, NotFound
from lms.livequiz import queries

_STORE = """
INSERT INTO live_answers (quiz_id, turn, person_id, choice, received_ms, round_trip_ms)
SELECT q.id, q.turn, e.person_id, :choice, :received_ms, :round_trip_ms
FROM live_quizzes q JOIN round_entries e ON e.round_id = q.round_id AND e.person_id = :person_id
WHERE q.id = :quiz_id AND q.turn = :turn AND :received_ms BETWEEN q.from_ms AND q.until_ms
{sharing}
ON CONFLICT DO NOTHING
"""


@cache
def _store(share: str) -> Prepared:
    return Prepared(text(_STORE.format(sharing=share)))


def answer(
    session: Session,
    quiz_id: int,
    person_id: int,
    *,
    turn: int,
    choice: Sequence[int],
    round_trip_ms: int | None,
    now: datetime,
) -> bool:
    """The person's answer in the turn is stored; False when it stood there already, word for word. `now` is the moment the request
    came in. Raises NotFound for who has not joined, Conflict for a second answer that differs, NotOpen outside the question's time."""
    written = json.dumps(sorted(set(choice)), separators=(",", ":"))
    connection = flushed(session)
    values = {
        "quiz_id": quiz_id, "person_id": person_id, "turn": turn, "choice": written, "received_ms": to_ms(now),
        "round_trip_ms": round_trip_ms,
    }  # fmt: skip
    if _insert(connection, values):
        return True
    _explain(session, values)
    return False


def _insert(connection: Connection, values: dict[str, Any]) -> bool:
    return _store(sharing(connection, "q")).run(connection, values) == 1


def _explain(session: Session, values: dict[str, Any]) -> None:
    """Why the insert stored nothing; nothing to say when the same answer stands there."""
    kept = queries.find_choice(session, values["quiz_id"], values["turn"], values["person_id"])
    if kept == json.loads(values["choice"]):
        return
    if kept is not None:
        raise Conflict("这一题你已经答过，以第一次提交的为准。")
    if not queries.has_joined(session, values["quiz_id"], values["person_id"]):
        raise NotFound()
    raise NotOpen("这一题现在不收答案：还没开始、已经截止或者暂停。")

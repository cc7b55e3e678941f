"""On PostgreSQL an attempt begins with a sheet that lay ready by one statement: the sheet is taken, looked at and stored where it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, Boolean, Connection, Integer, Table, bindparam, text

from lms.db import Prepared
from lms.db.dialect import bound_as
from lms.quizzes.models import Attempt, AttemptItem, PreparedSheet, Question, QuestionVersion

_ATTEMPTS: Table = Attempt.__table__  # type: ignore[assignment]
_SHEETS = PreparedSheet.__tablename__
LATER = ("submitted_at", "score_millis", "seconds_used", "lease")
"""What an attempt that has just begun has none of."""
# Each version and its question are looked up by their ids; as a join PostgreSQL would read the whole bank (OFFSET 0 keeps it none).
CURRENT_BY_ID = f"""
SELECT count(*) FROM {QuestionVersion.__tablename__} v WHERE EXISTS (
    SELECT FROM {Question.__tablename__} q
    WHERE q.id = v.question_id AND q.version = v.number AND q.readiness = 'ready' OFFSET 0
) AND v.id = ANY """


@dataclass(frozen=True)
class Ready:
    """The attempt that has begun: None when the sheet was no longer as it could have been drawn, or somebody was faster."""

    attempt_id: int | None
    max_millis: int


def begin_with_ready(connection: Connection, row: Mapping[str, Any]) -> Ready | None:
    """The attempt of this row, which says all but its full marks, gets the next sheet that lies ready; None when none does."""
    found = _beginning().first(connection, row)
    return Ready(found.id, found.max_millis or 0) if found.taken else None


_COLUMNS = [column.name for column in _ATTEMPTS.columns if column.name not in (*LATER, "id", "max_millis")]
_TYPED = [bindparam(name, type_=_ATTEMPTS.c[name].type) for name in _COLUMNS]


@cache
def _beginning() -> Prepared:
    """Made when it is asked for: SQLite never does."""
    statement = f"""
WITH taken AS (
    DELETE FROM {_SHEETS} WHERE id = (
        SELECT id FROM {_SHEETS} WHERE purpose = :purpose AND subject_id = :subject_id AND paper_id = :paper_id
        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING sheet
), asked AS (
    SELECT CAST(place AS INTEGER) AS position, CAST(value ->> 0 AS BIGINT) AS version_id,
        CAST(value ->> 1 AS INTEGER) AS points_millis, value -> 2 AS option_order
    FROM taken, json_array_elements(taken.sheet) WITH ORDINALITY AS one(value, place)
), made AS (
    INSERT INTO {_ATTEMPTS.name} ({", ".join(_COLUMNS)}, max_millis)
    SELECT {", ".join(bound_as(_ATTEMPTS.c[name]) for name in _COLUMNS)}, (SELECT sum(points_millis) FROM asked)
    WHERE (SELECT count(DISTINCT version_id) FROM asked) = ({CURRENT_BY_ID} (ARRAY(SELECT version_id FROM asked)))
        AND EXISTS (SELECT FROM taken)
    ON CONFLICT DO NOTHING RETURNING id, max_millis
), items AS (
    INSERT INTO {AttemptItem.__tablename__} (attempt_id, position, version_id, points_millis, option_order)
    SELECT made.id, position, version_id, points_millis, option_order FROM made, asked
)
SELECT EXISTS (SELECT FROM taken) AS taken, made.id, made.max_millis FROM (SELECT) one LEFT JOIN made ON true
"""
    made = text(statement).bindparams(*_TYPED).columns(taken=Boolean(), id=BigInteger(), max_millis=Integer())
    return Prepared(made, writes=True)

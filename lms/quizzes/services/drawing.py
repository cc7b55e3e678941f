"""The sheet of an attempt: which versions, in which order, for how many points. Drawn on the spot, or before the bell.

A prepared sheet is taken by one attempt, by the delete that removes it; one whose questions were edited or retired since is thrown away,
so a taken sheet is always one that could have been drawn at that moment.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from sqlalchemy import (
    CTE,
    JSON,
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Table,
    Text,
    bindparam,
    cast,
    delete,
    func,
    insert,
    literal_column,
    select,
    text,
    true,
)
from sqlalchemy.orm import Session

from lms.db import Prepared, flushed, json_items, takes_its_time, writes_in_with
from lms.errors import Invalid
from lms.quizzes import queries
from lms.quizzes.draw_rules import Candidate, DrawRule, PoolTooSmall, draw, option_order, rules_from
from lms.quizzes.errors import PoolShort
from lms.quizzes.grade_rules import allocate
from lms.quizzes.models import AttemptItem, Paper, PreparedSheet, Question, QuestionVersion
from lms.quizzes.queries import SheetRow, Unseen
from lms.quizzes.rules import Kind, PaperKind, Purpose
from lms.quizzes.services.ready_sheets import CURRENT_BY_ID

Stored = list[tuple[int, int, list[int]]]
"""(version, points, option order) in the order of the positions."""

TRIES = 4
_SHEETS: Table = PreparedSheet.__table__  # type: ignore[assignment]

Sheet = Sequence[tuple[SheetRow, int, list[int]]]


LETTERS = ("A", "B")
RELAXED = "避题范围内题目不够，已放宽"


@dataclass(frozen=True)
class Begun:
    """What an attempt begins with: its sheet, the letter of the paper, and what was out of the ordinary."""

    sheet: Stored
    letter: str = ""
    note: str = ""


def sheet_for(
    session: Session, paper: Paper, *, person_id: int, purpose: Purpose, subject_id: int, now: datetime, rng: Random
) -> Begun:
    """The sheet of this person: their letter's, one without questions they met, one that lay ready, or a new one."""
    if paper.is_lettered:
        letter = letter_of(person_id)
        return Begun(stored(lettered_sheet(session, paper, letter)), letter)
    if paper.unseen_days:
        unseen = Unseen(person_id, now - timedelta(days=paper.unseen_days))
        try:
            return Begun(stored(draw_sheet(session, paper, rng, unseen)))
        except PoolShort:
            return Begun(stored(draw_sheet(session, paper, rng)), note=RELAXED)
    sheet = take_prepared(session, paper, purpose=purpose, subject_id=subject_id)
    return Begun(sheet if sheet is not None else stored(draw_sheet(session, paper, rng)))


def letter_of(person_id: int) -> str:
    """Letters alternate by the person's number, so that neighbours of a list sit with different papers."""
    return LETTERS[person_id % 2]


def lettered_sheet(session: Session, paper: Paper, letter: str) -> Sheet:
    """A is the paper as its author ordered it; B has the questions and options in another order, the same for everybody."""
    takes_its_time(session)
    rows = _fixed(session, paper)
    plain = arrange(rows, is_shuffled=False, rng=Random(0))
    if letter == LETTERS[0]:
        return plain
    other = plain
    for turn in range(_TURNS):
        other = arrange(rows, is_shuffled=True, rng=Random(f"{paper.id} {letter} {turn}"))
        if [row.version_id for row, _, _ in other] != [row.version_id for row, _, _ in plain]:
            break
    return other


_TURNS = 20  # a paper of one question for each kind has no other order


def draw_sheet(session: Session, paper: Paper, rng: Random, unseen: Unseen | None = None) -> Sheet:
    """(version, points, option order) in the order of the positions: by kind, shuffled within each kind if the paper says
    so; the parts of a case stay together and in order, after the questions that stand alone."""
    takes_its_time(session)
    rows = _fixed(session, paper) if paper.kind is PaperKind.FIXED else _drawn(session, paper, rng, unseen)
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


def _drawn(session: Session, paper: Paper, rng: Random, unseen: Unseen | None) -> list[tuple[SheetRow, int]]:
    rules = rules_from(paper.rules)
    pool = queries.list_candidates(session, paper.owner_unit_id, rules, unseen=unseen)
    try:
        drawn = draw(rules, pool, rng)
    except PoolTooSmall as short:
        raise PoolShort(short.shortages) from None
    versions = [version for candidate, _ in drawn for version in candidate.parts or (candidate.id,)]
    return rows_of(drawn, queries.find_sheet_rows(session, versions))


def rows_of(
    drawn: Sequence[tuple[Candidate, DrawRule]], versions: Mapping[int, SheetRow]
) -> list[tuple[SheetRow, int]]:
    """(version, points): the points of a case are divided among its parts."""
    rows = []
    for candidate, rule in drawn:
        parts = candidate.parts or (candidate.id,)
        points = allocate(rule.points_millis, [1] * len(parts))
        rows += [(versions[part], share) for part, share in zip(parts, points, strict=True)]
    return rows


def stored(sheet: Sheet) -> Stored:
    return [(row.version_id, points, order) for row, points, order in sheet]


def store_sheet(session: Session, attempt_id: int, sheet: Stored) -> None:
    """The attempt has these questions."""
    connection = flushed(session)
    _store(json_items(connection, "sheet")).run(connection, {"attempt": attempt_id, "sheet": json.dumps(sheet)})


@cache
def _store(items: str) -> Prepared:
    """One statement for all questions: the driver lets the other threads in between any two."""
    statement = f"""
INSERT INTO {AttemptItem.__tablename__} (attempt_id, position, version_id, points_millis, option_order)
SELECT CAST(:attempt AS BIGINT), key + 1, CAST(value ->> 0 AS BIGINT), CAST(value ->> 1 AS INTEGER), value -> 2 FROM {items}
"""
    return Prepared(text(statement))


def insert_sheet(made: CTE) -> CTE:
    """On PostgreSQL the same, of the attempt that another part of the statement makes; its questions are bound as `sheet`."""
    items = func.json_array_elements(cast(bindparam("sheet", type_=Text), JSON))
    one = items.table_valued("value", with_ordinality="place").render_derived(name="one")
    version: ColumnElement[str] = literal_column("one.value ->> 0")
    points: ColumnElement[str] = literal_column("one.value ->> 1")
    order: ColumnElement[str] = literal_column("one.value -> 2")
    rows = select(made.c.id, cast(one.c.place, Integer), cast(version, BigInteger), cast(points, Integer), order)
    names = ("attempt_id", "position", "version_id", "points_millis", "option_order")
    stored_items = insert(AttemptItem).from_select(
        names, rows.select_from(made.join(one, true())), include_defaults=False
    )
    return stored_items.cte("items")


# --- before the bell


def prepare_sheets(
    session: Session, paper: Paper, *, purpose: Purpose, subject_id: int, count: int, now: datetime, rng: Random
) -> None:
    """So many more sheets lie ready for the subject. Raises what drawing on the spot would raise, and Invalid for a paper whose
    sheet depends on the person."""
    if paper.is_lettered or paper.unseen_days:
        raise Invalid("这份试卷因人而异，不能提前备卷。")
    sheets = [stored(draw_sheet(session, paper, rng)) for _ in range(count)]
    here = {"paper_id": paper.id, "purpose": purpose, "subject_id": subject_id, "prepared_at": now}
    session.execute(insert(PreparedSheet), [{**here, "sheet": sheet} for sheet in sheets])


def count_prepared(session: Session, *, purpose: Purpose, subject_id: int) -> int:
    query = select(func.count()).where(PreparedSheet.purpose == purpose, PreparedSheet.subject_id == subject_id)
    return session.scalars(query).one()


def list_prepared_subjects(session: Session, purpose: Purpose) -> set[int]:
    """The subjects for which sheets lie ready."""
    return set(session.scalars(select(PreparedSheet.subject_id).where(PreparedSheet.purpose == purpose).distinct()))


def discard_prepared(session: Session, *, purpose: Purpose, subject_id: int) -> None:
    """Nobody starts at the subject any more."""
    session.execute(
        delete(PreparedSheet).where(PreparedSheet.purpose == purpose, PreparedSheet.subject_id == subject_id)
    )


def take_prepared(session: Session, paper: Paper, *, purpose: Purpose, subject_id: int) -> Stored | None:
    """A sheet that lay ready, now nobody else's; None when there is none whose questions are all still as they were."""
    wanted = {"paper": paper.id, "of_purpose": purpose, "subject": subject_id}
    connection = flushed(session)
    take = _take_at_once if writes_in_with(connection) else _take_in_turn
    for _ in range(TRIES):
        taken = take(connection, wanted)
        if taken is None:
            return None
        sheet, is_current = taken
        if is_current:
            return [(version, points, order) for version, points, order in sheet]
    return None


def _take_in_turn(connection: Connection, wanted: Mapping[str, Any]) -> tuple[Stored, bool] | None:
    """The next sheet and whether its questions are as they were. Nothing is written where none is ready: one will be drawn, which takes
    its time. The write lock has passed over locked rows already."""
    while (found := _NEXT.first(connection, wanted)) is not None:
        if _TAKE.run(connection, {"taken": found.id}) == 1:
            return found.sheet, _is_current(connection, [version for version, _, _ in found.sheet])
    return None


def _take_at_once(connection: Connection, wanted: Mapping[str, Any]) -> tuple[Stored, bool] | None:
    """The same in one statement, for a database where others may write meanwhile."""
    found = _TAKE_NEXT.first(connection, wanted)
    if found is None:
        return None
    sheet = json.loads(found.sheet)
    return sheet, found.current == len({version for version, _, _ in sheet})


_NEXT = Prepared(
    select(_SHEETS.c.id, _SHEETS.c.sheet)
    .where(_SHEETS.c.purpose == bindparam("of_purpose"), _SHEETS.c.subject_id == bindparam("subject"))
    .where(_SHEETS.c.paper_id == bindparam("paper"))
    .order_by(_SHEETS.c.id)
    .limit(1)
)
_TAKE = Prepared(delete(_SHEETS).where(_SHEETS.c.id == bindparam("taken")))
_CURRENT = f"""
SELECT count(*) AS current FROM {QuestionVersion.__tablename__} v
JOIN {Question.__tablename__} q ON q.id = v.question_id AND q.version = v.number
WHERE q.readiness = 'ready' AND v.id IN """
_TAKE_NEXT = Prepared(
    text(f"""
WITH taken AS (
    DELETE FROM {_SHEETS.name} WHERE id = (
        SELECT id FROM {_SHEETS.name} WHERE purpose = :of_purpose AND subject_id = :subject AND paper_id = :paper
        ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED
    ) RETURNING sheet
)
SELECT CAST(sheet AS TEXT) AS sheet,
    ({CURRENT_BY_ID} (ARRAY(SELECT CAST(value ->> 0 AS BIGINT) FROM json_array_elements(taken.sheet)))) AS current
FROM taken
""").columns(sheet=Text(), current=Integer()),
    writes=True,
)


def _is_current(connection: Connection, versions: Sequence[int]) -> bool:
    """Every version is the newest of a question in use."""
    count = _count_current(json_items(connection, "versions"))
    found = count.first(connection, {"versions": json.dumps(versions)})
    return bool(found.current == len(set(versions)))


@cache
def _count_current(items: str) -> Prepared:
    statement = f"{_CURRENT} (SELECT CAST(CAST(value AS TEXT) AS BIGINT) FROM {items})"
    return Prepared(text(statement).columns(current=Integer()))

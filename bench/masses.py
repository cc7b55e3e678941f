"""Boards of a hundred thousand and of a million people, filled in seconds: a first part by the services, the rest multiplied by the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import ColumnElement, Table, delete, func, insert, literal_column, select, text
from sqlalchemy.orm import Session

from lms import clock
from lms.db import Base, MakeSession, unit_of_work
from lms.leaderboard import services as board_services
from lms.leaderboard.models import Board, BoardBucket, BoardEntry, BoardResult, BoardUnit
from lms.leaderboard.rules import BUCKET_SHIFT, rank_key
from lms.leaderboard.services.results import entry_of
from lms.people.models import Person, Unit
from lms.people.rules import RankBand

PART = 10_000
"""Made row by row; the people of later parts have the same scores and used a second more in each."""


def fill_board(make_session: MakeSession, board_id: int, people: int, also: Sequence[int] = ()) -> None:
    """So many people, a multiple of PART or less than that, with one result each; and the people `also`, who are there already."""
    part = min(PART, people)
    with unit_of_work(make_session) as session:
        board, now = session.get_one(Board, board_id), clock.now()
        first = (session.scalar(select(func.max(Person.id))) or 0) + 1
        session.execute(insert(Person), [_person(first + n, now) for n in range(part)])
        numbers = [*range(first, first + part), *also]
        rows = _results(numbers, _units(session), now)
        board_services.record_many(session, board_id, rows)
        entries = [entry_of(board, board.ranking_rule, row | {"board_id": board_id}) for row in rows]
        session.execute(insert(BoardEntry), entries)
        _multiply(session, board, range(first, first + part), people // part - 1)
        _add_up(session, board_id)
        session.execute(text("ANALYZE"))


def _units(session: Session) -> list[int]:
    return list(session.scalars(select(Unit.id).where(Unit.parent_id.is_not(None)).order_by(Unit.id)))


def _person(number: int, now: datetime) -> dict[str, object]:
    return {
        "id": number, "staff_no": f"m{number}", "name": f"众人{number}", "rank_band": RankBand.TOWNSHIP, "created_at": now,
    }  # fmt: skip


def _results(people: Sequence[int], units: Sequence[int], now: datetime) -> list[dict[str, object]]:
    rng = Random(4)
    return [
        {
            "person_id": person, "unit_id": units[n % len(units)], "score_millis": rng.randrange(30, 101) * 1000,
            "seconds": rng.randrange(200, 600), "submitted_at": now - timedelta(seconds=rng.randrange(50)),
            "is_ranked": True, "source_kind": "history", "source_id": person, "recorded_at": now,
        }
        for n, person in enumerate(people)
    ]  # fmt: skip


def _multiply(session: Session, board: Board, people: range, times: int) -> None:
    """What these people have, once more for each of so many further parts."""
    step, rule = f"+ k * {len(people)}", board.ranking_rule
    second = rank_key(rule, 0, 1, 0) - rank_key(rule, 0, 0, 0)
    values = {"first": people.start, "last": people.stop - 1, "times": times}
    later = {"person_id": f"person_id {step}", "source_id": f"source_id {step}", "seconds": "seconds + k"}
    of_board = f"board_id = {board.id:d} AND person_id"
    _insert_more(session, Person, "id", {"id": f"id {step}", "staff_no": f"'m' || (id {step})"}, values)
    _insert_more(session, BoardResult, of_board, later, values)
    _insert_more(session, BoardEntry, of_board, later | {"rank_key": f"rank_key + k * {second}"}, values)


def _insert_more(
    session: Session, model: type[Base], whose: str, changes: Mapping[str, str], values: Mapping[str, int]
) -> None:
    table: Table = model.__table__  # type: ignore[assignment]
    names = [column.name for column in table.columns if column.name != "id" or "id" in changes]
    parts = "SELECT 1 WHERE :times > 0 UNION ALL SELECT k + 1 FROM parts WHERE k < :times"
    told = ", ".join(changes.get(name, name) for name in names)
    session.execute(
        text(
            f"WITH RECURSIVE parts(k) AS ({parts}) INSERT INTO {table.name} ({', '.join(names)}) "
            f"SELECT {told} FROM {table.name}, parts WHERE {whose} BETWEEN :first AND :last"
        ),
        values,
    )


def _add_up(session: Session, board_id: int) -> None:
    """Histogram and unit sums of the entries; rosters stay."""
    bucket: ColumnElement[int] = literal_column(f"rank_key >> {BUCKET_SHIFT}")
    mine = BoardEntry.board_id == board_id
    rows = session.execute(select(bucket, func.count()).where(mine).group_by(bucket))
    session.execute(insert(BoardBucket), [{"board_id": board_id, "bucket": b, "people": n} for b, n in rows])
    stored = session.execute(select(BoardUnit.unit_id, BoardUnit.roster).where(BoardUnit.board_id == board_id))
    rosters = {row.unit_id: row.roster for row in stored}
    session.execute(delete(BoardUnit).where(BoardUnit.board_id == board_id))
    sums = select(BoardEntry.unit_id, func.count(), func.sum(BoardEntry.score_millis)).where(mine)
    found = {unit: (people, score) for unit, people, score in session.execute(sums.group_by(BoardEntry.unit_id))}
    units = [
        {"board_id": board_id, "unit_id": unit, "roster": rosters.get(unit, 0), "people": n, "score_millis": score}
        for unit in rosters.keys() | found.keys()
        for n, score in [found.get(unit, (0, 0))]
    ]
    session.execute(insert(BoardUnit), units)

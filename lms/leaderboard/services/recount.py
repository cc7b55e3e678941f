"""Count every board and publication again from the journal, and compare; or rebuild a board."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import RowMapping, delete, func, insert, select
from sqlalchemy.orm import Session

from lms.config import Keys
from lms.db import Base
from lms.leaderboard.models import Board, BoardBucket, BoardEntry, BoardResult, BoardUnit, PublishedRanking
from lms.leaderboard.services.counting import Recount, recount
from lms.leaderboard.services.publications import snapshot_faults
from lms.leaderboard.services.results import KEPT
from lms.leaderboard.services.snapshot_checks import content_faults

SHOWN_FAULTS = 20
CHUNK = 5_000
UNIT_SUMS = ("people", "score_millis")


@dataclass
class Report:
    """How much was compared, and a sentence for each fault. `copies` of the boards are frozen ones; `listed` counts the lines of
    publications that were counted again."""

    boards: int = 0
    copies: int = 0
    results: int = 0
    entries: int = 0
    publications: int = 0
    listed: int = 0
    faults: list[str] = field(default_factory=list)


def verify(session: Session, keys: Keys | None = None) -> Report:
    """Compares every board and publication with what it was made from. Whatever is there and was left uncompared is a fault."""
    report = Report()
    for board in session.scalars(select(Board).order_by(Board.id)).all():
        _verify_board(session, board, report)
    for publication_id in session.scalars(select(PublishedRanking.id).order_by(PublishedRanking.id)).all():
        _verify_publication(session, publication_id, report, keys)
    for model, compared in (
        (Board, report.boards),
        (BoardResult, report.results),
        (PublishedRanking, report.publications),
    ):
        there = session.scalar(select(func.count()).select_from(model)) or 0
        if there != compared:
            report.faults.append(f"{there} rows stand in {model.__tablename__}, {compared} were compared")
    return report


def _verify_board(session: Session, board: Board, report: Report) -> None:
    counted = recount(session, board)
    entries = {row["person_id"]: dict(row) for row in _stored(session, board, BoardEntry, (*KEPT, "rank_key"))}
    buckets = {row["bucket"]: row["people"] for row in _stored(session, board, BoardBucket, ("bucket", "people"))}
    units = {
        row["unit_id"]: (row["people"], row["score_millis"])
        for row in _stored(session, board, BoardUnit, ("unit_id", *UNIT_SUMS))
    }
    sums = {unit_id: (people, counted.unit_scores[unit_id]) for unit_id, people in counted.unit_people.items()}
    report.faults += [
        *_faults(f"board {board.id}, entry of person", counted.entries, entries, None),
        *_faults(f"board {board.id}, bucket", counted.buckets, buckets, 0),
        *_faults(f"board {board.id}, unit", sums, units, (0, 0)),
    ]
    report.boards += 1
    report.copies += board.frozen_of_id is not None
    report.results += 0 if board.frozen_of_id else counted.results
    report.entries += len(counted.entries)


def _stored(session: Session, board: Board, model: type[Base], names: Iterable[str]) -> Iterable[RowMapping]:
    columns = model.__table__.c
    return session.execute(select(*(columns[n] for n in names)).where(columns.board_id == board.id)).mappings()


def _faults(name: str, counted: Mapping[int, object], stored: Mapping[int, object], nothing: object) -> list[str]:
    keys = counted.keys() | stored.keys()
    wrong = sorted(key for key in keys if counted.get(key, nothing) != stored.get(key, nothing))
    said = [f"{name} {key}: stored {stored.get(key)}, counted {counted.get(key)}" for key in wrong[:SHOWN_FAULTS]]
    return said if len(wrong) <= SHOWN_FAULTS else [*said, f"{name}: {len(wrong) - SHOWN_FAULTS} more differ"]


def _verify_publication(session: Session, publication_id: int, report: Report, keys: Keys | None) -> None:
    columns = PublishedRanking.__table__.c
    published = session.execute(select(*columns).where(columns.id == publication_id)).mappings().one()
    name = f"board {published['board_id']} version {published['version']}"
    report.faults += [f"{name}: {fault}" for fault in snapshot_faults(dict(published), keys)]
    if published["complete"].get("total") and not _has_results(session, published["board_id"]):
        report.faults.append(f"{name}: published from a journal that is empty now, so nothing can be compared")
    board = session.get_one(Board, published["board_id"])
    old = _complete_of(session, board.id, published["version"] - 1)
    report.faults += [f"{name}: {fault}" for fault in content_faults(session, board, dict(published), old)]
    report.publications += 1
    report.listed += len(published["complete"]["people"]) if "journal_until" in published["complete"] else 0


def _complete_of(session: Session, board_id: int, version: int) -> dict[str, Any] | None:
    columns = PublishedRanking.__table__.c
    query = select(columns.complete).where(columns.board_id == board_id, columns.version == version)
    return session.scalars(query).one_or_none()


def _has_results(session: Session, board_id: int) -> bool:
    return session.scalar(select(BoardResult.id).where(BoardResult.board_id == board_id).limit(1)) is not None


def rebuild(session: Session, board: Board) -> Recount:
    """Entries, histogram and unit totals are what the journal says; rosters stay."""
    counted = recount(session, board)
    stored = session.execute(select(BoardUnit.unit_id, BoardUnit.roster).where(BoardUnit.board_id == board.id))
    rosters = {row.unit_id: row.roster for row in stored}
    units = [
        {
            "board_id": board.id,
            "unit_id": unit_id,
            "roster": rosters.get(unit_id, 0),
            "people": counted.unit_people[unit_id],
            "score_millis": counted.unit_scores[unit_id],
        }
        for unit_id in sorted(rosters.keys() | counted.unit_people.keys())
    ]
    buckets = [{"board_id": board.id, "bucket": b, "people": n} for b, n in sorted(counted.buckets.items())]
    _replace(session, board, BoardEntry, list(counted.entries.values()))
    _replace(session, board, BoardBucket, buckets)
    _replace(session, board, BoardUnit, units)
    return counted


def _replace(session: Session, board: Board, model: type[Base], rows: Sequence[dict[str, Any]]) -> None:
    session.execute(delete(model).where(model.__table__.c.board_id == board.id))
    for start in range(0, len(rows), CHUNK):
        session.execute(insert(model), rows[start : start + CHUNK])

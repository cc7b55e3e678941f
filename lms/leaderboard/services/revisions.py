"""A result that stood turns out to be another one: a further line in the journal, and whoever it concerns stands where they belong."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from lms.leaderboard import rules
from lms.leaderboard.models import Board, BoardResult
from lms.leaderboard.services.counting import Recount, recount
from lms.leaderboard.services.entries import stand_anew
from lms.leaderboard.services.freezing import keep_frozen
from lms.leaderboard.services.results import LINE, Row, standing

ATTEMPT = "attempt"


def revise(
    session: Session,
    board_id: int,
    scores: Mapping[int, int],
    *,
    now: datetime,
    source_kind: str = ATTEMPT,
    also: Mapping[str, Any] | None = None,
) -> list[int]:
    """Source → its score from now on, in 1/1000 points; the persons whose results are others now. Whatever state the board is
    in: a published ranking changes by its next version only. Sources the board does not know are passed over. `also`: further
    columns of a line that are others now (seconds, submitted_at)."""
    board = session.get_one(Board, board_id)
    lines = [line for line in _last_lines(session, board_id, scores, source_kind) if _differs(line, scores, also or {})]
    if not lines:
        return []
    keep_frozen(session, board_id, now=now)
    further = [
        {name: line[name] for name in LINE}
        | dict(also or {})
        | {"score_millis": scores[line["source_id"]], "revision": line["revision"] + 1, "recorded_at": now}
        for line in lines
    ]
    session.execute(insert(BoardResult), further)
    people = sorted({line["person_id"] for line in lines if line["is_ranked"]})
    for person_id in people:
        stand_anew(session, board, person_id)
    return sorted({line["person_id"] for line in lines})


def _differs(line: Row, scores: Mapping[int, int], also: Row) -> bool:
    wanted = {**also, "score_millis": scores[line["source_id"]]}
    return any(line[name] != value for name, value in wanted.items())


def _last_lines(session: Session, board_id: int, sources: Iterable[int], source_kind: str) -> list[dict[str, Any]]:
    columns = [getattr(BoardResult, name) for name in (*LINE, "revision")]
    query = select(*columns).where(
        BoardResult.board_id == board_id,
        BoardResult.source_kind == source_kind,
        BoardResult.source_id.in_(list(sources)),
    )
    return [
        dict(line)
        for line in standing(dict(line) for line in session.execute(query.order_by(BoardResult.id)).mappings())
    ]


@dataclass(frozen=True)
class Move:
    """Somebody's place and score before and after a revision."""

    person_id: int
    old_place: int
    new_place: int
    old_score_millis: int
    new_score_millis: int


def moves(session: Session, board_id: int, scores: Mapping[int, int], *, source_kind: str = ATTEMPT) -> list[Move]:
    """What `revise` would change, without changing anything: everybody whose place or score would be another one, by new place."""
    board = session.get_one(Board, board_id)
    old, new = recount(session, board), recount(session, board, {source_kind: scores})
    before, after = _places(old), _places(new)
    found = [
        Move(person, before[person], after[person], old.entries[person]["score_millis"], entry["score_millis"])
        for person, entry in new.entries.items()
    ]
    changed_ones = [m for m in found if (m.old_place, m.old_score_millis) != (m.new_place, m.new_score_millis)]
    return sorted(changed_ones, key=lambda move: (move.new_place, move.person_id))


@dataclass(frozen=True)
class Standing:
    """Somebody's line on a board."""

    person_id: int
    unit_id: int | None
    place: int
    score_millis: int
    seconds: int
    submitted_at: datetime


def standings_if(
    session: Session, board_id: int, scores: Mapping[int, int], *, source_kind: str = ATTEMPT
) -> list[Standing]:
    """The whole order as it would be after `revise`, without changing anything."""
    counted = recount(session, session.get_one(Board, board_id), {source_kind: scores})
    places = _places(counted)
    ordered = sorted(counted.entries.values(), key=lambda entry: (int(entry["rank_key"]), int(entry["person_id"])))
    return [
        Standing(
            one["person_id"], one["unit_id"], places[one["person_id"]], one["score_millis"], one["seconds"],
            one["submitted_at"],
        )
        for one in ordered
    ]  # fmt: skip


def _places(counted: Recount) -> dict[int, int]:
    ordered = sorted(counted.entries.values(), key=lambda entry: int(entry["rank_key"]))
    found = rules.places(entry["rank_key"] for entry in ordered)
    return {entry["person_id"]: place for entry, place in zip(ordered, found, strict=True)}

"""The journal is the truth: what stands on a board when it is counted from scratch."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from lms.leaderboard import rules
from lms.leaderboard.models import Board, BoardResult
from lms.leaderboard.services.results import LINE, entry_of, standing


@dataclass
class Recount:
    """What stands on a board when its journal is counted from scratch."""

    results: int = 0
    entries: dict[int, dict[str, Any]] = field(default_factory=dict)
    buckets: Counter[int] = field(default_factory=Counter)
    unit_people: Counter[int] = field(default_factory=Counter)
    unit_scores: Counter[int] = field(default_factory=Counter)

    def keep(self, entry: dict[str, Any]) -> None:
        """The better of two entries stays, the earlier of two equal ones."""
        best = self.entries.setdefault(entry["person_id"], entry)
        if entry["rank_key"] < best["rank_key"]:
            self.entries[entry["person_id"]] = entry

    def add_up(self) -> None:
        for entry in self.entries.values():
            self.buckets[rules.bucket_of(entry["rank_key"])] += 1
            if entry["unit_id"] is not None:
                self.unit_people[entry["unit_id"]] += 1
                self.unit_scores[entry["unit_id"]] += entry["score_millis"]


def recount(
    session: Session,
    board: Board,
    instead: Mapping[str, Mapping[int, int]] | None = None,
    *,
    until: int | None = None,
) -> Recount:
    """The board from its journal, a frozen copy from its board's up to where it was frozen; `instead` (source kind → source →
    score) as if these scores stood there; `until`: up to that line of the journal."""
    counted, rule = Recount(), board.ranking_rule
    journal = select(*(getattr(BoardResult, name) for name in LINE)).where(*_journal_of(board, until))
    lines = [{**line, "board_id": board.id} for line in session.execute(journal.order_by(BoardResult.id)).mappings()]
    counted.results = len(lines)
    for line in standing(lines):
        if line["is_ranked"]:
            score = instead.get(line["source_kind"], {}).get(line["source_id"]) if instead else None
            counted.keep(entry_of(board, rule, line if score is None else {**line, "score_millis": score}))
    counted.add_up()
    return counted


def _journal_of(board: Board, until: int | None) -> tuple[ColumnElement[bool], ...]:
    last = board.journal_until if until is None else until
    whose = BoardResult.board_id == (board.frozen_of_id or board.id)
    return (whose,) if last is None else (whose, BoardResult.id <= last)

"""A published snapshot counted again: from the journal up to where it was published, and its public part from its complete one."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lms.leaderboard import rules
from lms.leaderboard.models import Board
from lms.leaderboard.services.counting import recount

SHOWN_FAULTS = 5


def content_faults(
    session: Session, board: Board, published: Mapping[str, Any], old: dict[str, Any] | None
) -> list[str]:
    """What of a stored version (its columns by name) does not follow from what it was made of; `old`: the complete part of the version
    before."""
    complete = published["complete"]
    found = []
    if rules.public_part(board.ranking_rule, complete, old) != published["public"]:
        found.append("the public list does not follow from the complete one")
    if "journal_until" in complete:
        found += _people_faults(session, board, complete)
    return found


def _people_faults(session: Session, board: Board, complete: Mapping[str, Any]) -> list[str]:
    counted = recount(session, board, until=complete["journal_until"])
    ordered = sorted(counted.entries.values(), key=lambda entry: int(entry["rank_key"]))
    places = rules.places(entry["rank_key"] for entry in ordered)
    wanted = {
        entry["person_id"]: (place, entry["score_millis"], entry["seconds"], _second(entry["submitted_at"]))
        for entry, place in zip(ordered, places, strict=True)
    }
    stored = {
        row["person_id"]: (
            row["place"], row["score_millis"], row["seconds"], _second(datetime.fromisoformat(row["submitted_at"])),
        )
        for row in complete["people"]
    }  # fmt: skip
    wrong = sorted(who for who in wanted.keys() | stored.keys() if wanted.get(who) != stored.get(who))
    said = [f"person {who}: published {stored.get(who)}, counted {wanted.get(who)}" for who in wrong[:SHOWN_FAULTS]]
    return said if len(wrong) <= SHOWN_FAULTS else [*said, f"{len(wrong) - SHOWN_FAULTS} more people differ"]


def _second(at: datetime) -> int:
    return int(at.timestamp())

"""Immutable snapshots of a board. A correction is the next version, and shows what it changed."""

import base64
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.config import Keys
from lms.db import conflict_as
from lms.leaderboard import queries, rules
from lms.leaderboard.errors import AlreadyPublished, NothingChanged
from lms.leaderboard.models import BoardResult, PublishedRanking
from lms.leaderboard.queries import BoardHead
from lms.people.models import Person

More = Callable[[Mapping[str, Any]], dict[str, Any]]
"""What a domain adds to a snapshot of its board (rules.FURTHER)."""
COMPARED = ("people", "units", "rule", *rules.FURTHER)


def publish(
    session: Session,
    board: BoardHead,
    *,
    keys: Keys,
    actor_id: int,
    reason: str = "",
    more: More | None = None,
    now: datetime,
) -> PublishedRanking:
    """The board as it stands is the next version, with digests and signatures; raises AlreadyPublished when somebody was faster,
    NothingChanged for a correction that corrects nothing."""
    newest = queries.find_publication(session, board.id)
    old = queries.load_complete(session, newest) if newest else None
    version = newest.version + 1 if newest else 1
    complete = {"version": version, "reason": reason} | snapshot(session, board, now=now)
    complete |= more(complete) if more else {}
    if newest and old:
        complete["corrects"] = newest.complete_digest
        if all(complete.get(part) == old[part] for part in COMPARED if part in old):
            raise NothingChanged()
    public = rules.public_part(board.rule, complete, old)
    published = PublishedRanking(
        board_id=board.id,
        version=version,
        reason=reason,
        published_by_id=actor_id,
        published_at=now,
        **sealed(keys, public, complete),
    )
    with conflict_as(AlreadyPublished(), session):
        session.add(published)
    return published


def sealed(keys: Keys, public: dict[str, Any], complete: dict[str, Any]) -> dict[str, Any]:
    """The columns of `models.Published` that hold the two parts of a snapshot with their digests and signatures."""
    parts: dict[str, Any] = {"public": public, "complete": complete}
    for name in ("public", "complete"):
        parts[f"{name}_digest"], parts[f"{name}_signature"], parts["key_name"] = _seal(keys, parts[name])
    return parts


def snapshot_faults(published: Mapping[str, Any], keys: Keys | None) -> list[str]:
    """What of a stored snapshot (its columns by name) is not as it was published; signatures are looked at where the keys are there."""
    found = []
    for part in ("public", "complete"):
        stored, signature = published[f"{part}_digest"], published[f"{part}_signature"]
        if rules.digest(published[part]) != stored:
            found.append(f"the {part} snapshot is not the one its digest names")
        if keys and not signature_fits(keys, stored, signature, published["key_name"]):
            found.append(f"the signature of the {part} snapshot does not fit")
    return found


def _seal(keys: Keys, payload: dict[str, Any]) -> tuple[str, str, str]:
    digest = rules.digest(payload)
    signature, key_name = keys.sign(digest.encode())
    return digest, signature, key_name


def signature_fits(keys: Keys, digest: str, signature: str, key_name: str) -> bool:
    """True when the named key of the site has signed this digest."""
    public = keys.public_keys().get(key_name)
    if public is None:
        return False
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public))
        key.verify(base64.b64decode(signature), digest.encode())
    except (InvalidSignature, ValueError):
        return False
    return True


def snapshot(session: Session, board: BoardHead, *, now: datetime) -> dict[str, Any]:
    """All of a board as it stands, as plain JSON values; who opted out is marked, not left out."""
    people = queries.list_lines(session, board)
    last = select(func.coalesce(func.max(BoardResult.id), 0)).where(BoardResult.board_id == board.id)
    units = queries.unit_board(session, board, now=now).lines
    unlisted = set(session.scalars(select(Person.id).where(Person.is_unlisted)))
    return {
        "board": board.title,
        "rule": rules.explain(board.rule, has_units=bool(units)),
        "cut_off_on": board.cut_off_on.isoformat(),
        "as_of": now.isoformat(timespec="seconds"),
        "journal_until": session.scalars(last).one(),
        "total": len(people),
        "people": [_person(line, is_hidden=line.person_id in unlisted) for line in people],
        "units": [dict(vars(unit)) for unit in units],
    }


def _person(line: queries.Line, *, is_hidden: bool) -> dict[str, Any]:
    submitted_at = line.submitted_at.isoformat(timespec="seconds")
    return dict(vars(line)) | {"submitted_at": submitted_at, "is_hidden": is_hidden}

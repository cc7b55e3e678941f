"""Blobs that no row speaks of: an upload whose transaction failed, what an earlier try of the examination made.

Only keys that this domain makes are looked at, and only blobs older than a day. A run looks at a bounded number of keys and the next one
goes on behind them, so that a large storage is gone through piece by piece.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

import structlog
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.db import MakeSession, find_mark, mark, unit_of_work
from lms.media.models import MediaFile, MediaPage, Rendition
from lms.media.packages.queries import list_prefixes
from lms.media.rules import FILE_TYPES, FOLDER, MediaState, stem_of
from lms.media.upload_queries import list_named_keys, list_open_handles
from lms.storage import Storage, Stored

KEPT = timedelta(hours=24)
LOOKED_AT = 5000
CHUNK = 200
REACHED = "media.sweep.reached"
UNDER_WAY = (MediaState.UPLOADED, MediaState.PROCESSING)

log = structlog.get_logger("lms.media")


def sweep(make_session: MakeSession, storage: Storage, now: datetime, *, looked_at: int = LOOKED_AT) -> int:
    """Delete orphans among the next `looked_at` keys; returns how many there were."""
    with make_session() as session:
        reached, wanted = find_mark(session, REACHED) or "", list_open_handles(session)
    found = list(islice(storage.stored(FOLDER, after=reached), looked_at))
    gone = sum(_sweep_chunk(make_session, storage, chunk, now) for chunk in _chunks(found))
    with unit_of_work(make_session) as session:
        mark(session, REACHED, found[-1].key if len(found) == looked_at else "")
    parts = storage.forget_unfinished(now - KEPT, at_most=CHUNK, but=wanted)
    if gone or parts:
        log.info("orphans deleted", blobs=gone, unfinished=parts, looked_at=len(found))
    return gone


def _chunks(found: Sequence[Stored]) -> Iterator[Sequence[Stored]]:
    for start in range(0, len(found), CHUNK):
        yield found[start : start + CHUNK]


def _sweep_chunk(make_session: MakeSession, storage: Storage, chunk: Sequence[Stored], now: datetime) -> int:
    old = [one.key for one in chunk if now - one.put_at > KEPT]
    with make_session() as session:
        orphans = list_orphans(session, old)
    for key in orphans:
        storage.delete(key)
    return len(orphans)


def list_orphans(session: Session, keys: Sequence[str]) -> list[str]:
    """Those of the keys that are ours, are named by no row, and belong to no file that is being examined right now."""
    stems = {key: stem for key in keys if (stem := stem_of(key)) is not None}
    originals = {f"{stem}.{suffix}" for stem in stems.values() for suffix in FILE_TYPES}
    query = select(MediaFile).where(MediaFile.key.in_(originals))
    media = session.scalars(query).all() if originals else []
    ids = [one.id for one in media]
    named = {key for one in media for key in (one.key, one.play_key, one.poster_key, one.pdf_key)}
    for keys_of_page in session.execute(select(MediaPage.key, MediaPage.small_key).where(MediaPage.media_id.in_(ids))):
        named |= set(keys_of_page)
    folders = set(session.scalars(select(Rendition.prefix).where(Rendition.media_id.in_(ids)))) | list_prefixes(
        session, ids
    )
    named |= list_named_keys(session, sorted(originals))
    busy = {stem_of(one.key) for one in media if one.state in UNDER_WAY}
    return [
        key
        for key, stem in stems.items()
        if key not in named and key.rpartition("/")[0] not in folders and stem not in busy
    ]

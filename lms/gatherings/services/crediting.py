"""Hours for who was there: given when the roll is closed, withdrawn and restored as the roll is corrected."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from lms.db import unit_of_work
from lms.gatherings import queries
from lms.gatherings.models import Entry, Gathering
from lms.gatherings.queries import is_there
from lms.gatherings.rules import HOURS_AT_ONCE, MEMBERS
from lms.hours import rules as hour_rules
from lms.hours import services as hours
from lms.hours.rules import Bucket, Extent, Source
from lms.tasks import services as tasks
from lms.tasks.services import TaskContext

SOURCE = "gathering"
TASK_KIND = "gatherings.hours"


def worth(gathering: Gathering) -> dict[int, dict[str, Any]]:
    """Year → evidence of what one person gets for it; an event over New Year's midnight is split, whole and half days are not."""
    conversion = gathering.words.conversion
    if gathering.extent is not Extent.TIMED:
        return {gathering.held_on.year: {"conversion": conversion, "extent": gathering.extent.value}}
    parts = hour_rules.split_by_year(gathering.starts_at, gathering.ends_at)
    return {year: {"conversion": conversion, "extent": "timed", "seconds": seconds} for year, seconds in parts}


def earns(gathering: Gathering, entry: Entry | None) -> bool:
    """Who was there earns; 党员学习 only full and probationary members. Who speaks does not hear."""
    if gathering.bucket is None or entry is None or not is_there(entry) or entry.person_id == gathering.speaker_id:
        return False
    return gathering.bucket is not Bucket.PARTY or entry.party_status in MEMBERS


def settle_all(
    session: Session, gathering: Gathering, *, reason: str, now: datetime, years: Collection[int] = ()
) -> None:
    """Everybody's hours are those of the closed roll; a large hall is left to a task. `years` were worth something before, too."""
    if gathering.bucket is None:
        return
    session.flush()  # the entries are read below
    entries = [entry for entry in queries.list_entries(session, gathering.id) if is_there(entry)]
    if len(entries) > HOURS_AT_ONCE:
        detail = {"gathering_id": gathering.id, "reason": reason, "years": sorted(years)}
        title = f"记学时：{gathering.title}"
        tasks.enqueue(session, TASK_KIND, detail, owner_id=gathering.closed_by_id, title=title, now=now)
        return
    settle(session, gathering, entries, reason=reason, now=now, years=years)


def settle(
    session: Session,
    gathering: Gathering,
    entries: Iterable[Entry],
    *,
    reason: str,
    now: datetime,
    years: Collection[int] = (),
) -> None:
    """The hours of these people are what the roll says now: credited, withdrawn, restored or corrected. Doing it again changes nothing."""
    if gathering.bucket is None:
        return
    by_year = worth(gathering)
    # In the order of people, so that halls with the same ones wait for each other in turn.
    for entry in sorted(entries, key=lambda entry: entry.person_id):
        gets = earns(gathering, entry)
        for year in sorted({*by_year, *years}):
            evidence = by_year.get(year) if gets else None
            _settle_one(session, gathering, entry.person_id, year, evidence, reason=reason, now=now)


def _settle_one(
    session: Session,
    gathering: Gathering,
    person_id: int,
    year: int,
    evidence: Mapping[str, Any] | None,
    *,
    reason: str,
    now: datetime,
) -> None:
    assert gathering.bucket is not None
    source = Source(SOURCE, gathering.id)
    about: dict[str, Any] = {
        "person_id": person_id,
        "source": source,
        "title": gathering.title,
        "on": gathering.held_on if gathering.held_on.year == year else date(year, 1, 1),
        "now": now,
    }
    proof = {**(evidence or {}), "gathering": gathering.id}
    quarters = hours.worth(session, evidence, on=about["on"], source_kind=SOURCE) if evidence else 0
    if quarters and hours.credit(session, bucket=gathering.bucket, quarters=quarters, evidence=proof, **about):
        return
    standing = hours.find_entry(session, person_id=person_id, source=source, bucket=gathering.bucket, year=year)
    if standing is not None:
        hours.correct(session, standing, quarters=quarters, reason=reason, evidence=proof, now=now)
    elif evidence is not None and not quarters:
        hours.note_uncredited(session, reason="不满一小时，不计学时", **about)


def credit_hall(context: TaskContext) -> dict[str, Any]:
    """The task for a large hall: chunks of HOURS_AT_ONCE persons, each a transaction of its own; a second run changes nothing."""
    gathering_id, reason = int(context.input["gathering_id"]), str(context.input["reason"])
    years = [int(year) for year in context.input["years"]]
    with context.make_session() as session:
        ids = [entry.id for entry in queries.list_entries(session, gathering_id) if is_there(entry)]
    for start in range(0, len(ids), HOURS_AT_ONCE):
        part = ids[start : start + HOURS_AT_ONCE]
        with unit_of_work(context.make_session) as session:
            gathering = session.get_one(Gathering, gathering_id)
            entries = [session.get_one(Entry, entry_id) for entry_id in part]
            settle(session, gathering, entries, reason=reason, now=context.now, years=years)
        context.progress(min(start + HOURS_AT_ONCE, len(ids)), len(ids))
    return {"persons": len(ids)}

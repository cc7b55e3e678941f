"""A person's year out of all rooms, as plain JSON values."""

from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.archive.rules import Facts
from lms.certificates import queries as certificates
from lms.certificates.rules import Kind
from lms.hours import queries as hours
from lms.hours import words
from lms.hours.models import HourEntry, HourSum
from lms.leaderboard import person_queries as boards
from lms.people import queries as people
from lms.people.models import Person
from lms.people.rules import RANK_BANDS
from lms.records import queries as records
from lms.records.rules import POSTING_KINDS, PostingState, touches

Row = dict[str, Any]


def assemble(session: Session, person: Person, year: int, *, today: date) -> Facts:
    """What the year says of the person as of today, or of its last day when that is past."""
    as_of = min(today, date(year, 12, 31))
    entries = sorted(hours.list_entries(session, person.id, year), key=lambda entry: (entry.on, entry.id))
    return {
        "year": year,
        "as_of": as_of.isoformat(),
        "person": _person(session, person, as_of),
        "standards": _standards(session, person.id, year, as_of),
        "hours": [_entry(entry) for entry in entries],
        "contests": _contests(session, person.id, year),
        "honours": _certificates(session, person.id, year, Kind.STAR),
        "classes": _certificates(session, person.id, year, Kind.CLASS),
        "lectures": [_entry(entry) for entry in hours.list_taught(session, person.id, year)],
        "postings": _postings(session, person.id, year),
        "mentors": _mentors(session, person.id, year),
    }


def _person(session: Session, person: Person, on: date) -> Row:
    place = people.places_of(session, [person.id], on).get(person.id)
    return {
        "name": person.name,
        "staff_no": person.staff_no,
        "unit": place.unit_name if place else "",
        "branch": (place.branch_name if place else "") or "",
        "rank": RANK_BANDS[person.rank_band],
    }


def _standards(session: Session, person_id: int, year: int, on: date) -> list[Row]:
    return [
        {"label": each.label, "basis": each.requirement.basis, "target": each.target, "earned": each.earned}
        for each in hours.requirements_of(session, person_id, year, today=on)
    ]


def _entry(entry: HourEntry) -> Row:
    proof = "；".join(f"{label}：{value}" for label, value in words.facts(entry.evidence))
    return {
        "on": entry.on.isoformat(), "title": entry.title, "bucket": entry.bucket.label, "quarters": entry.quarters,
        "proof": proof, "rule": entry.rule_version, "source": f"{entry.source_kind}:{entry.source_id}:{entry.revision}",
    }  # fmt: skip


def _contests(session: Session, person_id: int, year: int) -> list[Row]:
    first, last = clock.start_of(date(year, 1, 1)), clock.start_of(date(year + 1, 1, 1))
    return [
        {
            "on": each.published_on.isoformat(),
            "title": each.title,
            "place": each.place,
            "score_millis": each.score_millis,
        }
        for each in boards.list_published_of(session, person_id, first, last)
    ]


def _certificates(session: Session, person_id: int, year: int, kind: Kind) -> list[Row]:
    mine = [one for one in certificates.list_of_person(session, person_id) if one.kind is kind and one.is_valid]
    rows = [
        {"on": one.issued_on.isoformat(), "title": one.title, "serial": one.serial}
        for one in mine
        if one.issued_on.year == year
    ]
    return rows[::-1]


def _postings(session: Session, person_id: int, year: int) -> list[Row]:
    found = [
        one
        for one in records.list_postings(session, person_id)
        if one.state is PostingState.CONFIRMED and touches(one.from_on, one.until_on, year)
    ]
    return [
        {
            "on": one.from_on.isoformat(), "until": one.until_on.isoformat() if one.until_on else "",
            "title": f"{POSTING_KINDS[one.kind]}：{one.place}", "duty": one.duty,
        }
        for one in found[::-1]
    ]  # fmt: skip


def _mentors(session: Session, person_id: int, year: int) -> list[Row]:
    found = [
        line for line in records.list_pairs(session, person_id) if touches(line.pair.from_on, line.pair.until_on, year)
    ]
    return [
        {
            "on": line.pair.from_on.isoformat(), "until": line.pair.until_on.isoformat() if line.pair.until_on else "",
            "title": f"{'带教' if line.pair.mentor_id == person_id else '导师'}{line.mentee if line.pair.mentor_id == person_id else line.mentor}：{line.pair.subject}",
            "outcome": line.pair.outcome,
        }
        for line in found[::-1]
    ]  # fmt: skip


def people_of(session: Session, year: int) -> list[int]:
    """Whose year is closed: everybody on the roster of its last day, and whoever earned hours in it, in order of their numbers."""
    there = {member.person_id for member in people.roster(session, date(year, 12, 31))}
    earned = session.scalars(select(HourSum.person_id).where(HourSum.year == year).distinct())
    return sorted(there | set(earned))


def issuer_of(session: Session) -> str:
    """The name at the root of the unit tree."""
    return next((unit.name for unit in people.list_units(session) if unit.parent_id is None), "讲台")

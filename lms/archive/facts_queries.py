"""Facts of a quarter, person by person, for whoever assesses: what happened, never a grade."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.certificates.models import Certificate
from lms.certificates.rules import KINDS, State
from lms.hours.models import HourSum
from lms.hours.rules import Bucket
from lms.people import queries as people
from lms.people.access import Scope
from lms.people.models import Person
from lms.people.queries import Member
from lms.records.models import Posting
from lms.records.rules import POSTING_KINDS, PostingState


@dataclass(frozen=True)
class QuarterFacts:
    """One person's quarter; `quarters` are by bucket."""

    member: Member
    quarters: dict[Bucket, int]
    certificates: list[str]
    postings: list[str]


def span_of(year: int, quarter: int) -> tuple[date, date]:
    """First and last day of a quarter (1 to 4)."""
    first = date(year, 3 * quarter - 2, 1)
    after = date(year + quarter // 4, 3 * quarter % 12 + 1, 1)
    return first, date.fromordinal(after.toordinal() - 1)


def list_facts(session: Session, reach: Scope, year: int, quarter: int, *, today: date) -> list[QuarterFacts]:
    """Everybody on the roster of the quarter's last day, or of today while it goes on, within the scope, by staff number."""
    first, last = span_of(year, quarter)
    within = {unit.id for unit in people.list_units(session) if reach.covers_unit(unit.path)}
    members = [member for member in people.roster(session, min(last, today)) if member.unit_id in within]
    earned, given, went = (
        _earned(session, first, last),
        _certificates(session, first, last),
        _postings(session, first, last),
    )
    return [
        QuarterFacts(m, dict.fromkeys(Bucket, 0) | earned[m.person_id], given[m.person_id], went[m.person_id])
        for m in members
    ]


def _earned(session: Session, first: date, last: date) -> dict[int, dict[Bucket, int]]:
    rows = session.execute(
        select(HourSum.person_id, HourSum.bucket, func.sum(HourSum.quarters))
        .where(HourSum.year == first.year, HourSum.month.between(first.month, last.month))
        .group_by(HourSum.person_id, HourSum.bucket)
    )
    found: dict[int, dict[Bucket, int]] = defaultdict(dict)
    for person_id, bucket, quarters in rows:
        found[person_id][bucket] = int(quarters)
    return found


def _certificates(session: Session, first: date, last: date) -> dict[int, list[str]]:
    rows = session.execute(
        select(Certificate.person_id, Certificate.kind, Certificate.title)
        .where(Certificate.issued_on.between(first, last), Certificate.state == State.VALID)
        .where(Certificate.person_id.is_not(None))
        .order_by(Certificate.id)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for person_id, kind, title in rows:
        assert person_id is not None
        found[person_id].append(f"{KINDS[kind].name}：{title}")
    return found


def _postings(session: Session, first: date, last: date) -> dict[int, list[str]]:
    rows = session.scalars(
        select(Posting)
        .join(Person, Person.id == Posting.person_id)
        .where(Posting.state == PostingState.CONFIRMED, Posting.from_on <= last)
        .where(Posting.until_on.is_(None) | (Posting.until_on >= first))
        .order_by(Posting.from_on)
    )
    found: dict[int, list[str]] = defaultdict(list)
    for one in rows:
        found[one.person_id].append(f"{POSTING_KINDS[one.kind]}：{one.place}")
    return found

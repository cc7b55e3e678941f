"""The talent search (人才库): people by facts that the rooms hold already. Each search keeps its reason and is in the audit log."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from lms.archive.models import TalentSearch
from lms.audit import services as audit
from lms.certificates.models import Certificate
from lms.certificates.rules import State
from lms.errors import Invalid
from lms.hours.models import HourEntry, HourSum
from lms.hours.rules import Bucket
from lms.people.access import Scope, persons_in
from lms.people.models import Membership, Person, Unit
from lms.people.rules import RANK_BANDS, RankBand
from lms.records.models import MentorPair, Posting
from lms.records.rules import POSTING_KINDS, PostingKind, PostingState

MOST = 200


@dataclass(frozen=True)
class Found:
    """A person who fits, and why in figures a reader can check."""

    person_id: int
    staff_no: str
    name: str
    unit: str
    lectures: int
    certificates: int
    postings: int


def search(session: Session, criteria: Mapping[str, Any], *, reason: str, by_id: int, now: datetime) -> TalentSearch:
    """Keep what is asked and why. Raises Invalid without a reason."""
    if not reason.strip():
        raise Invalid("请写明用途，查询会记入审计日志。", field="reason")
    asked = {key: value for key, value in criteria.items() if value}
    kept = TalentSearch(reason=reason.strip(), criteria=asked, by_id=by_id, at=now)
    session.add(kept)
    session.flush()  # the audit log names it by its number
    audit.record(session, by_id, "talent.search", f"talent_search:{kept.id}", {"reason": kept.reason, **asked}, now=now)
    return kept


def list_searches(session: Session, person_id: int, *, limit: int) -> Sequence[TalentSearch]:
    """What the person asked for, the newest first."""
    mine = select(TalentSearch).where(TalentSearch.by_id == person_id)
    return session.scalars(mine.order_by(TalentSearch.id.desc()).limit(limit)).all()


def list_found(session: Session, reach: Scope, criteria: Mapping[str, Any], *, today: date) -> list[Found]:
    """At most MOST people of the scope who meet every criterion, by staff number."""
    lectures = _count(HourEntry.person_id, _lectured())
    certificates = _count(Certificate.person_id, Certificate.state == State.VALID)
    postings = _count(Posting.person_id, Posting.state == PostingState.CONFIRMED)
    query = (
        select(Person.id, Person.staff_no, Person.name, Unit.name, lectures, certificates, postings)
        .join(Membership, Membership.person_id == Person.id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.from_on <= today, Membership.until_on.is_(None) | (Membership.until_on > today))
        .where(persons_in(reach, Person.id, today), *_conditions(criteria, today))
        .order_by(Person.staff_no)
        .limit(MOST)
    )
    return [Found(*row) for row in session.execute(query)]


def _count(column: Any, *conditions: ColumnElement[bool]) -> Any:
    return select(func.count()).where(column == Person.id, *conditions).correlate(Person).scalar_subquery()


def _lectured() -> ColumnElement[bool]:
    return (HourEntry.source_kind == "lecture") & (HourEntry.revision == 0)


def _conditions(criteria: Mapping[str, Any], today: date) -> list[ColumnElement[bool]]:
    """One condition for each criterion that was given."""
    ways: dict[str, Callable[[Any], ColumnElement[bool]]] = {
        "unit_path": lambda value: Unit.path.startswith(value, autoescape=True),
        "rank": lambda value: Person.rank_band == RankBand(value),
        "born_since": lambda value: Person.birth_year >= value,
        "posting": lambda value: exists().where(
            Posting.person_id == Person.id, Posting.kind == value, Posting.state == PostingState.CONFIRMED
        ),
        "word": lambda value: exists().where(
            Certificate.person_id == Person.id,
            Certificate.state == State.VALID,
            Certificate.title.contains(value, autoescape=True),
        ),
        "has_lectured": lambda _: exists().where(HourEntry.person_id == Person.id, _lectured()),
        "is_mentor": lambda _: exists().where(MentorPair.mentor_id == Person.id),
        "professional_hours": lambda value: _professional(today.year) >= value * 4,
    }
    return [ways[key](value) for key, value in criteria.items() if key in ways]


def _professional(year: int) -> Any:
    return (
        select(func.coalesce(func.sum(HourSum.quarters), 0))
        .where(HourSum.person_id == Person.id, HourSum.bucket == Bucket.PROFESSIONAL, HourSum.year == year)
        .correlate(Person)
        .scalar_subquery()
    )


def words_of(criteria: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The criteria as the page of the result names them."""
    named: dict[str, tuple[str, Callable[[Any], str]]] = {
        "unit": ("单位", str),
        "rank": ("职级", lambda value: RANK_BANDS[RankBand(value)]),
        "born_since": ("出生不早于", lambda value: f"{value} 年"),
        "posting": ("实践经历", lambda value: POSTING_KINDS[PostingKind(value)]),
        "word": ("证书里有", str),
        "has_lectured": ("上过讲台", lambda _: "是"),
        "is_mentor": ("当过导师", lambda _: "是"),
        "professional_hours": ("今年专业技术学时不少于", str),
    }
    return [(named[key][0], named[key][1](value)) for key, value in criteria.items() if key in named]

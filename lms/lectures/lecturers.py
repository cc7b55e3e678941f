"""Reading the lecturers: who they are, on what they spoke, how often, and which leader has yet to speak."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from lms.gatherings import questionnaire_rules, questionnaires
from lms.gatherings.models import Gathering
from lms.gatherings.rules import ON_DUTY
from lms.hours import rules as hour_rules
from lms.hours.models import HourEntry, UncreditedNote
from lms.lectures import queries, rules
from lms.lectures.models import SUBJECT, Topic
from lms.lectures.queries import LectureLine
from lms.lectures.rules import TopicState
from lms.people import queries as people
from lms.people.access import Scope
from lms.people.models import Membership, Person, RoleGrant, Unit
from lms.people.rules import ROLE_PERMISSIONS, Permission, RankBand

MAY_PROPOSE = [role for role, may in ROLE_PERMISSIONS.items() if Permission.LECTURE_PROPOSE in may]


@dataclass
class Record:
    """What one person did as a lecturer. `tenths` is the mean in tenths of a point over lectures with enough replies, None without any."""

    person: Person
    unit: str
    topics: list[Topic] = field(default_factory=list)
    given: list[LectureLine] = field(default_factory=list)
    coming: int = 0
    tenths: int | None = None
    rated: int = 0
    """Lectures that the mean counts."""

    def given_in(self, year: int) -> int:
        return sum(line.gathering.held_on.year == year for line in self.given)


def list_persons(scope: Scope, on: date, text: str = "") -> Select[Person]:
    """Persons of the scope on the day who may propose topics or had one approved, by staff number; by a part of the name or a topic."""
    granted = select(RoleGrant.person_id).where(RoleGrant.role.in_(MAY_PROPOSE), RoleGrant.revoked_at.is_(None))
    approved = select(Topic.lecturer_id).where(Topic.state == TopicState.APPROVED)
    query = (
        select(Person)
        .join(Membership, Membership.person_id == Person.id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.from_on <= on, or_(Membership.until_on.is_(None), Membership.until_on > on))
        .where(scope.units_filter(Unit.path), or_(Person.id.in_(granted), Person.id.in_(approved)))
    )
    if text:
        speaks_on = approved.where(Topic.title.contains(text, autoescape=True))
        query = query.where(or_(Person.name.contains(text, autoescape=True), Person.id.in_(speaks_on)))
    return query.order_by(Person.staff_no)


def records_of(session: Session, persons: Sequence[Person], on: date) -> list[Record]:
    """What each did, in their order."""
    ids = [person.id for person in persons]
    places = people.places_of(session, ids, on)
    found = {p.id: Record(p, places[p.id].unit_name if p.id in places else "") for p in persons}
    topics = select(Topic).where(Topic.lecturer_id.in_(ids), Topic.state == TopicState.APPROVED)
    for topic in session.scalars(topics.order_by(Topic.year.desc(), Topic.id.desc())):
        found[topic.lecturer_id].topics.append(topic)
    for line in _lectures(session, ids):
        record = found[line.topic.lecturer_id]
        if line.was_given:
            record.given.append(line)
        elif line.gathering.held_on >= on:
            record.coming += 1
    _rate(session, list(found.values()))
    return list(found.values())


def _lectures(session: Session, person_ids: Sequence[int]) -> list[LectureLine]:
    return queries.read(session, queries.lines().where(Topic.lecturer_id.in_(person_ids), queries.IS_ON))


def _rate(session: Session, records: Sequence[Record]) -> None:
    means = questionnaires.means_of(session, [line.gathering.id for record in records for line in record.given])
    for record in records:
        heard = [(means[line.gathering.id], line) for line in record.given if line.gathering.id in means]
        shown = [
            (count * len(line.gathering.words.questions), total)
            for (count, total), line in heard
            if count >= rules.RATED_FROM
        ]
        record.rated = len(shown)
        if shown:
            points = sum(count for count, _ in shown)
            record.tenths = questionnaire_rules.mean_tenths(sum(total for _, total in shown), points)


# The duty of leaders


@dataclass(frozen=True)
class DutyLine:
    """How often a leader has spoken in a year. `may_propose` says whether the leader may hand in topics at all."""

    person: Person
    unit: str
    given: int
    coming: int
    topics: int
    may_propose: bool


def list_duties(session: Session, scope: Scope, year: int, on: date) -> list[DutyLine]:
    """Leaders (县处级及以上) of the scope who are on duty on the day, by unit and staff number, with their year."""
    query = (
        select(Person, Unit.short_name)
        .join(Membership, Membership.person_id == Person.id)
        .join(Unit, Unit.id == Membership.unit_id)
        .where(Membership.from_on <= on, or_(Membership.until_on.is_(None), Membership.until_on > on))
        .where(Person.rank_band == RankBand.COUNTY, Membership.duty_status.in_(ON_DUTY), Person.disabled_at.is_(None))
        .where(scope.units_filter(Unit.path))
        .order_by(Unit.sort, Unit.id, Person.staff_no)
    )
    leaders = [(person, unit) for person, unit in session.execute(query)]
    counted = count_year(session, [person.id for person, _ in leaders], year)
    may = set(session.scalars(_granted([person.id for person, _ in leaders])))
    return [DutyLine(person, unit, *counted[person.id], person.id in may) for person, unit in leaders]


def _granted(person_ids: Sequence[int]) -> Select[int]:
    live = RoleGrant.revoked_at.is_(None) & RoleGrant.role.in_(MAY_PROPOSE)
    return select(RoleGrant.person_id).where(live, RoleGrant.person_id.in_(person_ids))


def count_year(session: Session, person_ids: Sequence[int], year: int) -> dict[int, tuple[int, int, int]]:
    """(lectures given, lectures to come, topics before or past the organiser) of each person in the year."""
    of_year = Gathering.held_on.between(date(year, 1, 1), date(year, 12, 31))
    found = {person_id: [0, 0, 0] for person_id in person_ids}
    mine = queries.lines().where(Topic.lecturer_id.in_(person_ids), queries.IS_ON, of_year)
    for line in queries.read(session, mine):
        found[line.topic.lecturer_id][0 if line.was_given else 1] += 1
    live = Topic.state.in_([TopicState.PROPOSED, TopicState.APPROVED])
    topics = select(Topic.lecturer_id, func.count()).where(live, Topic.year == year, Topic.lecturer_id.in_(person_ids))
    for person_id, count in session.execute(topics.group_by(Topic.lecturer_id)):
        found[person_id][2] = count
    return {person_id: (given, coming, count) for person_id, (given, coming, count) in found.items()}


# What a lecture earned


@dataclass(frozen=True)
class Earned:
    """What the lecturer has for a lecture: quarters by the ledger, and why not, if it says so."""

    quarters: int
    seconds: int
    reason: str

    @property
    def factor(self) -> str:
        """Hours for each hour of talking, as far as that is a whole number."""
        whole, rest = divmod(self.quarters * 900, self.seconds or 1)
        return str(whole) if not rest else ""


def earned_of(session: Session, line: LectureLine) -> Earned:
    held = line.gathering
    entries = select(func.sum(HourEntry.quarters)).where(
        HourEntry.person_id == line.topic.lecturer_id, HourEntry.source_kind == SUBJECT, HourEntry.source_id == line.id
    )
    note = select(UncreditedNote.reason).where(
        UncreditedNote.person_id == line.topic.lecturer_id, UncreditedNote.source_kind == SUBJECT, UncreditedNote.source_id == line.id
    )  # fmt: skip
    seconds = sum(part for _, part in hour_rules.split_by_year(held.starts_at, held.ends_at))
    return Earned(int(session.scalar(entries) or 0), seconds, session.scalar(note.limit(1)) or "")

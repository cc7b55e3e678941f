"""The read side of classes: lists, enrolments, who is placed, meetings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lms import clock
from lms.db import Prepared, flushed
from lms.gatherings.models import Entry, Gathering
from lms.gatherings.queries import is_there
from lms.gatherings.rules import GatheringState
from lms.hours.rule_queries import policy_on
from lms.hours.rules import Policy
from lms.people import queries as people
from lms.people.access import Scope
from lms.people.models import Person, RoleGrant, Unit
from lms.people.principal import Principal
from lms.people.rules import ROLE_PERMISSIONS, Permission
from lms.training import class_rules as rules
from lms.training.class_rules import Audience, Candidate, ClassState, EnrolmentState, Phase, Room
from lms.training.closing_rules import Meeting
from lms.training.models import SUBJECT, ClassEnrolment, ClassQuota, ClassResult, TrainingClass


@dataclass(frozen=True)
class ClassLine:
    """A class as lists show it, with its unit and the asker's own enrolment."""

    training: TrainingClass
    unit_name: str
    phase: Phase
    mine: ClassEnrolment | None = None

    @property
    def phase_name(self) -> str:
        return rules.PHASES[self.phase]


@dataclass(frozen=True)
class EnrolmentLine:
    enrolment: ClassEnrolment
    name: str
    staff_no: str
    unit_name: str


def phase_of(training: TrainingClass, now: datetime) -> Phase:
    return rules.phase_of(
        training.state, training.enrol_from, training.enrol_until, training.starts_on, training.ends_on,
        now=now, today=clock.today(now),
    )  # fmt: skip


def find_class(session: Session, class_id: int) -> TrainingClass | None:
    return session.get(TrainingClass, class_id)


def list_classes(scope: Scope) -> Select[TrainingClass]:
    """Every class of the units in scope, the newest days first."""
    return (
        select(TrainingClass)
        .join(Unit, Unit.id == TrainingClass.unit_id)
        .where(scope.units_filter(Unit.path))
        .order_by(TrainingClass.starts_on.desc(), TrainingClass.id.desc())
    )


def count_proposed(session: Session, scope: Scope) -> int:
    """Classes that wait for approval within the scope."""
    query = list_classes(scope).where(TrainingClass.state == ClassState.PROPOSED).order_by(None)
    return session.scalar(query.with_only_columns(func.count())) or 0


def lines_of(session: Session, classes: Sequence[TrainingClass], now: datetime) -> list[ClassLine]:
    units = {
        unit.id: unit.name for unit in session.scalars(select(Unit).where(Unit.id.in_([c.unit_id for c in classes])))
    }
    return [ClassLine(each, units[each.unit_id], phase_of(each, now)) for each in classes]


def list_for(session: Session, person: Principal, now: datetime) -> list[ClassLine]:
    """What a learner sees: classes they enrolled in, and open ones that are meant for them, the soonest first."""
    query = (
        select(TrainingClass, Unit.name, ClassEnrolment)
        .join(Unit, Unit.id == TrainingClass.unit_id)
        .outerjoin(
            ClassEnrolment,
            (ClassEnrolment.class_id == TrainingClass.id) & (ClassEnrolment.person_id == person.id),
        )
        .where(
            (TrainingClass.state == ClassState.OPEN)
            | (TrainingClass.state == ClassState.CLOSED) & ClassEnrolment.id.is_not(None)
        )
        .order_by(TrainingClass.starts_on.desc(), TrainingClass.id.desc())
        .limit(200)
    )
    candidate = candidate_of(session, person.id, person.unit_path)
    paths = unit_paths(session)
    found = []
    for training, unit_name, mine in session.execute(query):
        if mine is not None or not rules.why_not_meant(
            audience_of(training, paths), candidate, training.starts_on.year
        ):
            found.append(ClassLine(training, unit_name, phase_of(training, now), mine))
    return found


def unit_paths(session: Session) -> dict[int, str]:
    return dict(UNIT_PATHS.rows(flushed(session), {}))


UNIT_PATHS = Prepared(select(Unit.id, Unit.path))


def audience_of(training: TrainingClass, paths: Mapping[int, str]) -> Audience:
    """Without chosen units a class is for its own unit with everything below it."""
    wanted = training.audience_units or [training.unit_id]
    units = [paths[unit_id] for unit_id in wanted if unit_id in paths]
    return Audience(units, training.rank_bands, training.least_age, training.most_age)


def candidate_of(session: Session, person_id: int, unit_path: str) -> Candidate:
    person = people.person_by_id(session, person_id)
    return Candidate(unit_path, person.rank_band, person.birth_year)


# Enrolments


def find_enrolment(session: Session, class_id: int, person_id: int) -> ClassEnrolment | None:
    query = select(ClassEnrolment).where(ClassEnrolment.class_id == class_id, ClassEnrolment.person_id == person_id)
    return session.scalar(query)


def list_enrolments(session: Session, class_id: int) -> list[EnrolmentLine]:
    """Everybody who ever enrolled, in the order of asking."""
    query = (
        select(ClassEnrolment, Person.name, Person.staff_no, Unit.name)
        .join(Person, Person.id == ClassEnrolment.person_id)
        .join(Unit, Unit.id == ClassEnrolment.unit_id)
        .where(ClassEnrolment.class_id == class_id)
        .order_by(ClassEnrolment.asked_at, ClassEnrolment.id)
    )
    return [EnrolmentLine(*row) for row in session.execute(query)]


def list_placed(session: Session, class_id: int) -> list[int]:
    """Ids of those who have a place."""
    query = select(ClassEnrolment.person_id).where(
        ClassEnrolment.class_id == class_id, ClassEnrolment.state == EnrolmentState.PLACED
    )
    return list(session.scalars(query.order_by(ClassEnrolment.person_id)))


def list_waiting(session: Session, class_id: int) -> list[tuple[int, int | None]]:
    """(enrolment id, quota id) of the waiting list, in its order."""
    query = (
        select(ClassEnrolment.id, ClassEnrolment.quota_id)
        .where(ClassEnrolment.class_id == class_id, ClassEnrolment.state == EnrolmentState.WAITING)
        .order_by(ClassEnrolment.asked_at, ClassEnrolment.id)
    )
    return [(enrolment_id, quota_id) for enrolment_id, quota_id in session.execute(query)]


def place_in_queue(session: Session, enrolment: ClassEnrolment) -> int:
    """1 for who is first of the waiting list."""
    ids = [enrolment_id for enrolment_id, _ in list_waiting(session, enrolment.class_id)]
    return ids.index(enrolment.id) + 1 if enrolment.id in ids else 0


def count_asked(session: Session, scope: Scope) -> int:
    """Enrolments that wait for a decision, in classes of the scope."""
    query = (
        select(func.count())
        .select_from(ClassEnrolment)
        .join(TrainingClass, TrainingClass.id == ClassEnrolment.class_id)
        .join(Unit, Unit.id == TrainingClass.unit_id)
        .where(ClassEnrolment.state == EnrolmentState.ASKED, TrainingClass.state == ClassState.OPEN)
        .where(scope.units_filter(Unit.path))
    )
    return session.scalar(query) or 0


def list_quotas(session: Session, class_id: int) -> list[tuple[ClassQuota, Unit]]:
    query = select(ClassQuota, Unit).join(Unit, Unit.id == ClassQuota.unit_id).where(ClassQuota.class_id == class_id)
    return [(quota, unit) for quota, unit in session.execute(query.order_by(Unit.sort, Unit.id))]


def room_of(training: TrainingClass, quotas: Sequence[ClassQuota]) -> Room:
    return Room(training.places, training.placed_count, {q.id: (q.places, q.placed_count) for q in quotas})


# Meetings


def list_meetings(session: Session, class_id: int, *, cancelled: bool = False) -> Sequence[Gathering]:
    """The timetable in the order of time, without what was cancelled unless asked for."""
    query = select(Gathering).where(Gathering.subject_kind == SUBJECT, Gathering.subject_id == class_id)
    if not cancelled:
        query = query.where(Gathering.state != GatheringState.CANCELLED)
    return session.scalars(query.order_by(Gathering.starts_at, Gathering.id)).all()


def find_meeting(session: Session, class_id: int, gathering_id: int) -> Gathering | None:
    gathering = session.get(Gathering, gathering_id)
    is_own = gathering is not None and (gathering.subject_kind, gathering.subject_id) == (SUBJECT, class_id)
    return gathering if is_own else None


def attended_by(session: Session, gatherings: Sequence[Gathering]) -> dict[int, set[int]]:
    """Gathering id → ids of those who were there."""
    found: dict[int, set[int]] = {each.id: set() for each in gatherings}
    for entry in session.scalars(select(Entry).where(Entry.gathering_id.in_(list(found)))):
        if is_there(entry):
            found[entry.gathering_id].add(entry.person_id)
    return found


def meetings_of(person_id: int, gatherings: Sequence[Gathering], there: Mapping[int, set[int]]) -> list[Meeting]:
    """The held meetings as one person went to them."""
    return [
        Meeting(each.starts_at, each.ends_at, each.extent, person_id in there[each.id])
        for each in gatherings
        if each.state is GatheringState.HELD
    ]


def policy_of(session: Session, training: TrainingClass) -> Policy:
    """The rules of the class's last day: they say how much may be missed."""
    return policy_on(session, training.ends_on).figures


# Results


def list_results(session: Session, class_id: int) -> dict[int, ClassResult]:
    """Result by person."""
    return {
        each.person_id: each for each in session.scalars(select(ClassResult).where(ClassResult.class_id == class_id))
    }


def find_result(session: Session, class_id: int, person_id: int) -> ClassResult | None:
    return session.scalar(
        select(ClassResult).where(ClassResult.class_id == class_id, ClassResult.person_id == person_id)
    )


def list_closed_since(session: Session, on: date) -> list[TrainingClass]:
    """Closed classes that ended on that day or later."""
    query = select(TrainingClass).where(TrainingClass.state == ClassState.CLOSED, TrainingClass.ends_on >= on)
    return list(session.scalars(query.order_by(TrainingClass.id)))


def list_officers(session: Session, unit: Unit) -> list[tuple[int, str]]:
    """(id, name) of those who may run a class of the unit."""
    roles = [role for role, may in ROLE_PERMISSIONS.items() if Permission.CLASS_MANAGE in may]
    query = (
        select(Person.id, Person.name, Unit.path)
        .join(RoleGrant, RoleGrant.person_id == Person.id)
        .outerjoin(Unit, Unit.id == RoleGrant.unit_id)
        .where(RoleGrant.role.in_(roles), RoleGrant.revoked_at.is_(None), Person.disabled_at.is_(None))
        .order_by(Person.staff_no)
    )
    found = [(person_id, name) for person_id, name, path in session.execute(query) if unit.path.startswith(path or "/")]
    return list(dict.fromkeys(found))


def count_to_close(session: Session, scope: Scope, today: date) -> int:
    """Open classes of the scope whose days are over."""
    query = list_classes(scope).where(TrainingClass.state == ClassState.OPEN, TrainingClass.ends_on < today)
    return session.scalar(query.order_by(None).with_only_columns(func.count())) or 0

"""What would fill the hours that are missing: open courses and classes, coming events and contests that give some, by the requirement they count for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.contests import entry_queries as entries
from lms.contests import queries as contests
from lms.contests.rules import Phase as RoundPhase
from lms.courses.models import Course, CourseProgress
from lms.courses.queries import library
from lms.courses.queries.library import Wanted
from lms.courses.queries.lines import list_lessons
from lms.gatherings import list_queries as gatherings
from lms.gatherings.models import Gathering
from lms.gatherings.rules import GatheringState
from lms.gatherings.services import crediting
from lms.hours import queries as hours
from lms.hours import services as ledger
from lms.hours.queries import Standard
from lms.hours.rules import Bucket
from lms.people.principal import Principal
from lms.training import queries as classes
from lms.training import services as class_services
from lms.training.class_rules import ENROLMENT_STATES, LIVE, Phase

COURSES_LOOKED_AT = 60
MOST = 8
UNDER_WAY = (Phase.FULL, Phase.RUNNING)
AHEAD = timedelta(days=120)


@dataclass(frozen=True)
class Offer:
    """Something open to the person, with the most it can give now, in quarters, and where it stands."""

    title: str
    quarters: int
    meta: str
    endpoint: str
    arguments: dict[str, int]
    buckets: tuple[Bucket, ...]


@dataclass(frozen=True)
class Gap:
    """A requirement that is short, and what would fill it, the most first."""

    standard: Standard
    offers: Sequence[Offer]

    @property
    def covered(self) -> int:
        """Quarters that all of the offers together give at most."""
        return sum(offer.quarters for offer in self.offers)


def gaps_of(session: Session, person: Principal, now: datetime) -> list[Gap]:
    """Every requirement of this year that is short. 继续教育 counts whatever the bucket, so anything fills it."""
    on = clock.today(now)
    short = [each for each in hours.requirements_of(session, person.id, on.year, today=on) if each.gap]
    if not short:
        return []
    sources = (_courses, _classes, _gatherings, _rounds)
    offers = [offer for source in sources for offer in source(session, person, now)]
    offers.sort(key=lambda offer: -offer.quarters)
    return [Gap(each, [o for o in offers if _fits(o, each.requirement.bucket)][:MOST]) for each in short]


def _fits(offer: Offer, bucket: Bucket | None) -> bool:
    return bucket is None or bucket in offer.buckets


def _courses(session: Session, person: Principal, now: datetime) -> list[Offer]:
    """Published courses for the person, not finished, that give something for lessons not finished yet."""
    done = select(CourseProgress.course_id).where(
        CourseProgress.person_id == person.id, CourseProgress.finished_at.is_not(None)
    )
    query = library.list_courses(person, Wanted()).where(Course.id.not_in(done)).limit(COURSES_LOOKED_AT)
    courses = [course for course in session.scalars(query) if _is_open(course, now)]
    worth: dict[int, int] = {}
    for course_id, lesson_quarters in _left(session, courses, person.id):
        worth[course_id] = worth.get(course_id, 0) + lesson_quarters
    quiz = hours.policy_on(session, clock.today(now)).quiz
    found = []
    for course in courses:
        quarters = worth.get(course.id, 0) + (quiz if course.paper_id else 0)
        buckets = (Bucket.ONLINE, Bucket.PROFESSIONAL) if course.professional else (Bucket.ONLINE,)
        meta = ("必修课 · " if course.is_required else "课程 · ") + course.lecturer_name
        if quarters:
            found.append(Offer(course.title, quarters, meta, "courses.course", {"course_id": course.id}, buckets))
    return found


def _is_open(course: Course, now: datetime) -> bool:
    return (course.opens_at is None or course.opens_at <= now) and (course.closes_at is None or now < course.closes_at)


def _left(session: Session, courses: Sequence[Course], person_id: int) -> list[tuple[int, int]]:
    """(course, quarters) of each lesson that is open and not finished."""
    found = []
    for course in courses:
        lines = list_lessons(session, [course.id], person_id)
        found += [(course.id, line.quarters) for line in lines if line.is_open and line.finished_at is None]
    return found


def _classes(session: Session, person: Principal, now: datetime) -> list[Offer]:
    """Classes one may enrol in now, and those one has enrolled in that are not over."""
    found = []
    for line in classes.list_for(session, person, now):
        is_mine = line.mine is not None and line.mine.state in LIVE
        if line.phase is not Phase.ENROLLING and not (is_mine and line.phase in UNDER_WAY):
            continue
        training, year = line.training, clock.today(now).year
        buckets = (Bucket.OFFLINE, Bucket.PROFESSIONAL) if training.is_professional else (Bucket.OFFLINE,)
        until = clock.local(training.enrol_until)
        state = ENROLMENT_STATES[line.mine.state] if line.mine and is_mine else f"{until.month}月{until.day}日前报名"
        meta = f"{training.preset.name} · {training.starts_on.month}月{training.starts_on.day}日开班 · {state}"
        quarters = class_services.most_of(session, training, year)
        if quarters:
            found.append(Offer(training.title, quarters, meta, "classes.show", {"class_id": training.id}, buckets))
    return found


def _gatherings(session: Session, person: Principal, now: datetime) -> list[Offer]:
    today = clock.today(now)
    lines = gatherings.list_mine(
        session, person.id, branch_path=person.branch_path, unit_path=person.unit_path, first=today,
        last=today + AHEAD,
    )  # fmt: skip
    coming = [line.gathering for line in lines if line.gathering.state is GatheringState.PLANNED]
    offers = [_gathering(session, each) for each in coming if each.ends_at > now and each.held_on.year == today.year]
    return [offer for offer in offers if offer is not None]


def _gathering(session: Session, gathering: Gathering) -> Offer | None:
    if gathering.bucket is None:
        return None
    evidence = crediting.worth(gathering).get(gathering.held_on.year)
    quarters = ledger.worth(session, evidence, on=gathering.held_on, source_kind=crediting.SOURCE) if evidence else 0
    meta = f"{gathering.words.name} · {gathering.held_on.month}月{gathering.held_on.day}日"
    arguments, bucket = {"gathering_id": gathering.id}, gathering.bucket
    return Offer(gathering.title, quarters, meta, "gatherings.show", arguments, (bucket,)) if quarters else None


def _rounds(session: Session, person: Principal, now: datetime) -> list[Offer]:
    lines = contests.list_rounds_for(session, person.unit_path, now=now)
    return [
        Offer(line.contest.title, line.round.hours_quarters, "业务比拼 · 进行中", "contests.round_page", {"round_id": line.round.id}, (Bucket.ONLINE,))
        for line in lines
        if line.phase is RoundPhase.RUNNING and line.round.hours_quarters and not entries.obstacle(session, line.round, person.id)
    ]  # fmt: skip

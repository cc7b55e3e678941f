"""The read side of lectures: lines of a timetable, topics, and what one lecture is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import Session

from lms.courses.models import Resource
from lms.courses.review_rules import ResourceState
from lms.gatherings.models import Change, Entry, Gathering
from lms.gatherings.queries import is_there
from lms.gatherings.rules import GatheringState, Mark
from lms.lectures import rules
from lms.lectures.models import SUBJECT, Lecture, LectureFeed, LectureYear, Topic
from lms.lectures.rules import Facts, LectureStep, TopicState
from lms.people.access import Scope
from lms.people.models import Person, Unit
from lms.people.principal import Principal


@dataclass(frozen=True)
class LectureLine:
    """A lecture with its topic, its gathering, the lecturer's name, the unit it is for, the state of its slides, and the lecturer's own
    line of the roll."""

    lecture: Lecture
    topic: Topic
    gathering: Gathering
    lecturer: str
    unit: str
    slides: ResourceState | None
    own: Entry | None

    @property
    def id(self) -> int:
        return self.lecture.id

    @property
    def was_given(self) -> bool:
        """By the closed roll."""
        heads = self.gathering.present_count + self.gathering.others_count - is_there(self.own)
        is_held = self.gathering.state is GatheringState.HELD
        return rules.was_given(is_held=is_held, is_away=self.own is not None and self.own.mark in AWAY, listeners=heads)

    def step(self, now: datetime) -> LectureStep:
        return rules.step_of(self._facts(), now)

    def _facts(self) -> Facts:
        lecture, gathering = self.lecture, self.gathering
        return Facts(
            is_cancelled=gathering.state is GatheringState.CANCELLED,
            is_held=gathering.state is GatheringState.HELD,
            ends_at=gathering.ends_at,
            slides=None if self.slides is None else self.slides is ResourceState.PUBLISHED,
            is_confirmed=lecture.ready_at is not None,
            is_recorded=lecture.is_recorded,
            has_recording=lecture.recording_id is not None,
        )


AWAY = (Mark.ABSENT, Mark.LEAVE)
Lines = Select[Lecture, Topic, Gathering, str, str, ResourceState | None, Entry | None]
OF_LECTURE = and_(Gathering.subject_kind == SUBJECT, Gathering.subject_id == Lecture.id)
"""SQL condition: the gathering is the lecture's."""


def lines() -> Lines:
    """Lectures in order of time, each row a LectureLine's fields; callers add what they look for."""
    return (
        select(Lecture, Topic, Gathering, Person.name, Unit.name, Resource.state, Entry)
        .join(Topic, Topic.id == Lecture.topic_id)
        .join(Gathering, OF_LECTURE)
        .join(Person, Person.id == Topic.lecturer_id)
        .join(Unit, Unit.id == Gathering.unit_id)
        .outerjoin(Resource, Resource.id == Lecture.slides_id)
        .outerjoin(Entry, (Entry.gathering_id == Gathering.id) & (Entry.person_id == Gathering.speaker_id))
        .order_by(Gathering.starts_at, Lecture.id)
    )


def read(session: Session, query: Lines) -> list[LectureLine]:
    return [LectureLine(*row) for row in session.execute(query)]


def is_meant(person: Principal) -> ColumnElement[bool]:
    """SQL condition: of the person's unit or one above, on whose roll the person stands, or given by the person."""
    above = [int(part) for part in person.unit_path.split("/") if part]
    return or_(
        Gathering.unit_id.in_(above),
        Topic.lecturer_id == person.id,
        Gathering.id.in_(select(Entry.gathering_id).where(Entry.person_id == person.id, Entry.visit.is_(None))),
    )


IS_ON = Gathering.state != GatheringState.CANCELLED


def find_line(session: Session, lecture_id: int) -> LectureLine | None:
    found = read(session, lines().where(Lecture.id == lecture_id))
    return found[0] if found else None


def list_between(session: Session, person: Principal, first: date, last: date) -> list[LectureLine]:
    """What is meant for the person on these days, not what was cancelled."""
    return read(session, lines().where(is_meant(person), IS_ON, Gathering.held_on.between(first, last)))


def list_coming(session: Session, person: Principal, *, now: datetime, limit: int) -> list[LectureLine]:
    """The next lectures that are meant for the person."""
    coming = lines().where(is_meant(person), IS_ON, Gathering.ends_at > now, Gathering.state == GatheringState.PLANNED)
    return read(session, coming.limit(limit))


def list_past(person: Principal) -> Select[Lecture]:
    """Lectures that were given and are meant for the person, the newest first; pages read the rest of each by `lines_of`."""
    return (
        select(Lecture)
        .join(Topic, Topic.id == Lecture.topic_id)
        .join(Gathering, OF_LECTURE)
        .where(is_meant(person), Gathering.state == GatheringState.HELD)
        .order_by(Gathering.starts_at.desc(), Lecture.id.desc())
    )


def lines_of(session: Session, lectures: Sequence[Lecture]) -> list[LectureLine]:
    """The lines of these lectures, in their order."""
    found = {line.id: line for line in read(session, lines().where(Lecture.id.in_([each.id for each in lectures])))}
    return [found[lecture.id] for lecture in lectures]


def list_of_topic(session: Session, topic_id: int) -> list[LectureLine]:
    return read(session, lines().where(Lecture.topic_id == topic_id))


def list_of_lecturer(session: Session, lecturer_id: int) -> list[LectureLine]:
    """All lectures of a person, the newest first."""
    return read(session, lines().where(Topic.lecturer_id == lecturer_id))[::-1]


def list_managed(session: Session, scope: Scope, year: int) -> list[LectureLine]:
    """What units of the scope have in a year, cancelled ones too."""
    of_year = Gathering.held_on.between(date(year, 1, 1), date(year, 12, 31))
    return read(session, lines().where(scope.units_filter(Unit.path), of_year))


# Topics


@dataclass(frozen=True)
class TopicLine:
    """A topic with who would give it, and how many lectures it has that were not cancelled."""

    topic: Topic
    lecturer: str
    unit: str
    lectures: int = 0

    @property
    def waits_for_a_date(self) -> bool:
        return self.topic.state is TopicState.APPROVED and not self.lectures


def _topics() -> Select[Topic, str, str]:
    return (
        select(Topic, Person.name, Unit.short_name)
        .join(Person, Person.id == Topic.lecturer_id)
        .join(Unit, Unit.id == Topic.unit_id)
    )


def _with_counts(session: Session, query: Select[Topic, str, str]) -> list[TopicLine]:
    rows = [(topic, lecturer, unit) for topic, lecturer, unit in session.execute(query)]
    counts = count_lectures(session, [topic.id for topic, _, _ in rows])
    return [TopicLine(topic, lecturer, unit, counts.get(topic.id, 0)) for topic, lecturer, unit in rows]


def count_lectures(session: Session, topic_ids: Sequence[int]) -> dict[int, int]:
    """Lectures by topic id, cancelled ones left out."""
    found: dict[int, int] = {}
    query = select(Lecture.topic_id).join(Gathering, OF_LECTURE).where(IS_ON, Lecture.topic_id.in_(topic_ids))
    for topic_id in session.scalars(query):
        found[topic_id] = found.get(topic_id, 0) + 1
    return found


def find_topic(session: Session, topic_id: int) -> TopicLine | None:
    found = _with_counts(session, _topics().where(Topic.id == topic_id))
    return found[0] if found else None


def list_own_topics(session: Session, person_id: int) -> list[TopicLine]:
    """The person's topics, the newest year first."""
    query = _topics().where(Topic.lecturer_id == person_id).order_by(Topic.year.desc(), Topic.id.desc()).limit(100)
    return _with_counts(session, query)


def list_topics(session: Session, scope: Scope, year: int) -> list[TopicLine]:
    """Topics of lecturers of the scope for a year, not what was withdrawn: by wished quarter, then as they came."""
    query = _topics().where(scope.units_filter(Unit.path), Topic.year == year, Topic.state != TopicState.WITHDRAWN)
    return _with_counts(session, query.order_by(Topic.wished_quarter, Topic.proposed_at, Topic.id).limit(500))


def list_years(session: Session, scope: Scope, *, this_year: int) -> list[int]:
    """Years with topics, this one and the next, newest first."""
    query = select(Topic.year).join(Unit, Unit.id == Topic.unit_id).where(scope.units_filter(Unit.path)).distinct()
    return sorted({this_year, this_year + 1, *session.scalars(query)}, reverse=True)


def deadline_of(session: Session, year: int) -> date:
    """The last day of the call for that year."""
    found = session.get(LectureYear, year)
    return found.deadline_on if found else rules.usual_deadline(year)


def find_year(session: Session, year: int) -> LectureYear | None:
    return session.get(LectureYear, year)


# Feeds


def live_feed(session: Session, person_id: int) -> LectureFeed | None:
    query = select(LectureFeed).where(LectureFeed.person_id == person_id, LectureFeed.revoked_at.is_(None))
    return session.scalar(query.order_by(LectureFeed.id.desc()).limit(1))


def list_for_feed(
    session: Session, person: Principal, *, first: date, last: date
) -> list[tuple[LectureLine, datetime]]:
    """What is meant for the person on these days, cancelled ones too, each with the instant of its last change."""
    found = read(session, lines().where(is_meant(person), Gathering.held_on.between(first, last)).limit(500))
    ids = [line.gathering.id for line in found]
    changed: dict[int, datetime] = {}
    acts = ("plan", "change", "cancel")
    query = select(Change.gathering_id, Change.at).where(Change.gathering_id.in_(ids), Change.act.in_(acts))
    for gathering_id, at in session.execute(query.order_by(Change.id)):
        changed[gathering_id] = at
    return [(line, changed.get(line.gathering.id, line.gathering.created_at)) for line in found]

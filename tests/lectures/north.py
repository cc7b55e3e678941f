"""A lecture of gao for North on a Friday in December, as the tests need it."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.courses.models import Resource
from lms.courses.review_rules import Line, ResourceKind, ResourceState
from lms.demo.cast import NORTH
from lms.gatherings import services as gatherings
from lms.gatherings.models import Gathering
from lms.lectures import queries
from lms.lectures.models import Lecture, Topic
from lms.lectures.queries import LectureLine
from lms.lectures.services import earning, scheduling, topics
from lms.lectures.services.scheduling import Slot
from lms.lectures.services.topics import Offer
from lms.people import queries as people
from lms.people.models import Person, Unit

NOON = datetime(2026, 11, 30, 4, 0, tzinfo=UTC)
FRIDAY = date(2026, 12, 4)
STARTS = clock.at_local(FRIDAY, 15)
ENDS = STARTS + timedelta(hours=2)
DURING, AFTER = STARTS + timedelta(minutes=10), ENDS + timedelta(minutes=5)
OFFER = Offer("耕地保护“长牙齿”", "讲清卫片执法的口径和三个案例。", "各分局执法人员", 4)


def unit(session: Session, name: str = NORTH) -> Unit:
    return session.scalars(select(Unit).where(Unit.name == name)).one()


def unit_of(session: Session, person: Person) -> int:
    place = people.membership_of(session, person.id, FRIDAY)
    assert place is not None
    return place.unit_id


def proposed(session: Session, who: Person, offer: Offer = OFFER, *, year: int = 2026, now: datetime = NOON) -> Topic:
    made = topics.propose(session, offer, year=year, person_id=who.id, unit_id=unit_of(session, who), now=now)
    session.flush()
    return made


def approved(session: Session, cast: SimpleNamespace, who: Person | None = None, offer: Offer = OFFER) -> Topic:
    topic = proposed(session, who or cast.gao, offer)
    topics.approve(session, topic, by_id=cast.hua.id, link="/lectures/mine", now=NOON)
    return topic


def slot(
    session: Session, *, starts: datetime = STARTS, hours: float = 2, place: str = "三楼会议室", name: str = NORTH
) -> Slot:
    return Slot(starts, starts + timedelta(hours=hours), place, unit(session, name))


def scheduled(
    session: Session,
    cast: SimpleNamespace,
    topic: Topic | None = None,
    wanted: Slot | None = None,
    *,
    now: datetime = NOON,
) -> LectureLine:
    """A lecture in North, committed."""
    topic = topic or approved(session, cast)
    made = scheduling.schedule(
        session,
        topic,
        wanted or slot(session),
        link_of=lambda number: f"/lectures/{number}",
        by_id=cast.hua.id,
        now=now,
    )
    session.commit()
    return line_of(session, made)


def line_of(session: Session, lecture: Lecture) -> LectureLine:
    session.flush()
    found = queries.find_line(session, lecture.id)
    assert found is not None
    return found


def give(session: Session, cast: SimpleNamespace, line: LectureLine, *, now: datetime | None = None) -> Gathering:
    """Its roll is taken and closed: everybody of North was there."""
    held, at = line.gathering, now or line.gathering.ends_at + timedelta(minutes=5)
    gatherings.all_present(session, held, by_id=cast.hua.id, now=held.starts_at)
    gatherings.close_roll(session, held, by_id=cast.hua.id, now=at, reason="补录", follow=earning.settle)
    session.commit()
    return held


def resource(
    session: Session,
    owner: Person,
    *,
    kind: ResourceKind = ResourceKind.DOCUMENT,
    state: ResourceState = ResourceState.PUBLISHED,
    title: str = "耕地保护课件",
    audience: str | None = None,
) -> Resource:
    """A resource of the library in that state, as its owner's upload."""
    made = Resource(
        kind=kind, title=title, line=Line.FARMLAND, lecturer_id=owner.id, lecturer_name=owner.name, state=state,
        owner_unit_id=unit_of(session, owner), audience_unit_id=unit(session, audience).id if audience else None,
        published_at=NOON if state is ResourceState.PUBLISHED else None, created_by_id=owner.id, created_at=NOON,
    )  # fmt: skip
    session.add(made)
    session.flush()
    return made

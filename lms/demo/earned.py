"""Hours that came from elsewhere before the platform held classes: taken over from the personnel office's records."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.demo.story import AT_ONCE, Happening, Story
from lms.hours import bulk
from lms.hours.bulk import Credit
from lms.hours.rules import Bucket, Extent, Source
from lms.people import queries as people
from lms.people.models import Person
from lms.people.queries import Member
from lms.people.rules import DutyStatus, RankBand

SOURCE = "import"
CREDITS_AT_ONCE = 200
LEARNED = ("lin", "chen", "mei", "dana", "bo", "ed", "gao", "ada", "rui", "hua", "wen")


@dataclass(frozen=True)
class Event:
    """A class or outside course of a day in the calendar. `lin` was at all of them."""

    month: int
    day: int
    bucket: Bucket
    title: str
    extent: Extent = Extent.TIMED
    seconds: int = 0
    quarters: int = 0

    @property
    def evidence(self) -> dict[str, object]:
        if self.quarters:
            return {"conversion": "given", "quarters": self.quarters}
        return {"conversion": "offline", "extent": self.extent.value, "seconds": self.seconds}


def _class(month: int, first: int, days: int, title: str) -> tuple[Event, ...]:
    return tuple(
        Event(month, first + day, Bucket.OFFLINE, f"{title}（第 {day + 1} 天）", Extent.FULL_DAY) for day in range(days)
    )


EVENTS = (
    *_class(3, 10, 3, "自然资源业务轮训班"),
    *_class(5, 19, 2, "不动产登记业务培训班"),
    Event(6, 24, Bucket.OFFLINE, "国土空间规划专题辅导", Extent.HALF_DAY),
    *_class(9, 8, 2, "耕地保护专题研讨班"),
    Event(10, 20, Bucket.OFFLINE, "领导干部上讲台：三条控制线", seconds=7200),
    Event(2, 26, Bucket.ONLINE, "网络学院：法治思维专题", quarters=32),
    Event(4, 22, Bucket.ONLINE, "网络学院：国土调查与监测", quarters=32),
    Event(7, 15, Bucket.ONLINE, "网络学院：生态修复案例", quarters=32),
    Event(10, 14, Bucket.ONLINE, "网络学院：公文与调研", quarters=27),
)


def chapter(story: Story) -> Iterator[Happening]:
    """Everything of the last twelve months, taken over today."""
    with story.site.make_session() as session:
        credits = list(_credits(story, session))
    for place in range(0, len(credits), CREDITS_AT_ONCE):
        chunk = credits[place : place + CREDITS_AT_ONCE]
        yield Happening(story.site.now, partial(_keep, credits=chunk), weight=AT_ONCE)


def _keep(session: Session, *, credits: Sequence[Credit]) -> None:
    bulk.add_entries(session, credits)


def dated(today: date) -> list[tuple[int, date, Event]]:
    """(number, day, event) of the twelve months up to today; what falls on a holiday is held on the next working day."""
    found = []
    for year in (today.year - 1, today.year):
        for event in EVENTS:
            on = date(year, event.month, event.day)
            while not clock.is_working_day(on):
                on += timedelta(days=1)
            if today - timedelta(days=365) < on <= today:
                found.append((on, event))
    return [(number, on, event) for number, (on, event) in enumerate(sorted(found, key=lambda f: f[0]), start=1)]


def _credits(story: Story, session: Session) -> Iterator[Credit]:
    calendar = dated(story.site.today)
    bands = {id: band for id, band in session.execute(select(Person.id, Person.rank_band))}
    for member, diligence in _learners(story, session):
        for number, on, event in calendar:
            if story.chance.random() >= diligence:
                continue
            at = clock.at_local(on, 18) if on < story.site.today else story.site.now
            for bucket in _buckets(event, bands[member.person_id]):
                yield Credit(member.person_id, Source(SOURCE, number), bucket, on, event.title, event.evidence, at)


def _buckets(event: Event, band: RankBand) -> tuple[Bucket, ...]:
    """Classes count for professional staff as 专业技术 too."""
    is_professional = event.bucket is Bucket.OFFLINE and band is RankBand.TECHNICAL
    return (event.bucket, Bucket.PROFESSIONAL) if is_professional else (event.bucket,)


def _learners(story: Story, session: Session) -> Iterator[tuple[Member, float]]:
    """(member, chance to have been at an event): lin always, others as it goes."""
    members = people.roster(session, story.site.today)
    yield from ((m, 1.0 if m.staff_no == "lin" else 0.8) for m in members if m.staff_no in LEARNED)
    others = [m for m in members if m.staff_no.isdecimal() and m.duty_status is DutyStatus.ON_DUTY]
    for member in story.chance.sample(others, min(story.site.size.students, len(others))):
        yield member, story.chance.uniform(0.3, 0.95)

"""A year of history: happenings with their moments, told in the order of time, each through the services with that moment as `now`."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.db import unit_of_work
from lms.demo.bureau import SEED
from lms.demo.site import Site
from lms.people.models import Membership, Person, RoleGrant, Unit
from lms.people.principal import Principal, principal_of
from lms.people.rules import DutyStatus

AT_ONCE = 12
"""Happenings in one transaction: few enough that nobody waits long for the write turn, many enough that fsync is cheap."""

Act = Callable[[Session], object]


@dataclass(frozen=True)
class Happening:
    """What happens at an instant. The act learns the instant from its own closure and reads everything else from the database."""

    at: datetime
    act: Act
    weight: int = 1


@dataclass(frozen=True)
class ToldCourse:
    """A published course with the lesson that shows its film."""

    id: int
    film_lesson_id: int
    film_millis: int
    paper_id: int


@dataclass
class Story:
    """What the chapters share: the site, chance, and the numbers of things made on the way."""

    site: Site
    chance: Random = field(default_factory=lambda: Random(SEED))
    people: dict[str, int] = field(default_factory=dict)
    """Staff number → id."""
    units: dict[str, int] = field(default_factory=dict)
    """Name → id."""
    series: dict[str, int] = field(default_factory=dict)
    """Name → id."""
    questions: dict[str, int] = field(default_factory=dict)
    """Code of the data file → id in the bank."""
    courses: dict[str, "ToldCourse"] = field(default_factory=dict)
    """Code of the lecture → its course, once that is published."""

    @classmethod
    def begin(cls, site: Site) -> "Story":
        story = cls(site)
        with site.make_session() as session:
            story.people = {number: id for id, number in session.execute(select(Person.id, Person.staff_no))}
            story.units = {name: id for id, name in session.execute(select(Unit.id, Unit.name))}
        return story

    def who(self, session: Session, staff_no: str, at: datetime) -> Principal:
        """The person as the guard would have known them then."""
        return principal_of(session, session.get_one(Person, self.people[staff_no]), at)

    def others(self, session: Session, on: date, without: Iterable[str]) -> Sequence[int]:
        """Those on duty since that day who hold no role and are none of these of the cast."""
        query = (
            select(Membership.person_id)
            .where(Membership.until_on.is_(None), Membership.duty_status == DutyStatus.ON_DUTY)
            .where(Membership.from_on <= on, Membership.person_id.not_in(select(RoleGrant.person_id)))
            .where(Membership.person_id.not_in([self.people[name] for name in without]))
        )
        return session.scalars(query.order_by(Membership.person_id)).all()

    def unit(self, session: Session, name: str) -> Unit:
        return session.get_one(Unit, self.units[name])


def tell(site: Site, happenings: Iterable[Happening]) -> None:
    """All of them in the order of time; those of one moment in the order given. Nothing lies in the future."""
    ordered = sorted(happenings, key=lambda happening: happening.at)
    late = [happening.at for happening in ordered if happening.at > site.now]
    if late:
        raise ValueError(f"a happening lies in the future: {late[0]}")
    done = 0
    for chunk in _chunks(iter(ordered)):
        with unit_of_work(site.make_session) as session:
            for happening in chunk:
                happening.act(session)
                session.flush()  # the next happening reads what this one wrote
        done += len(chunk)
        site.progress("history", done, len(ordered))


def _chunks(happenings: Iterator[Happening]) -> Iterator[list[Happening]]:
    """Runs of at most AT_ONCE by weight; a heavier one stands alone."""
    chunk: list[Happening] = []
    for happening in happenings:
        if chunk and sum(h.weight for h in chunk) + happening.weight > AT_ONCE:
            yield chunk
            chunk = []
        chunk.append(happening)
    if chunk:
        yield chunk

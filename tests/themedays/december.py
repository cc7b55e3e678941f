"""December's pack, what it needs of the library, and the instants at which things happen in these tests."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import SimpleNamespace

from sqlalchemy.orm import Session

from lms.courses.models import Lesson, Resource
from lms.gatherings import services as gatherings
from lms.gatherings.models import Gathering
from lms.gatherings.rules import Mark
from lms.gatherings.services import Tap
from lms.people.models import Person
from lms.themedays import services
from lms.themedays.models import MonthPack
from lms.themedays.rules import PartKind
from lms.themedays.services import MonthPlan, PackFacts
from tests.courses import desk
from tests.gatherings.north import AFTER, DURING, NOON, STARTS, branch

__all__ = ["AFTER", "DURING", "NOON", "STARTS", "branch"]

DECEMBER = date(2026, 12, 1)
THEME, PRACTICE = "节约集约用地", "到批而未供地块现场核查\n两人一组，拍照留底。"


@dataclass(frozen=True)
class Shelf:
    """A course for everybody that shows the month's lesson and film, one minute each, and a file outside of it."""

    lesson: Resource
    film: Resource
    file: Resource
    lessons: list[Lesson]


def shelf(session: Session) -> Shelf:
    lesson, film = (desk.resource(session, title=title, seconds=60) for title in ("用地政策一讲", "守住红线警示片"))
    course = desk.course(session, lesson, film)
    return Shelf(lesson, film, desk.resource(session, "document", title="清理台账样表"), desk.lessons(session, course))


def draft(session: Session, by: Person, of: Shelf, month: date = DECEMBER, **facts: object) -> MonthPack:
    """A complete draft."""
    given = {"theme": THEME, "practice": PRACTICE, "guidance": "结合岗位谈。"} | facts
    pack = services.draft_pack(session, month, PackFacts(**given), by_id=by.id, now=NOON)  # type: ignore[arg-type]
    services.set_part(session, pack, PartKind.LESSON, of.lesson, now=NOON)
    services.set_part(session, pack, PartKind.FILM, of.film, now=NOON)
    services.add_file(session, pack, of.file, now=NOON)
    session.commit()
    return pack


def publish(session: Session, pack: MonthPack, by: Person) -> MonthPack:
    services.publish_pack(session, pack, by_id=by.id, now=NOON)
    session.commit()
    return pack


def plan(
    session: Session, by: Person, *parts: PartKind, starts_at: datetime = STARTS, month: date = DECEMBER, reason: str = ""
) -> Gathering:  # fmt: skip
    """North's theme day for these parts (all three if none is named), committed."""
    wanted = MonthPlan(
        starts_at, starts_at + timedelta(hours=2), parts or tuple(PartKind), place="三楼会议室", host_id=by.id, recorder_id=by.id,
        reason=reason,
    )  # fmt: skip
    made = services.plan_month(session, branch(session), month, wanted, by_id=by.id, now=NOON)
    session.commit()
    return made


def hold(session: Session, gathering: Gathering, by: Person, *, absent: tuple[Person, ...] = ()) -> None:
    """Everybody due is present but these, and the roll is closed."""
    during, after = gathering.starts_at + timedelta(minutes=10), gathering.ends_at + timedelta(minutes=5)
    taps = [Tap(person.id, Mark.ABSENT) for person in absent]
    gatherings.mark(session, gathering, taps, by_id=by.id, now=during)
    gatherings.all_present(session, gathering, by_id=by.id, now=during)
    gatherings.close_roll(session, gathering, by_id=by.id, now=after)
    session.commit()


def write(session: Session, gathering: Gathering, by: Person) -> None:
    gatherings.write_minutes(session, gathering, {"points": "学了，看了，议了。"}, by_id=by.id, now=gathering.ends_at)
    session.commit()


def watch(session: Session, lesson: Lesson, person: Person, at: datetime) -> None:
    """The person watches the whole minute of it, as the player tells it."""
    device = desk.Device(session, lesson, person, seconds=(at - desk.AT).total_seconds())
    assert device.play(60).finished
    session.commit()


def everybody(cast: SimpleNamespace) -> list[Person]:
    """Who is due in North."""
    return [cast.lin, cast.bo, cast.chen, cast.ed, cast.ada]

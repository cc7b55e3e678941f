"""A live quiz that is prepared, and short words for those who run it and take part."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from lms.clock import to_ms
from lms.contests import queries as contests
from lms.contests import services as contest_services
from lms.contests.rules import RoundKind
from lms.leaderboard import queries as boards
from lms.livequiz import queries, services, standing_queries
from lms.livequiz.models import LiveAnswer
from lms.livequiz.order_rules import AHEAD_MS
from lms.livequiz.rules import GRACE_MS, EventKind
from lms.people.principal import principal_of
from tests.contests.conftest import bank, bureau, make_contest, north, now, running, south

__all__ = ["bank", "bureau", "make_contest", "north", "now", "running", "south"]


@dataclass
class Live:
    """`now` is moved on by hand; steps are hua's."""

    session: Any
    contest_id: int
    hua: int
    now: datetime
    quiz_id: int = 0

    @property
    def line(self):
        self.session.flush()
        self.session.expire_all()
        (line,) = contests.list_rounds_of(self.session, self.contest_id, now=self.now)
        return line

    @property
    def running(self):
        self.session.flush()
        self.session.expire_all()
        return queries.find_running(self.session, self.quiz_id)

    @property
    def state(self):
        return self.running.state

    @property
    def quiz(self):
        return self.running.quiz

    def later(self, seconds: float):
        self.now += timedelta(seconds=seconds)
        return self

    def step(self, kind: str, *, seen: int | None = None, **data: Any):
        at = self.running
        return services.append(
            self.session, at, EventKind(kind), data, seen=at.quiz.sequence if seen is None else seen,
            actor_id=self.hua, now=self.now,
        )  # fmt: skip

    def ask(self):
        """The next question is announced, and its moment has come."""
        self.step("asked", **services.asking(self.running, len(self.state.asked), now=self.now))
        return self.later(AHEAD_MS / 1000)

    def over(self):
        """Until the grace of the question is over."""
        left = self.state.ends_ms + GRACE_MS - to_ms(self.now)
        return self.later(max(0, left) / 1000)

    def reveal(self):
        self.over().step("revealed")
        return self

    def join(self, *people):
        for person in people:
            who = principal_of(self.session, person, self.now)
            contest_services.join(self.session, self.line, who, now=self.now)
        return self

    @property
    def key(self) -> list[int]:
        return queries.find_key(self.session, self.quiz, self.state.question)

    @property
    def wrong(self) -> list[int]:
        options = queries.find_question(self.session, self.quiz, self.state.question).options
        return [next(number for number, _ in options if number not in self.key)]

    def answer(
        self, person, choice=None, *, turn: int | None = None, after: float | None = None, trip: int | None = None
    ):
        """`after`: so many seconds after the present window opened."""
        opens = self.state.opens_ms
        at = self.now if after is None else self.now + timedelta(milliseconds=opens + after * 1000 - to_ms(self.now))
        return services.answer(
            self.session, self.quiz_id, person.id, turn=turn or self.state.turn,
            choice=self.key if choice is None else choice, round_trip_ms=trip, now=at,
        )  # fmt: skip

    def answers(self) -> list[LiveAnswer]:
        return list(self.session.scalars(select(LiveAnswer)))

    def totals(self):
        return standing_queries.totals_of(self.session, self.running)

    def record(self):
        """Everything that a finished quiz brings to the board."""
        while services.record_some(self.session, self.running, now=self.now):
            self.session.flush()
        self.session.flush()
        return self

    def places(self) -> dict[int, tuple[int, int, int]]:
        board = boards.find_board(self.session, self.line.round.board_id)
        lines = boards.list_lines(self.session, board)
        return {line.person_id: (line.place, line.score_millis, line.seconds) for line in lines}


@pytest.fixture
def live_round(session, make_contest, cast):
    contest = make_contest(kind=RoundKind.LIVE)
    return Live(session, contest.contest.id, cast.hua.id, contest.now)


@pytest.fixture
def live(session, live_round, cast):
    """Thirty seconds a question, ten questions."""
    quiz = services.prepare(
        session, live_round.line, seconds=30, actor_id=cast.hua.id, rng=Random(7), now=live_round.now
    )
    session.flush()
    live_round.quiz_id = quiz.id
    return live_round

"""A small bank, and a contest of the bureau that is running now."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.contests import queries, services
from lms.contests.models import Contest, Round
from lms.contests.queries import RoundLine
from lms.contests.rules import FINAL, GRAND, Draw, Phase
from lms.contests.services.contests import Plan
from lms.leaderboard import queries as boards
from lms.leaderboard.models import Board, BoardState
from lms.leaderboard.queries import BoardHead
from lms.people.line_rules import Line
from lms.people.models import Person, Unit
from lms.people.principal import principal_of
from lms.quizzes import key_queries
from lms.quizzes import services as quizzes
from lms.quizzes.models import Attempt, CurrentAnswer
from lms.quizzes.rules import Kind
from lms.quizzes.services.bank import Content
from tests.contests.several import Several

HOUR = timedelta(hours=1)
CANARY = "钥匙只在截止后出现"


@pytest.fixture
def bureau(session: Session) -> Unit:
    return session.scalars(select(Unit).where(Unit.parent_id.is_(None))).one()


@pytest.fixture
def north(session: Session) -> Unit:
    return session.scalars(select(Unit).where(Unit.name == "北区分局")).one()


@pytest.fixture
def south(session: Session) -> Unit:
    return session.scalars(select(Unit).where(Unit.name == "南区分局")).one()


@pytest.fixture
def now() -> datetime:
    return clock.now().replace(microsecond=0)


@pytest.fixture
def bank(session: Session, bureau: Unit, now: datetime) -> None:
    """Just enough questions on registration for the grand preset, each with a canary in its explanation."""
    _fill(session, bureau, now, GRAND.draws, spare=1)


@pytest.fixture
def hall_bank(session: Session, bureau: Unit, bank: None, now: datetime) -> None:
    """Enough for a final on stage as well."""
    _fill(session, bureau, now, FINAL.draws)


def _fill(session: Session, bureau: Unit, now: datetime, draws: tuple[Draw, ...], spare: int = 0) -> None:
    for draw in draws:
        for n in range(draw.count + spare):
            kind = Kind(draw.kind)
            key = [0, 1] if kind is Kind.MULTIPLE else [0]
            stem = f"登记题 {kind.value} {draw.difficulty} {draw.count}-{n}"
            content = Content(kind, stem, ["甲", "乙", "丙"], key, f"{CANARY}{stem}", difficulty=draw.difficulty)
            quizzes.create_question(
                session, content, owner_unit_id=bureau.id, line=Line.REGISTRATION, by_id=None, now=now
            )


def plan(now: datetime, **changed: object) -> Plan:
    values = {
        "title": "不动产登记专场",
        "line": Line.REGISTRATION,
        "opens_at": now - HOUR,
        "closes_at": now + HOUR,
        "cut_off_on": clock.today(now - HOUR),
    }
    return Plan(**(values | changed))  # type: ignore[arg-type]


@dataclass
class Running:
    """A contest with one round; helpers take part and move it on."""

    session: Session
    contest: Contest
    now: datetime

    @property
    def line(self) -> RoundLine:
        self.session.flush()
        self.session.expire_all()
        return self.line_at(self.now)

    def line_at(self, now: datetime) -> RoundLine:
        (line,) = queries.list_rounds_of(self.session, self.contest.id, now=now)
        return line

    @property
    def round(self) -> Round:
        return self.line.round

    @property
    def board(self) -> BoardHead:
        self.session.flush()
        board = boards.find_board(self.session, self.round.board_id)
        assert board is not None
        return board

    def start(self, person: Person, *, now: datetime | None = None) -> Attempt:
        at = now or self.now
        self.session.flush()
        return services.start(self.session, self.line_at(at), principal_of(self.session, person, at), now=at)

    def hand_in(self, person: Person, right: int = 10, seconds: int = 100, *, now: datetime | None = None) -> Attempt:
        """Start, answer the first `right` questions well and no other, submit after so many seconds."""
        at = now or self.now
        attempt = self.start(person, now=at)
        for row in key_queries.list_to_grade(self.session, attempt.id)[:right]:
            self.session.add(
                CurrentAnswer(attempt_id=attempt.id, position=row.position, sequence=1, choice=row.key, saved_at=at)
            )
        self.session.flush()
        return quizzes.submit(
            self.session, attempt, settle=services.settle_attempt, now=at + timedelta(seconds=seconds)
        )

    def places(self) -> dict[int, int]:
        return {line.person_id: line.place for line in boards.list_lines(self.session, self.board)}

    def move_to(self, phase: Phase) -> None:
        """The stored state only; the steps themselves are tested in their own tests."""
        board = self.session.get_one(Board, self.round.board_id)
        board.state = BoardState(phase.value)
        if phase is Phase.NOTICE:
            self.round.notice_from_on = clock.today(self.now)
            self.round.notice_until_on = clock.add_working_days(clock.today(self.now), 5)
        self.session.flush()


@pytest.fixture
def make_contest(session: Session, bank: None, bureau: Unit, cast, now: datetime) -> Callable[..., Running]:
    """`make_contest(opened=True, **changes of the plan)`."""

    def make(*, opened: bool = True, **changed: object) -> Running:
        contest = services.create_from_preset(
            session, plan(now, **changed), owner=bureau, actor_id=cast.hua.id, now=now - HOUR
        )
        session.flush()
        if opened:
            services.open_contest(session, contest, actor_id=cast.hua.id, now=now - HOUR)
        session.flush()
        return Running(session, contest, now)

    return make


@pytest.fixture
def running(make_contest: Callable[..., Running]) -> Running:
    return make_contest()


@pytest.fixture
def several(session: Session, bank: None, bureau: Unit, cast, now: datetime) -> Several:
    """A contest without rounds yet."""
    return Several(session, bureau, cast, now)

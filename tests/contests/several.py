"""Contests of several rounds, and their way through time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import SimpleNamespace

from sqlalchemy.orm import Session

from lms import clock
from lms.contests import queries, services
from lms.contests.advancement_rules import NOBODY, AdvanceRule
from lms.contests.models import Contest, Round
from lms.contests.plan_rules import Dates
from lms.contests.queries import RoundLine
from lms.contests.rules import EntryMode, Phase, RoundKind
from lms.contests.services.rounds import RoundPlan, add_contest, make_round
from lms.leaderboard import queries as boards
from lms.leaderboard.models import Board, BoardState
from lms.people.line_rules import Line
from lms.people.models import Person, Unit
from lms.people.principal import principal_of
from lms.quizzes import key_queries
from lms.quizzes import services as quizzes
from lms.quizzes.models import Attempt, CurrentAnswer

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def round_plan(opens_at: datetime, **changed: object) -> RoundPlan:
    """An online round of two hours, open to everybody."""
    until = changed.pop("entry_until", None)
    closes_at = changed.pop("closes_at", opens_at + 2 * HOUR)
    dates = Dates(opens_at, closes_at, clock.today(opens_at), until)  # type: ignore[arg-type]
    values = {"kind": RoundKind.ONLINE, "title": "初赛", "dates": dates}
    return RoundPlan(**(values | changed))  # type: ignore[arg-type]


@dataclass
class Several:
    """A contest of the bureau; rounds are added, it is opened, people take part."""

    session: Session
    owner: Unit
    cast: SimpleNamespace
    now: datetime
    contest: Contest = field(init=False)

    def __post_init__(self) -> None:
        made = (self.session, "三轮赛", Line.REGISTRATION, None, self.now, self.owner, self.cast.hua.id)
        self.contest = add_contest(*made, self.now)

    def add(self, opens_in: timedelta, **changed: object) -> Round:
        plan = round_plan(self.now + opens_in, **changed)
        return make_round(
            self.session, self.contest, plan, owner=self.owner, by_id=self.cast.hua.id, now=self.now - DAY
        )

    def open(self) -> None:
        services.open_contest(self.session, self.contest, actor_id=self.cast.hua.id, now=self.now - HOUR)
        self.session.flush()

    def two(self, rule: AdvanceRule = NOBODY, **changed: object) -> tuple[Round, Round]:
        """An open first round that runs since an hour, and a second of tomorrow by advancement."""
        first = self.add(-HOUR)
        values = {"title": "复赛", "entry": EntryMode.ADVANCEMENT, "source": first, "admission": rule}
        second = self.add(DAY, **(values | changed))
        self.open()
        return first, second

    def line(self, round_: Round, at: datetime | None = None) -> RoundLine:
        self.session.flush()
        found = queries.find_round(self.session, round_.id, now=at or self.now)
        assert found is not None
        return found

    def start(self, round_: Round, person: Person, at: datetime | None = None) -> Attempt:
        at = at or self.now
        who = principal_of(self.session, person, at)
        return services.start(self.session, self.line(round_, at), who, now=at)

    def hand_in(
        self, round_: Round, person: Person, right: int, at: datetime | None = None, seconds: int = 100
    ) -> Attempt:
        """The first `right` of ten questions answered well."""
        at = at or self.now
        attempt = self.start(round_, person, at)
        for row in key_queries.list_to_grade(self.session, attempt.id)[:right]:
            answer = {"attempt_id": attempt.id, "position": row.position, "sequence": 1, "saved_at": at}
            self.session.add(CurrentAnswer(choice=row.key, **answer))
        self.session.flush()
        done = at + timedelta(seconds=seconds)
        return quizzes.submit(self.session, attempt, settle=services.settle_attempt, now=done)

    def all_hand_in(self, round_: Round, right: Mapping[str, int], at: datetime | None = None) -> None:
        for seconds, (name, number) in enumerate(right.items(), 100):
            self.hand_in(round_, getattr(self.cast, name), number, at, seconds)

    def reviewed(self, round_: Round) -> None:
        """The stored state only; the steps themselves are tested elsewhere."""
        self.session.get_one(Board, round_.board_id).state = BoardState(Phase.REVIEWED.value)
        round_.reviewed_by_id = self.cast.rui.id
        self.session.flush()

    def scores(self, round_: Round) -> dict[int, int]:
        self.session.flush()
        head = boards.find_board(self.session, round_.board_id)
        assert head is not None
        return {line.person_id: line.score_millis for line in boards.list_lines(self.session, head)}

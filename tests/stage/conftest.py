"""A stage final of two teams that is prepared, and short words for those who run it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from sqlalchemy import select

from lms.contests import team_queries, team_services
from lms.contests.rules import RoundKind
from lms.contests.team_rules import Deadlines, Sizes
from lms.contests.team_services import Hand
from lms.stage import access, queries, services
from lms.stage.models import StageBuzz, StageFinal
from lms.stage.rules import EventKind, Segment
from tests.contests.conftest import bank, bureau, make_contest, north, now, running, south

__all__ = ["bank", "bureau", "make_contest", "north", "now", "running", "south"]

DAY = timedelta(days=1)


@dataclass
class Stage:
    """`now` is moved on by hand; steps are hua's."""

    session: Any
    final_id: int
    teams: list[Any]
    hua: int
    now: datetime

    @property
    def running(self):
        self.session.flush()
        self.session.expire_all()
        return queries.find_running(self.session, self.final_id, now=self.now)

    @property
    def state(self):
        return self.running.state

    @property
    def final(self) -> StageFinal:
        return self.running.final

    @property
    def scores(self) -> list[int]:
        return [self.state.scores[team.id] for team in self.teams]

    def step(self, kind: str, *, seen: int | None = None, **data: Any):
        at = self.running
        self.later(0.01)
        return services.append(
            self.session, at, EventKind(kind), data, seen=at.final.sequence if seen is None else seen,
            actor_id=self.hua, now=self.now,
        )  # fmt: skip

    def segment(self, name: str):
        return self.step("segment", **services.segment_data(self.running, Segment(name)))

    def show(self, team: int | None = None):
        return self.step("shown", question=len(self.state.asked), team=team)

    def open(self):
        """Announced and come."""
        self.step("opened", **services.opening_data(self.now + timedelta(seconds=0.01)))
        return self.later(services.journal.OPENING_MS / 1000)

    def later(self, seconds: float):
        self.now += timedelta(seconds=seconds)
        return self

    def device(self, number: int) -> str:
        """The token of a phone that has joined for the team."""
        return services.join(self.session, self.running.seats[number].device, now=self.now)

    def held(self, token: str):
        """The phone's row as its requests find it."""
        return access.device_of(self.session, token)

    def buzz(self, token: str, *, early: bool = False, turn: int | None = None) -> bool:
        at = turn or self.state.turn
        return services.buzz(self.session, self.held(token), turn=at, is_early=early, now=self.now)

    def buzzes(self) -> int:
        return len(self.session.scalars(select(StageBuzz)).all())


@pytest.fixture
def stage_round(session, running, cast, north, south):
    """The running contest's round is one on stage, with a team of North (lin, captain) and one of South (dana)."""
    running.round.kind = RoundKind.STAGE
    deadlines = Deadlines(running.now + DAY, running.now + DAY)
    team_services.set_terms(
        session, running.contest, Sizes(1, 3, 1, 2, 1), deadlines, actor_id=cast.hua.id, now=running.now
    )
    session.flush()
    terms = team_queries.find_terms(session, running.contest.id)
    for captain, name, unit in ((cast.lin, "北区队", north), (cast.dana, "南区队", south)):
        team_services.enter_team(
            session, terms, name=name, unit_id=unit.id, captain=captain, hand=Hand(cast.hua.id, True), now=running.now
        )
    session.flush()
    return running


@pytest.fixture
def stage(session, stage_round, cast):
    final = services.prepare(session, stage_round.line, actor_id=cast.hua.id, rng=Random(7), now=stage_round.now)
    session.flush()
    teams = [line.team for line in team_queries.list_teams(session, stage_round.contest.id)]
    return Stage(session, final.id, teams, cast.hua.id, stage_round.now)

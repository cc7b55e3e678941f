"""A stage final and a live quiz in a bureau, ready for their hosts."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from bench.bureau import Bureau
from lms import clock
from lms.contests import queries as contest_queries
from lms.contests import services as contests
from lms.contests import team_queries, team_services
from lms.contests.models import Contest
from lms.contests.queries import RoundLine
from lms.contests.rules import Draw, Preset, RoundKind
from lms.contests.services.contests import Plan
from lms.contests.team_rules import Deadlines, Sizes
from lms.contests.team_services import Hand
from lms.db import unit_of_work
from lms.livequiz import services as quizzes
from lms.people.models import Person, Unit
from lms.stage import queries, services

DAY = timedelta(days=1)
ASKED = Preset("同答", (Draw("single", 2, 4), Draw("boolean", 2, 2)), minutes=30, attempts_per_day=1)


@dataclass(frozen=True)
class Final:
    """`devices` are (team, token of its phone)."""

    final_id: int
    live_key: str
    devices: Sequence[tuple[int, str]]


@dataclass(frozen=True)
class Quiz:
    quiz_id: int
    round_id: int
    live_key: str


def stage_final(bureau: Bureau, teams: int, preset: Preset) -> Final:
    """A contest with so many teams on stage, and a joined phone for each."""
    now = clock.now()
    with unit_of_work(bureau.make_session) as session:
        contest, hua = _contest(session, "现场决赛", RoundKind.STAGE, preset, now)
        _enter_teams(session, contest, teams, hua, now)
        made = services.prepare(session, _line(session, contest, now), actor_id=hua, rng=Random(1), now=now)
        session.flush()  # its seats are read back
        devices = [
            (seat.team_id, services.join(session, seat.device, now=now))
            for seat in queries.list_seats(session, made.id)
        ]
        return Final(made.id, made.live_key, devices)


def live_quiz(bureau: Bureau, seconds: int) -> Quiz:
    """A quiz for everybody, with so many seconds for each question."""
    now = clock.now()
    with unit_of_work(bureau.make_session) as session:
        contest, hua = _contest(session, "全员同答", RoundKind.LIVE, ASKED, now)
        line = _line(session, contest, now)
        made = quizzes.prepare(session, line, seconds=seconds, actor_id=hua, rng=Random(1), now=now)
        session.flush()  # its id is told
        return Quiz(made.id, made.round_id, made.live_key)


def _contest(session: Session, title: str, kind: RoundKind, preset: Preset, now: datetime) -> tuple[Contest, int]:
    """The contest, open for everybody, and who runs it."""
    hua = session.scalars(select(Person.id).where(Person.staff_no == "hua")).one()
    root = session.scalars(select(Unit).where(Unit.parent_id.is_(None))).one()
    plan = Plan(f"{title} {secrets.token_hex(3)}", None, now, now + DAY, clock.today(now), kind=kind)
    contest = contests.create_from_preset(session, plan, owner=root, actor_id=hua, now=now, preset=preset)
    contests.open_contest(session, contest, actor_id=hua, now=now)
    return contest, hua


def _line(session: Session, contest: Contest, now: datetime) -> RoundLine:
    return contest_queries.list_rounds_of(session, contest.id, now=now)[0]


def _enter_teams(session: Session, contest: Contest, teams: int, hua: int, now: datetime) -> None:
    unit_id = session.scalars(select(Unit.id).where(Unit.parent_id.is_not(None)).order_by(Unit.id).limit(1)).one()
    team_services.set_terms(
        session, contest, Sizes(1, 4, 0, teams, 1), Deadlines(now + DAY, now + DAY), actor_id=hua, now=now
    )
    session.flush()  # the terms are read back
    terms = team_queries.find_terms(session, contest.id)
    assert terms is not None
    for number in range(1, teams + 1):
        team_services.enter_team(
            session, terms, name=f"{number} 队", unit_id=unit_id, captain=None, hand=Hand(hua, True), now=now
        )

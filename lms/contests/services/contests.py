"""Contests are made from a preset, opened for their audience, and can be withdrawn."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.contests import queries, team_queries
from lms.contests.errors import ContestMoved
from lms.contests.models import Contest
from lms.contests.plan_rules import Dates
from lms.contests.rules import GRAND, ROUND_KINDS, TEAM_KINDS, ContestState, Phase, Preset, RoundKind
from lms.contests.services.rounds import RoundPlan, add_contest, make_round
from lms.db import changed
from lms.errors import Conflict, Invalid
from lms.leaderboard import queries as boards
from lms.leaderboard import services as board_services
from lms.leaderboard.models import Board
from lms.people.line_rules import Line
from lms.people.models import Unit


@dataclass(frozen=True)
class Plan:
    """What an organiser decides about a contest; everything else comes from the preset. `audience` None: everybody."""

    title: str
    line: Line | None
    opens_at: datetime
    closes_at: datetime
    cut_off_on: date
    audience: Unit | None = None
    participation_percent: int = 50
    hours_quarters: int = 0
    kind: RoundKind = RoundKind.ONLINE

    def round_plan(self, preset: Preset) -> RoundPlan:
        return RoundPlan(
            self.kind,
            ROUND_KINDS[self.kind],
            Dates(self.opens_at, self.closes_at, self.cut_off_on),
            preset.draws,
            preset.minutes,
            preset.attempts_per_day,
            preset.full_millis,
            hours_quarters=self.hours_quarters,
            notice_days=preset.notice_days,
            participation_percent=self.participation_percent,
            board_title=self.title,
        )


def create_from_preset(
    session: Session, plan: Plan, *, owner: Unit, actor_id: int, now: datetime, preset: Preset = GRAND
) -> Contest:
    """A draft with one round, its paper and its board. Raises Invalid for impossible dates, PoolShort when the bank is too small."""
    round_plan = plan.round_plan(preset)
    round_plan.check()
    audience_id = plan.audience.id if plan.audience else None
    contest = add_contest(session, plan.title, plan.line, audience_id, plan.opens_at, owner, actor_id, now)
    make_round(session, contest, round_plan, owner=owner, by_id=actor_id, now=now)
    audit.record(session, actor_id, "contest:create", f"contest:{contest.id}", {"title": plan.title}, now=now)
    return contest


def open_contest(session: Session, contest: Contest, *, actor_id: int, now: datetime) -> None:
    """The audience sees the contest; the rosters of the competing units stand on its boards. Raises Conflict where teams take part
    and it is not settled how."""
    lines = _lines(session, contest, now)
    _check_ready(session, contest, lines)
    rosters = {line.round.board_id: rosters_of(session, line) for line in lines}
    _move(session, contest, ContestState.DRAFT, ContestState.OPEN)
    for board_id, roster in rosters.items():
        board_services.set_rosters(session, board_id, roster, now=now)
        board_services.show_board(session, session.get_one(Board, board_id))
    audit.record(session, actor_id, "contest:open", f"contest:{contest.id}", now=now)


def _check_ready(session: Session, contest: Contest, lines: Sequence[queries.RoundLine]) -> None:
    is_advancing = any(line.round.kind in TEAM_KINDS and line.round.from_round_id for line in lines)
    if is_advancing and team_queries.find_terms(session, contest.id) is None:
        raise Conflict("有轮次由队晋级，请先在“队伍”里定好组队办法。")


def withdraw_contest(session: Session, contest: Contest, *, actor_id: int, reason: str, now: datetime) -> None:
    """Nobody sees the contest any more; what was handed in stays stored. Raises Conflict once a result of it is published."""
    if not reason.strip():
        raise Invalid("请写明撤下的原因。", field="reason")
    lines = _lines(session, contest, now)
    if any(line.phase is Phase.PUBLISHED for line in lines):
        raise Conflict("结果已公布，不能撤下；有错误请发布更正版。")
    _move(session, contest, contest.state, ContestState.WITHDRAWN)
    for line in lines:
        board_services.show_board(session, session.get_one(Board, line.round.board_id), is_visible=False)
    audit.record(session, actor_id, "contest:withdraw", f"contest:{contest.id}", {"reason": reason}, now=now)


def rosters_of(session: Session, line: queries.RoundLine) -> dict[int, int]:
    """Head counts of the round's competing units at its cut-off."""
    board = boards.find_board(session, line.round.board_id)
    assert board is not None
    return queries.rosters(session, line.round.id, board.root_path, line.round.cut_off_on)


def _lines(session: Session, contest: Contest, now: datetime) -> list[queries.RoundLine]:
    return queries.list_rounds_of(session, contest.id, now=now)


def _move(session: Session, contest: Contest, old: ContestState, new: ContestState) -> None:
    moved = update(Contest).where(Contest.id == contest.id, Contest.state == old).values(state=new)
    if old is new or not changed(session.execute(moved)):
        raise ContestMoved()

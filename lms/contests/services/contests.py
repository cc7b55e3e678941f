"""Contests are made from a preset, opened for their audience, and can be withdrawn."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.contests import queries
from lms.contests.errors import ContestMoved
from lms.contests.models import Contest, Round
from lms.contests.rules import GRAND, ROUND_KINDS, ContestState, Phase, Preset, RoundKind
from lms.db import changed
from lms.errors import Conflict, Invalid
from lms.leaderboard import queries as boards
from lms.leaderboard import services as board_services
from lms.leaderboard.models import Board
from lms.leaderboard.rules import BoardRule, UnitRule
from lms.people.line_rules import Line
from lms.people.models import Unit
from lms.quizzes import services as quizzes
from lms.quizzes.draw_rules import DrawRule
from lms.quizzes.models import Paper
from lms.quizzes.rules import Kind
from lms.quizzes.services.papers import PaperSettings


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

    def check(self, preset: Preset) -> None:
        """Raises Invalid, with the field, when the dates cannot work."""
        if self.closes_at < self.opens_at + timedelta(minutes=preset.minutes):
            raise Invalid(f"结束时间至少比开始晚 {preset.minutes} 分钟。", field="closes_at")
        if self.cut_off_on > clock.today(self.opens_at):
            raise Invalid("名册截止日不能晚于开始那一天。", field="cut_off_on")


def create_from_preset(
    session: Session, plan: Plan, *, owner: Unit, actor_id: int, now: datetime, preset: Preset = GRAND
) -> Contest:
    """A draft with one online round, its paper and its board. Raises Invalid for impossible dates, PoolShort when the bank is too small."""
    plan.check(preset)
    paper = _create_paper(session, plan, preset, owner, actor_id, now)
    contest = Contest(
        title=plan.title,
        year=clock.local(plan.opens_at).year,
        line=plan.line,
        owner_unit_id=owner.id,
        audience_unit_id=plan.audience.id if plan.audience else None,
        created_by_id=actor_id,
        created_at=now,
    )
    session.add(contest)
    session.flush()  # the round refers to its id
    session.add(_round(session, contest, plan, preset, paper, owner, now))
    audit.record(session, actor_id, "contest:create", f"contest:{contest.id}", {"title": plan.title}, now=now)
    return contest


def _create_paper(session: Session, plan: Plan, preset: Preset, owner: Unit, actor_id: int, now: datetime) -> Paper:
    line = plan.line.value if plan.line else None
    drawn = [DrawRule(d.count, preset.points_millis, line, Kind(d.kind), d.difficulty) for d in preset.draws]
    settings = PaperSettings(title=plan.title, duration_seconds=preset.minutes * 60)
    return quizzes.create_drawn_paper(session, settings, drawn, owner_unit_id=owner.id, by_id=actor_id, now=now)


def _round(
    session: Session, contest: Contest, plan: Plan, preset: Preset, paper: Paper, owner: Unit, now: datetime
) -> Round:
    root = plan.audience.id if plan.audience else int(owner.path.split("/")[1])
    board = board_services.create_board(
        session,
        title=plan.title,
        rule=BoardRule(unit=UnitRule(plan.participation_percent)),
        full_millis=preset.full_millis,
        root_unit_id=root,
        audience_unit_id=contest.audience_unit_id,
        cut_off_on=plan.cut_off_on,
        begins_at=plan.opens_at,
        now=now,
    )
    return Round(
        contest_id=contest.id,
        kind=plan.kind,
        title=ROUND_KINDS[plan.kind],
        paper_id=paper.id,
        board_id=board.id,
        opens_at=plan.opens_at,
        closes_at=plan.closes_at,
        attempts_per_day=1 if plan.kind is RoundKind.TEAM_ONLINE else preset.attempts_per_day,
        question_count=preset.question_count,
        minutes=preset.minutes,
        cut_off_on=plan.cut_off_on,
        hours_quarters=plan.hours_quarters,
        notice_days=preset.notice_days,
    )


def open_contest(session: Session, contest: Contest, *, actor_id: int, now: datetime) -> None:
    """The audience sees the contest; the rosters of the competing units stand on its boards."""
    rosters = {line.round.board_id: rosters_of(session, line) for line in _lines(session, contest, now)}
    _move(session, contest, ContestState.DRAFT, ContestState.OPEN)
    for board_id, roster in rosters.items():
        board_services.set_rosters(session, board_id, roster, now=now)
        board_services.show_board(session, session.get_one(Board, board_id))
    audit.record(session, actor_id, "contest:open", f"contest:{contest.id}", now=now)


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

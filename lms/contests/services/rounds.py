"""Rounds of a contest: made, and changed or removed while it is a draft."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.contests import advancement_queries, queries
from lms.contests.advancement_rules import NOBODY, AdvanceRule
from lms.contests.entry_models import UnitEntry, WildCard
from lms.contests.errors import ContestMoved
from lms.contests.models import Contest, Round, RoundLeave
from lms.contests.plan_rules import Dates
from lms.contests.rules import GRAND, ONCE_KINDS, TEAM_KINDS, ContestState, Draw, EntryMode, RoundKind
from lms.errors import Conflict, Invalid
from lms.leaderboard import services as board_services
from lms.leaderboard.models import Board
from lms.leaderboard.rules import BoardRule, UnitRule
from lms.people.line_rules import Line
from lms.people.models import Unit
from lms.quizzes import services as quizzes
from lms.quizzes.draw_rules import DrawRule, rules_from
from lms.quizzes.models import Paper
from lms.quizzes.rules import Kind
from lms.quizzes.services.papers import PaperSettings, change_drawn_paper

FULL_MILLIS = 100_000
MOST_ROUNDS = 8


@dataclass(frozen=True)
class RoundPlan:
    """What an organiser decides about a round. `source`: the round one advances from. `rules`: how a paper that stands draws its
    questions, instead of `draws` and `full_millis`."""

    kind: RoundKind
    title: str
    dates: Dates
    draws: tuple[Draw, ...] = GRAND.draws
    minutes: int = GRAND.minutes
    attempts_per_day: int = GRAND.attempts_per_day
    full_millis: int = FULL_MILLIS
    hours_quarters: int = 0
    notice_days: int = GRAND.notice_days
    participation_percent: int = 50
    entry: EntryMode = EntryMode.OPEN
    unit_quota: int = 0
    source: Round | None = None
    admission: AdvanceRule = NOBODY
    carry_percent: int = 0
    board_title: str = ""
    rules: tuple[DrawRule, ...] = ()

    def drawn(self, line: Line | None) -> list[DrawRule]:
        """The rules of the paper, for questions of the line."""
        points = self.full_millis // sum(draw.count for draw in self.draws)
        made = (DrawRule(d.count, points, line and line.value, Kind(d.kind), d.difficulty) for d in self.draws)
        return list(self.rules or made)

    @property
    def question_count(self) -> int:
        return sum(one.count for one in self.drawn(None))

    @property
    def board_full_millis(self) -> int:
        """The most one can have on the board, with what is carried over."""
        full = sum(one.count * one.points_millis for one in self.drawn(None))
        return full * (100 + self.carry_percent) // 100

    def check(self) -> None:
        """Raises Invalid, with the field, when the dates or the entry cannot work."""
        at = self.dates
        if at.closes_at < at.opens_at + timedelta(minutes=self.minutes):
            raise Invalid(f"结束时间至少比开始晚 {self.minutes} 分钟。", field="closes_at")
        if at.cut_off_on > clock.today(at.opens_at):
            raise Invalid("名册截止日不能晚于开始那一天。", field="cut_off_on")
        if self.entry is EntryMode.QUOTA:
            self._check_quota()
        if self.entry is EntryMode.ADVANCEMENT:
            self._check_advancement()
        if self.carry_percent and (self.entry is not EntryMode.ADVANCEMENT or self.kind in TEAM_KINDS):
            raise Invalid("只有按晋级参加的个人轮次能带入前一轮的得分。", field="carry_percent")

    def _check_quota(self) -> None:
        if self.kind in TEAM_KINDS:
            raise Invalid("按队参加的轮次在“组队办法”里定每个单位几队，不用名额报名。", field="entry")
        if not self.unit_quota:
            raise Invalid("请填写每个单位报几人。", field="unit_quota")
        if self.dates.entry_until is None or self.dates.entry_until > self.dates.opens_at:
            raise Invalid("报名截止要填，并且不晚于开始时间。", field="entry_until")

    def _check_advancement(self) -> None:
        if self.source is None:
            raise Invalid("请选择从哪一轮晋级。", field="source")
        if self.source.kind is RoundKind.PRACTICE:
            raise Invalid("练习不计名次，不能从练习晋级。", field="source")
        if self.source.kind in TEAM_KINDS and self.kind not in TEAM_KINDS:
            raise Invalid("按队比的轮次晋级的是队，这一轮却按个人比。", field="source")
        if self.dates.opens_at < self.source.closes_at:
            raise Invalid(f"要在“{self.source.title}”结束以后开始。", field="opens_at")
        if self.admission.fault():
            raise Invalid(self.admission.fault(), field="top")


def add_contest(
    session: Session,
    title: str,
    line: Line | None,
    audience_unit_id: int | None,
    opens_at: datetime,
    owner: Unit,
    actor_id: int,
    now: datetime,
) -> Contest:
    """A draft without rounds, with an id."""
    contest = Contest(
        title=title,
        year=clock.local(opens_at).year,
        line=line,
        owner_unit_id=owner.id,
        audience_unit_id=audience_unit_id,
        created_by_id=actor_id,
        created_at=now,
    )
    session.add(contest)
    session.flush()  # its rounds refer to its id
    return contest


def make_round(
    session: Session, contest: Contest, plan: RoundPlan, *, owner: Unit, by_id: int | None, now: datetime
) -> Round:
    """The round with its paper and its board, with an id. Raises Invalid, and PoolShort when the bank is too small."""
    plan.check()
    settings, drawn = _paper(contest, plan)
    paper = quizzes.create_drawn_paper(session, settings, drawn, owner_unit_id=owner.id, by_id=by_id, now=now)
    board = board_services.create_board(
        session,
        title=_board_title(contest, plan),
        rule=BoardRule(unit=UnitRule(plan.participation_percent)),
        full_millis=plan.board_full_millis,
        root_unit_id=contest.audience_unit_id or int(owner.path.split("/")[1]),
        audience_unit_id=contest.audience_unit_id,
        cut_off_on=plan.dates.cut_off_on,
        begins_at=plan.dates.opens_at,
        now=now,
    )
    round_ = Round(contest_id=contest.id, paper_id=paper.id, board_id=board.id, **_columns(plan))
    session.add(round_)
    session.flush()  # later rounds refer to its id
    return round_


def _board_title(contest: Contest, plan: RoundPlan) -> str:
    return plan.board_title or f"{contest.title} · {plan.title}"[:120]


def _paper(contest: Contest, plan: RoundPlan) -> tuple[PaperSettings, list[DrawRule]]:
    settings = PaperSettings(title=_board_title(contest, plan), duration_seconds=plan.minutes * 60)
    return settings, plan.drawn(contest.line)


def _columns(plan: RoundPlan) -> dict[str, object]:
    is_advancing = plan.entry is EntryMode.ADVANCEMENT
    return {
        "kind": plan.kind,
        "title": plan.title,
        "opens_at": plan.dates.opens_at,
        "closes_at": plan.dates.closes_at,
        "attempts_per_day": 1 if plan.kind in ONCE_KINDS else plan.attempts_per_day,
        "question_count": plan.question_count,
        "minutes": plan.minutes,
        "cut_off_on": plan.dates.cut_off_on,
        "hours_quarters": 0 if plan.kind is RoundKind.PRACTICE else plan.hours_quarters,
        "notice_days": plan.notice_days,
        "entry": plan.entry,
        "unit_quota": plan.unit_quota if plan.entry is EntryMode.QUOTA else 0,
        "entry_until": plan.dates.entry_until if plan.entry is EntryMode.QUOTA else None,
        "from_round_id": plan.source.id if is_advancing and plan.source else None,
        "admission": plan.admission.to_json() if is_advancing else {},
        "carry_percent": plan.carry_percent if is_advancing else 0,
    }


# --- a draft changes -----------------------------------------------------------------------------------------------


def add_round(
    session: Session, contest: Contest, plan: RoundPlan, *, owner: Unit, actor_id: int, now: datetime
) -> Round:
    """One more round of a draft. Raises ContestMoved for other contests, Conflict for a ninth round, and as `make_round`."""
    _check_draft(contest)
    if len(queries.list_rounds_of(session, contest.id, now=now)) >= MOST_ROUNDS:
        raise Conflict(f"一次比拼最多 {MOST_ROUNDS} 轮。")
    made = make_round(session, contest, plan, owner=owner, by_id=actor_id, now=now)
    audit.record(session, actor_id, "round:add", f"round:{made.id}", {"title": plan.title}, now=now)
    return made


def change_round(
    session: Session, contest: Contest, round_: Round, plan: RoundPlan, *, actor_id: int, now: datetime
) -> None:
    """A draft's round is as planned now, its paper and its board too. Raises as `add_round`; Invalid when a later round, which one
    advances to from this one, begins before this one ends."""
    _check_draft(contest)
    plan.check()
    if plan.source is not None and plan.source.id == round_.id:
        raise Invalid("不能从自己晋级。", field="source")
    later = advancement_queries.list_later_rounds(session, round_.id)
    if any(one.opens_at < plan.dates.closes_at for one in later):
        raise Invalid("由这一轮晋级的轮次在这之前开始，请先改那一轮的时间。", field="closes_at")
    if later and plan.kind is RoundKind.PRACTICE:
        raise Invalid("有轮次由这一轮晋级，不能改成练习。", field="kind")
    settings, drawn = _paper(contest, plan)
    change_drawn_paper(session, session.get_one(Paper, round_.paper_id), settings, drawn)
    session.execute(update(Round).where(Round.id == round_.id).values(_columns(plan)))
    rule = session.get_one(Board, round_.board_id).ranking_rule
    board_services.change_board(
        session,
        round_.board_id,
        title=_board_title(contest, plan),
        rule=replace(rule, unit=replace(rule.unit, participation_percent=plan.participation_percent)),
        full_millis=plan.board_full_millis,
        cut_off_on=plan.dates.cut_off_on,
        begins_at=plan.dates.opens_at,
    )
    audit.record(session, actor_id, "round:change", f"round:{round_.id}", {"title": plan.title}, now=now)


def remove_round(session: Session, contest: Contest, round_: Round, *, actor_id: int, now: datetime) -> None:
    """A draft without this round. Raises Conflict for the only one, or while another one builds on it."""
    _check_draft(contest)
    if advancement_queries.list_later_rounds(session, round_.id):
        raise Conflict("有轮次由这一轮晋级，请先改那一轮。")
    if len(queries.list_rounds_of(session, contest.id, now=now)) == 1:
        raise Conflict("一次比拼至少有一轮；整个不办就撤下。")
    for model in (UnitEntry, WildCard, RoundLeave):
        session.execute(delete(model).where(model.round_id == round_.id))
    session.execute(delete(Round).where(Round.id == round_.id))
    board_services.remove_board(session, round_.board_id)
    audit.record(session, actor_id, "round:remove", f"round:{round_.id}", {"title": round_.title}, now=now)


def _check_draft(contest: Contest) -> None:
    if contest.state is not ContestState.DRAFT:
        raise ContestMoved("比拼已经开放，轮次不能再改；加时和放宽在“监考”里。")


# --- read back -----------------------------------------------------------------------------------------------------


def dates_of(round_: Round) -> Dates:
    return Dates(round_.opens_at, round_.closes_at, round_.cut_off_on, round_.entry_until)


def plan_of(session: Session, round_: Round, source: Round | None = None) -> RoundPlan:
    """The round as it stands, as a plan; `source` for who is advanced from."""
    board = session.get_one(Board, round_.board_id)
    return RoundPlan(
        round_.kind, round_.title, dates_of(round_), minutes=round_.minutes, attempts_per_day=round_.attempts_per_day,
        rules=tuple(rules_from(session.get_one(Paper, round_.paper_id).rules)),
        hours_quarters=round_.hours_quarters, notice_days=round_.notice_days,
        participation_percent=board.ranking_rule.unit.participation_percent,
        entry=round_.entry, unit_quota=round_.unit_quota, source=source, admission=round_.advance_rule,
        carry_percent=round_.carry_percent,
    )  # fmt: skip

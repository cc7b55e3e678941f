"""Read a month of all branches of a scope in a few statements, however many they are."""

from datetime import date, datetime

from sqlalchemy import ColumnElement, Integer, case, cast, func, select
from sqlalchemy.orm import Session, aliased

from lms import clock
from lms.gatherings.kind_rules import GatheringKind
from lms.gatherings.models import Decision, Entry, Gathering
from lms.gatherings.rules import DecisionState, GatheringState, Mark
from lms.people.access import Scope
from lms.people.models import Branch
from lms.themedays import committee_rules as rules
from lms.themedays import duties_queries as duties
from lms.themedays import duties_rules
from lms.themedays.committee_rules import Line, ThemeDay
from lms.themedays.models import BranchMonth, Part
from lms.themedays.rules import SUBJECT, PartKind, PartState, part_state

Parts = dict[PartKind, PartState]


def list_lines(session: Session, scope: Scope, month: date, *, now: datetime, only: Branch | None = None) -> list[Line]:
    """A line for each branch of the scope (or only one of them) that had members at the month's end, or has today, in reading order.

    Decisions past their day stand in the present month only: they are what is late now.
    """
    today = clock.today(now)
    branches = duties.list_branches(session, scope, min(today, duties_rules.month_end(month)))
    which = scope.branches_filter(Branch.path)
    if only is not None:
        branches, which = [branch for branch in branches if branch.id == only.id], which & (Branch.id == only.id)
    year_end = date(month.year, 12, 31)
    lives = duties.lives(session, which, date(month.year, 1, 1), year_end, [branch.id for branch in branches])
    since = duties.in_use_since(session)
    days = _theme_days(session, which, month)
    months = _months(session, which, month)
    late = _late_decisions(session, which, today) if month == clock.month_of(now) else {}
    lines = []
    for branch in branches:
        life, of_branch = lives[branch.id], tuple(days.get(branch.id, ()))
        cells = duties_rules.cells_of_month(month, life.meetings, life.organisation, today=today, since=since)
        has_apart, parts = months.get(branch.id, (False, {}))
        overdue = rules.overdue_of(of_branch, cells, late.get(branch.id, ()), month=month, now=now)
        lines.append(Line(branch.id, branch.name, of_branch, parts, cells, overdue, has_apart))
    return lines


def _of_month(month: date) -> ColumnElement[bool]:
    """A theme day belongs to the month it was planned for, one without a branch month to the month of its day; with them goes
    whatever else covers a part of the month."""
    by_day = BranchMonth.id.is_(None) & Gathering.held_on.between(month, duties_rules.month_end(month))
    covering = (
        select(Part.gathering_id)
        .join(_COVERED, _COVERED.id == Part.branch_month_id)
        .where(_COVERED.month == month, Part.gathering_id.is_not(None))
    )
    is_theme_day = (Gathering.kind == GatheringKind.THEME_DAY) & ((BranchMonth.month == month) | by_day)
    return is_theme_day | Gathering.id.in_(covering)


_COVERED = aliased(BranchMonth)
_PLANNED_FOR = (Gathering.subject_kind == SUBJECT) & (Gathering.subject_id == BranchMonth.id)


def _theme_days(session: Session, which: ColumnElement[bool], month: date) -> dict[int, list[ThemeDay]]:
    counts = _counts(session, which, month)
    query = (
        select(Gathering)
        .join(Branch, Branch.id == Gathering.branch_id)
        .outerjoin(BranchMonth, _PLANNED_FOR)
        .where(which, _of_month(month), Gathering.state != GatheringState.CANCELLED)
        .order_by(Gathering.starts_at, Gathering.id)
    )
    found: dict[int, list[ThemeDay]] = {}
    for one in session.scalars(query):
        assert one.branch_id is not None
        due, present = counts.get(one.id, (0, 0))
        found.setdefault(one.branch_id, []).append(
            ThemeDay(
                one.id,
                one.kind,
                one.held_on,
                one.title,
                one.state,
                one.minutes_at is not None,
                one.locks_at,
                due,
                present,
            )
        )
    return found


def _counts(session: Session, which: ColumnElement[bool], month: date) -> dict[int, tuple[int, int]]:
    """Gathering id → (due, present of them), counted from the lines of closed rolls."""
    is_there = case((Entry.mark == Mark.PRESENT, 1), else_=0)
    query = (
        select(Gathering.id, func.count(), cast(func.sum(is_there), Integer))
        .join(Branch, Branch.id == Gathering.branch_id)
        .join(Entry, Entry.gathering_id == Gathering.id)
        .outerjoin(BranchMonth, _PLANNED_FOR)
        .where(which, _of_month(month), Gathering.state == GatheringState.HELD, Entry.is_due)
        .group_by(Gathering.id)
    )
    return {number: (due, present) for number, due, present in session.execute(query)}


def _months(session: Session, which: ColumnElement[bool], month: date) -> dict[int, tuple[bool, Parts]]:
    """Branch id → (some part was done apart, the states of the parts)."""
    query = (
        select(BranchMonth.branch_id, Part.kind, Part.done_on, Gathering.state)
        .join(Branch, Branch.id == BranchMonth.branch_id)
        .join(Part, Part.branch_month_id == BranchMonth.id)
        .outerjoin(Gathering, Gathering.id == Part.gathering_id)
        .where(which, BranchMonth.month == month)
    )
    found: dict[int, tuple[bool, Parts]] = {}
    for branch_id, kind, done_on, state in session.execute(query):
        has_apart, parts = found.get(branch_id, (False, {}))
        found[branch_id] = has_apart or done_on is not None, parts | {kind: part_state(state, done_on)}
    return found


def _late_decisions(
    session: Session, which: ColumnElement[bool], today: date
) -> dict[int, list[tuple[int, str, date]]]:
    """Branch id → (gathering, text, due on) of what was decided, is open and past its day, those due first first."""
    query = (
        select(Gathering.branch_id, Gathering.id, Decision.text, Decision.due_on)
        .join(Decision, Decision.gathering_id == Gathering.id)
        .join(Branch, Branch.id == Gathering.branch_id)
        .where(which, Decision.state == DecisionState.OPEN, Decision.due_on < today)
        .order_by(Decision.due_on, Decision.id)
    )
    found: dict[int, list[tuple[int, str, date]]] = {}
    for branch_id, number, text, due_on in session.execute(query):
        assert branch_id is not None  # the join says so
        found.setdefault(branch_id, []).append((number, text, due_on))
    return found

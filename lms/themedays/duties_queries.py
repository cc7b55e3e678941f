"""Read what branches hold and how they are organised, for one branch or for all of a scope at once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from lms.gatherings.kind_rules import KINDS
from lms.gatherings.models import Gathering
from lms.gatherings.rules import MEMBERS, GatheringState
from lms.people import queries as people
from lms.people.access import Scope
from lms.people.models import Branch, Membership
from lms.people.rules import PartyStatus
from lms.themedays import duties_rules as rules
from lms.themedays.duties_models import BranchOrganisation
from lms.themedays.duties_rules import Meeting, Organisation, Row


@dataclass(frozen=True)
class Life:
    """What is known of one branch through a year: its meetings in order, who belonged when, what was said of its organisation."""

    meetings: Sequence[Meeting]
    stays: Sequence[tuple[date, date | None, PartyStatus]]
    said: Sequence[BranchOrganisation]

    def organisation(self, on: date) -> Organisation:
        statuses = [status for first, until, status in self.stays if first <= on and (until is None or on < until)]
        holding = [each for each in self.said if each.since <= on]
        newest = max(holding, key=lambda each: each.since, default=None)
        return Organisation(
            members=sum(status in MEMBERS for status in statuses),
            full_members=statuses.count(PartyStatus.FULL),
            says_committee=newest.has_committee if newest else None,
            groups=newest.groups if newest else 0,
        )


@dataclass(frozen=True)
class DutyYear:
    """A branch's year as its page shows it. `others` are the kinds that are counted without being asked for."""

    year: int
    rows: list[Row]
    others: dict[str, int]
    organisation: Organisation
    since: date | None


def duties_of(session: Session, branch: Branch, year: int, *, today: date) -> DutyYear:
    """What the branch was to hold, held and still has to hold in the year."""
    (life,) = lives(session, Branch.id == branch.id, date(year, 1, 1), date(year, 12, 31), [branch.id]).values()
    since = in_use_since(session)
    rows = rules.rows_of(year, life.meetings, life.organisation, today=today, since=since)
    held = [meeting.kind for meeting in life.meetings if meeting.is_held]
    others = {KINDS[kind].name: held.count(kind) for kind in rules.OTHERS if kind in held}
    return DutyYear(year, rows, others, life.organisation(min(today, date(year, 12, 31))), since)


def organisation_of(session: Session, branch: Branch, on: date) -> Organisation:
    """How the branch is organised on the day."""
    return lives(session, Branch.id == branch.id, on, on, [branch.id])[branch.id].organisation(on)


def lives(
    session: Session, which: ColumnElement[bool], first: date, last: date, branch_ids: Iterable[int]
) -> dict[int, Life]:
    """Branch id → what is known of it between the days, in three statements for any number of branches.

    `which` is a condition over Branch; `branch_ids` names the branches it meets.
    """
    meetings, stays, said = (
        _meetings(session, which, first, last),
        _stays(session, which, first, last),
        _said(session, which),
    )
    return {i: Life(meetings.get(i, []), stays.get(i, []), said.get(i, [])) for i in branch_ids}


def _meetings(session: Session, which: ColumnElement[bool], first: date, last: date) -> dict[int, list[Meeting]]:
    query = (
        select(
            Gathering.branch_id, Gathering.id, Gathering.kind, Gathering.held_on, Gathering.title, Gathering.state,
            Gathering.minutes_at,
        )
        .join(Branch, Branch.id == Gathering.branch_id)
        .where(which, Gathering.held_on.between(first, last), Gathering.state != GatheringState.CANCELLED)
        .order_by(Gathering.starts_at, Gathering.id)
    )  # fmt: skip
    found: dict[int, list[Meeting]] = {}
    for branch_id, number, kind, on, title, state, minutes_at in session.execute(query):
        assert branch_id is not None  # the join says so
        is_held = state is GatheringState.HELD
        found.setdefault(branch_id, []).append(
            Meeting(number, kind, on, title, is_held, is_held and minutes_at is not None)
        )
    return found


def _stays(
    session: Session, which: ColumnElement[bool], first: date, last: date
) -> dict[int, list[tuple[date, date | None, PartyStatus]]]:
    """Memberships of members of the branch itself, without the branches below it."""
    query = (
        select(Membership.branch_id, Membership.from_on, Membership.until_on, Membership.party_status)
        .join(Branch, Branch.id == Membership.branch_id)
        .where(which, Membership.party_status.in_(MEMBERS), Membership.from_on <= last)
        .where(Membership.until_on.is_(None) | (Membership.until_on > first))
    )
    found: dict[int, list[tuple[date, date | None, PartyStatus]]] = {}
    for branch_id, from_on, until_on, status in session.execute(query):
        assert branch_id is not None  # the join says so
        found.setdefault(branch_id, []).append((from_on, until_on, status))
    return found


def _said(session: Session, which: ColumnElement[bool]) -> dict[int, list[BranchOrganisation]]:
    query = select(BranchOrganisation).join(Branch, Branch.id == BranchOrganisation.branch_id).where(which)
    found: dict[int, list[BranchOrganisation]] = {}
    for row in session.scalars(query):
        found.setdefault(row.branch_id, []).append(row)
    return found


def in_use_since(session: Session) -> date | None:
    """The first day of the month of the first gathering any branch held or planned here; None before."""
    first = session.scalar(
        select(func.min(Gathering.held_on)).where(
            Gathering.branch_id.is_not(None), Gathering.state != GatheringState.CANCELLED
        )
    )
    return first.replace(day=1) if first else None


def find_organisation(session: Session, branch_id: int, month: date) -> BranchOrganisation | None:
    """What was said with effect from exactly this month."""
    return session.scalar(
        select(BranchOrganisation).where(BranchOrganisation.branch_id == branch_id, BranchOrganisation.since == month)
    )


def list_branches(session: Session, scope: Scope, on: date) -> list[Branch]:
    """The branches of the scope that have members of their own on the day, closed ones left out, in reading order."""
    query = select(Membership.branch_id).where(
        Membership.party_status.in_(MEMBERS),
        Membership.from_on <= on,
        Membership.until_on.is_(None) | (Membership.until_on > on),
    )
    peopled = set(session.scalars(query.distinct()))
    return [
        branch
        for branch in people.list_branches(session)
        if branch.id in peopled and scope.covers_branch(branch.path) and not is_closed(branch, on)
    ]


def is_closed(branch: Branch, on: date) -> bool:
    return branch.closed_on is not None and branch.closed_on <= on

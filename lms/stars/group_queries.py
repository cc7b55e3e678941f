"""The facts behind the scores of units and branches: what their members of the cut-off day did, and what a branch held."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.contests.models import Contest, Round
from lms.contests.rules import ContestState, RoundKind
from lms.gatherings.kind_rules import MEETINGS, GatheringKind
from lms.gatherings.models import Gathering
from lms.gatherings.rules import GatheringState
from lms.leaderboard.models import BoardEntry
from lms.stars.catalogue_rules import Source
from lms.stars.fact_queries import PERSONAL, Fact, Facts, Sitting, bounds, list_sittings
from lms.stars.period_rules import Span

Groups = Mapping[int, Sequence[int]]
"""Group → its members."""
HELD_KINDS = (GatheringKind.THEME_DAY, *MEETINGS)


def _owners(groups: Groups) -> dict[int, int]:
    """Member → group. Nobody belongs to two."""
    return {member: group for group, members in groups.items() for member in members}


def _member_accuracy(session: Session, groups: Groups, span: Span) -> Facts:
    """One fact for each contest and quiz: how many members took part, and the mean of their best results."""
    owners = _owners(groups)
    sittings: dict[tuple[int, str], list[Sitting]] = defaultdict(list)
    for one in list_sittings(session, list(owners), span, contests=True, quizzes=True):
        sittings[owners[one.person_id], one.link].append(one)
    found: Facts = defaultdict(list)
    for (group, link), of in sorted(sittings.items()):
        mean = sum(one.amount for one in of) // len(of)
        on = max(one.on for one in of)
        found[group].append(Fact(mean, f"{of[0].title}：{len(of)} 人，平均正确率 {mean / 10:g}%", on, link))
    return found


def _participation(session: Session, groups: Groups, span: Span) -> Facts:
    """One fact for each contest of the whole bureau that closed within the period."""
    owners = _owners(groups)
    first, after = bounds(span)
    rounds = session.execute(
        select(Round.id, Round.board_id, Contest.title, Round.closes_at)
        .join(Contest, Contest.id == Round.contest_id)
        .where(Contest.state == ContestState.OPEN, Contest.audience_unit_id.is_(None))
        .where(Round.kind == RoundKind.ONLINE, Round.closes_at >= first, Round.closes_at < after)
        .order_by(Round.closes_at, Round.id)
    ).all()
    found: Facts = defaultdict(list)
    for round_id, board_id, title, closes_at in rounds:
        there: dict[int, int] = defaultdict(int)
        for person_id in session.scalars(
            select(BoardEntry.person_id).where(BoardEntry.board_id == board_id, BoardEntry.person_id.in_(list(owners)))
        ):
            there[owners[person_id]] += 1
        for group, members in groups.items():
            amount = there[group] * 1000 // max(1, len(members))
            text = f"{title}：{len(members)} 人中 {there[group]} 人参加"
            found[group].append(Fact(amount, text, clock.today(closes_at), f"/contests/rounds/{round_id}/board"))
    return found


def _of_members(source: Source) -> Callable[[Session, Groups, Span], Facts]:
    """What the members did, together."""

    def gather(session: Session, groups: Groups, span: Span) -> Facts:
        owners = _owners(groups)
        found: Facts = defaultdict(list)
        for member, facts in PERSONAL[source](session, list(owners), span).items():
            found[owners[member]] += facts
        return found

    return gather


def _held(session: Session, groups: Groups, span: Span) -> list[Gathering]:
    return list(
        session.scalars(
            select(Gathering)
            .where(Gathering.branch_id.in_(list(groups)), Gathering.state == GatheringState.HELD)
            .where(Gathering.kind.in_(HELD_KINDS), Gathering.held_on.between(span.first_on, span.last_on))
            .order_by(Gathering.held_on, Gathering.id)
        )
    )


def _meetings(session: Session, groups: Groups, span: Span) -> Facts:
    found: Facts = defaultdict(list)
    for one in _held(session, groups, span):
        assert one.branch_id is not None
        found[one.branch_id].append(Fact(1000, one.title, one.held_on, f"/gatherings/{one.id}"))
    return found


def _attendance(session: Session, groups: Groups, span: Span) -> Facts:
    found: Facts = defaultdict(list)
    for one in _held(session, groups, span):
        if one.due_count and one.branch_id is not None:
            text = f"{one.title}：应到 {one.due_count} 人，到会 {one.present_count} 人"
            amount = min(1000, one.present_count * 1000 // one.due_count)
            found[one.branch_id].append(Fact(amount, text, one.held_on, f"/gatherings/{one.id}"))
    return found


OF_GROUPS: Mapping[Source, Callable[[Session, Groups, Span], Facts]] = {
    Source.MEMBER_ACCURACY: _member_accuracy,
    Source.PARTICIPATION: _participation,
    Source.LECTURES: _of_members(Source.LECTURES),
    Source.MATERIALS: _of_members(Source.MATERIALS),
    Source.CASES: _of_members(Source.CASES),
    Source.MEETINGS: _meetings,
    Source.ATTENDANCE: _attendance,
}

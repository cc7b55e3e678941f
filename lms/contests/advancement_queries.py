"""The read side of advancement: what a list is computed from, and what was published."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from lms.contests import advancement_rules, team_queries
from lms.contests.advancement_correction_rules import STANDS, TAKES_PART, Stand
from lms.contests.advancement_rules import Candidate, Decision, Outcome, Seat, lot_of
from lms.contests.entry_models import (
    Advancement,
    AdvancementLine,
    AdvancementWithdrawal,
    WildCard,
)
from lms.contests.models import Round
from lms.contests.rules import TEAM_KINDS, EntryMode
from lms.contests.team_models import Team
from lms.contests.team_queries import TeamStanding
from lms.leaderboard.models import BoardEntry
from lms.leaderboard.rules import HIDDEN_NAME, places
from lms.people.models import Person, Unit


def of_teams(round_: Any) -> bool:
    """Whether teams advance into this round (a Round or its columns), not people."""
    return round_.kind in TEAM_KINDS


def candidates(session: Session, target: Round, source: Round) -> list[Candidate]:
    """Everybody ranked on the earlier board with the exact place; teams in the order of teams."""
    if not of_teams(target):
        return _people(session, target, source)
    return of_team_lines(session, target, team_queries.list_standings(session, source))


def of_team_lines(session: Session, target: Round, lines: Sequence[TeamStanding]) -> list[Candidate]:
    """Teams that stand like this."""
    units = {line.team.id: line.team.unit_id for line in team_queries.list_teams(session, target.contest_id)}
    return [
        Candidate(
            line.team_id, units[line.team_id], line.place, line.total.score_millis, lot_of(target.id, line.team_id)
        )
        for line in lines
    ]


def _people(session: Session, target: Round, source: Round) -> list[Candidate]:
    columns = (BoardEntry.person_id, BoardEntry.unit_id, BoardEntry.rank_key, BoardEntry.score_millis)
    query = select(*columns).where(BoardEntry.board_id == source.board_id)
    rows = session.execute(query.order_by(BoardEntry.rank_key, BoardEntry.person_id)).all()
    found = places(row.rank_key for row in rows)
    return [
        Candidate(row.person_id, row.unit_id, place, row.score_millis, lot_of(target.id, row.person_id))
        for row, place in zip(rows, found, strict=True)
    ]


@dataclass(frozen=True)
class CardLine:
    card: WildCard
    name: str
    unit: str | None

    @property
    def subject_id(self) -> int:
        return self.card.person_id or self.card.team_id or 0


def cards_of(session: Session, round_id: int) -> dict[int, tuple[int | None, str]]:
    """Person or team → unit and reason of the wild card."""
    return {one.subject_id: (one.card.unit_id, one.card.reason) for one in list_wild_cards(session, round_id)}


def list_wild_cards(session: Session, round_id: int) -> list[CardLine]:
    query = (
        select(WildCard, func.coalesce(Person.name, Team.name), Unit.name)
        .outerjoin(Person, Person.id == WildCard.person_id)
        .outerjoin(Team, Team.id == WildCard.team_id)
        .outerjoin(Unit, Unit.id == WildCard.unit_id)
        .where(WildCard.round_id == round_id)
        .order_by(WildCard.id)
    )
    return [CardLine(*row) for row in session.execute(query)]


def decisions(
    session: Session, target: Round, source: Round, instead: Sequence[Candidate] | None = None
) -> list[Decision]:
    """The whole list as it would be published now, or with these candidates in the place of those on the board."""
    found = candidates(session, target, source) if instead is None else instead
    return advancement_rules.decide(target.advance_rule, found, cards_of(session, target.id))


@dataclass(frozen=True)
class Named:
    """A decision with the name and the unit it is about."""

    decision: Decision
    name: str
    unit: str


MOST_SHOWN_OUT = 20


def named(session: Session, target: Round, lines: Sequence[Decision]) -> list[Named]:
    """Those admitted and in reserve, and the first MOST_SHOWN_OUT of the others, with names; for organisers."""
    inside = [line for line in lines if line.outcome is not Outcome.OUT]
    shown = inside + [line for line in lines if line.outcome is Outcome.OUT][:MOST_SHOWN_OUT]
    model = Team if of_teams(target) else Person
    ids = [line.id for line in shown]
    names: dict[int, str] = {
        id: name for id, name in session.execute(select(model.id, model.name).where(model.id.in_(ids)))
    }
    units = {id: name for id, name in session.execute(select(Unit.id, Unit.name))}
    return [Named(line, names[line.id], units.get(line.unit_id or 0, "")) for line in shown]


# --- published -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PublishedLine:
    """A line with the names of today and where it stands; `public_name` is what everybody may read."""

    line: AdvancementLine
    stand: Stand
    name: str
    unit: str
    is_unlisted: bool
    withdrawal: str | None

    @property
    def stand_name(self) -> str:
        return STANDS[self.stand]

    @property
    def is_in(self) -> bool:
        return self.stand in TAKES_PART

    @property
    def public_name(self) -> str:
        return HIDDEN_NAME if self.is_unlisted else self.name


def find_advancement(session: Session, round_id: int) -> Advancement | None:
    return session.get(Advancement, round_id)


def list_published(session: Session, round_id: int, *conditions: ColumnElement[bool]) -> list[PublishedLine]:
    """The published lines in their order, with what withdrawals made of them."""
    gone, risen = aliased(AdvancementWithdrawal), aliased(AdvancementWithdrawal)
    query = (
        select(
            AdvancementLine, gone.id, gone.reason, risen.id, func.coalesce(Person.name, Team.name), Unit.name,
            func.coalesce(Person.is_unlisted, False),
        )
        .outerjoin(gone, gone.line_id == AdvancementLine.id)
        .outerjoin(risen, risen.successor_id == AdvancementLine.id)
        .outerjoin(Person, Person.id == AdvancementLine.person_id)
        .outerjoin(Team, Team.id == AdvancementLine.team_id)
        .outerjoin(Unit, Unit.id == AdvancementLine.unit_id)
        .where(AdvancementLine.round_id == round_id, *conditions)
        .order_by(AdvancementLine.position)
    )  # fmt: skip
    return [
        PublishedLine(line, _stand(line, gone_id, risen_id), name, unit or "", bool(is_unlisted), reason)
        for line, gone_id, reason, risen_id, name, unit, is_unlisted in session.execute(query)
    ]


def _stand(line: AdvancementLine, gone: int | None, risen: int | None) -> Stand:
    if gone is not None:
        return Stand.WITHDRAWN
    if risen is not None:
        return Stand.MOVED_UP
    return {
        Outcome.ADVANCED: Stand.IN, Outcome.KEPT: Stand.KEPT, Outcome.RESERVE: Stand.RESERVE, Outcome.OUT: Stand.OUT,
    }[line.outcome]  # fmt: skip


def find_line_of(session: Session, round_: Any, person_id: int) -> PublishedLine | None:
    """The line of the person, or of the person's team where teams advance."""
    mine: ColumnElement[bool] = AdvancementLine.person_id == person_id
    if of_teams(round_):
        team = team_queries.find_team_of(session, round_.contest_id, person_id)
        if team is None:
            return None
        mine = AdvancementLine.team_id == team.id
    return next(iter(list_published(session, round_.id, mine)), None)


def find_seat(session: Session, line: AdvancementLine) -> tuple[Seat, int | None]:
    """The seat the line holds: its own, or, of who moved up, that of who left it, however often it changed hands."""
    held = line
    while held.seat is None:
        left = select(AdvancementLine).join(AdvancementWithdrawal, AdvancementWithdrawal.line_id == AdvancementLine.id)
        held = session.scalars(left.where(AdvancementWithdrawal.successor_id == held.id)).one()
    return held.seat, held.unit_id


def list_teams_in(session: Session, round_: Round) -> list[int] | None:
    """The teams that may take part in a round by advancement; None where every team of the contest may."""
    if round_.entry is not EntryMode.ADVANCEMENT:
        return None
    return [one.line.team_id for one in list_published(session, round_.id) if one.is_in and one.line.team_id]


def list_later_rounds(session: Session, round_id: int) -> Sequence[Round]:
    """Rounds into which this one's best advance."""
    return session.scalars(select(Round).where(Round.from_round_id == round_id).order_by(Round.opens_at)).all()

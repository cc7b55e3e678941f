"""The read side of teams."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from lms.contests import team_rules
from lms.contests.models import Contest, Round
from lms.contests.rules import ContestState, RoundKind
from lms.contests.team_models import Team, TeamChange, TeamMember, TeamResult, TeamSetting, TeamShare, TeamSheet
from lms.contests.team_rules import Deadlines, MemberRole, Reached, Sizes, TeamPlace, TeamState, TeamTotal
from lms.leaderboard import queries as boards
from lms.leaderboard.models import BoardEntry
from lms.leaderboard.queries import BoardHead
from lms.leaderboard.rules import BoardRule, shown
from lms.people.access import Scope
from lms.people.models import Person, Unit

SUMMED = frozenset(
    {RoundKind.TEAM_ONLINE, RoundKind.STAGE}
)  # kinds of rounds whose team results stand in `team_results`


@dataclass(frozen=True)
class Terms:
    """How a contest has teams."""

    contest: Contest
    owner_path: str
    sizes: Sizes
    deadlines: Deadlines


def _terms(row: Any) -> Terms:
    contest, path, s = row
    sizes = Sizes(s.least, s.most, s.substitutes, s.per_unit, s.best_of)
    return Terms(contest, path, sizes, Deadlines(s.entry_until, s.change_until))


TERMS = (
    select(Contest, Unit.path, TeamSetting)
    .join(TeamSetting, TeamSetting.contest_id == Contest.id)
    .join(Unit, Unit.id == Contest.owner_unit_id)
)


def find_terms(session: Session, contest_id: int) -> Terms | None:
    """None: the contest has no teams."""
    row = session.execute(TERMS.where(Contest.id == contest_id)).one_or_none()
    return _terms(row) if row else None


def list_open_terms(session: Session) -> list[Terms]:
    """Of open contests with teams, the newest first."""
    query = TERMS.where(Contest.state == ContestState.OPEN).order_by(Contest.id.desc())
    return [_terms(row) for row in session.execute(query)]


@dataclass(frozen=True)
class MemberLine:
    person_id: int
    name: str
    staff_no: str
    role: MemberRole
    position: int

    @property
    def role_name(self) -> str:
        return team_rules.MEMBER_ROLES[self.role]


def list_members(session: Session, team_id: int) -> list[MemberLine]:
    """Who is in the team now: members by position, then substitutes."""
    query = (
        select(Person.id, Person.name, Person.staff_no, TeamMember.role, TeamMember.position)
        .join(TeamMember, TeamMember.person_id == Person.id)
        .where(TeamMember.team_id == team_id, TeamMember.left_at.is_(None))
        .order_by(TeamMember.role, TeamMember.position, TeamMember.id)
    )
    return [MemberLine(*row) for row in session.execute(query)]


def find_membership(session: Session, team_id: int, person_id: int) -> TeamMember | None:
    query = select(TeamMember).where(TeamMember.team_id == team_id, TeamMember.person_id == person_id)
    return session.scalars(query.where(TeamMember.left_at.is_(None))).one_or_none()


def find_team_of(session: Session, contest_id: int, person_id: int) -> Team | None:
    """The team in which the person stands now, as member or substitute."""
    query = select(Team).join(TeamMember, TeamMember.team_id == Team.id)
    here = (TeamMember.contest_id == contest_id, TeamMember.person_id == person_id, TeamMember.left_at.is_(None))
    return session.scalars(query.where(*here)).one_or_none()


def count_role(session: Session, team_id: int, role: MemberRole) -> int:
    query = select(func.count()).where(
        TeamMember.team_id == team_id, TeamMember.role == role, TeamMember.left_at.is_(None)
    )
    return session.scalars(query).one()


def last_position(session: Session, team_id: int) -> int:
    query = select(func.coalesce(func.max(TeamMember.position), 0)).where(TeamMember.team_id == team_id)
    return session.scalars(query).one()


def count_teams(session: Session, contest_id: int, unit_id: int) -> int:
    """Teams of the unit that have not withdrawn."""
    query = select(func.count()).where(
        Team.contest_id == contest_id, Team.unit_id == unit_id, Team.state == TeamState.ENTERED
    )
    return session.scalars(query).one()


@dataclass(frozen=True)
class TeamLine:
    """A team as lists show it."""

    team: Team
    unit: str
    captain: str | None
    members: int
    substitutes: int


def _team_lines(*conditions: ColumnElement[bool]) -> Select[*tuple[Any, ...]]:
    def there(role: MemberRole) -> Any:
        query = select(func.count()).where(
            TeamMember.team_id == Team.id, TeamMember.role == role, TeamMember.left_at.is_(None)
        )
        return query.correlate(Team).scalar_subquery()

    return (
        select(Team, Unit.name, Person.name, there(MemberRole.MEMBER), there(MemberRole.SUBSTITUTE))
        .join(Unit, Unit.id == Team.unit_id)
        .outerjoin(Person, Person.id == Team.captain_id)
        .where(*conditions)
        .order_by(Team.state, Unit.id, Team.id)
    )


def list_teams(session: Session, contest_id: int, scope: Scope | None = None) -> list[TeamLine]:
    """Teams of the contest, of units within the scope if one is given; withdrawn ones last."""
    within = () if scope is None else (scope.units_filter(Unit.path),)
    return [TeamLine(*row) for row in session.execute(_team_lines(Team.contest_id == contest_id, *within))]


@dataclass(frozen=True)
class TeamHead:
    """A team with what its pages and rules need."""

    team: Team
    terms: Terms
    unit_name: str
    unit_path: str


def find_team(session: Session, team_id: int) -> TeamHead | None:
    query = select(Team, Unit.name, Unit.path).join(Unit, Unit.id == Team.unit_id).where(Team.id == team_id)
    row = session.execute(query).one_or_none()
    terms = find_terms(session, row[0].contest_id) if row else None
    return TeamHead(row[0], terms, row[1], row[2]) if row and terms else None


@dataclass(frozen=True)
class ChangeLine:
    change: TeamChange
    by: str | None


def list_changes(session: Session, team_id: int) -> list[ChangeLine]:
    """What was changed, the newest first."""
    query = select(TeamChange, Person.name).outerjoin(Person, Person.id == TeamChange.by_id)
    rows = session.execute(query.where(TeamChange.team_id == team_id).order_by(TeamChange.id.desc()).limit(50))
    return [ChangeLine(*row) for row in rows]


# --- team rounds ---------------------------------------------------------------------------------------------------


def list_team_rounds(session: Session, contest_id: int) -> Sequence[Round]:
    """Rounds of the contest in which a team divides the paper."""
    query = select(Round).where(Round.contest_id == contest_id, Round.kind == RoundKind.TEAM_ONLINE)
    return session.scalars(query.order_by(Round.opens_at)).all()


def find_sheet(session: Session, round_id: int, team_id: int) -> TeamSheet | None:
    return session.get(TeamSheet, (round_id, team_id), populate_existing=True)


def list_shares(session: Session, round_id: int, team_id: int) -> dict[int, int]:
    """Person → questions, as the captain divided them."""
    query = select(TeamShare.person_id, TeamShare.questions)
    rows = session.execute(query.where(TeamShare.round_id == round_id, TeamShare.team_id == team_id))
    return {person_id: questions for person_id, questions in rows}


def find_result(session: Session, round_id: int, team_id: int, before: datetime | None = None) -> TeamResult | None:
    """The line that counts: the last one, or the last before that moment."""
    query = select(TeamResult).where(TeamResult.round_id == round_id, TeamResult.team_id == team_id)
    if before is not None:
        query = query.where(TeamResult.recorded_at < before)
    return session.scalars(query.order_by(TeamResult.revision.desc()).limit(1)).first()


def list_results(session: Session, round_id: int, before: datetime | None = None) -> list[TeamResult]:
    """Of each team the line that counts, or counted before that moment."""
    query = select(TeamResult).where(TeamResult.round_id == round_id).order_by(TeamResult.revision)
    if before is not None:
        query = query.where(TeamResult.recorded_at < before)
    return list({result.team_id: result for result in session.scalars(query)}.values())


# --- who played ----------------------------------------------------------------------------------------------------


def list_players(session: Session, round_: Round, ranked: Iterable[int]) -> dict[int, list[int]]:
    """Team → who played for it, of those whose results stand on the round's board (`ranked`): who answered a share of a team round,
    otherwise its members. On stage, where nobody answers alone, its members. Substitutes only when they took a place."""
    there = set(ranked)
    if round_.kind is RoundKind.TEAM_ONLINE:
        sheets = session.scalars(select(TeamSheet).where(TeamSheet.round_id == round_.id))
        return {sheet.team_id: [one for one, _, _ in sheet.shares if one in there] for sheet in sheets}
    query = (
        select(TeamMember.team_id, TeamMember.person_id)
        .where(TeamMember.contest_id == round_.contest_id, TeamMember.left_at.is_(None))
        .where(TeamMember.role == MemberRole.MEMBER)
        .order_by(TeamMember.position, TeamMember.id)
    )
    found: dict[int, list[int]] = defaultdict(list)
    for team_id, person_id in session.execute(query):
        if round_.kind is RoundKind.STAGE or person_id in there:
            found[team_id].append(person_id)
    return found


def was_in(session: Session, team_id: int, person_ids: Iterable[int], at: datetime) -> set[int]:
    """Who of these had joined the team by then, whatever became of them."""
    query = select(TeamMember.person_id).where(TeamMember.team_id == team_id, TeamMember.joined_at <= at)
    return set(session.scalars(query.where(TeamMember.person_id.in_(list(person_ids)))))


# --- standings -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TeamStanding:
    place: int
    team_id: int
    name: str
    unit: str
    total: TeamTotal


@dataclass(frozen=True)
class TeamStandings:
    """Every team in order, and those that may be listed for everybody."""

    lines: Sequence[TeamStanding]
    listed: Sequence[TeamStanding]

    def of(self, team_id: int | None) -> TeamStanding | None:
        return next((line for line in self.lines if line.team_id == team_id), None)


def list_standings(
    session: Session, round_: Round, instead: Mapping[int, Reached] | None = None
) -> Sequence[TeamStanding]:
    """The teams of a round as they truly stand, or as they would if these were the people's results; none where the contest has none."""
    terms, board = find_terms(session, round_.contest_id), boards.find_board(session, round_.board_id)
    if terms is None or board is None:
        return []
    return standings(session, round_, board.rule, terms.sizes, instead=instead).lines


def standings(
    session: Session,
    round_: Round,
    rule: BoardRule,
    sizes: Sizes,
    shown_board: BoardHead | None = None,
    *,
    instead: Mapping[int, Reached] | None = None,
) -> TeamStandings:
    """The teams of a round: by what stands in `team_results`, otherwise by the best results of their members. With the board as
    everybody may see it, as of its freezing; without, as they truly are, or with these results of people in the place of the board's."""
    frozen = shown_board if shown_board is not None and shown_board.is_frozen else None
    if round_.kind in SUMMED:
        totals = _summed(session, round_, frozen.freezes_at if frozen else None, instead)
    else:
        board_id = frozen.id if frozen else round_.board_id
        of_team = _of_members(session, round_, instead) if instead is not None else _on_board(session, round_, board_id)
        totals = _best_of(of_team, rule, sizes.best_of)
    names = {line.team.id: line for line in list_teams(session, round_.contest_id)}
    entered = [total for total in totals if names[total.team_id].team.state is TeamState.ENTERED]
    lines = [_standing(placed, names[placed.total.team_id]) for placed in team_rules.rank_teams(rule, entered)]
    return TeamStandings(lines, shown(lines, rule.shown_units))


def _standing(placed: TeamPlace, line: TeamLine) -> TeamStanding:
    return TeamStanding(placed.place, line.team.id, line.team.name, line.unit, placed.total)


def _summed(
    session: Session, round_: Round, before: datetime | None, instead: Mapping[int, Reached] | None
) -> Iterable[TeamTotal]:
    totals = [
        TeamTotal(one.team_id, one.score_millis, one.seconds, one.recorded_at)
        for one in list_results(session, round_.id, before)
    ]
    if instead is None or round_.kind is not RoundKind.TEAM_ONLINE:
        return totals
    return [_summed_anew(one, find_sheet(session, round_.id, one.team_id), instead) for one in totals]


def _summed_anew(total: TeamTotal, sheet: TeamSheet | None, instead: Mapping[int, Reached]) -> TeamTotal:
    if sheet is None:
        return total
    there = [instead[person] for person, _, _ in sheet.shares if person in instead]
    score, seconds = sum(one.score_millis for one in there), sum(one.seconds for one in there)
    return replace(total, score_millis=score, seconds=seconds)


def _of_members(session: Session, round_: Round, results: Mapping[int, Reached]) -> dict[int, list[Reached]]:
    players = list_players(session, round_, results)
    return {team_id: [results[one] for one in people] for team_id, people in players.items()}


def _on_board(session: Session, round_: Round, board_id: int) -> dict[int, list[Reached]]:
    """Substitutes do not count. A person's best stands on the round's board, where an annulled result is no more."""
    query = (
        select(TeamMember.team_id, BoardEntry.person_id, BoardEntry.score_millis, BoardEntry.seconds, BoardEntry.submitted_at)
        .join(BoardEntry, BoardEntry.person_id == TeamMember.person_id)
        .where(BoardEntry.board_id == board_id, TeamMember.contest_id == round_.contest_id)
        .where(TeamMember.role == MemberRole.MEMBER, TeamMember.left_at.is_(None))
    )  # fmt: skip
    of_team: dict[int, list[Reached]] = defaultdict(list)
    for team_id, person_id, score, seconds, at in session.execute(query):
        of_team[team_id].append(Reached(person_id, score, seconds, at))
    return of_team


def _best_of(of_team: Mapping[int, list[Reached]], rule: BoardRule, best_of: int) -> Iterable[TeamTotal]:
    totals = [team_rules.total_of(rule, best_of, team_id, results) for team_id, results in of_team.items()]
    return [total for total in totals if total is not None]


def list_best(session: Session, board_id: int, person_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Person → score and seconds on that board; for the own team."""
    query = select(BoardEntry.person_id, BoardEntry.score_millis, BoardEntry.seconds).where(
        BoardEntry.board_id == board_id, BoardEntry.person_id.in_(person_ids)
    )
    return {person_id: (score, seconds) for person_id, score, seconds in session.execute(query)}

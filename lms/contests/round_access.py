"""The loaders of rounds in preparation, of unit entries and of advancement."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms import clock
from lms.contests import access, advancement_queries, entry_queries, queries, team_access, team_queries
from lms.contests.advancement_queries import PublishedLine
from lms.contests.entry_models import Advancement, WildCard
from lms.contests.models import Contest
from lms.contests.queries import RoundLine
from lms.contests.rules import ContestState, EntryMode, Phase, RoundKind
from lms.contests.team_rules import TeamState
from lms.errors import Forbidden, NotFound
from lms.leaderboard import queries as boards
from lms.leaderboard.rules import competing_unit
from lms.people import access as people
from lms.people import queries as people_queries
from lms.people.models import Person, Unit
from lms.people.principal import Principal, principal_of
from lms.people.rules import Permission, normal_identity


def owner_of(session: Session, contest: Contest) -> Unit:
    """The unit that holds the contest, its questions and its papers."""
    return session.get_one(Unit, contest.owner_unit_id)


def sources_for(lines: list[RoundLine], round_id: int | None = None) -> list[RoundLine]:
    """The rounds from which one may advance to another one of the contest."""
    return [line for line in lines if line.round.kind is not RoundKind.PRACTICE and line.round.id != round_id]


# --- unit entries --------------------------------------------------------------------------------------------------


def units_to_enter(session: Session, person: Principal, line: RoundLine) -> list[Unit]:
    """The competing units of the round whose people the person may enter."""
    scope, root = (
        people.scope(session, person, Permission.TEAM_MANAGE),
        boards.find_root_path(session, line.round.board_id),
    )
    units = people_queries.list_units(session)
    return [unit for unit in units if scope.covers_unit(unit.path) and competing_unit(unit.path, root) == unit.id]


def list_rounds_to_enter(session: Session, person: Principal, *, now: datetime) -> list[RoundLine]:
    """Rounds with unit quotas of open contests in which a unit of the person competes, those still to come first."""
    found = [queries.find_round(session, id, now=now) for id in entry_queries.list_open_quota_rounds(session)]
    lines = [line for line in found if line and line.contest.state is ContestState.OPEN]
    mine = [line for line in lines if units_to_enter(session, person, line)]
    return sorted(mine, key=lambda line: line.phase is not Phase.UPCOMING)


def quota_round(session: Session, person: Principal, round_id: int, *, now: datetime) -> RoundLine:
    """A round whose places the person fills; NotFound elsewhere."""
    line = queries.find_round(session, round_id, now=now)
    is_open = line is not None and line.round.entry is EntryMode.QUOTA and line.contest.state is ContestState.OPEN
    if line is None or not is_open or not units_to_enter(session, person, line):
        raise NotFound()
    return line


def organises(session: Session, person: Principal, line: RoundLine) -> bool:
    return people.scope(session, person, Permission.CONTEST_MANAGE).covers_unit(line.owner_path)


def person_to_enter(
    session: Session, me: Principal, line: RoundLine, staff_no: str, *, now: datetime
) -> tuple[Person, int] | None:
    """The person with this number and the competing unit whose place it takes. None for somebody of other units, as for nobody: a
    number must not tell a name."""
    found = people_queries.find_by_staff_no(session, normal_identity(staff_no))
    unit_id = _competes_for(session, line, found.id) if found else None
    mine = {unit.id for unit in units_to_enter(session, me, line)}
    if found is None or unit_id is None or unit_id not in mine or not _is_ranked(session, line, found, now):
        return None
    return found, unit_id


def entry_to_cancel(session: Session, me: Principal, line: RoundLine, person_id: int) -> int:
    """A person entered for a unit that is mine to settle."""
    mine = {unit.id for unit in units_to_enter(session, me, line)}
    for one in entry_queries.list_unit_entries(session, line.round.id):
        if one.person_id == person_id and one.unit_id in mine:
            return person_id
    raise NotFound()


def _competes_for(session: Session, line: RoundLine, person_id: int) -> int | None:
    root = boards.find_root_path(session, line.round.board_id)
    return queries.competing_unit_of(session, person_id, root, line.round.cut_off_on)


def _is_ranked(session: Session, line: RoundLine, person: Person, now: datetime) -> bool:
    there = principal_of(session, person, now)
    return there.can(Permission.CONTEST_ENTER) and not access.is_unranked(session, there, line.owner_path)


# --- advancement ---------------------------------------------------------------------------------------------------


def advancing_round(
    session: Session, person: Principal, round_id: int, permission: Permission, *, now: datetime
) -> tuple[RoundLine, RoundLine]:
    """A round by advancement, owned where the person has this permission, and the round it follows; NotFound elsewhere."""
    target = access.round_to_handle(session, person, round_id, permission, now=now)
    source = queries.find_round(session, target.round.from_round_id, now=now) if target.round.from_round_id else None
    if source is None or target.round.entry is not EntryMode.ADVANCEMENT:
        raise NotFound()
    return target, source


def card_subject(
    session: Session, me: Principal, target: RoundLine, staff_no: str, team: str, now: datetime
) -> tuple[int, int | None] | None:
    """(person or team, unit) for a wild card. None for who is not found, does not take part here or competes unranked."""
    if advancement_queries.of_teams(target.round):
        teams = team_queries.list_teams(session, target.contest.id)
        entered = [one.team for one in teams if one.team.state is TeamState.ENTERED]
        found = next((one for one in entered if str(one.id) == team), None)
        return (found.id, found.unit_id) if found else None
    person = people.find_person_by_number(session, me, staff_no, Permission.CONTEST_MANAGE, clock.today(now))
    if person is None or not _is_ranked(session, target, person, now):
        return None
    return person.id, _competes_for(session, target, person.id)


def card_to_take_back(session: Session, round_id: int, card_id: int) -> WildCard:
    card = session.get(WildCard, card_id)
    if card is None or card.round_id != round_id:
        raise NotFound()
    return card


def line_to_withdraw(session: Session, round_id: int, line_id: int) -> PublishedLine:
    found = next((one for one in advancement_queries.list_published(session, round_id) if one.line.id == line_id), None)
    if found is None:
        raise NotFound()
    return found


def advancement_to_see(
    session: Session, person: Principal, round_id: int, *, now: datetime
) -> tuple[RoundLine, Advancement]:
    """A published list of a contest that is meant for the person; NotFound otherwise."""
    line = access.round_to_see(session, person, round_id, now=now)
    found = advancement_queries.find_advancement(session, round_id)
    if found is None:
        raise NotFound()
    return line, found


def own_line(session: Session, person: Principal, line: RoundLine) -> PublishedLine:
    """The line the person may give up: the own one, or that of the team one leads. NotFound, or Forbidden for who only plays."""
    mine = advancement_queries.find_line_of(session, line.round, person.id)
    if mine is None:
        raise NotFound()
    if mine.line.team_id is not None:
        team_access.team_to_change(session, person, mine.line.team_id)
    return mine


def may_leave(session: Session, person: Principal, mine: PublishedLine) -> bool:
    """Whether `own_line` would let the person give it up."""
    try:
        return mine.line.team_id is None or bool(team_access.team_to_change(session, person, mine.line.team_id))
    except Forbidden:
        return False

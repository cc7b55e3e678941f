"""The loaders of teams: who sees a team, and in what capacity somebody changes it."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from lms.contests import access, team_queries
from lms.contests.models import Contest, Round
from lms.contests.queries import RoundLine
from lms.contests.rules import ContestState, Phase
from lms.contests.team_models import Team
from lms.contests.team_queries import TeamHead, Terms
from lms.contests.team_services import Hand
from lms.errors import Forbidden, NotFound
from lms.leaderboard import queries as boards
from lms.leaderboard.rules import competing_unit
from lms.people import access as people
from lms.people import queries as people_queries
from lms.people.models import Person, Unit
from lms.people.principal import Principal, principal_of
from lms.people.rules import Permission, normal_identity


def terms_to_see(session: Session, person: Principal, contest_id: int, *, now: datetime) -> Terms:
    """How an open contest that is meant for the person has teams; NotFound when it has none."""
    access.rounds_to_see(session, person, contest_id, now=now)
    terms = team_queries.find_terms(session, contest_id)
    if terms is None:
        raise NotFound("这次比拼还没有设好组队办法，请问组织者。")
    return terms


def contest_of(session: Session, person: Principal, contest_id: int) -> Contest:
    """The contest whose teams the person settles; NotFound elsewhere."""
    contest = session.get(Contest, contest_id)
    owner = people_queries.find_unit(session, contest.owner_unit_id) if contest else None
    if contest is None or owner is None or not _organises(session, person, owner.path):
        raise NotFound()
    return contest


def terms_to_handle(session: Session, person: Principal, contest_id: int) -> Terms:
    """For who enters teams of units in the own scope: an open contest with teams in which such a unit competes, or one the person
    organises."""
    terms = team_queries.find_terms(session, contest_id)
    if terms is None:
        raise NotFound()
    if not _organises(session, person, terms.owner_path) and (
        terms.contest.state is not ContestState.OPEN or not units_to_enter(session, person, terms)
    ):
        raise NotFound()
    return terms


def list_terms_to_handle(session: Session, person: Principal) -> list[Terms]:
    return [terms for terms in team_queries.list_open_terms(session) if units_to_enter(session, person, terms)]


def _root_path(session: Session, terms: Terms) -> str:
    audience = terms.contest.audience_unit_id
    root = people_queries.find_unit(session, audience) if audience else None
    return root.path if root else "/" + terms.owner_path.split("/")[1] + "/"


def units_to_enter(session: Session, person: Principal, terms: Terms) -> list[Unit]:
    """The competing units of the contest for which the person may enter teams."""
    scope, root = people.scope(session, person, Permission.TEAM_MANAGE), _root_path(session, terms)
    units = people_queries.list_units(session)
    return [u for u in units if scope.covers_unit(u.path) and competing_unit(u.path, root) == u.id]


def own_unit(session: Session, person: Principal, terms: Terms) -> int:
    """The unit for which a captain enters a team; NotFound for who competes for none."""
    found = competing_unit(person.unit_path, _root_path(session, terms))
    if found is None:
        raise NotFound()
    return found


@dataclass(frozen=True)
class Handled:
    """A team with the capacity in which the person stands before it. `may_change`: captain, unit admin or organiser."""

    head: TeamHead
    is_organiser: bool
    is_unit_admin: bool
    is_captain: bool

    @property
    def team(self) -> Team:
        return self.head.team

    @property
    def may_change(self) -> bool:
        return self.is_organiser or self.is_unit_admin or self.is_captain

    def hand(self, person: Principal, reason: str = "") -> Hand:
        return Hand(person.id, self.is_organiser, reason)


def team_to_see(session: Session, person: Principal, team_id: int) -> Handled:
    """For its people, the admins of its unit and the organisers; NotFound for everybody else."""
    head = team_queries.find_team(session, team_id)
    if head is None:
        raise NotFound()
    managed = people.scope(session, person, Permission.TEAM_MANAGE).covers_unit(head.unit_path)
    handled = Handled(
        head,
        is_organiser=_organises(session, person, head.terms.owner_path),
        is_unit_admin=managed,
        is_captain=head.team.captain_id == person.id,
    )
    if not handled.may_change and team_queries.find_membership(session, team_id, person.id) is None:
        raise NotFound()
    return handled


def team_to_change(session: Session, person: Principal, team_id: int) -> Handled:
    """`team_to_see`; Forbidden for those who only play."""
    handled = team_to_see(session, person, team_id)
    if not handled.may_change:
        raise Forbidden("只有队长、单位管理员和组织者能改。")
    return handled


def person_to_join(session: Session, head: TeamHead, staff_no: str, *, now: datetime) -> Person | None:
    """`person_of_unit` of the team's unit."""
    return person_of_unit(session, head.terms, head.team.unit_id, staff_no, now=now)


def person_of_unit(session: Session, terms: Terms, unit_id: int, staff_no: str, *, now: datetime) -> Person | None:
    """The person with this number if the unit is theirs today and they are ranked in the contest; None otherwise, also for those
    elsewhere: a number must not tell a name."""
    found = people_queries.find_by_staff_no(session, normal_identity(staff_no))
    unit = people_queries.find_unit(session, unit_id)
    if found is None or unit is None:
        return None
    there = principal_of(session, found, now)
    inside = there.unit_path.startswith(unit.path) and there.can(Permission.CONTEST_ENTER)
    return found if inside and not access.is_unranked(session, there, terms.owner_path) else None


def is_organiser(session: Session, person: Principal, terms: Terms) -> bool:
    return _organises(session, person, terms.owner_path)


def _organises(session: Session, person: Principal, owner_path: str) -> bool:
    return people.scope(session, person, Permission.CONTEST_MANAGE).covers_unit(owner_path)


def team_round(session: Session, handled: Handled, round_id: int) -> Round:
    """A round of the team's contest in which the paper is divided."""
    rounds = team_queries.list_team_rounds(session, handled.team.contest_id)
    found = next((round_ for round_ in rounds if round_.id == round_id), None)
    if found is None:
        raise NotFound()
    return found


def team_standings_to_see(
    session: Session, person: Principal, round_id: int, *, now: datetime
) -> tuple[RoundLine, boards.BoardHead, Terms]:
    """A round that has begun, of a contest with teams; RankingsOff when the switch is off."""
    line, board = access.standings_to_see(session, person, round_id, now=now)
    terms = team_queries.find_terms(session, line.contest.id)
    if terms is None or line.phase is Phase.UPCOMING:
        raise NotFound()
    return line, board, terms

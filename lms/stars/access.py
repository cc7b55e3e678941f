"""The loaders of stars: what is there for whom."""

from sqlalchemy.orm import Session

from lms.errors import Forbidden, NotFound
from lms.leaderboard import queries as boards
from lms.leaderboard.errors import RankingsOff
from lms.leaderboard.rules import competing_unit
from lms.people import access as people
from lms.people import queries as people_queries
from lms.people.access import Scope
from lms.people.models import Branch, Unit
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.stars import queries
from lms.stars.catalogue_rules import Holder
from lms.stars.models import StarCandidate, StarCycle, StarObjection, StarProgramme, StarRecommendation
from lms.stars.queries import CycleLine
from lms.stars.rules import PUBLIC, CycleState, Level

MANAGE, REVIEW, RECOMMEND = Permission.STAR_MANAGE, Permission.STAR_REVIEW, Permission.STAR_RECOMMEND


def _covers(session: Session, person: Principal, programme: StarProgramme, path: str, permission: Permission) -> bool:
    scope = people.scope(session, person, permission)
    by_branches = programme.holder is Holder.BRANCH and queries.holds_branches(session, scope)
    return scope.covers_unit(path) or by_branches


def programme_to_handle(
    session: Session, person: Principal, programme_id: int, permission: Permission
) -> StarProgramme:
    """A programme whose owner lies where the person has the permission; NotFound otherwise. Forbidden for who may only review it."""
    programme = queries.find_programme(session, programme_id)
    if programme is None:
        raise NotFound()
    path = session.get_one(Unit, programme.owner_unit_id).path
    if not _covers(session, person, programme, path, REVIEW):
        raise NotFound()
    if not _covers(session, person, programme, path, permission):
        raise Forbidden()
    return programme


def cycle_to_handle(session: Session, person: Principal, cycle_id: int, permission: Permission) -> CycleLine:
    line = queries.find_cycle(session, cycle_id)
    if line is None or not _covers(session, person, line.programme, line.owner_path, REVIEW):
        raise NotFound()
    if not _covers(session, person, line.programme, line.owner_path, permission):
        raise Forbidden()
    return line


def may_manage(session: Session, person: Principal, programme: StarProgramme) -> bool:
    return _covers(session, person, programme, session.get_one(Unit, programme.owner_unit_id).path, MANAGE)


def may_handle(session: Session, person: Principal, line: CycleLine, permission: Permission) -> bool:
    return person.can(permission) and _covers(session, person, line.programme, line.owner_path, permission)


def units_to_own_programmes(session: Session, person: Principal) -> list[Unit]:
    """The units a new programme may belong to, in reading order. Who handles all branches makes programmes of the whole tree."""
    scope = people.scope(session, person, MANAGE)
    units = [unit for unit in people_queries.list_units(session) if scope.covers_unit(unit.path)]
    if not units and queries.holds_branches(session, scope):
        units = [unit for unit in people_queries.list_units(session) if unit.parent_id is None]
    if not units:
        raise NotFound()
    return units


def makes_of_branches_only(session: Session, person: Principal) -> bool:
    """Whether the person's right reaches no unit, but all branches."""
    return not people.scope(session, person, MANAGE).unit_paths


def objection_to_answer(session: Session, person: Principal, objection_id: int) -> tuple[StarObjection, CycleLine]:
    objection = queries.find_objection(session, objection_id)
    if objection is None:
        raise NotFound()
    return objection, cycle_to_handle(session, person, objection.cycle_id, REVIEW)


# --- for everybody signed in ---------------------------------------------------------------------------------------


def is_meant(person: Principal, line: CycleLine) -> bool:
    return line.programme.holder is Holder.BRANCH or person.unit_path.startswith(line.owner_path)


def check_rankings_on(session: Session) -> None:
    """Raises RankingsOff while the one switch is off: no names of stars are shown."""
    if not boards.are_rankings_on(session):
        raise RankingsOff()


def cycle_to_see(session: Session, person: Principal, cycle_id: int) -> CycleLine:
    """A cycle of the person's own bureau in its notice period or later."""
    line = queries.find_cycle(session, cycle_id)
    if line is None or line.cycle.state not in PUBLIC or not is_meant(person, line):
        raise NotFound()
    check_rankings_on(session)
    return line


def candidate_to_see(session: Session, person: Principal, candidate_id: int) -> tuple[StarCandidate, CycleLine]:
    """My own candidacy, that of my branch or unit, one I may recommend, or one of a cycle I review; NotFound otherwise."""
    candidate = queries.find_candidate(session, candidate_id)
    line = queries.find_cycle(session, candidate.cycle_id) if candidate else None
    if candidate is None or line is None or line.cycle.state is CycleState.MEASURING:
        raise NotFound()
    if is_own(person, candidate, line) or may_recommend(session, person, candidate):
        return candidate, line
    if not may_handle(session, person, line, REVIEW):
        raise NotFound()
    return candidate, line


def is_own(person: Principal, candidate: StarCandidate, line: CycleLine) -> bool:
    own = {
        Holder.PERSON: candidate.holder_id == person.id,
        Holder.BRANCH: candidate.holder_id == person.branch_id,
        Holder.UNIT: f"/{candidate.holder_id}/" in person.unit_path,
    }
    return own[line.programme.holder]


def candidate_to_handle(
    session: Session, person: Principal, candidate_id: int, permission: Permission
) -> tuple[StarCandidate, CycleLine]:
    candidate = queries.find_candidate(session, candidate_id)
    if candidate is None:
        raise NotFound()
    return candidate, cycle_to_handle(session, person, candidate.cycle_id, permission)


# --- recommending --------------------------------------------------------------------------------------------------


def recommend_scope(session: Session, person: Principal) -> Scope:
    return people.scope(session, person, RECOMMEND)


def may_recommend(session: Session, person: Principal, candidate: StarCandidate) -> bool:
    if not person.can(RECOMMEND):
        return False
    scope = recommend_scope(session, person)
    branch = session.get(Branch, candidate.branch_id) if candidate.branch_id else None
    unit = session.get(Unit, candidate.unit_id) if candidate.unit_id else None
    in_branch = branch is not None and scope.covers_branch(branch.path)
    return in_branch or (unit is not None and scope.covers_unit(unit.path))


def candidate_to_recommend(session: Session, person: Principal, candidate_id: int) -> tuple[StarCandidate, CycleLine]:
    """A candidate of my branch or unit; NotFound elsewhere, Forbidden for oneself."""
    candidate = queries.find_candidate(session, candidate_id)
    line = queries.find_cycle(session, candidate.cycle_id) if candidate else None
    if candidate is None or line is None or not may_recommend(session, person, candidate):
        raise NotFound()
    if candidate.holder_id == person.id:
        raise Forbidden("不能推荐自己，请另一位书记或单位管理员推荐。")
    return candidate, line


def cycles_to_recommend_in(session: Session, person: Principal) -> list[CycleLine]:
    """Cycles that are collecting recommendations where the person's scope holds somebody."""
    scope = recommend_scope(session, person)
    lines = queries.list_cycles(session, StarCycle.state == CycleState.RECOMMENDING)
    return [line for line in lines if queries.has_candidates_for(session, line.cycle.id, scope)]


def cycle_to_recommend_in(session: Session, person: Principal, cycle_id: int) -> CycleLine:
    found = [line for line in cycles_to_recommend_in(session, person) if line.cycle.id == cycle_id]
    if not found:
        raise NotFound()
    return found[0]


def levels_to_recommend(session: Session, person: Principal, candidate: StarCandidate, line: CycleLine) -> list[Level]:
    """In whose names the person may recommend the candidate: the branch's, the unit's, both, or none."""
    scope = recommend_scope(session, person)
    branch = session.get(Branch, candidate.branch_id) if candidate.branch_id else None
    unit = session.get(Unit, candidate.unit_id) if candidate.unit_id else None
    may = {
        Level.BRANCH: branch is not None and scope.covers_branch(branch.path),
        Level.UNIT: unit is not None and scope.covers_unit(unit.path),
    }
    return [level for level in queries.rule_of(session, line.cycle).levels if may[level]]


def nodes_to_recommend_for(session: Session, person: Principal, line: CycleLine) -> dict[tuple[Level, int], str]:
    """(level, branch or unit) → its name, of those the person may recommend for; units are those right below the programme's."""
    scope, levels = recommend_scope(session, person), queries.rule_of(session, line.cycle).levels
    found: dict[tuple[Level, int], str] = {}
    if Level.BRANCH in levels:
        held = [b for b in people_queries.list_branches(session) if scope.covers_branch(b.path)]
        found |= {(Level.BRANCH, branch.id): branch.name for branch in held}
    if Level.UNIT in levels:
        units = [u for u in people_queries.list_units(session) if scope.covers_unit(u.path)]
        below = [unit for unit in units if competing_unit(unit.path, line.owner_path) == unit.id]
        found |= {(Level.UNIT, unit.id): unit.name for unit in below}
    return found


def recommendation_to_withdraw(
    session: Session, person: Principal, recommendation_id: int
) -> tuple[StarRecommendation, StarCandidate, CycleLine]:
    """One given in a name under which I may recommend; NotFound elsewhere."""
    given = session.get(StarRecommendation, recommendation_id)
    candidate = queries.find_candidate(session, given.candidate_id) if given else None
    line = queries.find_cycle(session, given.cycle_id) if given else None
    if given is None or candidate is None or line is None:
        raise NotFound()
    if given.level not in levels_to_recommend(session, person, candidate, line):
        raise NotFound()
    return given, candidate, line

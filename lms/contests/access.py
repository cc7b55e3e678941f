"""The loaders of contests: what is there for whom."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms.contests import queries
from lms.contests.integrity_models import IntegrityCase
from lms.contests.models import Objection
from lms.contests.queries import Entrance, RoundLine
from lms.contests.rules import Phase, RoundKind
from lms.errors import NotFound
from lms.leaderboard import queries as boards
from lms.leaderboard.errors import RankingsOff
from lms.leaderboard.queries import BoardHead
from lms.people import access as people
from lms.people import queries as people_queries
from lms.people.models import Unit
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.quizzes import exam_queries
from lms.quizzes.models import ExamGrant
from lms.quizzes.rules import Purpose


def rounds_to_see(session: Session, person: Principal, contest_id: int, *, now: datetime) -> list[RoundLine]:
    """The rounds of a contest that is open and meant for the person; NotFound otherwise."""
    found = queries.list_rounds_for(session, person.unit_path, now=now)
    rounds = [line for line in found if line.contest.id == contest_id]
    if not rounds:
        raise NotFound()
    return rounds


def round_to_see(session: Session, person: Principal, round_id: int, *, now: datetime) -> RoundLine:
    line = queries.find_round_for(session, person.unit_path, round_id, now=now)
    if line is None:
        raise NotFound()
    return line


def round_to_enter(session: Session, person: Principal, round_id: int) -> Entrance:
    """`round_to_see` for who is about to begin."""
    found = queries.find_entrance(session, person.unit_path, round_id)
    if found is None:
        raise NotFound()
    return found


def standings_to_see(
    session: Session, person: Principal, round_id: int, *, now: datetime
) -> tuple[RoundLine, BoardHead]:
    """A round that has begun, with its board as it is shown, frozen or not; RankingsOff when the switch is off."""
    line = round_to_see(session, person, round_id, now=now)
    board = boards.find_board(session, line.round.board_id)
    has_board = line.round.kind is not RoundKind.PRACTICE and line.phase is not Phase.UPCOMING
    if board is None or not board.is_visible or not has_board:
        raise NotFound()
    if not board.rankings_on:
        raise RankingsOff()
    return line, boards.as_shown(board, now)


def round_to_handle(
    session: Session, person: Principal, round_id: int, permission: Permission, *, now: datetime
) -> RoundLine:
    """A round of a contest owned where the person has this permission, in whatever state; NotFound elsewhere."""
    line = queries.find_round(session, round_id, now=now)
    if line is None or not people.scope(session, person, permission).covers_unit(line.owner_path):
        raise NotFound()
    return line


def board_to_handle(session: Session, line: RoundLine) -> BoardHead:
    """The true board of a round in hand, whether shown or not."""
    board = boards.find_board(session, line.round.board_id)
    if board is None:
        raise NotFound()
    return board


def contest_to_handle(
    session: Session, person: Principal, contest_id: int, permission: Permission, *, now: datetime
) -> list[RoundLine]:
    """The rounds of a contest owned where the person has this permission."""
    lines = queries.list_rounds_of(session, contest_id, now=now)
    if not lines or not people.scope(session, person, permission).covers_unit(lines[0].owner_path):
        raise NotFound()
    return lines


def unit_to_own_contests(session: Session, person: Principal) -> Unit:
    """The highest unit in which the person manages contests: new contests belong to it."""
    scope = people.scope(session, person, Permission.CONTEST_MANAGE)
    units = [unit for unit in people_queries.list_units(session) if scope.covers_unit(unit.path)]
    if not units:
        raise NotFound()
    return min(units, key=lambda unit: unit.path.count("/"))


def objection_to_answer(
    session: Session, person: Principal, objection_id: int, *, now: datetime
) -> tuple[Objection, RoundLine]:
    objection = session.get(Objection, objection_id)
    if objection is None:
        raise NotFound()
    return objection, round_to_handle(session, person, objection.round_id, Permission.RANKING_REVIEW, now=now)


def case_to_handle(
    session: Session, person: Principal, case_id: int, *, now: datetime
) -> tuple[IntegrityCase, RoundLine]:
    """An integrity case for the reviewers of its round."""
    case = session.get(IntegrityCase, case_id)
    if case is None:
        raise NotFound()
    return case, round_to_handle(session, person, case.round_id, Permission.RANKING_REVIEW, now=now)


def grant_to_revoke(session: Session, round_id: int, grant_id: int) -> ExamGrant:
    """A standing grant at this round."""
    found = exam_queries.find_grant(session, grant_id)
    if found is None or (found.purpose, found.subject_id) != (Purpose.CONTEST, round_id):
        raise NotFound()
    return found


def is_unranked(session: Session, person: Principal, owner_path: str) -> bool:
    """Who can see or change the questions, the paper or the contest takes part without a place."""
    keeps = (Permission.CONTEST_MANAGE, Permission.PAPER_MANAGE, Permission.QUESTION_MANAGE)
    return any(people.scope(session, person, permission).covers_unit(owner_path) for permission in keeps)

"""The loaders of live quizzes: who hosts, and who takes part."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms.contests import access as contests
from lms.contests import queries as contest_queries
from lms.contests.queries import RoundLine
from lms.contests.rules import RoundKind
from lms.errors import NotFound
from lms.livequiz import queries
from lms.livequiz.queries import Running
from lms.people import access as people
from lms.people.principal import Principal
from lms.people.rules import Permission


def round_to_prepare(session: Session, person: Principal, round_id: int, *, now: datetime) -> RoundLine:
    """A round of kind LIVE of a contest that the person organises; NotFound elsewhere."""
    return _live(contests.round_to_handle(session, person, round_id, Permission.CONTEST_MANAGE, now=now))


def quiz_to_run(session: Session, person: Principal, quiz_id: int) -> Running:
    """A quiz of a contest owned where the person organises; NotFound elsewhere."""
    running = queries.find_running(session, quiz_id)
    scope = people.scope(session, person, Permission.CONTEST_MANAGE)
    if running is None or not scope.covers_unit(running.owner_path):
        raise NotFound()
    return running


def round_to_join(session: Session, person: Principal, round_id: int, *, now: datetime) -> RoundLine:
    """A round of kind LIVE of an open contest meant for the person."""
    return _live(contests.round_to_see(session, person, round_id, now=now))


def quiz_to_answer(session: Session, person: Principal, quiz_id: int) -> Running:
    """A quiz that the person has joined; NotFound for everybody else."""
    running = queries.find_running(session, quiz_id)
    if running is None or not contest_queries.has_entry(session, running.round.id, person.id):
        raise NotFound()
    return running


def _live(line: RoundLine) -> RoundLine:
    if line.round.kind is not RoundKind.LIVE:
        raise NotFound()
    return line

"""The loaders of live quizzes: who hosts, and who takes part."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lms.contests import access as contests
from lms.contests.queries import Entrance, RoundLine
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


def round_to_enter(session: Session, person: Principal, round_id: int) -> Entrance:
    """`round_to_join` by one statement, for who presses the button."""
    found = contests.round_to_enter(session, person, round_id)
    if found.round.kind is not RoundKind.LIVE:
        raise NotFound()
    return found


def quiz_to_answer(session: Session, person: Principal, quiz_id: int) -> Any:
    """live_key and sequence of a quiz that the person has joined; NotFound for everybody else."""
    head = queries.find_joined(session, quiz_id, person.id)
    if head is None:
        raise NotFound()
    return head


def _live(line: RoundLine) -> RoundLine:
    if line.round.kind is not RoundKind.LIVE:
        raise NotFound()
    return line

"""What everybody sees at once, read for the wall and the phones."""

from typing import Any

from sqlalchemy.orm import Session

from lms.leaderboard import queries as boards
from lms.livequiz import face_rules, queries, standing_queries
from lms.livequiz.face_rules import Outcome
from lms.livequiz.queries import Running
from lms.livequiz.standing_queries import NOBODY, Standings


def find_outcome(session: Session, running: Running) -> Outcome | None:
    """Of the present question; None before it is revealed."""
    state = running.state
    if state.turn is None or state.question is None or (state.turn, state.question) not in state.counted:
        return None
    result = standing_queries.turn_result(session, running, state.turn, state.question)
    key = queries.find_key(session, running.quiz, state.question) or []
    return Outcome(key, result.counts, len(result.grades), result.right)


def public_standings(session: Session, running: Running) -> Standings:
    """Nobody's while rankings are off."""
    return standing_queries.standings_of(session, running) if boards.are_rankings_on(session) else NOBODY


def face_of(session: Session, running: Running) -> dict[str, Any]:
    """What screens and phones show."""
    question = queries.find_question(session, running.quiz, running.state.question)
    standings = public_standings(session, running)
    face = face_rules.face(
        running.state, running.count, vars(question) if question else None, find_outcome(session, running),
        top_rows(standings), unit_rows(standings),
    )  # fmt: skip
    return face | {"title": running.contest.title, "name": running.round.title}


def top_rows(standings: Standings) -> list[dict[str, Any]]:
    return [
        {
            "place": line.place, "name": line.name, "unit": line.unit, "score_millis": line.total.score_millis,
            "seconds": line.total.seconds,
        }
        for line in standings.lines
    ]  # fmt: skip


def unit_rows(standings: Standings) -> list[dict[str, Any]]:
    return [
        {
            "place": line.standing.place, "name": line.name, "band": line.standing.band, "people": line.people,
            "score_millis": line.standing.score_millis,
        }
        for line in standings.units
    ]  # fmt: skip

"""The end of a quiz: every person who answered gets a graded attempt, and its result stands on the round's board with all that follows."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.clock import EPOCH
from lms.contests import services as contests
from lms.contests.models import Round
from lms.livequiz import standing_queries
from lms.livequiz.models import LiveAnswer
from lms.livequiz.queries import Running
from lms.livequiz.rules import Total
from lms.quizzes.models import Attempt, Paper
from lms.quizzes.rules import Purpose
from lms.quizzes.services.hosted import HostedPart, add_hosted

AT_ONCE = 50


def record_some(session: Session, running: Running, *, now: datetime) -> bool:
    """Results of up to AT_ONCE more people of a finished quiz; once there are none left, the round's results are in. Whether there may
    be more to do."""
    ended = running.quiz.finished_at
    assert ended is not None
    totals = standing_queries.totals_of(session, running)
    left = sorted(totals.keys() - _recorded(session, running.round.id))[:AT_ONCE]
    if not left:
        done = update(Round).where(Round.id == running.round.id, Round.results_in_at.is_(None))
        session.execute(done.values(results_in_at=now))
        return False
    counted = running.state.counted
    made = add_hosted(
        session, session.get_one(Paper, running.round.paper_id),
        [tuple(running.quiz.questions[question]) for _, question in counted],
        _parts(session, running, left, totals),
        purpose=Purpose.CONTEST, subject_id=running.round.id, started_at=_began(running), ended_at=ended,
    )  # fmt: skip
    for attempt in made:
        contests.settle_attempt(session, attempt, now)
    return True


def _recorded(session: Session, round_id: int) -> set[int]:
    query = select(Attempt.person_id).where(Attempt.purpose == Purpose.CONTEST, Attempt.subject_id == round_id)
    return set(session.scalars(query))


def _began(running: Running) -> datetime:
    return _instant(running.events[0].at_ms)


def _instant(ms: int) -> datetime:
    return EPOCH + timedelta(milliseconds=ms)


def _parts(session: Session, running: Running, people: Sequence[int], totals: Mapping[int, Total]) -> list[HostedPart]:
    positions = {turn: position for position, (turn, _) in enumerate(running.state.counted, start=1)}
    rows = session.execute(
        select(LiveAnswer.person_id, LiveAnswer.turn, LiveAnswer.choice, LiveAnswer.received_ms).where(
            LiveAnswer.quiz_id == running.quiz.id, LiveAnswer.person_id.in_(people), LiveAnswer.turn.in_(positions)
        )
    )
    choices: dict[int, dict[int, tuple[list[int], datetime]]] = {person: {} for person in people}
    for person, turn, choice, received in rows:
        choices[person][positions[turn]] = (json.loads(choice), _instant(received))
    return [HostedPart(person, totals[person].seconds, choices[person]) for person in people]

"""Steps are appended to the journal of a quiz: after the last one their author saw, or not at all."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.clock import to_ms
from lms.contests import journal_services
from lms.contests.errors import JournalMoved, StepRefused
from lms.contests.models import Round
from lms.leaderboard.models import TAKES_RESULTS, Board
from lms.livequiz.models import LiveEvent
from lms.livequiz.order_rules import AHEAD_MS, obstacle
from lms.livequiz.queries import Running
from lms.livequiz.rules import Event, EventKind, Phase, State, replay

AUDITED = frozenset({EventKind.VOIDED, EventKind.FINISHED})
LEFT_ALONE = timedelta(minutes=30)


def asking(running: Running, question: int, *, now: datetime) -> dict[str, Any]:
    """What is noted as a question is announced."""
    opens = to_ms(now) + AHEAD_MS
    return {"question": question, "opens_ms": opens, "ends_ms": opens + running.quiz.seconds * 1000}


def closing(*, now: datetime) -> dict[str, Any]:
    return {"ends_ms": to_ms(now) + AHEAD_MS}


def resuming(running: Running, *, now: datetime) -> dict[str, Any]:
    """What is left of a question opens again a moment later."""
    return {"opens_ms": to_ms(now) + AHEAD_MS if running.state.phase is Phase.ASKED else None}


def append(
    session: Session,
    running: Running,
    kind: EventKind,
    data: Mapping[str, Any],
    *,
    seen: int,
    actor_id: int | None,
    now: datetime,
) -> State:
    """The step stands in the journal, and the door for answers is as it says. Raises StepRefused when it cannot follow or the round's
    results are being reviewed, JournalMoved when there is a step that its author has not seen."""
    quiz = running.quiz
    if seen != quiz.sequence:
        raise JournalMoved()
    problem = obstacle(running.state, kind, data, questions=running.count, now_ms=to_ms(now))
    if problem is None and not _takes_results(session, running.round):
        problem = "这一轮已进入复核，不能再继续。"
    if problem is not None:
        raise StepRefused(problem)
    state = replay([*running.events, Event(seen + 1, kind, data, to_ms(now))])
    turn, from_ms, until_ms = state.door
    values = {"turn": turn, "from_ms": from_ms, "until_ms": until_ms, "finished_at": now if state.is_finished else None}
    journal_services.append(session, quiz, LiveEvent, [(kind, data)], actor_id=actor_id, now=now, **values)
    if kind in AUDITED:
        audit.record(session, actor_id, f"livequiz:{kind.value}", f"quiz:{quiz.id}", dict(data), now=now)
    return state


def _takes_results(session: Session, round_: Round) -> bool:
    return session.scalars(select(Board.state).where(Board.id == round_.board_id)).one() in TAKES_RESULTS


def finish_left_over(session: Session, running: Running, *, now: datetime) -> bool:
    """A quiz whose round is over is finished when its host has left it alone; a question that was not revealed counts for nobody."""
    at = max((event.at_ms for event in running.events), default=0)
    if running.state.is_finished or (running.events and to_ms(now) - at < LEFT_ALONE / timedelta(milliseconds=1)):
        return False
    steps: list[journal_services.Step] = []
    if running.state.phase is Phase.ASKED:
        steps.append((EventKind.VOIDED, {"turn": running.state.turn, "reason": "没有公布答案就结束了"}))
    steps.append((EventKind.FINISHED, {}))
    quiet = {"turn": None, "from_ms": 0, "until_ms": 0, "finished_at": now}
    journal_services.append(session, running.quiz, LiveEvent, steps, actor_id=None, now=now, **quiet)
    return True

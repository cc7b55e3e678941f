"""Steps are appended to the journal of a final: after the last one their author saw, or not at all."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.clock import to_ms
from lms.contests import journal_services
from lms.contests.errors import JournalMoved, StepRefused
from lms.contests.team_services import record_team_result
from lms.stage import queries
from lms.stage.models import StageEvent, StageFinal
from lms.stage.order_rules import obstacle, tied
from lms.stage.queries import Running
from lms.stage.rules import BUZZED, EventKind, Segment, State, replay

OPENING_MS = 2000
"""An opening is announced so long before."""
AUDITED = frozenset({EventKind.CORRECTED, EventKind.SCORED, EventKind.FINISHED})
SOURCE = "stage"


def segment_data(running: Running, segment: Segment) -> dict[str, Any]:
    """What is noted as a segment begins: whose line is slow, and who takes part in a tie-break."""
    slow = [seat.team_id for seat in running.seats if seat.is_slow] if segment in BUZZED else []
    contenders = tied(running.state) if segment is Segment.SUDDEN else []
    return {"segment": segment.value, "slow": slow, "contenders": contenders}


def opening_data(now: datetime) -> dict[str, Any]:
    return {"opens_ms": to_ms(now) + OPENING_MS}


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
    """The step stands in the journal; who buzzed first is written down before it if that was open. At the end each team's result is
    recorded. Raises StepRefused when the step cannot follow, JournalMoved when there is a step that its author has not seen."""
    if seen != running.final.sequence:
        raise JournalMoved()
    problem = obstacle(
        running.state, kind, data, questions=len(running.final.questions), now_ms=to_ms(now)
    )  # fmt: skip
    if problem is not None:
        raise StepRefused(problem)
    steps = [(kind, dict(data))]
    winner = running.state.decision.winner(to_ms(now))
    if winner is not None and kind is not EventKind.UNDONE:
        steps.insert(0, (EventKind.DECIDED, {"team": winner}))
    _write(session, running.final, steps, actor_id, now)
    state = _state_after(session, running, now)
    if state.is_finished:
        _record(session, running, state, now)
    if kind in AUDITED:
        audit.record(session, actor_id, f"stage:{kind.value}", f"final:{running.final.id}", dict(data), now=now)
    return state


def _write(
    session: Session,
    final: StageFinal,
    steps: list[tuple[EventKind, dict[str, Any]]],
    actor_id: int | None,
    now: datetime,
) -> None:
    values: dict[str, Any] = {"finished_at": now} if steps[-1][0] is EventKind.FINISHED else {}
    journal_services.append(session, final, StageEvent, steps, actor_id=actor_id, now=now, **values)


def _state_after(session: Session, running: Running, now: datetime) -> State:
    teams = [seat.team_id for seat in running.seats]
    events, buzzes = queries.list_events(session, running.final.id), queries.list_buzzes(session, running.final.id)
    return replay(teams, events, buzzes, to_ms(now))


def _record(session: Session, running: Running, state: State, now: datetime) -> None:
    """One result of each team; a correction after the end is a further line of its journal."""
    for team, points in state.scores.items():
        record_team_result(
            session, running.final.round_id, team, score_millis=points * 1000, seconds=0, source=SOURCE, now=now
        )


def choose(session: Session, running: Running, team_id: int, points: int, *, now: datetime) -> State:
    """The called team's own phone chooses its risk, on what stands now."""
    data = {"team": team_id, "points": points}
    return append(session, running, EventKind.CHOSEN, data, seen=running.final.sequence, actor_id=None, now=now)

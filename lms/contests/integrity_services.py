"""The write side of integrity: a case is opened, heard, decided by somebody else; an annulment can be taken back by two."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.contests import integrity_queries, integrity_rules, team_round_services
from lms.contests.errors import ContestMoved, NotYet
from lms.contests.integrity_models import Annulment, IntegrityCase
from lms.contests.integrity_rules import CaseState, Signal
from lms.contests.models import Round
from lms.contests.queries import RoundLine
from lms.contests.rules import RoundKind
from lms.db import changed
from lms.errors import Conflict, Invalid
from lms.hours import services as hours
from lms.hours.rules import Source
from lms.leaderboard.models import TAKES_RESULTS
from lms.leaderboard.services import annulments
from lms.notices import services as notices
from lms.quizzes.models import Attempt


def open_case(
    session: Session, line: RoundLine, people: Sequence[int], signals: Sequence[Signal], *, reason: str, actor_id: int,
    now: datetime,
) -> IntegrityCase:  # fmt: skip
    """A case about one or two people, with what was seen as it stands now. Nothing changes for them yet."""
    facts = [
        {
            "kind": integrity_rules.SIGNALS[one.kind], "strength": one.strength, "facts": one.facts, "usual": one.usual,
            "expected": float(f"{one.expected:.3g}"), "met": one.met, "total": one.total,
        }
        for one in signals
    ]  # fmt: skip
    case = IntegrityCase(
        round_id=line.round.id, person_id=people[0], other_id=people[1] if len(people) > 1 else None,
        state=CaseState.OPEN, facts=facts, reason=reason, opened_by_id=actor_id, opened_at=now,
    )  # fmt: skip
    session.add(case)
    session.flush()  # the audit record names it
    _note(session, case, "integrity:open", actor_id, now, people=list(people))
    return case


def note_hearing(session: Session, case: IntegrityCase, *, text: str, actor_id: int, now: datetime) -> None:
    """What the people said about it. Raises ContestMoved once it is noted."""
    values = {"state": CaseState.HEARD, "hearing": text, "heard_by_id": actor_id, "heard_at": now}
    _move(session, case, CaseState.OPEN, values)
    _note(session, case, "integrity:hear", actor_id, now)


def decide(
    session: Session, case: IntegrityCase, line: RoundLine, annulled: Sequence[int], *, text: str, actor_id: int,
    now: datetime,
) -> None:  # fmt: skip
    """Nothing is done, or the results of these people in the round count no more: on the board, in their team, for hours. Raises
    NotYet before the hearing, for who opened the case, and while results come in."""
    problem = integrity_rules.decision_obstacle(
        case.state, opened_by_id=case.opened_by_id, actor_id=actor_id, takes_results=line.board_state in TAKES_RESULTS
    )
    if problem:
        raise NotYet(problem)
    if not set(annulled) <= set(integrity_queries.people_of(case)):
        raise Invalid("只能作废这件事所涉的人的成绩。", field="annulled")
    state = CaseState.ANNULLED if annulled else CaseState.DISMISSED
    _move(session, case, CaseState.HEARD, {
        "state": state, "decision": text, "decided_by_id": actor_id, "decided_at": now,
    })  # fmt: skip
    for person_id in annulled:
        _annul(session, case, line, person_id, text, actor_id, now)
    if line.round.kind is RoundKind.TEAM_ONLINE:
        team_round_services.sum_up(session, line.round, annulled, now=now)
    _note(session, case, "integrity:decide", actor_id, now, annulled=list(annulled), proposed_by=case.opened_by_id)


def _annul(
    session: Session, case: IntegrityCase, line: RoundLine, person_id: int, text: str, actor_id: int, now: datetime
) -> None:
    sources = annulments.annul(session, line.round.board_id, person_id, now=now)
    if not sources:
        raise Conflict("这个人在本轮没有计入榜单的成绩，无可作废。")
    session.add_all(
        Annulment(
            case_id=case.id, person_id=person_id, attempt_id=source, proposed_by_id=case.opened_by_id,
            made_by_id=actor_id, made_at=now,
        )
        for source in sources
    )  # fmt: skip
    for year in _years(session, line.round, sources):
        hours.withdraw(
            session, person_id=person_id, source=Source("contest", line.round.id), year=year, reason="成绩作废", now=now
        )
    told = f"你在{line.contest.title}{line.round.title}的成绩已作废：{text}"
    notices.tell(session, person_id, told, f"/contests/{line.contest.id}", now=now)


def _years(session: Session, round_: Round, sources: Sequence[int]) -> set[int]:
    """The years in which these results may have earned hours; none in a round that gives none."""
    if not round_.hours_quarters:
        return set()
    attempts = [session.get_one(Attempt, source) for source in sources]
    return {clock.today(attempt.submitted_at).year for attempt in attempts if attempt.submitted_at is not None}


def ask_undo(session: Session, case: IntegrityCase, *, reason: str, actor_id: int, now: datetime) -> None:
    """Somebody asks that the annulment be taken back; another one confirms it. Raises ContestMoved when there is none to take
    back, or it was asked already."""
    asked = update(Annulment).where(
        Annulment.case_id == case.id, Annulment.undone_at.is_(None), Annulment.undo_asked_at.is_(None)
    )
    if not changed(session.execute(asked.values(undo_reason=reason, undo_asked_by_id=actor_id, undo_asked_at=now))):
        raise ContestMoved()
    _note(session, case, "integrity:ask-undo", actor_id, now, reason=reason)


def confirm_undo(session: Session, case: IntegrityCase, line: RoundLine, *, actor_id: int, now: datetime) -> None:
    """The results count again, with the scores they have by now. Raises NotYet for who asked for it, ContestMoved when nobody
    did."""
    waiting = [
        one
        for one in integrity_queries.list_annulments(session, case.id)
        if one.undo_asked_at is not None and one.undone_at is None
    ]
    if not waiting:
        raise ContestMoved()
    if any(one.undo_asked_by_id == actor_id for one in waiting):
        raise NotYet("恢复须由申请人以外的人确认。")
    _move(session, case, CaseState.ANNULLED, {"state": CaseState.DISMISSED})
    by_person = integrity_queries.sources_by_person(waiting)
    for person_id, sources in by_person.items():
        _reinstate(session, line, person_id, sources, now)
    for one in waiting:
        one.undone_by_id, one.undone_at = actor_id, now
    if line.round.kind is RoundKind.TEAM_ONLINE:
        team_round_services.sum_up(session, line.round, list(by_person), now=now)
    _note(session, case, "integrity:undo", actor_id, now, reason=waiting[0].undo_reason)


def _reinstate(session: Session, line: RoundLine, person_id: int, sources: Sequence[int], now: datetime) -> None:
    annulments.reinstate(session, line.round.board_id, person_id, sources, now=now)
    for year in _years(session, line.round, sources):
        hours.restore(
            session, person_id=person_id, source=Source("contest", line.round.id), year=year, reason="恢复成绩", now=now
        )
    told = f"你在{line.contest.title}{line.round.title}的成绩已恢复"
    notices.tell(session, person_id, told, f"/contests/{line.contest.id}", now=now)


def _move(session: Session, case: IntegrityCase, old: CaseState, values: dict[str, object]) -> None:
    moved = update(IntegrityCase).where(IntegrityCase.id == case.id, IntegrityCase.state == old).values(values)
    if not changed(session.execute(moved)):
        raise ContestMoved()


def _note(session: Session, case: IntegrityCase, action: str, actor_id: int, now: datetime, **detail: object) -> None:
    audit.record(session, actor_id, action, f"case:{case.id}", {"round": case.round_id, **detail}, now=now)

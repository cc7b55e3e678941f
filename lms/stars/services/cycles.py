"""The way of a cycle: opened once, recommended, reviewed, on notice, decided. Each step once, each with an audit record."""

from datetime import date, datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.db import changed, insert_ignore
from lms.errors import Invalid
from lms.leaderboard import notice_rules
from lms.leaderboard import services as boards
from lms.stars import queries
from lms.stars.errors import CycleMoved, NotYet
from lms.stars.models import StarCandidate, StarCycle, StarObjection, StarProgramme
from lms.stars.period_rules import Span
from lms.stars.queries import CycleLine
from lms.stars.rules import Choice, CycleState, choose, in_force
from lms.stars.services.measuring import MEASURE
from lms.tasks import services as tasks


def open_cycle(
    session: Session,
    programme: StarProgramme,
    span: Span,
    *,
    label: str = "",
    cut_off_on: date | None = None,
    round_id: int | None = None,
    now: datetime,
) -> bool:
    """The period has its cycle and a task that measures its candidates; False when it had one already."""
    assert programme.started_at is not None
    versions = queries.list_versions(session, programme.id)
    version = in_force(
        [(one.version, one.made_at) for one in versions],
        period_began_at=clock.start_of(span.first_on),
        started_at=programme.started_at,
    )
    row = {
        "programme_id": programme.id, "period_key": span.key, "label": label or span.label, "first_on": span.first_on,
        "last_on": span.last_on, "cut_off_on": cut_off_on or span.last_on, "round_id": round_id,
        "rule_id": next(one.id for one in versions if one.version == version), "state": CycleState.MEASURING,
        "head_count": 0, "opened_at": now, "review_note": "", "decision_note": "",
    }  # fmt: skip
    if insert_ignore(session, StarCycle, [row], key=["programme_id", "period_key"]) != 1:
        return False
    (line,) = queries.list_cycles(session, StarCycle.programme_id == programme.id, StarCycle.period_key == span.key)
    title = f"评星计算：{programme.title} {line.cycle.label}"
    tasks.enqueue(session, MEASURE, {"cycle_id": line.cycle.id}, owner_id=programme.created_by_id, title=title, now=now)
    note(session, "star:open", line.cycle.id, None, now, programme=programme.id, period=span.key, rule=version)
    return True


def close_recommending(session: Session, cycle_id: int, *, by_id: int | None, now: datetime) -> None:
    """Nobody recommends any more; the review is open."""
    move(session, cycle_id, CycleState.RECOMMENDING, CycleState.REVIEWING)
    note(session, "star:recommended", cycle_id, by_id, now)


def proposal(session: Session, line: CycleLine) -> Choice:
    """Who would be named by the scores as they stand."""
    rule = queries.rule_of(session, line.cycle)
    return choose(rule, line.cycle.head_count, queries.contenders_of(session, line.cycle, rule))


def review(session: Session, line: CycleLine, *, note_text: str, by_id: int, now: datetime) -> None:
    """Who is named is written down, and the reviewer stands for it."""
    if not note_text.strip():
        raise Invalid("写一句怎么复核的。", field="note")
    if line.cycle.state is not CycleState.REVIEWING:
        raise CycleMoved()
    choice = proposal(session, line)
    if not choice.named:
        raise NotYet("没有符合条件的候选，不能复核。可以检查分值后重新计算。")
    values = {"reviewed_by_id": by_id, "reviewed_at": now, "review_note": note_text}
    move(session, line.cycle.id, CycleState.REVIEWING, CycleState.REVIEWED, **values)
    write_names(session, line.cycle.id, choice)
    note(session, "star:review", line.cycle.id, by_id, now, note=note_text, named=len(choice.named))


def write_names(session: Session, cycle_id: int, choice: Choice) -> None:
    """The candidates' places are those of the choice."""
    session.execute(
        update(StarCandidate)
        .where(StarCandidate.cycle_id == cycle_id, StarCandidate.place.is_not(None))
        .values(place=None)
    )
    for candidate_id, place in choice.named.items():
        session.execute(update(StarCandidate).where(StarCandidate.id == candidate_id).values(place=place))


def start_notice(session: Session, line: CycleLine, *, by_id: int, now: datetime) -> None:
    """Everybody of the bureau sees who is to be named, and may object through the last day."""
    today = clock.today(now)
    until = boards.notice_until(session, queries.rule_of(session, line.cycle).notice_days, today)
    values = {"notice_from_on": today, "notice_until_on": until}
    move(session, line.cycle.id, CycleState.REVIEWED, CycleState.NOTICE, **values)
    note(session, "star:notice", line.cycle.id, by_id, now, until=until.isoformat())


def file_objection(session: Session, line: CycleLine, *, person_id: int, text: str, now: datetime) -> StarObjection:
    """An objection to be answered. Raises NoNoticePeriod, AlreadyObjected."""
    return boards.file_objection(
        session,
        lambda: StarObjection(cycle_id=line.cycle.id, person_id=person_id, text=text, filed_at=now),
        until_on=line.cycle.notice_until_on if line.cycle.state is CycleState.NOTICE else None,
        now=now,
    )


def answer_objection(
    session: Session, objection: StarObjection, *, reply: str, link: str, by_id: int, now: datetime
) -> None:
    told = "你对评星公示的异议有了答复"
    boards.answer_objection(session, objection, reply=reply, told=told, link=link, actor_id=by_id, now=now)


def obstacle(session: Session, line: CycleLine, *, by_id: int, now: datetime) -> str | None:
    """Why this person cannot decide on a cycle in its notice period now."""
    return notice_rules.publication_obstacle(
        notice_until_on=line.cycle.notice_until_on,
        today=clock.today(now),
        open_objections=queries.count_open_objections(session, line.cycle.id),
        reviewer_id=line.cycle.reviewed_by_id,
        actor_id=by_id,
    )


def decide(session: Session, line: CycleLine, *, note_text: str, by_id: int, now: datetime) -> None:
    """The list is final. Raises NotYet before the end of the notice period, with open objections, for the reviewer, or when nobody is
    left on it."""
    if line.cycle.state is not CycleState.NOTICE:
        raise CycleMoved()
    stands_against = obstacle(session, line, by_id=by_id, now=now)
    if stands_against:
        raise NotYet(stands_against)
    if not queries.count_named(session, [line.cycle.id]):
        raise NotYet("名单上已经没有人，不能决定。")
    values = {"decided_by_id": by_id, "decided_at": now, "decision_note": note_text}
    move(session, line.cycle.id, CycleState.NOTICE, CycleState.DECIDED, **values)
    note(session, "star:decide", line.cycle.id, by_id, now, note=note_text)


def veto(
    session: Session, candidate: StarCandidate, line: CycleLine, *, reason: str, by_id: int, now: datetime
) -> None:
    """The candidate cannot be named. From the review on nobody moves up: who was on notice is decided on, nobody else.

    Raises CycleMoved once the cycle is decided, Invalid without a reason.
    """
    if not reason.strip():
        raise Invalid("写明否决的理由。", field="reason")
    if line.cycle.state not in (
        CycleState.RECOMMENDING, CycleState.REVIEWING, CycleState.REVIEWED, CycleState.NOTICE, CycleState.PUBLISHED,
    ):  # fmt: skip
        raise CycleMoved()
    stands = (StarCandidate.id == candidate.id, StarCandidate.vetoed_at.is_(None))
    values = {"vetoed_at": now, "vetoed_by_id": by_id, "veto_reason": reason.strip()[:200]}
    if line.cycle.state is not CycleState.PUBLISHED:
        values["place"] = None
    if not changed(session.execute(update(StarCandidate).where(*stands).values(values))):
        raise CycleMoved()
    note(session, "star:veto", line.cycle.id, by_id, now, candidate=candidate.id, reason=reason)


def move(session: Session, cycle_id: int, old: CycleState, new: CycleState, **values: object) -> None:
    """The cycle is in its new state; raises CycleMoved unless it was in the old one."""
    stands = (StarCycle.id == cycle_id, StarCycle.state == old)
    if not changed(session.execute(update(StarCycle).where(*stands).values(state=new, **values))):
        raise CycleMoved()


def note(session: Session, action: str, cycle_id: int, by_id: int | None, now: datetime, **detail: object) -> None:
    audit.record(session, by_id, action, f"star_cycle:{cycle_id}", detail, now=now)

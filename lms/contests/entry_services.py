"""Entry to rounds: by their unit, and the question whether somebody may begin."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.contests import entry_queries
from lms.contests.entry_models import UnitEntry
from lms.contests.models import Round
from lms.contests.queries import RoundLine
from lms.contests.rules import HOSTED_KINDS, EntryMode
from lms.db import changed, conflict_as
from lms.errors import Conflict, Forbidden, Invalid
from lms.notices import services as notices
from lms.people.models import Person


def enter(
    session: Session,
    line: RoundLine,
    person: Person,
    unit_id: int,
    *,
    actor_id: int,
    now: datetime,
    is_late: bool = False,
) -> None:
    """The person takes one of the unit's places and is told so. Raises Invalid after the deadline unless `is_late` (the
    organiser may), Conflict when the places are taken or the person stands there already."""
    _check_time(line.round, now, is_late)
    held = update(Round).where(Round.id == line.round.id).values(unit_quota=Round.unit_quota)
    session.execute(held)  # two entries of one unit wait for each other here
    if entry_queries.count_unit_entries(session, line.round.id, unit_id) >= line.round.unit_quota:
        raise Conflict(f"这个单位的 {line.round.unit_quota} 个名额已经报满，要换人先取消一个。")
    row = UnitEntry(
        round_id=line.round.id, person_id=person.id, unit_id=unit_id, entered_by_id=actor_id, entered_at=now
    )
    with conflict_as(Conflict("这个人已经报上名了。"), session):
        session.add(row)
    notices.tell(session, person.id, f"单位替你报名参加“{_name(line)}”", _link(line), now=now)
    audit.record(session, actor_id, "round:enter", f"round:{line.round.id}", {"person": person.id}, now=now)


def cancel(
    session: Session, line: RoundLine, person_id: int, *, actor_id: int, now: datetime, is_late: bool = False
) -> None:
    """The place is free again and the person told. Raises as `enter`; Conflict for who is not entered or has begun."""
    _check_time(line.round, now, is_late)
    gone = delete(UnitEntry).where(UnitEntry.round_id == line.round.id, UnitEntry.person_id == person_id)
    if not changed(session.execute(gone)):
        raise Conflict("这个人不在名单里，可能刚被取消。")
    notices.tell(session, person_id, f"你在“{_name(line)}”的报名已由单位取消", _link(line), now=now)
    audit.record(session, actor_id, "round:cancel-entry", f"round:{line.round.id}", {"person": person_id}, now=now)


def _check_time(round_: Round, now: datetime, is_late: bool) -> None:
    if round_.entry is not EntryMode.QUOTA:
        raise Conflict("这一轮不用报名。")
    if now >= round_.opens_at:
        raise Conflict("这一轮已经开始，名单不能再改。")
    if round_.entry_until is not None and now >= round_.entry_until and not is_late:
        raise Invalid("报名已经截止，要改名单请找组织者。", field="staff_no")


def _name(line: RoundLine) -> str:
    return f"{line.contest.title} · {line.round.title}"


def _link(line: RoundLine) -> str:
    return f"/contests/{line.contest.id}"


# --- whether somebody may begin ------------------------------------------------------------------------------------


def check_entry(session: Session, round_: Any, person_id: int) -> None:
    """Of a Round or its columns. Raises Forbidden, with what to do, for who has no place in the round. Open rounds need no look at
    the database."""
    if round_.kind in HOSTED_KINDS:
        raise Forbidden("这一轮由主持人出题，没有要在这里答的卷。")
    if round_.entry is EntryMode.OPEN:
        return
    said = entry_queries.obstacle(session, round_, person_id)
    if said:
        raise Forbidden(said)

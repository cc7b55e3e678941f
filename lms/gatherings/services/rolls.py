"""The roll: tapped, scanned, closed and corrected. One entry for each person, whatever comes twice."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from sqlalchemy import insert
from sqlalchemy.orm import Session

from lms.errors import Invalid
from lms.gatherings import queries, rules
from lms.gatherings.errors import GatheringMoved, RollNotOpen
from lms.gatherings.models import Entry, Gathering
from lms.gatherings.queries import RosterLine, is_there
from lms.gatherings.rules import Cause, GatheringState, Mark, VisitState, Way
from lms.gatherings.services import crediting
from lms.gatherings.services.history import Follow, check_changeable, is_locked, note, nothing_more, take_turn
from lms.people import queries as people

CORRECTED = "点名更正"


@dataclass(frozen=True)
class Tap:
    """What the keeper says of one person. `seen` is what stood there on the keeper's device when it was tapped."""

    person_id: int
    mark: Mark
    cause: Cause | None = None
    seen: Mark | None = None


def mark(
    session: Session,
    gathering: Gathering,
    taps: Sequence[Tap],
    *,
    by_id: int,
    now: datetime,
    way: Way = Way.TAP,
    reason: str = "",
    follow: Follow = nothing_more,
) -> list[int]:
    """The taps stand on the roll; returns whose mark changed. After closing this corrects the roll, its counts and the hours.

    Raises RollNotOpen before its time, Invalid for somebody who is not on the roster, Locked as `check_changeable` does.
    """
    take_turn(session, gathering)
    check_roll_open(gathering, now=now, reason=reason)
    lines = {line.person_id: line for line in queries.roll_of(session, gathering).lines}
    if any(tap.person_id not in lines for tap in taps):
        raise Invalid("名单刚刚有了变化，请刷新后再点名。", field="taps")
    told, entries = {}, []
    for tap in taps:
        line = lines[tap.person_id]
        if not _changes(line, tap):
            continue
        if gathering.state is GatheringState.HELD:
            tap = replace(tap, mark=rules.mark_at_closing(tap.mark, is_due=line.is_due, has_leave=False))
        told[str(tap.person_id)] = [line.mark, tap.mark, tap.cause]
        entries.append(_put(session, gathering, line, tap.mark, tap.cause, way=way, by_id=by_id, now=now))
    if told:
        note(session, gathering, "roll", {"marks": told, "way": way}, by_id=by_id, now=now, reason=reason)
        _settle(session, gathering, entries, now, follow)
    return [entry.person_id for entry in entries]


def _changes(line: RosterLine, tap: Tap) -> bool:
    standing, way = line.mark, line.entry.way if line.entry else None
    if not rules.may_overwrite(standing, way, tap.mark, tap.seen):
        return False
    return standing is not tap.mark or (line.entry is not None and line.entry.cause is not tap.cause)


def _put(
    session: Session,
    gathering: Gathering,
    line: RosterLine,
    new: Mark,
    cause: Cause | None,
    *,
    way: Way,
    by_id: int | None,
    now: datetime,
    scanned_at: datetime | None = None,
) -> Entry:
    entry = line.entry
    if entry is None:
        entry = Entry(gathering_id=gathering.id, person_id=line.person_id, is_due=line.is_due)
        entry.party_status, entry.duty_status = line.party_status, line.duty_status
        session.add(entry)
    entry.mark, entry.cause, entry.visit = new, cause if new is Mark.LEAVE else None, None
    entry.way, entry.marked_at, entry.marked_by_id, entry.scanned_at = way, now, by_id, scanned_at
    return entry


def all_present(
    session: Session,
    gathering: Gathering,
    *,
    by_id: int,
    now: datetime,
    way: Way = Way.TAP,
    reason: str = "",
    follow: Follow = nothing_more,
) -> list[int]:
    """Everybody due without a mark and without approved leave is present."""
    roll = queries.roll_of(session, gathering)
    taps = [Tap(line.person_id, Mark.PRESENT) for line in roll.due if line.mark is None and not line.has_leave]
    return mark(session, gathering, taps, by_id=by_id, now=now, way=way, reason=reason, follow=follow)


def check_roll_open(gathering: Gathering, *, now: datetime, reason: str = "") -> None:
    """The roll can be taken or corrected now."""
    check_changeable(gathering, now=now, reason=reason)
    if now < rules.roll_opens_at(gathering.starts_at):
        raise RollNotOpen("还没到点名的时候，开始前两小时起可以点名。")


class SignIn(StrEnum):
    """What came of a sign-in."""

    PRESENT = "present"
    AGAIN = "again"
    VISIT_ASKED = "visit_asked"
    VISIT_REFUSED = "visit_refused"


def sign_in(
    session: Session,
    gathering: Gathering,
    person_id: int,
    *,
    scanned_at: datetime,
    now: datetime,
    follow: Follow = nothing_more,
) -> SignIn:
    """The person was there at the moment of the scan, which decides: a roll closed since is corrected. Who is not on the roster of the
    day asks as a visitor. A repeat changes nothing. Raises RollNotOpen, GatheringMoved."""
    take_turn(session, gathering)
    _check_scan(gathering, scanned_at=scanned_at, now=now)
    entry = queries.find_entry(session, gathering.id, person_id)
    if entry is not None and entry.visit is not None:
        return SignIn.VISIT_REFUSED if entry.visit is VisitState.REFUSED else SignIn.VISIT_ASKED
    if entry is not None and entry.mark is Mark.PRESENT:
        return SignIn.AGAIN
    line = queries.line_of(session, gathering, person_id)
    if line is None:
        if entry is not None:
            raise RollNotOpen("名单已有变化，请告诉组织者，由他更正。")
        _ask_visit(session, gathering, person_id, scanned_at=scanned_at, now=now)
        return SignIn.VISIT_ASKED
    entry = _put(
        session, gathering, line, Mark.PRESENT, None, way=Way.QR, by_id=person_id, now=now, scanned_at=scanned_at
    )
    if gathering.state is GatheringState.HELD:
        note(session, gathering, "scan", {"person": person_id}, by_id=person_id, now=now)
    _settle(session, gathering, [entry], now, follow)
    return SignIn.PRESENT


def _check_scan(gathering: Gathering, *, scanned_at: datetime, now: datetime) -> None:
    if gathering.state is GatheringState.CANCELLED:
        raise GatheringMoved("这次活动已取消。")
    if scanned_at < rules.roll_opens_at(gathering.starts_at):
        raise RollNotOpen("还没到签到的时候，开始前两小时起可以签到。")
    is_over = gathering.closed_at is not None and scanned_at >= gathering.closed_at
    if is_over or is_locked(gathering, now):
        raise RollNotOpen("点名已经结束。到会了却没签上，请告诉组织者，由他更正。")


def _ask_visit(session: Session, gathering: Gathering, person_id: int, *, scanned_at: datetime, now: datetime) -> None:
    member = people.membership_of(session, person_id, gathering.held_on)
    session.add(
        Entry(
            gathering_id=gathering.id,
            person_id=person_id,
            mark=Mark.PRESENT,
            way=Way.QR,
            visit=VisitState.ASKED,
            is_due=False,
            party_status=member.party_status if member else None,
            duty_status=member.duty_status if member else None,
            scanned_at=scanned_at,
            marked_at=now,
            marked_by_id=person_id,
        )
    )


def decide_visit(
    session: Session,
    gathering: Gathering,
    entry: Entry,
    *,
    confirm: bool,
    by_id: int,
    now: datetime,
    reason: str = "",
    follow: Follow = nothing_more,
) -> None:
    """The visitor was there, or was not. Deciding the same again changes nothing."""
    take_turn(session, gathering)
    check_roll_open(gathering, now=now, reason=reason)
    session.refresh(entry)
    wanted = VisitState.CONFIRMED if confirm else VisitState.REFUSED
    if entry.visit is None or entry.visit is wanted:
        return
    told = {"person": entry.person_id, "visit": [entry.visit, wanted]}
    entry.visit = wanted
    note(session, gathering, "visit", told, by_id=by_id, now=now, reason=reason)
    _settle(session, gathering, [entry], now, follow)


def close_roll(
    session: Session,
    gathering: Gathering,
    *,
    by_id: int,
    now: datetime,
    reason: str = "",
    follow: Follow = nothing_more,
) -> None:
    """The roster of the day is written down: who has no mark is on leave, absent, or not due; who speaks is there. Hours follow in this
    transaction.

    Raises RollNotOpen before the beginning, GatheringMoved when it is closed, Locked as `check_changeable` does.
    """
    take_turn(session, gathering)
    check_changeable(gathering, now=now, reason=reason)
    if gathering.state is not GatheringState.PLANNED:
        raise GatheringMoved("点名已经结束，要改某个人请直接改。")
    if now < gathering.starts_at:
        raise RollNotOpen("活动还没有开始，开始后再结束点名。")
    roll = queries.roll_of(session, gathering)
    fresh = [_closed_line(gathering, line, by_id, now) for line in roll.lines]
    for line in roll.visitors:
        _close_other(line)
    if rows := [row for row in fresh if row is not None]:
        session.execute(insert(Entry), rows)
    gathering.state, gathering.closed_at, gathering.closed_by_id = GatheringState.HELD, now, by_id
    if not gathering.words.required:
        gathering.minutes_at = now  # nothing has to be written down
    count = recount(session, gathering)
    note(session, gathering, "close", count, by_id=by_id, now=now, reason=reason)
    crediting.settle_all(session, gathering, reason=CORRECTED, now=now)
    follow(session, gathering, now)


def _closed_line(gathering: Gathering, line: RosterLine, by_id: int, now: datetime) -> dict[str, object] | None:
    """The row of somebody who has none yet; an entry that is there gets the statuses of the day."""
    speaks = line.person_id == gathering.speaker_id and not line.has_leave
    marked = Mark.PRESENT if speaks and line.mark is None else line.mark
    final = rules.mark_at_closing(marked, is_due=line.is_due, has_leave=line.has_leave)
    if line.entry is not None:
        line.entry.mark, line.entry.is_due, line.entry.visit = final, line.is_due, None
        line.entry.party_status, line.entry.duty_status = line.party_status, line.duty_status
        return None
    cause = line.leave.cause if line.leave is not None and final is Mark.LEAVE else None
    return {
        "gathering_id": gathering.id, "person_id": line.person_id, "mark": final, "cause": cause, "way": Way.CLOSING,
        "is_due": line.is_due, "party_status": line.party_status, "duty_status": line.duty_status,
        "marked_at": now, "marked_by_id": by_id,
    }  # fmt: skip


def _close_other(line: RosterLine) -> None:
    """Who was marked while they belonged here, and by a transfer entered since did not on that day, is present without being due."""
    assert line.entry is not None
    line.entry.is_due = False
    line.entry.mark = rules.mark_at_closing(line.entry.mark, is_due=False, has_leave=False)


def _settle(session: Session, gathering: Gathering, entries: Sequence[Entry], now: datetime, follow: Follow) -> None:
    """What a change of a closed roll brings with it."""
    if gathering.state is not GatheringState.HELD:
        return
    recount(session, gathering)
    crediting.settle(session, gathering, entries, reason=CORRECTED, now=now)
    follow(session, gathering, now)


def recount(session: Session, gathering: Gathering) -> dict[str, int]:
    """The counts of the closed roll, from its entries."""
    session.flush()  # the entries are read below
    entries = queries.list_entries(session, gathering.id)
    counted = rules.count((entry.is_due, entry.mark) for entry in entries if entry.is_due or is_there(entry))
    gathering.due_count, gathering.present_count = counted.due, counted.present
    gathering.leave_count, gathering.others_count = counted.leave, counted.others
    return {"due": counted.due, "present": counted.present, "leave": counted.leave, "others": counted.others}

"""A branch's month: planned with a tap or two, its parts moved, recorded apart or taken back; what follows flows into gatherings."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.db import insert_ignore, serialise
from lms.errors import Conflict, Invalid
from lms.gatherings import services as gatherings
from lms.gatherings.errors import Locked
from lms.gatherings.kind_rules import KINDS, GatheringKind
from lms.gatherings.models import Gathering
from lms.gatherings.rules import LOCK_AFTER_WORKING_DAYS, GatheringState
from lms.gatherings.services import Plan
from lms.people.models import Branch
from lms.themedays import queries, rules
from lms.themedays.errors import MonthMoved, SlipUnexplained
from lms.themedays.models import BranchMonth, MonthPack, Part
from lms.themedays.queries import MonthLine
from lms.themedays.rules import PARTS, PartKind, PartState
from lms.themedays.services.materials import add_materials
from lms.workdays import queries as workdays

MOVED = "本月安排调整"
"""The reason that stands in the history of a planned gathering whose days are over when a part moves."""


@dataclass(frozen=True)
class MonthPlan:
    """What a secretary decides about one gathering of the month. `theme` "" : as the pack says. `reason` explains a late day."""

    starts_at: datetime
    ends_at: datetime
    parts: Collection[PartKind]
    place: str = ""
    theme: str = ""
    host_id: int | None = None
    recorder_id: int | None = None
    reason: str = ""


def propose(session: Session, branch: Branch, line: MonthLine, *, by_id: int, now: datetime) -> MonthPlan:
    """A whole plan to start from: the first working Friday or the next one, hour, place and people as the last time, the open parts."""
    usual = gatherings.propose(session, branch, GatheringKind.THEME_DAY, by_id=by_id, now=now)
    on = rules.proposed_day(line.month, clock.today(now), workdays.overrides(session, line.month))
    wall = clock.local(usual.starts_at)
    starts_at = clock.at_local(on, wall.hour, wall.minute)
    ends_at = starts_at + (usual.ends_at - usual.starts_at)
    still_open = [one.kind for one in line.parts if one.state is PartState.OPEN]
    return MonthPlan(
        starts_at, ends_at, still_open, place=usual.place, theme=line.theme, host_id=usual.host_id,
        recorder_id=usual.recorder_id,
    )  # fmt: skip


def open_month(session: Session, branch: Branch, month: date, *, now: datetime) -> BranchMonth:
    """The branch's month, made when it was not there, with the pack if that is published. From here on it is this transaction's turn."""
    pack = queries.find_published(session, month)
    serialise(session, f"branch_month:{branch.id}:{month}")
    insert_ignore(
        session, BranchMonth, [{"branch_id": branch.id, "month": month, "created_at": now}], key=["branch_id", "month"]
    )
    found = session.scalars(
        select(BranchMonth).where(BranchMonth.branch_id == branch.id, BranchMonth.month == month)
    ).one()
    if found.pack_id is None and pack is not None and pack.pushed_at is not None:
        found.pack_id = pack.id
    return found


def plan_month(
    session: Session, branch: Branch, month: date, wanted: MonthPlan, *, by_id: int, now: datetime
) -> Gathering:
    """One planned theme day that covers these open parts, with the pack's agenda and materials.

    Raises SlipUnexplained, Invalid without a part, MonthMoved when one of them is planned or done already.
    """
    _check_day(session, month, wanted)
    if not wanted.parts:
        raise Invalid("至少选一项：一课、一片或一实践。", field="parts")
    branch_month = open_month(session, branch, month, now=now)
    line = queries.month_of(session, branch.id, month)
    if any(line.part(kind).state is not PartState.OPEN for kind in wanted.parts):
        raise MonthMoved("这几项里有的已经安排过，请刷新后再看。")
    branch_month.planned_at, branch_month.planned_by_id = branch_month.planned_at or now, by_id
    branch_month.slip_reason = wanted.reason.strip()[:200] or branch_month.slip_reason
    is_own = wanted.theme.strip() and wanted.theme.strip() != (line.pack.theme if line.pack else "")
    branch_month.theme = wanted.theme.strip()[:60] if is_own else ""
    return _hold(session, branch, branch_month, line, wanted, by_id=by_id, now=now)


def plan_part(
    session: Session, branch: Branch, month: date, kind: PartKind, wanted: MonthPlan, *, by_id: int, now: datetime
) -> Gathering:
    """The part gets a day of its own; the theme day that was to cover it goes on without it.

    Raises SlipUnexplained, MonthMoved when it is done, or when its gathering covers nothing else (whose day is then to be changed).
    """
    _check_day(session, month, wanted)
    branch_month = open_month(session, branch, month, now=now)
    line = queries.month_of(session, branch.id, month)
    before = line.part(kind)
    if before.state is PartState.DONE:
        raise MonthMoved(f"{PARTS[kind]}已经完成。")
    if before.state is PartState.PLANNED:
        assert before.gathering is not None
        if line.is_alone(kind):
            raise MonthMoved("这次活动只办这一项，请直接改它的时间。")
        _take_off_agenda(session, before.gathering, kind, by_id=by_id, now=now)
    branch_month.planned_at, branch_month.planned_by_id = branch_month.planned_at or now, by_id
    branch_month.slip_reason = wanted.reason.strip()[:200] or branch_month.slip_reason
    return _hold(session, branch, branch_month, line, replace(wanted, parts=[kind]), by_id=by_id, now=now)


def _check_day(session: Session, month: date, wanted: MonthPlan) -> None:
    overrides = workdays.overrides(session, month)
    if rules.needs_reason(clock.today(wanted.starts_at), month, overrides) and not wanted.reason.strip():
        raise SlipUnexplained()


def _hold(
    session: Session, branch: Branch, branch_month: BranchMonth, line: MonthLine, wanted: MonthPlan, *, by_id: int, now: datetime
) -> Gathering:  # fmt: skip
    kinds = [kind for kind in PartKind if kind in wanted.parts]
    theme = branch_month.theme or (line.pack.theme if line.pack else "")
    plan = Plan(
        kind=GatheringKind.THEME_DAY, title=title_of(line.month, theme, kinds), starts_at=wanted.starts_at,
        ends_at=wanted.ends_at, place=wanted.place, host_id=wanted.host_id, recorder_id=wanted.recorder_id,
        agenda=agenda_of(session, line.pack, kinds), subject=(rules.SUBJECT, branch_month.id),
    )  # fmt: skip
    made = gatherings.plan(session, branch, plan, by_id=by_id, now=now)
    for kind in kinds:
        _cover(session, branch_month, line, kind, made, by_id=by_id, now=now)
    files = [one.id for one in queries.list_files(session, line.pack.id)] if line.pack else []
    given = [_resource_of(line.pack, kind) for kind in kinds]
    add_materials(session, made, [*given, *files], by_id=by_id, now=now)
    return made


def title_of(month: date, theme: str, kinds: Sequence[PartKind]) -> str:
    """12月主题党日：theme, with the parts in brackets unless all three are there."""
    some = "" if len(kinds) == len(PartKind) else f"（{'、'.join(PARTS[kind] for kind in kinds)}）"
    return f"{month.month}月主题党日{some}" + (f"：{theme}" if theme else "")


def agenda_of(session: Session, pack: MonthPack | None, kinds: Sequence[PartKind]) -> list[str]:
    """The kind's agenda with what the pack gives for these parts; a single part stands alone with the discussion."""
    usual = list(KINDS[GatheringKind.THEME_DAY].agenda)
    titles = queries.resources_by_id(session, [_resource_of(pack, kind) for kind in kinds])
    lines = []
    for item in usual:
        kind = next((each for each in PartKind if item.startswith(f"{PARTS[each]}：")), None)
        if kind is None:
            lines += [item] if len(kinds) > 1 or item == usual[-1] else []
        elif kind in kinds:
            resource = titles.get(_resource_of(pack, kind) or 0)
            text = f"《{resource.title}》" if resource else pack.practice if pack and kind is PartKind.PRACTICE else ""
            lines.append(rules.agenda_line(kind, text.splitlines()[0]) if text else item)
    return lines


def _resource_of(pack: MonthPack | None, kind: PartKind) -> int | None:
    if pack is None or kind is PartKind.PRACTICE:
        return None
    return pack.lesson_id if kind is PartKind.LESSON else pack.film_id


def _why(gathering: Gathering, now: datetime) -> str:
    return MOVED if gatherings.is_locked(gathering, now) else ""


def _take_off_agenda(session: Session, gathering: Gathering, kind: PartKind, *, by_id: int, now: datetime) -> None:
    standing = gatherings.plan_of(gathering)
    left = [item for item in standing.agenda if not item.startswith(f"{PARTS[kind]}：")]
    gatherings.change_plan(
        session, gathering, replace(standing, agenda=left), by_id=by_id, now=now, reason=_why(gathering, now)
    )


def _put_on_agenda(
    session: Session, pack: MonthPack | None, gathering: Gathering, kind: PartKind, *, by_id: int, now: datetime
) -> None:
    """The part stands before the last item, unless it is there, with what is studied among the materials."""
    standing = gatherings.plan_of(gathering)
    if not any(item.startswith(f"{PARTS[kind]}：") for item in standing.agenda):
        items = [*standing.agenda[:-1], agenda_of(session, pack, [kind])[0], *standing.agenda[-1:]]
        gatherings.change_plan(
            session, gathering, replace(standing, agenda=items), by_id=by_id, now=now, reason=_why(gathering, now)
        )
    add_materials(session, gathering, [_resource_of(pack, kind)], by_id=by_id, now=now, reason=_why(gathering, now))


def _cover(
    session: Session, branch_month: BranchMonth, line: MonthLine, kind: PartKind, gathering: Gathering | None, *, by_id: int, now: datetime
) -> Part:  # fmt: skip
    """The part is covered by this gathering from now on, or by nothing."""
    part = line.part(kind).part
    if part is None:
        part = Part(branch_month_id=branch_month.id, kind=kind)
        session.add(part)
    part.gathering_id, part.done_on, part.note = gathering.id if gathering else None, None, ""
    part.resource_id = _resource_of(line.pack, kind) if gathering else None
    part.changed_by_id, part.changed_at = by_id, now
    return part


# --- what was really done ------------------------------------------------------------------------------------------


def cover(
    session: Session, branch: Branch, month: date, kind: PartKind, gathering: Gathering, *, by_id: int, now: datetime, reason: str = ""
) -> None:  # fmt: skip
    """This gathering of the branch covers the part as well. Doing it again changes nothing.

    Raises MonthMoved when the part is done by another, Locked without a reason once the month is closed or the gathering locked.
    """
    branch_month, line = _turn(session, branch, month, gathering, now=now, reason=reason)
    before = line.part(kind)
    if before.gathering is not None and before.gathering.id == gathering.id:
        return
    if before.state is PartState.DONE:
        raise MonthMoved(f"{PARTS[kind]}已经完成，要改请先撤回。")
    if gathering.state is GatheringState.CANCELLED:
        raise MonthMoved("这次活动已取消。")
    if before.state is PartState.PLANNED and before.gathering is not None:
        _take_off_agenda(session, before.gathering, kind, by_id=by_id, now=now)
    if gathering.state is GatheringState.PLANNED:
        _put_on_agenda(session, line.pack, gathering, kind, by_id=by_id, now=now)
    _cover(session, branch_month, line, kind, gathering, by_id=by_id, now=now)
    _note_late(session, branch_month, kind, "cover", reason, by_id=by_id, now=now)


def adopt(
    session: Session, branch: Branch, month: date, gathering: Gathering, *, by_id: int, now: datetime, reason: str = ""
) -> None:
    """A theme day that was arranged without the month covers all its open parts. Raises MonthMoved when none is open."""
    branch_month, line = _turn(session, branch, month, gathering, now=now, reason=reason)
    still_open = [one.kind for one in line.parts if one.state is PartState.OPEN]
    if not still_open:
        raise MonthMoved("本月三项都安排好了。")
    for kind in still_open:
        _cover(session, branch_month, line, kind, gathering, by_id=by_id, now=now)
        _note_late(session, branch_month, kind, "cover", reason, by_id=by_id, now=now)


def record_apart(
    session: Session, branch: Branch, month: date, kind: PartKind, *, on: date, note: str, by_id: int, now: datetime, reason: str = ""
) -> Part:  # fmt: skip
    """The practice was done on a day without a meeting. Raises Invalid for another part, a day to come or without a word about it,
    MonthMoved when it is done, Locked without a reason once the month is closed."""
    if kind is not PartKind.PRACTICE:
        raise Invalid("一课和一片要点名，请安排活动。", field="kind")
    if not note.strip():
        raise Invalid("写一句做了什么。", field="note")
    latest = min(clock.today(now), rules.next_month(month) + timedelta(days=rules.SLIP_DAYS - 1))
    if not month <= on <= latest:
        raise Invalid("日子要在本月，最晚到下月 7 日，不能是以后。", field="on")
    branch_month, line = _turn(session, branch, month, None, now=now, reason=reason)
    before = line.part(kind)
    if before.state is PartState.DONE:
        raise MonthMoved(f"{PARTS[kind]}已经完成，要改请先撤回。")
    if before.state is PartState.PLANNED and before.gathering is not None:
        _take_off_agenda(session, before.gathering, kind, by_id=by_id, now=now)
    part = _cover(session, branch_month, line, kind, None, by_id=by_id, now=now)
    part.done_on, part.note = on, note.strip()[:300]
    _note_late(session, branch_month, kind, "apart", reason, by_id=by_id, now=now)
    return part


def reopen_part(
    session: Session, branch: Branch, month: date, kind: PartKind, *, by_id: int, now: datetime, reason: str = ""
) -> None:
    """The part was not done after all, or its plan is off: it is open again. The gathering stays.

    Raises Locked without a reason once the month is closed or the gathering that covered it is locked.
    """
    line = queries.month_of(session, branch.id, month)
    branch_month, line = _turn(session, branch, month, line.part(kind).gathering, now=now, reason=reason)
    before = line.part(kind)
    if before.state is PartState.OPEN:
        return
    if before.state is PartState.PLANNED and before.gathering is not None:
        _take_off_agenda(session, before.gathering, kind, by_id=by_id, now=now)
    _cover(session, branch_month, line, kind, None, by_id=by_id, now=now)
    _note_late(session, branch_month, kind, "reopen", reason, by_id=by_id, now=now)


def explain_slip(session: Session, branch: Branch, month: date, reason: str, *, now: datetime) -> None:
    """Why the theme day is later than it may slip. Raises Invalid without a word."""
    if not reason.strip():
        raise Invalid("请写明原因。", field="reason")
    open_month(session, branch, month, now=now).slip_reason = reason.strip()[:200]


def is_closed(session: Session, month: date, now: datetime) -> bool:
    """From the fourth working day of the next month on, a change of parts needs a reason."""
    last = rules.next_month(month) - timedelta(days=1)
    closes_on = clock.add_working_days(last, LOCK_AFTER_WORKING_DAYS, workdays.overrides(session, month))
    return clock.today(now) > closes_on


def is_late(session: Session, line: MonthLine, kind: PartKind, now: datetime) -> bool:
    """Whether a change of the part needs a reason."""
    gathering = line.part(kind).gathering
    return is_closed(session, line.month, now) or (gathering is not None and gatherings.is_locked(gathering, now))


def _turn(
    session: Session, branch: Branch, month: date, gathering: Gathering | None, *, now: datetime, reason: str
) -> tuple[BranchMonth, MonthLine]:
    if gathering is not None and (gathering.branch_id != branch.id or gathering.kind is not GatheringKind.THEME_DAY):
        raise Conflict("这不是本支部的主题党日。")
    late = is_closed(session, month, now) or (gathering is not None and gatherings.is_locked(gathering, now))
    if late and not reason.strip():
        raise Locked()
    if gathering is not None and gathering.state is GatheringState.CANCELLED:
        gathering = None
    branch_month = open_month(session, branch, month, now=now)
    return branch_month, queries.month_of(session, branch.id, month)


def _note_late(
    session: Session, branch_month: BranchMonth, kind: PartKind, act: str, reason: str, *, by_id: int, now: datetime
) -> None:
    """A change with a reason stands in the audit log."""
    if reason.strip():
        told = {"part": kind, "act": act, "reason": reason.strip()[:200]}
        audit.record(session, by_id, "theme_part:change", f"branch_month:{branch_month.id}", told, now=now)

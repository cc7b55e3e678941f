"""A gathering is planned, changed and cancelled; who is chosen for it; what is read and watched."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete
from sqlalchemy.orm import Session

from lms import clock
from lms.db import conflict_as, insert_ignore
from lms.errors import Conflict, Invalid
from lms.gatherings import list_queries as lists
from lms.gatherings import queries, rules
from lms.gatherings.errors import GatheringMoved
from lms.gatherings.kind_rules import KINDS, GatheringKind, Owner, RosterRule
from lms.gatherings.models import Gathering, Invitee, Material
from lms.gatherings.rules import GatheringState, MaterialKind
from lms.gatherings.services import crediting
from lms.gatherings.services.history import Follow, check_changeable, note, nothing_more, take_turn
from lms.hours.rules import Bucket, Extent
from lms.people.models import Branch, Unit
from lms.workdays import queries as workdays


@dataclass(frozen=True)
class Plan:
    """What a keeper decides about a gathering. `roster` None: as the kind says. `subject` is what a package above made it for."""

    kind: GatheringKind
    title: str
    starts_at: datetime
    ends_at: datetime
    place: str = ""
    host_id: int | None = None
    recorder_id: int | None = None
    speaker_id: int | None = None
    agenda: Sequence[str] = ()
    guests: str = ""
    extent: Extent = Extent.TIMED
    roster: RosterRule | None = None
    subject: tuple[str, int] | None = None
    invitees: Sequence[int] = ()


def propose(session: Session, owner: Branch | Unit, kind: GatheringKind, *, by_id: int, now: datetime) -> Plan:
    """A whole plan to start from: the usual day and time, place, host, recorder and the chosen as the last time."""
    words, today = KINDS[kind], clock.today(now)
    before = lists.last_of(session, owner, kind)
    place_from = before or lists.last_of(session, owner, None)
    on = rules.usual_day(today)
    usual = clock.local(before.starts_at) if before else None
    starts_at = clock.at_local(on, usual.hour if usual else 15, usual.minute if usual else 0)
    length = before.ends_at - before.starts_at if before else timedelta(minutes=words.minutes)
    return Plan(
        kind=kind,
        title=f"{on.month}月{words.name}",
        starts_at=starts_at,
        ends_at=starts_at + length,
        place=place_from.place if place_from else "",
        host_id=before.host_id if before else by_id,
        recorder_id=before.recorder_id if before else by_id,
        agenda=words.agenda,
        extent=before.extent if before else Extent.TIMED,
        invitees=queries.list_invitees(session, before.id) if before and words.roster.is_chosen else (),
    )


def plan_of(gathering: Gathering) -> Plan:
    """What stands, as a plan to be changed."""
    return Plan(
        kind=gathering.kind,
        title=gathering.title,
        starts_at=gathering.starts_at,
        ends_at=gathering.ends_at,
        place=gathering.place,
        host_id=gathering.host_id,
        recorder_id=gathering.recorder_id,
        speaker_id=gathering.speaker_id,
        agenda=gathering.agenda,
        guests=gathering.guests,
        extent=gathering.extent,
    )


def plan(session: Session, owner: Branch | Unit, wanted: Plan, *, by_id: int | None, now: datetime) -> Gathering:
    """A planned gathering of the owner. Raises Invalid for a kind the owner may not hold, or a time that is none."""
    words = KINDS[wanted.kind]
    if (Owner.BRANCH if isinstance(owner, Branch) else Owner.UNIT) not in words.owners:
        raise Invalid(f"{words.name}不能由{owner.name}组织。", field="kind")
    overrides = workdays.overrides(session, clock.today(wanted.starts_at))
    gathering = Gathering(
        kind=wanted.kind,
        branch_id=owner.id if isinstance(owner, Branch) else None,
        unit_id=owner.id if isinstance(owner, Unit) else None,
        subject_kind=wanted.subject[0] if wanted.subject else None,
        subject_id=wanted.subject[1] if wanted.subject else None,
        roster=wanted.roster or words.roster,
        bucket=Bucket(words.bucket) if words.bucket else None,
        created_by_id=by_id,
        created_at=now,
        **_values(wanted, overrides),
    )
    session.add(gathering)
    session.flush()  # the chosen and the history name it by its number
    if gathering.roster.is_chosen:
        _choose(session, gathering.id, wanted.invitees)
    note(session, gathering, "plan", {"title": gathering.title}, by_id=by_id, now=now)
    return gathering


def _values(wanted: Plan, overrides: dict[Any, bool]) -> dict[str, Any]:
    if not wanted.title.strip():
        raise Invalid("给这次活动起个名字。", field="title")
    if not timedelta(0) < wanted.ends_at - wanted.starts_at <= rules.MOST_HOURS_LONG:
        raise Invalid("结束时间要在开始之后，最长 16 小时。", field="ends_at")
    return {
        "title": wanted.title.strip()[:120],
        "starts_at": wanted.starts_at,
        "ends_at": wanted.ends_at,
        "held_on": clock.today(wanted.starts_at),
        "extent": wanted.extent,
        "place": wanted.place.strip()[:100],
        "host_id": wanted.host_id,
        "recorder_id": wanted.recorder_id,
        "speaker_id": wanted.speaker_id,
        "agenda": list(wanted.agenda),
        "guests": wanted.guests.strip()[:300],
        "locks_at": rules.locks_at(wanted.ends_at, overrides),
    }


def change_plan(
    session: Session,
    gathering: Gathering,
    wanted: Plan,
    *,
    by_id: int | None,
    now: datetime,
    reason: str = "",
    follow: Follow = nothing_more,
) -> None:
    """The gathering is as wanted now; its kind, owner and roster stay. Raises Locked without a reason once it is locked.

    The day of a roll that is closed stays: its roster was that day's. Its hours follow the new times.
    """
    overrides = workdays.overrides(session, clock.today(wanted.starts_at))
    values = _values(wanted, overrides)
    take_turn(session, gathering)
    check_changeable(gathering, now=now, reason=reason)
    is_held = gathering.state is GatheringState.HELD
    if is_held and values["held_on"] != gathering.held_on:
        raise Conflict("点名已结束，不能改到另一天。时间写错了可以改钟点。")
    if is_held or gathering.locked_at is not None:
        del values["locks_at"]  # a deadline that runs already stays
    before = {key: getattr(gathering, key) for key in values}
    years = set(crediting.worth(gathering))
    for key, value in values.items():
        setattr(gathering, key, value)
    detail = rules.differences(_plain(before), _plain(values))
    if detail:
        note(session, gathering, "change", detail, by_id=by_id, now=now, reason=reason)
    if is_held and {"starts_at", "ends_at", "extent"} & set(detail):
        crediting.settle_all(session, gathering, reason="活动时间更正", years=years, now=now)
        follow(session, gathering, now)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if hasattr(v, "isoformat") else v for k, v in values.items()}


def cancel(session: Session, gathering: Gathering, *, reason: str, by_id: int, now: datetime) -> None:
    """It does not take place. Raises GatheringMoved once the roll is closed, Invalid without a reason."""
    if not reason.strip():
        raise Invalid("请写明取消的原因。", field="reason")
    take_turn(session, gathering)
    if gathering.state is not GatheringState.PLANNED:
        raise GatheringMoved("已经点过名或取消过，不能再取消。")
    gathering.state = GatheringState.CANCELLED
    note(session, gathering, "cancel", {}, by_id=by_id, now=now, reason=reason)


def choose(
    session: Session, gathering: Gathering, person_ids: Iterable[int], *, by_id: int | None, now: datetime
) -> None:
    """Exactly these are chosen. Raises GatheringMoved once the roll is closed, and for a gathering whose roster is no choice."""
    take_turn(session, gathering)
    if gathering.state is not GatheringState.PLANNED or not gathering.roster.is_chosen:
        raise GatheringMoved("现在不能再改参加人员。")
    wanted, before = set(person_ids), set(queries.list_invitees(session, gathering.id))
    gone = before - wanted
    if gone:
        session.execute(delete(Invitee).where(Invitee.gathering_id == gathering.id, Invitee.person_id.in_(gone)))
    _choose(session, gathering.id, wanted - before)
    if wanted != before:
        detail = {"added": sorted(wanted - before), "removed": sorted(gone)}
        note(session, gathering, "choose", detail, by_id=by_id, now=now)


def _choose(session: Session, gathering_id: int, person_ids: Iterable[int]) -> None:
    rows = [{"gathering_id": gathering_id, "person_id": person_id} for person_id in sorted(set(person_ids))]
    insert_ignore(session, Invitee, rows, key=["gathering_id", "person_id"])


def add_material(
    session: Session,
    gathering: Gathering,
    kind: MaterialKind,
    ref_id: int,
    title: str,
    *,
    by_id: int | None,
    now: datetime,
    reason: str = "",
) -> Material:
    """It is among what is read and watched; the caller has checked that the person may see it. Raises Conflict when it is there."""
    take_turn(session, gathering)
    check_changeable(gathering, now=now, reason=reason)
    material = Material(gathering_id=gathering.id, kind=kind, ref_id=ref_id, title=title[:200])
    with conflict_as(Conflict("这份材料已经加过了。"), session):
        session.add(material)
    note(session, gathering, "material", {"added": title[:200]}, by_id=by_id, now=now, reason=reason)
    return material


def remove_material(
    session: Session, gathering: Gathering, material: Material, *, by_id: int, now: datetime, reason: str = ""
) -> None:
    take_turn(session, gathering)
    check_changeable(gathering, now=now, reason=reason)
    note(session, gathering, "material", {"removed": material.title}, by_id=by_id, now=now, reason=reason)
    session.execute(delete(Material).where(Material.id == material.id))

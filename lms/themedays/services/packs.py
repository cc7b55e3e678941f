"""The committee's pack: drafted, published once, pushed to every branch exactly once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.courses.models import Resource
from lms.db import MakeSession, changed, conflict_as, insert_ignore, serialise, unit_of_work
from lms.errors import Conflict, Invalid
from lms.gatherings import services as gatherings
from lms.gatherings.kind_rules import KINDS, GatheringKind
from lms.gatherings.services import Plan
from lms.notices import services as notices
from lms.people.models import Branch
from lms.themedays import queries, rules
from lms.themedays.models import BranchMonth, MonthPack, PackFile
from lms.themedays.rules import PartKind
from lms.themedays.services.materials import add_materials
from lms.workdays import queries as workdays

AT_ONCE = 50
"""So many branches are served in one transaction of a push."""


@dataclass(frozen=True)
class PackFacts:
    """What the committee writes; lesson, film and files are chosen apart. `plan_by_on` None: three days before the usual day."""

    theme: str
    practice: str = ""
    guidance: str = ""
    plan_by_on: date | None = None
    together_at: datetime | None = None
    publishes_on: date | None = None


def draft_pack(session: Session, month: date, facts: PackFacts, *, by_id: int | None, now: datetime) -> MonthPack:
    """A pack nobody else sees yet. Raises Conflict when the month has one, Invalid as `change_pack`."""
    pack = MonthPack(month=month, created_by_id=by_id, created_at=now, **_values(session, month, facts), changed_at=now)
    with conflict_as(Conflict("这个月的方案已经有了，请直接修改。"), session):
        session.add(pack)
    return pack


def change_pack(session: Session, pack: MonthPack, facts: PackFacts, *, by_id: int, now: datetime) -> None:
    """The pack says this from now on, also to branches that have it; what they have planned already stays as it is.

    Raises Invalid without a theme, for a time of 同主题同步学 outside the month, and for moving that time once it was pushed.
    """
    values = _values(session, pack.month, facts)
    if pack.pushed_at is not None and values["together_at"] != pack.together_at:
        raise Invalid("同步学已经安排到各支部，时间请由支部在活动里修改。", field="together_at")
    for key, value in values.items():
        setattr(pack, key, value)
    pack.changed_at = now
    if pack.published_at is not None:
        audit.record(session, by_id, "month_pack:change", f"month_pack:{pack.id}", {"theme": pack.theme}, now=now)


def _values(session: Session, month: date, facts: PackFacts) -> dict[str, object]:
    if not facts.theme.strip():
        raise Invalid("写下本月主题。", field="theme")
    if facts.together_at is not None and clock.month_of(facts.together_at) != month:
        raise Invalid("同步学的时间要在本月。", field="together_at")
    return {
        "theme": facts.theme.strip()[:60],
        "practice": facts.practice.strip()[:500],
        "guidance": facts.guidance.strip()[:2000],
        "plan_by_on": facts.plan_by_on or rules.plan_by(month, workdays.overrides(session, month)),
        "together_at": facts.together_at,
        "publishes_on": facts.publishes_on,
    }


def set_part(session: Session, pack: MonthPack, kind: PartKind, resource: Resource | None, *, now: datetime) -> None:
    """The resource is the month's lesson or film; None takes it away. The caller has checked that everybody may read it."""
    if kind is PartKind.LESSON:
        pack.lesson_id = resource.id if resource else None
    elif kind is PartKind.FILM:
        pack.film_id = resource.id if resource else None
    else:
        raise Invalid("实践不是资源，写在实践内容里。", field="practice")
    pack.changed_at = now


def add_file(session: Session, pack: MonthPack, resource: Resource, *, now: datetime) -> None:
    """It goes with the pack, once. Raises Conflict beyond MOST_FILES."""
    standing = session.scalars(select(PackFile.resource_id).where(PackFile.pack_id == pack.id)).all()
    if resource.id not in standing and len(standing) >= rules.MOST_FILES:
        raise Conflict(f"最多附 {rules.MOST_FILES} 份材料，先移出一份。")
    insert_ignore(session, PackFile, [{"pack_id": pack.id, "resource_id": resource.id}], key=["pack_id", "resource_id"])
    pack.changed_at = now


def remove_file(session: Session, pack: MonthPack, resource_id: int, *, now: datetime) -> None:
    session.execute(delete(PackFile).where(PackFile.pack_id == pack.id, PackFile.resource_id == resource_id))
    pack.changed_at = now


def missing(pack: MonthPack) -> list[str]:
    """What a pack still needs before it can be published, as labels."""
    parts = [("一课", pack.lesson_id), ("一片", pack.film_id), ("一实践", pack.practice)]
    return [label for label, given in parts if not given]


def publish_pack(session: Session, pack: MonthPack, *, by_id: int | None, now: datetime) -> None:
    """Branches see it from now on; the push follows. Raises Conflict when it is published, Invalid when a part is missing."""
    if labels := missing(pack):
        raise Invalid(f"还缺{'、'.join(labels)}，补上再发布。", field="theme")
    moved = update(MonthPack).where(MonthPack.id == pack.id, MonthPack.published_at.is_(None))
    if not changed(session.execute(moved.values(published_at=now, published_by_id=by_id))):
        raise Conflict("这个月的方案已经发布了。")
    session.refresh(pack)
    audit.record(session, by_id, "month_pack:publish", f"month_pack:{pack.id}", {"theme": pack.theme}, now=now)


def publish_due(make_session: MakeSession, now: datetime) -> int:
    """Publishes every complete draft whose day has come, also days that were missed; returns how many this run published."""
    with make_session() as session:
        due = session.scalars(
            select(MonthPack.id)
            .where(MonthPack.published_at.is_(None), MonthPack.publishes_on <= clock.today(now))
            .order_by(MonthPack.month)
        ).all()
    published = 0
    for pack_id in due:
        with unit_of_work(make_session) as session:
            serialise(session, f"month_pack:{pack_id}")
            pack = session.get_one(MonthPack, pack_id)
            if pack.published_at is None and not missing(pack):
                publish_pack(session, pack, by_id=pack.created_by_id, now=now)
                published += 1
    return published


def push_due(make_session: MakeSession, now: datetime) -> int:
    """Pushes every published pack that has not reached all branches; returns how many branch months this run made."""
    with make_session() as session:
        waiting = session.scalars(
            select(MonthPack.id)
            .where(MonthPack.published_at.is_not(None), MonthPack.pushed_at.is_(None))
            .order_by(MonthPack.month)
        ).all()
    made = 0
    for pack_id in waiting:
        while (done := _push_some(make_session, pack_id, now)) is not None:
            made += done
    return made


def _push_some(make_session: MakeSession, pack_id: int, now: datetime) -> int | None:
    """One transaction of a push; None when nothing is left."""
    with unit_of_work(make_session) as session:
        pack = session.get_one(MonthPack, pack_id)
        return push_pack(session, pack, now=now)


def push_pack(session: Session, pack: MonthPack, *, now: datetime, most: int = AT_ONCE) -> int | None:
    """The pack reaches up to `most` branches it has not reached: their month is there, 同步学 is planned, their secretaries are told once.

    Returns how many; None when all had it, which is then written down. A second run, or a second node, finds nothing to do.
    """
    serialise(session, f"month_pack:{pack.id}")
    session.refresh(pack)
    if pack.pushed_at is not None:
        return None
    left = _unreached(session, pack, now)
    if not left:
        pack.pushed_at = now
        return None
    some = left[:most]
    keepers = queries.keepers_of(session, [branch.id for branch in some])
    for branch in some:
        _reach(session, pack, branch, keepers.get(branch.id, []), now)
    return len(some)


def _unreached(session: Session, pack: MonthPack, now: datetime) -> list[Branch]:
    reached = set(
        session.scalars(
            select(BranchMonth.branch_id).where(BranchMonth.month == pack.month, BranchMonth.pack_id == pack.id)
        )
    )
    branches = queries.branches_with_members(session, max(pack.month, clock.today(now)))
    return [branch for branch in branches if branch.id not in reached]


def _reach(session: Session, pack: MonthPack, branch: Branch, keepers: Sequence[int], now: datetime) -> None:
    """A branch that had planned by itself before keeps what it planned, and has the pack from now on."""
    row = {"branch_id": branch.id, "month": pack.month, "created_at": now}
    insert_ignore(session, BranchMonth, [row], key=["branch_id", "month"])
    branch_month = session.scalars(
        select(BranchMonth).where(BranchMonth.branch_id == branch.id, BranchMonth.month == pack.month)
    ).one()
    branch_month.pack_id = pack.id
    if pack.together_at is not None and pack.together_at > now:
        branch_month.together_id = _together(session, pack, branch, branch_month, keepers, now)
    if pack.month >= clock.month_of(now):
        link = f"/themedays/{branch.id}/{rules.month_text(pack.month)}"
        for person_id in keepers:
            text = f"{pack.month.month}月主题党日方案：{pack.theme}，请在{pack.plan_by_on.month}月{pack.plan_by_on.day}日前安排"
            notices.tell(session, person_id, text, link, now=now)


def _together(
    session: Session, pack: MonthPack, branch: Branch, branch_month: BranchMonth, keepers: Sequence[int], now: datetime
) -> int:
    """同主题同步学 of this branch, at the same hour as everywhere."""
    assert pack.together_at is not None
    words, keeper = KINDS[GatheringKind.SAME_THEME], keepers[0] if keepers else None
    usual = gatherings.propose(session, branch, words.key, by_id=keeper or 0, now=now)
    wanted = Plan(
        kind=words.key, title=f"同主题同步学：{pack.theme}", starts_at=pack.together_at,
        ends_at=pack.together_at + (usual.ends_at - usual.starts_at), place=usual.place, host_id=keeper, recorder_id=keeper,
        agenda=words.agenda, subject=(rules.SUBJECT, branch_month.id),
    )  # fmt: skip
    made = gatherings.plan(session, branch, wanted, by_id=keeper, now=now)
    add_materials(session, made, [pack.lesson_id], by_id=keeper, now=now)
    return made.id

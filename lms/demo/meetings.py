"""A year of theme days of every branch with roll, minutes and hours; and for North a meeting that is still open."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from lms import clock
from lms.demo import cast
from lms.demo.bureau import SEED
from lms.demo.story import AT_ONCE, Happening, Story
from lms.gatherings import rules, services
from lms.gatherings.kind_rules import KINDS, GatheringKind
from lms.gatherings.models import Change, Decision, Entry, Gathering, Minutes
from lms.gatherings.rules import Cause, DecisionState, GatheringState, Mark, Way
from lms.gatherings.services import Plan, crediting
from lms.hours import bulk
from lms.hours.bulk import Credit
from lms.hours.rules import Bucket, Source
from lms.people import queries as people
from lms.people.models import Branch
from lms.people.queries import Member

HOURS_LONG = 2
THEMES = (
    ("节约集约用地", "学习节约集约用地文件，讨论本单位批而未供土地清理。"),
    ("耕地保护", "观看耕地保护警示片，到卫片图斑现场核查两处疑似违法占地。"),
    ("窗口服务", "学习便民服务要求，党员轮流到登记窗口体验一小时。"),
    ("廉洁教育", "观看廉政教育片，结合征地、矿权岗位谈风险点。"),
    ("防汛备汛", "学习地质灾害防治预案，分组检查隐患点值守和预警设备。"),
    ("乡村振兴", "走访联系村，帮村里理清宅基地确权的历史遗留问题。"),
)
TASKS = ("整理批而未供地块清单，报支部备查", "联系社区，排好志愿服务名单", "把隐患点照片和说明补进台账")


@dataclass(frozen=True)
class Attendance:
    """What one member's line of a closed roll says."""

    mark: Mark
    cause: Cause | None = None
    way: Way = Way.TAP


def chapter(story: Story) -> Iterator[Happening]:
    """The months that are over, one happening each; then, today, what the cast has before it. The packs over them: `months`."""
    chance, site = Random(SEED + 20), story.site
    days = theme_days(site.today)
    for number, on in enumerate(days):
        act = partial(_month, on=on, number=number, now=site.now, chance=chance, is_last=on == days[-1])
        yield Happening(clock.at_local(on, 18), act, weight=AT_ONCE)
    yield Happening(site.now, partial(_open_things, story=story), weight=AT_ONCE)


def theme_days(today: date) -> list[date]:
    """The first Fridays (or the working days after) of the twelve months before today."""
    found = []
    month = today.replace(day=1)
    for _ in range(13):
        on = rules.first_friday(month)
        while not clock.is_working_day(on):
            on += timedelta(days=1)
        if today - timedelta(days=365) < on < today:
            found.append(on)
        month = (month - timedelta(days=1)).replace(day=1)
    return sorted(found)


def _month(session: Session, *, on: date, number: int, now: datetime, chance: Random, is_last: bool) -> None:
    members: dict[int, list[Member]] = {}
    for member in people.roster(session, on):
        if member.branch_id is not None:
            members.setdefault(member.branch_id, []).append(member)
    held = [_held(session, branch_id, of, on, number, now) for branch_id, of in sorted(members.items())]
    session.add_all(held)
    session.flush()  # entries name their gathering by its number
    entries: list[dict[str, Any]] = []
    credits: list[Credit] = []
    for gathering in held:
        assert gathering.branch_id is not None
        rolled = [
            _entry(gathering, member, _attend(member, chance, is_last=is_last))
            for member in members[gathering.branch_id]
        ]
        _count(gathering, rolled)
        entries += rolled
        credits += [
            _credit(gathering, row["person_id"]) for row in rolled if row["is_due"] and row["mark"] is Mark.PRESENT
        ]
        _write_up(session, gathering, number, chance)
    session.execute(insert(Entry), entries)
    bulk.add_entries(session, credits)


def _held(
    session: Session, branch_id: int, members: Sequence[Member], on: date, number: int, now: datetime
) -> Gathering:
    """A theme day as it stood when its roll was closed."""
    theme, _ = THEMES[number % len(THEMES)]
    starts_at = clock.at_local(on, 15)
    ends_at = starts_at + timedelta(hours=HOURS_LONG)
    keeper = next((m.person_id for m in members if m.is_due), members[0].person_id)
    locks_at, words = rules.locks_at(ends_at, {}), KINDS[GatheringKind.THEME_DAY]
    return Gathering(
        kind=words.key, title=f"{on.month}月主题党日：{theme}", branch_id=branch_id, starts_at=starts_at, ends_at=ends_at,
        held_on=on, place="党员活动室", host_id=keeper, recorder_id=members[-1].person_id, agenda=list(words.agenda),
        roster=words.roster, bucket=Bucket.PARTY, state=GatheringState.HELD, closed_at=ends_at, closed_by_id=keeper,
        minutes_at=ends_at + timedelta(hours=1), locks_at=locks_at, locked_at=locks_at if locks_at <= now else None,
        created_by_id=keeper, created_at=starts_at - timedelta(days=10),
    )  # fmt: skip


def _attend(member: Member, chance: Random, *, is_last: bool) -> Attendance:
    """lin always comes; bo was on leave the last time and can make it up."""
    if not member.is_due:
        return Attendance(Mark.NOT_DUE, way=Way.CLOSING)
    drawn = 0.0 if member.staff_no == "lin" else chance.random()
    if member.staff_no == "bo" and is_last:
        return Attendance(Mark.LEAVE, Cause.OFFICIAL)
    if drawn < 0.88:
        return Attendance(Mark.PRESENT, way=Way.QR if drawn < 0.5 else Way.TAP)
    return (
        Attendance(Mark.LEAVE, chance.choice(list(Cause))) if drawn < 0.96 else Attendance(Mark.ABSENT, way=Way.CLOSING)
    )


def _entry(gathering: Gathering, member: Member, of: Attendance) -> dict[str, Any]:
    scanned_at = gathering.starts_at - timedelta(minutes=3) if of.way is Way.QR else None
    return {
        "gathering_id": gathering.id, "person_id": member.person_id, "mark": of.mark, "cause": of.cause, "way": of.way,
        "is_due": member.is_due, "party_status": member.party_status, "duty_status": member.duty_status,
        "scanned_at": scanned_at, "marked_at": scanned_at or gathering.ends_at, "marked_by_id": gathering.closed_by_id,
    }  # fmt: skip


def _count(gathering: Gathering, rolled: Sequence[dict[str, Any]]) -> None:
    counted = rules.count((row["is_due"], row["mark"]) for row in rolled)
    gathering.due_count, gathering.present_count, gathering.leave_count = counted.due, counted.present, counted.leave


def _credit(gathering: Gathering, person_id: int) -> Credit:
    ((_, evidence),) = crediting.worth(gathering).items()
    source = Source(crediting.SOURCE, gathering.id)
    proof = {**evidence, "gathering": gathering.id}
    return Credit(person_id, source, Bucket.PARTY, gathering.held_on, gathering.title, proof, gathering.ends_at)


def _write_up(session: Session, gathering: Gathering, number: int, chance: Random) -> None:
    """Minutes and history, and for one branch in six a decision that was carried out."""
    _, points = THEMES[number % len(THEMES)]
    by_id, at = gathering.closed_by_id, gathering.ends_at
    session.add(Minutes(gathering_id=gathering.id, texts={"points": points}, written_by_id=by_id, written_at=at))
    for act, detail in (
        ("plan", {"title": gathering.title}),
        ("close", _told(gathering)),
        ("minutes", {"points": ["", points]}),
    ):
        when = gathering.created_at if act == "plan" else at
        session.add(Change(gathering_id=gathering.id, act=act, detail=detail, by_id=by_id, at=when))
    if gathering.locked_at is not None:
        session.add(Change(gathering_id=gathering.id, act="lock", detail={}, by_id=None, at=gathering.locked_at))
    if gathering.host_id is not None and chance.random() < 1 / 6:
        done_at = at + timedelta(days=8)
        session.add(
            Decision(
                gathering_id=gathering.id, text=chance.choice(TASKS), owner_id=gathering.host_id,
                due_on=gathering.held_on + timedelta(days=14), created_at=at, state=DecisionState.DONE, result="已办",
                settled_by_id=gathering.host_id, settled_at=done_at,
            )
        )  # fmt: skip


def _told(gathering: Gathering) -> dict[str, int]:
    return {
        "due": gathering.due_count, "present": gathering.present_count, "leave": gathering.leave_count, "others": 0,
    }  # fmt: skip


# --- what is open today


def _open_things(session: Session, *, story: Story) -> None:
    """North: a meeting of yesterday without minutes and a decision for lin."""
    branch = session.scalars(select(Branch).where(Branch.name == cast.NORTH_BRANCH)).one()
    meeting = _plan(session, story, branch, GatheringKind.MEMBERS, _working_day_before(story.site.today), "chen")
    by_id, now = story.people["chen"], meeting.ends_at
    services.all_present(session, meeting, by_id=by_id, now=now)
    services.close_roll(session, meeting, by_id=by_id, now=now)
    services.add_decision(
        session, meeting, text="汇总本季度党员联系群众情况", owner_id=story.people["lin"],
        due_on=story.site.today + timedelta(days=10), link="/gatherings", by_id=by_id, now=now,
    )  # fmt: skip


def _plan(session: Session, story: Story, branch: Branch, kind: GatheringKind, on: date, keeper: str) -> Gathering:
    starts_at, by_id = clock.at_local(on, 15), story.people[keeper]
    words = KINDS[kind]
    wanted = Plan(
        kind=kind, title=f"{on.month}月{words.name}", starts_at=starts_at, ends_at=starts_at + timedelta(minutes=words.minutes),
        place="党员活动室", host_id=by_id, recorder_id=by_id, agenda=words.agenda,
    )  # fmt: skip
    return services.plan(session, branch, wanted, by_id=by_id, now=min(story.site.now, starts_at - timedelta(days=3)))


def _working_day_before(today: date) -> date:
    on = today - timedelta(days=1)
    while not clock.is_working_day(on):
        on -= timedelta(days=1)
    return on

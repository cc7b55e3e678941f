"""The committee's packs over the held theme days, with every branch's parts; then what is coming: a pack that North has yet to plan."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from lms import clock
from lms.courses.models import Course, Lesson, Resource
from lms.courses.review_rules import CourseState
from lms.db import insert_ignore
from lms.demo import cast
from lms.demo.bureau import SEED
from lms.demo.meetings import THEMES, theme_days
from lms.demo.story import AT_ONCE, Happening, Story
from lms.gatherings import services as gatherings
from lms.gatherings.kind_rules import GatheringKind
from lms.gatherings.models import Gathering, Material
from lms.gatherings.rules import Cause, MaterialKind
from lms.people.models import Branch
from lms.themedays import queries, rules, services
from lms.themedays.models import BranchMonth, MakeUp, MonthPack, Part
from lms.themedays.rules import PartKind
from lms.themedays.services import PackFacts, make_ups
from lms.themedays.services.months import agenda_of

PRACTICES = (
    "到批而未供地块现场核查，两人一组，拍照留底。",
    "到卫片图斑现场核查，对照规划当场记录。",
    "到登记窗口值一小时班，记下群众问得最多的三个问题。",
    "逐个岗位写一条廉政风险点和防控办法。",
    "到隐患点检查值守和预警设备，发现问题当场报修。",
    "到联系村走访，帮两户理清宅基地材料。",
)
APART = ("到社区报到，参加环境整治", "分组走访困难党员", "到帮扶村开展义务劳动")
PUBLISHED_BEFORE = timedelta(days=3)


def chapter(story: Story) -> Iterator[Happening]:
    """After the theme days of the same moment; today, what is coming and who can make up what."""
    chance, site = Random(SEED + 21), story.site
    days = theme_days(site.today)
    for number, on in enumerate(days):
        act = partial(_month, story=story, on=on, number=number, chance=chance)
        yield Happening(clock.at_local(on, 18), act, weight=AT_ONCE)
    yield Happening(site.now, partial(_coming, story=story, number=len(days), last=days[-1]), weight=AT_ONCE)
    yield Happening(site.now, partial(_make_ups, now=site.now), weight=AT_ONCE)


def _month(session: Session, *, story: Story, on: date, number: int, chance: Random) -> None:
    month = on.replace(day=1)
    pack = _pack(session, story, month, number)
    held = session.scalars(
        select(Gathering).where(Gathering.kind == GatheringKind.THEME_DAY, Gathering.held_on == on)
    ).all()
    months = [
        BranchMonth(
            branch_id=one.branch_id, month=month, pack_id=pack.id if pack else None, created_at=one.created_at,
            theme="" if pack else THEMES[number % len(THEMES)][0], planned_at=one.created_at, planned_by_id=one.host_id,
        )
        for one in held
    ]  # fmt: skip
    session.add_all(months)
    session.flush()  # parts and subjects name them by their numbers
    agenda = agenda_of(session, pack, list(PartKind))
    parts: list[dict[str, Any]] = []
    for gathering, of in zip(held, months, strict=True):
        gathering.subject_kind, gathering.subject_id, gathering.agenda = rules.SUBJECT, of.id, agenda
        parts += _parts(gathering, of, pack, chance, story.site.today)
    session.execute(insert(Part), parts)
    _give_materials(session, pack, held)


def _pack(session: Session, story: Story, month: date, number: int) -> MonthPack | None:
    """Of what courses for everybody showed by then; none as long as there was nothing to choose."""
    published_at = clock.at_local(month - PUBLISHED_BEFORE, 9)
    given = studied(session, published_at, number)
    if given is None:
        return None
    pack = MonthPack(
        month=month, theme=THEMES[number % len(THEMES)][0], lesson_id=given[0].id,
        film_id=given[1].id, practice=PRACTICES[number % len(PRACTICES)],
        plan_by_on=rules.plan_by(month, {}), published_at=published_at, published_by_id=story.people["wen"],
        pushed_at=published_at + timedelta(minutes=1), changed_at=published_at, created_by_id=story.people["wen"],
        created_at=published_at - timedelta(days=2),
    )  # fmt: skip
    session.add(pack)
    session.flush()  # branch months name it by its number
    return pack


def studied(session: Session, by: datetime, number: int) -> tuple[Resource, Resource] | None:
    """(lesson, film) out of courses for everybody that were out at that instant; a document is the lesson while there is one film."""
    query = (
        select(Resource)
        .join(Lesson, Lesson.resource_id == Resource.id)
        .join(Course, Course.id == Lesson.course_id)
        .where(Course.state == CourseState.PUBLISHED, Course.audience_unit_id.is_(None), Course.published_at <= by)
        .where(~Lesson.is_retired)
        .order_by(Course.published_at, Resource.id)
    )
    shown = session.scalars(query).unique().all()
    films = [one for one in shown if one.duration_millis]
    if not films or len(shown) < 2:
        return None
    film = films[number % len(films)]
    others = [one for one in (films if len(films) > 1 else shown) if one is not film]
    return others[number % len(others)], film


def _parts(
    gathering: Gathering, of: BranchMonth, pack: MonthPack | None, chance: Random, today: date
) -> Iterator[dict[str, Any]]:
    """The film was left out by one branch in sixteen; one in five did the practice on another day, without a meeting."""
    studied = {PartKind.LESSON: pack.lesson_id, PartKind.FILM: pack.film_id} if pack else {}
    end = rules.next_month(of.month) - timedelta(days=1)
    for kind in PartKind:
        drawn = chance.random()
        if kind is PartKind.FILM and drawn < 1 / 16:
            continue
        is_apart = kind is PartKind.PRACTICE and drawn < 1 / 5
        done_on = min(gathering.held_on + timedelta(days=chance.randint(1, 12)), end, today) if is_apart else None
        yield {
            "branch_month_id": of.id, "kind": kind, "gathering_id": None if is_apart else gathering.id,
            "resource_id": studied.get(kind), "done_on": done_on, "note": chance.choice(APART) if is_apart else "",
            "changed_by_id": gathering.host_id, "changed_at": gathering.ends_at,
        }  # fmt: skip


def _give_materials(session: Session, pack: MonthPack | None, held: Sequence[Gathering]) -> None:
    given = queries.resources_by_id(session, [pack.lesson_id, pack.film_id]) if pack else {}
    rows = [
        {"gathering_id": one.id, "kind": MaterialKind.RESOURCE, "ref_id": resource.id, "title": resource.title}
        for one in held
        for resource in given.values()
    ]
    if rows:
        session.execute(insert(Material), rows)


# --- what is coming


def _coming(session: Session, *, story: Story, number: int, last: date) -> None:
    """The next pack is out with an hour for all; South has planned, North has not; the pack after it is begun."""
    now, wen = story.site.now, story.people["wen"]
    this = story.site.today.replace(day=1)
    month = rules.next_month(this) if last >= this else this
    pack = _publish(session, story, month, number)
    if pack is not None:
        while services.push_pack(session, pack, now=now):
            session.flush()  # the next part of the push asks who has it
        after = PackFacts(THEMES[(number + 1) % len(THEMES)][0])
        services.draft_pack(session, rules.next_month(month), after, by_id=wen, now=now)
        _leave(session, story, month)
    for name, keeper in ((cast.SOUTH_BRANCH, "mei"), (cast.OFFICE_BRANCH, "wen")):
        branch, by_id = _branch(session, name), story.people[keeper]
        line = queries.month_of(session, branch.id, month)
        wanted = services.propose(session, branch, line, by_id=by_id, now=now)
        services.plan_month(session, branch, month, wanted, by_id=by_id, now=now)


def _publish(session: Session, story: Story, month: date, number: int) -> MonthPack | None:
    now, wen = story.site.now, story.people["wen"]
    given = studied(session, now, number)
    if given is None:
        return None
    together = clock.at_local(clock.add_working_days(rules.usual_day(month, {}), 3), 9)
    facts = PackFacts(
        THEMES[number % len(THEMES)][0], PRACTICES[number % len(PRACTICES)], "结合本支部工作谈认识，不照本宣科。",
        together_at=together,
    )  # fmt: skip
    pack = services.draft_pack(session, month, facts, by_id=wen, now=now)
    services.set_part(session, pack, PartKind.LESSON, given[0], now=now)
    services.set_part(session, pack, PartKind.FILM, given[1], now=now)
    services.publish_pack(session, pack, by_id=wen, now=now)
    return pack


def _leave(session: Session, story: Story, month: date) -> None:
    """bo can not come to the study of all branches."""
    together = queries.month_of(session, _branch(session, cast.NORTH_BRANCH).id, month).together
    if together is not None:
        gatherings.ask_leave(
            session, together, story.people["bo"], cause=Cause.OFFICIAL, note_text="去省厅开会", now=story.site.now
        )


def _branch(session: Session, name: str) -> Branch:
    return session.scalars(select(Branch).where(Branch.name == name)).one()


def _make_ups(session: Session, *, now: datetime) -> None:
    """What the job would find, all at once."""
    rows = make_ups.missed(session, now, 100_000)
    insert_ignore(session, MakeUp, rows, key=["part_id", "person_id"])
    for make_up_id, evidence in make_ups.shown_by_player(session, now, 100_000).items():
        make_up = session.get_one(MakeUp, make_up_id)
        make_up.closed_at, make_up.evidence = now, evidence

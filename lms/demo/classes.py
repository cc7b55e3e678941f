"""Three classes: one closed with certificates, one that runs, one that is full and lets people wait; and one that waits for approval."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.demo import cast
from lms.demo.story import AT_ONCE, Happening, Story
from lms.gatherings import services as gatherings
from lms.gatherings.models import Gathering
from lms.gatherings.rules import Cause, Mark
from lms.gatherings.services import Tap
from lms.hours.rules import Extent
from lms.people.models import Membership, Person
from lms.people.rules import DutyStatus
from lms.training import plan_queries, queries, services
from lms.training.class_rules import PRESETS, ClassKind
from lms.training.models import Homework, TrainingClass
from lms.training.plan_rules import ItemKind
from lms.training.services import MeetingPlan, Plan

FINISHED_DAYS_AGO, BEGUN_DAYS_AGO, COMES_IN_DAYS = 45, 1, 20
SMALL_PLACES = 6
SERIES = 4
ELECTIVES = (ItemKind.QUIZ, ItemKind.CLASS, ItemKind.LECTURES)
TOPICS = (
    ("学习全会精神，推动自然资源高质量发展", "gao", ""),
    ("国土空间规划与用途管制", "ed", ""),
    ("公文写作：从一份请示说起", "", "李教授（省委党校）"),
    ("耕地保护与执法监督案例", "ed", ""),
    ("分组研讨和结业", "hua", ""),
)
ESSAYS = (
    "窗口件数最多的是转移登记，材料退回的主要原因是测绘成果不一致，建议把核对提前到受理之前。",
    "讲到的用途管制案例在我们所里也遇到过，回去先把去年的三宗补办件重新核一遍。",
    "请示和报告不能混用，以前一直没分清，这次对照改了一份。",
)
WORDS = (
    "案例多，听得进去。",
    "希望多留讨论时间。",
    "教室投影不太清楚。",
    "",
    "安排紧凑，组织得好。",
    "材料最好提前发。",
)


def chapter(story: Story) -> Iterator[Happening]:
    """Each class by its days, in order of time."""
    today = story.site.today
    finished, running = _monday(today - timedelta(days=FINISHED_DAYS_AGO)), today - timedelta(days=BEGUN_DAYS_AGO)
    coming = _monday(today + timedelta(days=COMES_IN_DAYS))
    yield from _whole_class(story, finished)
    yield Happening(story.site.now, partial(_running, story=story, first=running), weight=AT_ONCE)
    yield Happening(story.site.now, partial(_enrolling, story=story, first=coming), weight=AT_ONCE)
    yield Happening(story.site.now, partial(_proposed, story=story, first=coming + timedelta(days=14)))
    yield Happening(story.site.now, partial(_plan_of_the_year, story=story))


def _monday(on: date) -> date:
    return on - timedelta(days=on.weekday())


def _whole_class(story: Story, first: date) -> Iterator[Happening]:
    planned_at = clock.at_local(first - timedelta(days=20), 10)
    done_at = clock.at_local(first + timedelta(days=2), 18)
    yield Happening(planned_at, partial(_plan_finished, story=story, first=first, at=planned_at), weight=AT_ONCE)
    yield Happening(done_at, partial(_finish, story=story, first=first, at=done_at), weight=AT_ONCE)


def _class(
    session: Session, story: Story, kind: ClassKind, title: str, first: date, at: datetime, **given: object
) -> TrainingClass:
    """Proposed, approved by hua, with a timetable of half days, open for enrolment at that instant."""
    preset = PRESETS[kind]
    usual: dict[str, object] = {
        "kind": kind, "title": title, "aims": preset.aims, "starts_on": first, "ends_on": first + timedelta(days=2),
        "places": preset.places, "enrol_from": at, "enrol_until": clock.at_local(first, 0) - timedelta(days=2),
        "venue": "局党校", "officer_id": story.people["hua"], "rank_bands": (), "is_professional": preset.is_professional,
    }  # fmt: skip
    by_id = story.people["hua"]
    plan = Plan(**(usual | given))  # type: ignore[arg-type]
    made = services.propose(session, story.unit(session, cast.BUREAU), plan, by_id=by_id, now=at)
    services.decide(session, made, approve=True, note="", by_id=by_id, now=at)
    for number, (topic, lecturer, guest) in enumerate(TOPICS):
        on = first + timedelta(days=number // 2)
        starts_at = clock.at_local(on, 9 if number % 2 == 0 else 14, 0 if number % 2 == 0 else 30)
        meeting = MeetingPlan(
            topic, starts_at, starts_at + timedelta(hours=3), Extent.HALF_DAY, "局党校二号教室",
            story.people[lecturer] if lecturer else None, guest,
        )  # fmt: skip
        services.add_meeting(session, made, meeting, by_id=by_id, now=at)
    services.open_enrolment(session, made, by_id=by_id, now=at)
    return made


def _learners(session: Session, story: Story, count: int, on: date, skip: int = 0) -> list[int]:
    """The cast first, then others on duty, by staff number."""
    known = [story.people[name] for name in ("lin", "bo", "chen", "dana", "mei")]
    others = (
        select(Membership.person_id)
        .join(Person, Person.id == Membership.person_id)
        .where(Membership.from_on <= on, Membership.until_on.is_(None), Membership.duty_status == DutyStatus.ON_DUTY)
        .where(Person.disabled_at.is_(None), Person.id.not_in([story.people[part.staff_no] for part in cast.CAST]))
        .order_by(Person.staff_no)
        .offset(skip)
        .limit(count)
    )
    return (known + list(session.scalars(others)))[:count]


def _enrol(session: Session, training: TrainingClass, people: Sequence[int], at: datetime) -> None:
    for number, person_id in enumerate(people):
        services.enrol(session, training, person_id, by_id=person_id, now=at + timedelta(minutes=number))


def _plan_finished(session: Session, *, story: Story, first: date, at: datetime) -> None:
    training = _class(
        session, story, ClassKind.QUALITY, f"{first.year}年综合素质提升班（第一期）", first, at, places=12
    )
    _enrol(session, training, _learners(session, story, 12, first), at)


def _finish(session: Session, *, story: Story, first: date, at: datetime) -> None:
    """Rolled, with one who missed too much, written home, spoken of, closed."""
    query = select(TrainingClass).where(TrainingClass.starts_on == first).order_by(TrainingClass.id)
    training = session.scalars(query).first()
    assert training is not None
    placed, by_id = queries.list_placed(session, training.id), story.people["hua"]
    _essays(session, training, placed, by_id, at - timedelta(days=2))
    for number, meeting in enumerate(queries.list_meetings(session, training.id)):
        taps = (
            [Tap(placed[-1], Mark.ABSENT)]
            if number in (1, 3)
            else [Tap(placed[-2], Mark.LEAVE, Cause.ILL)]
            if number == 2
            else []
        )
        _roll(session, meeting.id, taps, by_id)
    for number, person_id in enumerate(placed[:7]):
        points = [5, 5, 4, 5 - number % 2, 4 + number % 2]
        services.evaluate(session, training, person_id, points=points, words=WORDS[number % len(WORDS)], now=at)
    services.close_class(session, training, by_id=by_id, now=at)


def _essays(session: Session, training: TrainingClass, placed: Sequence[int], by_id: int, at: datetime) -> None:
    homework: Homework = services.set_homework(
        session,
        training,
        title="学习心得",
        text="结合本岗位写 300 字。",
        due_at=at + timedelta(days=2),
        by_id=by_id,
        now=at,
    )
    for person_id, text in zip(placed, ESSAYS, strict=False):
        row = services.hand_in(session, homework, person_id, text=text, media_id=None, now=at + timedelta(hours=30))
        services.comment(
            session, training, homework, row, text="结合实际，写得实在。", by_id=by_id, now=at + timedelta(hours=40)
        )


def _roll(session: Session, meeting_id: int, taps: Sequence[Tap], by_id: int) -> None:
    meeting = session.get_one(Gathering, meeting_id)
    gatherings.mark(session, meeting, taps, by_id=by_id, now=meeting.starts_at)
    gatherings.all_present(session, meeting, by_id=by_id, now=meeting.starts_at)
    gatherings.close_roll(session, meeting, by_id=by_id, now=meeting.ends_at)


def _running(session: Session, *, story: Story, first: date) -> None:
    """Since yesterday: what is over was rolled, the rest waits; homework is due at the end."""
    at, now = clock.at_local(first - timedelta(days=15), 10), story.site.now
    training = _class(session, story, ClassKind.BASIC, "基层业务培训班（自然资源所）", first, at, places=15)
    _enrol(session, training, [story.people["lin"], *_learners(session, story, 15, first, skip=8)[5:]], at)
    for meeting in queries.list_meetings(session, training.id):
        if meeting.ends_at < now:
            _roll(session, meeting.id, (), story.people["hua"])
    services.set_homework(
        session, training, title="一张图斑的核查报告", text="选一个本所的图斑，写清现状、依据和处理意见。",
        due_at=clock.at_local(training.ends_on, 23), by_id=story.people["hua"], now=now,
    )  # fmt: skip


def _enrolling(session: Session, *, story: Story, first: date) -> None:
    """Full: lin has a place, bo and three more wait."""
    at = story.site.now - timedelta(days=2)
    training = _class(
        session, story, ClassKind.YOUTH_PARTY, f"{first.year}年青年党校", first, at, places=SMALL_PLACES, most_age=None,
        enrol_until=story.site.now + timedelta(days=8),
    )  # fmt: skip
    people = [story.people["lin"], *_learners(session, story, SMALL_PLACES + 8, first, skip=20)[5:]]
    _enrol(
        session, training, [*people[:SMALL_PLACES], story.people["bo"], *people[SMALL_PLACES : SMALL_PLACES + 3]], at
    )


def _proposed(session: Session, *, story: Story, first: date) -> None:
    """North asks for a class of its own."""
    preset, now = PRESETS[ClassKind.YOUTH], story.site.now
    plan = Plan(
        kind=preset.kind, title="北区分局青年干部班", aims=preset.aims, starts_on=first, ends_on=first + timedelta(days=4),
        places=20, enrol_from=now, enrol_until=clock.at_local(first, 0), venue="北区分局三楼", most_age=preset.most_age,
        officer_id=story.people["ada"], is_decided=True,
    )  # fmt: skip
    services.propose(session, story.unit(session, cast.NORTH), plan, by_id=story.people["ada"], now=now)


def _plan_of_the_year(session: Session, *, story: Story) -> None:
    """What the bureau asks this year: the first published course, one more, a quiz of Party members, a class, and four lectures."""
    now, by_id, year = story.site.now, story.people["hua"], story.site.today.year
    unit = story.unit(session, cast.BUREAU)
    plan = services.draft_plan(session, unit, year=year, title=f"{year}年干部教育培训计划", by_id=by_id, now=now)
    offered = plan_queries.offered(session, unit).items()
    courses = [each for each in offered if each[0].startswith(ItemKind.COURSE)][:2]
    firsts = [next((each for each in offered if each[0].startswith(kind)), None) for kind in ELECTIVES]
    for number, (key, words) in enumerate([*courses, *(each for each in firsts if each)]):
        kind, _, ref_id = key.partition(":")
        wanted = services.Wanted(
            ItemKind(kind), int(ref_id), words.partition("：")[2], date(year, 12, 31 if number else 20),
            is_required=kind in (ItemKind.COURSE, ItemKind.QUIZ), is_theory=number == 0,
            wanted_count=SERIES if kind == ItemKind.LECTURES else 1,
            party=["full", "probationary"] if kind == ItemKind.QUIZ else (),
        )  # fmt: skip
        services.add_item(session, plan, wanted, by_id=by_id, now=now)
    if courses:
        services.publish_plan(session, plan, by_id=by_id, now=now)

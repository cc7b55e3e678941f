"""A year of 上讲台: topics, lectures that were given with replies and recordings, what is scheduled, and what waits for the organiser."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import clock
from lms.courses.models import Resource
from lms.courses.review_rules import ResourceKind, ResourceState
from lms.demo import cast
from lms.demo.bureau import SEED
from lms.demo.people import FOUNDED_DAYS_AGO
from lms.demo.story import AT_ONCE, Happening, Story
from lms.gatherings import queries as gatherings
from lms.gatherings import services as rolls
from lms.gatherings.rules import Mark
from lms.gatherings.services import Tap
from lms.lectures import queries
from lms.lectures.models import Topic
from lms.lectures.services import earning, scheduling, topics
from lms.lectures.services.scheduling import Slot
from lms.lectures.services.topics import Offer
from lms.people import queries as people
from lms.people.models import Person
from lms.people.rules import Role
from lms.people.services import grants

LEADERS = 3
"""So many further leaders have the lecturer's role."""
WORDS = ("案例讲得透", "希望多讲窗口遇到的情况", "口径清楚，回去就能用", "时间再长一点更好", "")


@dataclass(frozen=True)
class Talk:
    """A topic with the days (ago; negative: to come) on which it is given, the unit each time, and what goes with it. `who` is a staff
    number of the cast, or "leader0" for the first of the further leaders."""

    who: str
    title: str
    abstract: str
    audience: str
    given: tuple[tuple[int, str], ...] = ()
    hours: float = 1.5
    slides: str = ""
    """Words of the slides' title in the library."""
    has_recording: bool = False
    replies: int = 0


TALKS = (
    Talk("ed", "违法建设分类处理的尺度", "按违法类型和能否消除影响，选对处罚主体和处罚方式。", "执法和所里人员",
         ((190, cast.NORTH), (96, cast.SOUTH)), 2, "违法建设的分类处理", True, 9),
    Talk("gao", "三条控制线怎么统筹落地", "耕地、生态、城镇三条线打架时先看什么、由谁定。", "分局和机关业务处室",
         ((75, cast.NORTH),), 2, "三条控制线", True, 14),
    Talk("leader0", "从督察通报看耕地保护责任", "三份通报、三类责任，讲清责任怎么落到人。", "人事教育处和机关党员",
         ((48, cast.OFFICE),), 1.5, "", False, 6),
    Talk("leader1", "规划实施监督的几个关口", "批前、批中、批后各查什么。", "规划和执法人员", ((20, "法规处"),), 1.5, "", False, 3),
    Talk("ed", "违法占地案件办理实务", "四类案件的定性和证据，配案卷。", "分局执法人员", ((-16, cast.NORTH),), 2, "违法占地案件怎样定性处罚"),
    Talk("gao", "自然资源领域优化营商环境", "一件事一次办，窗口和后台怎么分工。", "窗口和登记人员", ((-9, cast.SOUTH),), 2),
)  # fmt: skip
PROPOSED = (
    Talk("gao", "城市更新中的用地政策", "低效用地再开发的三条路径和风险。", "机关业务处室和分局"),
    Talk("leader2", "地质灾害防治的责任链条", "一次临灾避险的复盘，讲清谁报、谁转、谁守。", "分局和所里人员"),
)
RETURNED = Talk("ed", "新修订法规串讲", "把今年修订的法规过一遍。", "全体")
RETURNED_BECAUSE = "题目太大，请选一部法规，讲清和我们业务有关的条文。"


def chapter(story: Story) -> Iterator[Happening]:
    """One happening for each thing somebody does, through the services with that moment."""
    chance = Random(SEED + 27)
    leaders = _leaders(story)
    begun_at = story.site.ago(FOUNDED_DAYS_AGO - 1)
    yield Happening(begun_at, partial(_appoint, story=story, leaders=leaders, at=begun_at))
    for number, talk in enumerate(TALKS):
        who = leaders.get(talk.who, talk.who)
        if who in story.people:
            yield from _Told(story, talk, who, number, chance).happenings()
    asked_at = story.site.ago(2, 15)
    for talk in PROPOSED:
        if (who := leaders.get(talk.who, talk.who)) in story.people:
            yield Happening(
                asked_at, partial(_propose, story=story, talk=talk, who=who, on=story.site.today, at=asked_at)
            )
    yield Happening(asked_at, partial(_return, story=story, at=asked_at))


def _leaders(story: Story) -> dict[str, str]:
    """ "leader0" … → staff numbers of leaders of the bureau on duty, but gao."""
    with story.site.make_session() as session:
        path = story.unit(session, cast.LEADERS).path
        members = people.roster(session, story.site.today, unit_path=path)
    chosen = [member.staff_no for member in members if member.staff_no != "gao"][:LEADERS]
    return {f"leader{number}": staff_no for number, staff_no in enumerate(chosen)}


def _appoint(session: Session, *, story: Story, leaders: dict[str, str], at: datetime) -> None:
    for staff_no in leaders.values():
        person, unit = session.get_one(Person, story.people[staff_no]), story.unit(session, cast.BUREAU)
        grants.grant(session, person, Role.LECTURER, unit=unit, by_id=None, by="demo", now=at)


def _propose(session: Session, *, story: Story, talk: Talk, who: str, on: date, at: datetime) -> Topic:
    person_id = story.people[who]
    place = people.membership_of(session, person_id, clock.today(at))
    unit_id = place.unit_id if place else story.units[cast.BUREAU]
    offer = Offer(talk.title, talk.abstract, talk.audience, (on.month + 2) // 3)
    return topics.propose(session, offer, year=on.year, person_id=person_id, unit_id=unit_id, now=at)


def _return(session: Session, *, story: Story, at: datetime) -> None:
    made = _propose(session, story=story, talk=RETURNED, who="ed", on=story.site.today, at=at)
    session.flush()  # it is decided on by its number
    topics.return_topic(session, made, RETURNED_BECAUSE, by_id=story.people["hua"], link="/lectures/mine", now=at)


class _Told:
    """One topic, from its proposal to its last lecture."""

    def __init__(self, story: Story, talk: Talk, who: str, number: int, chance: Random) -> None:
        self.story, self.talk, self.who, self.number, self.chance = story, talk, who, number, chance
        self.topic_id = 0

    def happenings(self) -> Iterator[Happening]:
        first, _ = self.talk.given[0]
        asked_at = self._asked_at(first)
        yield Happening(asked_at, partial(self._begin, at=asked_at, on=clock.today(self._starts(first))))
        for days_ago, unit in self.talk.given:
            planned_at = self.story.site.ago(max(days_ago, 0) + 30, 11, self.number)
            starts_at = self._starts(days_ago)
            lecture: list[int] = []
            yield Happening(planned_at, partial(self._schedule, lecture, starts_at=starts_at, unit=unit, at=planned_at))
            if days_ago > 0:
                yield from self._held(lecture, starts_at)

    def _asked_at(self, first: int) -> datetime:
        """In the January of the lecture's year, while the call is open, if the bureau was there already; else some weeks before."""
        site, latest = self.story.site, max(first, 0) + 38
        january = date(clock.today(self._starts(first)).year, 1, 20)
        days_ago = (site.today - january).days
        return site.ago(days_ago if latest <= days_ago <= FOUNDED_DAYS_AGO - 20 else latest, 10, self.number)

    def _held(self, lecture: list[int], starts_at: datetime) -> Iterator[Happening]:
        after = starts_at + timedelta(hours=self.talk.hours, minutes=5)
        yield Happening(
            starts_at - timedelta(days=3), partial(self._prepare, lecture, at=starts_at - timedelta(days=3))
        )
        yield Happening(after, partial(self._give, lecture, at=after), weight=AT_ONCE)
        yield Happening(after + timedelta(hours=20), partial(self._reply, lecture, at=after + timedelta(hours=20)))
        if self.talk.has_recording:
            yield Happening(after + timedelta(days=4), partial(self._record, lecture))

    def _starts(self, days_ago: int) -> datetime:
        """Half past two on that day or the working day before it, or after it when it is to come."""
        if days_ago > 0:
            return self.story.site.working_day_ago(days_ago, 14, 30)
        on = self.story.site.today - timedelta(days=days_ago)
        while not clock.is_working_day(on):
            on += timedelta(days=1)
        return clock.at_local(on, 14, 30)

    def _begin(self, session: Session, *, at: datetime, on: date) -> None:
        topic = _propose(session, story=self.story, talk=self.talk, who=self.who, on=on, at=at)
        session.flush()  # it is decided on by its number
        topics.approve(session, topic, by_id=self.story.people["hua"], link="/lectures/mine", now=at)
        self.topic_id = topic.id

    def _schedule(self, lecture: list[int], session: Session, *, starts_at: datetime, unit: str, at: datetime) -> None:
        topic = session.get_one(Topic, self.topic_id)
        ends_at = starts_at + timedelta(hours=self.talk.hours)
        slot = Slot(starts_at, ends_at, "三楼报告厅", self.story.unit(session, unit))
        made = scheduling.schedule(
            session, topic, slot, link_of=lambda number: f"/lectures/{number}", by_id=self.story.people["hua"], now=at
        )
        lecture.append(made.id)
        if starts_at > self.story.site.now and self.talk.slides:
            session.flush()  # its line is read
            self._prepare(lecture, session, at=at)

    def _line(self, lecture: Sequence[int], session: Session) -> queries.LectureLine:
        line = queries.find_line(session, lecture[0])
        assert line is not None
        return line

    def _find(self, session: Session, kind: ResourceKind) -> Resource | None:
        """What the lecturer has in the library on it by then."""
        query = select(Resource).where(Resource.kind == kind, Resource.state == ResourceState.PUBLISHED)
        mine = query.where(Resource.lecturer_id == self.story.people[self.who], Resource.replaces_id.is_(None))
        return session.scalar(mine.where(Resource.title.contains(self.talk.slides)).order_by(Resource.id).limit(1))

    def _prepare(self, lecture: list[int], session: Session, *, at: datetime) -> None:
        slides = self._find(session, ResourceKind.DOCUMENT) if self.talk.slides else None
        if slides is not None:
            scheduling.link_slides(session, self._line(lecture, session), slides)
            session.flush()  # the next line reads the slides
            scheduling.confirm_ready(session, self._line(lecture, session), by_id=self.story.people["hua"], now=at)

    def _give(self, lecture: list[int], session: Session, *, at: datetime) -> None:
        held, hua = self._line(lecture, session).gathering, self.story.people["hua"]
        away = [
            Tap(line.person_id, Mark.ABSENT)
            for line in gatherings.roll_of(session, held).due
            if self.chance.random() < 0.1
        ]
        rolls.mark(session, held, away, by_id=hua, now=held.starts_at)
        rolls.all_present(session, held, by_id=hua, now=held.starts_at)
        rolls.close_roll(session, held, by_id=hua, now=at, follow=earning.settle)
        points = {"points": f"{self.talk.abstract}提问交流二十分钟。"}
        rolls.write_minutes(session, held, points, by_id=hua, now=at)

    def _reply(self, lecture: list[int], session: Session, *, at: datetime) -> None:
        held = self._line(lecture, session).gathering
        there = [line.person_id for line in gatherings.roll_of(session, held).due if line.mark is Mark.PRESENT]
        for person_id in [each for each in there if each != held.speaker_id][: self.talk.replies]:
            points = [self.chance.choice((4, 5, 5, 5, 3)) for _ in held.words.questions]
            rolls.reply(session, held, person_id, points=points, words=self.chance.choice(WORDS), now=at)

    def _record(self, lecture: list[int], session: Session) -> None:
        film = self._find(session, ResourceKind.VIDEO)
        if film is not None:
            scheduling.link_recording(session, self._line(lecture, session), film)

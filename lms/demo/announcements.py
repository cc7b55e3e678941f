"""Announcements of the year with who opened them, and a robot that is set up and off."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from lms.demo import cast
from lms.demo.story import AT_ONCE, Happening, Story
from lms.notices import announcement_queries as queries
from lms.notices.announcement_rules import Party
from lms.notices.channel_rules import ChannelKind
from lms.notices.models import Announcement, AnnouncementRead
from lms.notices.services import Audience, Text, announcing, channels
from lms.notices.services.channels import Facts
from lms.people.models import Branch, Unit


@dataclass(frozen=True)
class Told:
    """One announcement: days ago, author, place, Party status, title, text, and of ten recipients how many opened it."""

    days_ago: int
    by: str
    place: str
    party: Party | None
    title: str
    body: str
    of_ten: int


TOLD = (
    Told(
        120, "hua", cast.BUREAU, None, "下半年网络学习安排",
        "下半年的必修课已经放进讲堂，**本年度 50 学时**可以分散学，不用赶进度。\n\n- 学完课时自动入账，不用上传截图\n- 听不清、打不开，点页面下方“意见建议”",
        9,
    ),
    Told(
        40, "wen", cast.PARTY, Party.MEMBERS, "“一月一课一片一实践”素材更新",
        "# 本月素材\n\n警示片和案例课已更新，支部可以直接选用。\n\n1. 打开“讲堂”搜“耕地保护”\n2. 在支部活动里添加为材料",
        8,
    ),
    Told(
        9, "ada", cast.NORTH, None, "周六上午办公楼停电检修",
        "周六 8:00 至 12:00 停电检修，请提前关机。\n\n服务器不受影响，手机上照常可以学习。", 6,
    ),
    Told(2, "chen", cast.NORTH_BRANCH, None, "下周主题党日改到三楼会议室", "党员活动室在刷墙，地点改到**三楼会议室**，时间不变。", 3),
)  # fmt: skip


def chapter(story: Story) -> Iterator[Happening]:
    for told in TOLD:
        at = story.site.working_day_ago(told.days_ago, 9, 30)
        yield Happening(at, partial(_publish, story=story, told=told, at=at), weight=AT_ONCE)
    drafted_at = story.site.working_day_ago(1, 16, 10)
    yield Happening(drafted_at, partial(_draft, story=story, at=drafted_at))
    yield Happening(story.site.ago(200), partial(_robot, story=story, at=story.site.ago(200)))


def _publish(session: Session, *, story: Story, told: Told, at: datetime) -> None:
    place = _place(session, told.place)
    author_id = story.people[told.by]
    text = Text(told.title, told.body)
    made = announcing.draft(session, text, Audience(place, party=told.party), author_id=author_id, now=at)
    announcing.publish(session, made, by=told.by, now=at)
    _open(session, made, story, told, at)


def _place(session: Session, name: str) -> Unit | Branch:
    unit = session.scalars(select(Unit).where(Unit.name == name)).one_or_none()
    return unit or session.scalars(select(Branch).where(Branch.name == name)).one()


def _open(session: Session, made: Announcement, story: Story, told: Told, at: datetime) -> None:
    """So many of ten had opened it within two days; of the newest, nobody in the cast but its author."""
    recent = {story.people[part.staff_no] for part in cast.CAST} if told.days_ago < 5 else set()
    ids = [each for each in session.scalars(queries.recipients(made)) if each not in recent]
    read = [each for each in ids if story.chance.random() * 10 < told.of_ten]
    rows = [
        {
            "announcement_id": made.id, "person_id": person_id, "is_counted": True,
            "read_at": min(at + timedelta(minutes=story.chance.randrange(5, 2880)), story.site.now),
        }
        for person_id in read
    ]  # fmt: skip
    if rows:
        session.execute(insert(AnnouncementRead), rows)


def _draft(session: Session, *, story: Story, at: datetime) -> None:
    """What hua is still writing."""
    text = Text("年度学时核对", "请大家在“我的学时”里核对今年的学时，有疑问点“意见建议”。")
    audience = Audience(_place(session, cast.BUREAU))
    announcing.draft(session, text, audience, author_id=story.people["hua"], now=at)


def _robot(session: Session, *, story: Story, at: datetime) -> None:
    """It leads to a name that exists nowhere, and is off."""
    facts = Facts(
        "局机关工作群",
        20,
        _place(session, cast.BUREAU),
        url="https://robot.example/cgi-bin/webhook/send?key=demonstration",
    )
    keys = story.site.services["keys"]
    channels.create(session, ChannelKind.WECOM, facts, keys=keys, by_id=story.people["sun"], by="孙", now=at)

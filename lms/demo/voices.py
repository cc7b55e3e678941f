"""Feedback with replies, and notices that wait to be read."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from lms.demo.story import Happening, Story
from lms.notices import services as notices

WISHES = (
    (
        150,
        "lin",
        "/library/",
        "能不能把视频字幕的字再放大一点？我在手机上看有点吃力。",
        "wen",
        "已加“特大”字号，在“我的”里可以选。",
    ),
    (
        72,
        "dana",
        "/contests",
        "比拼的题目做完以后想看每题的法条原文。",
        "hua",
        "交卷并等本轮结束后，每题下面都会列出法条。",
    ),
    (35, "chen", "/", "希望首页直接写出今年还差多少学时。", "hua", "已改：首页第一行就是。"),
    (3, "bo", "/library/", "课程能按条线筛选就好了，现在要翻好几页。", "", ""),
    (1, "mei", "/hours", "外单位培训的学时可以自己补录吗？", "", ""),
)
"""(days ago, who, page, text, who replied, reply)."""

NEWS = (
    (4, "lin", "“不动产登记专场”已经开始，每天可以答 3 次。", "/contests"),
    (2, "chen", "“耕地保护专场”个人榜正在公示，有异议请在公示期内提出。", "/contests"),
    (1, "hua", "有 1 条对比拼名次的异议等待答复。", "/office/contests"),
)

READ_DAYS_AGO = 12
READERS = ("hua", "ed", "gao", "lin", "dana", "chen")
"""Who had read everything by then."""


def chapter(story: Story) -> Iterator[Happening]:
    for days_ago, name, page, text, by, reply in WISHES:
        at = story.site.working_day_ago(days_ago, 11, 20)
        yield Happening(at, partial(_wish, story=story, name=name, page=page, text=text, by=by, reply=reply, at=at))
    for days_ago, name, text, link in NEWS:
        at = story.site.working_day_ago(days_ago, 9, 5)
        yield Happening(at, partial(_tell, story=story, name=name, text=text, link=link, at=at))
    read_at = story.site.ago(READ_DAYS_AGO, 8, 30)
    yield Happening(read_at, partial(_read, story=story, at=read_at))


def _wish(
    session: Session, *, story: Story, name: str, page: str, text: str, by: str, reply: str, at: datetime
) -> None:
    wish = notices.give_feedback(session, story.people[name], page=page, text=text, now=at)
    session.flush()  # the reply names the wish by its number
    if reply:
        replied_at = at + timedelta(hours=26)
        notices.reply(session, wish, by_id=story.people[by], text=reply, now=replied_at)


def _tell(session: Session, *, story: Story, name: str, text: str, link: str, at: datetime) -> None:
    notices.tell(session, story.people[name], text, link, now=at)


def _read(session: Session, *, story: Story, at: datetime) -> None:
    for name in READERS:
        notices.read_all(session, story.people[name], now=at)

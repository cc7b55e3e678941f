"""Feedback with replies, and notices that wait to be read."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy.orm import Session

from lms.demo.story import Happening, Story
from lms.notices import services as notices
from lms.notices.feedback_rules import FeedbackState


@dataclass(frozen=True)
class Wish:
    """What somebody gave, days ago, on which page; who saw to it, and what was said: the office's words and, in between, the writer's."""

    days_ago: int
    by: str
    page: str
    text: str
    office: str = ""
    replies: tuple[str, ...] = ()
    state: FeedbackState = FeedbackState.ANSWERED


_ADOPTED, _DECLINED = FeedbackState.ADOPTED, FeedbackState.DECLINED
WISHES = (
    Wish(
        150, "lin", "/library/", "能不能把视频字幕的字再放大一点？我在手机上看有点吃力。", "wen",
        ("已加“特大”字号，在“我的”里可以选。", "在手机上选了，字幕好像没变？", "字幕已经跟着字号一起变大，请再看看。"), _ADOPTED,
    ),
    Wish(
        72, "dana", "/contests", "比拼的题目做完以后想看每题的法条原文。", "hua",
        ("交卷并等本轮结束后，每题下面都会列出法条。",), _ADOPTED,
    ),
    Wish(
        50, "bo", "/contests", "希望榜上能看到全单位每个人的名次。", "hua",
        ("按规定公开的榜只列前若干名和本人，不列末位，这条不采纳。",), _DECLINED,
    ),
    Wish(35, "chen", "/", "希望首页直接写出今年还差多少学时。", "hua", ("已改：首页第一行就是。",), _ADOPTED),
    Wish(12, "lin", "/gatherings", "请假审批能不能写明由谁批？", "wen", (), FeedbackState.WORKING),
    Wish(3, "bo", "/library/", "课程能按条线筛选就好了，现在要翻好几页。"),
    Wish(1, "mei", "/hours", "外单位培训的学时可以自己补录吗？"),
)  # fmt: skip

NEWS = (
    (4, "lin", "“不动产登记专场”已经开始，每天可以答 3 次。", "/contests"),
    (2, "chen", "“耕地保护专场”个人榜正在公示，有异议请在公示期内提出。", "/contests"),
    (1, "hua", "有 1 条对比拼名次的异议等待答复。", "/office/contests"),
)

READ_DAYS_AGO = 12
READERS = ("hua", "ed", "gao", "lin", "dana", "chen")
"""Who had read everything by then."""


def chapter(story: Story) -> Iterator[Happening]:
    for wish in WISHES:
        at = story.site.working_day_ago(wish.days_ago, 11, 20)
        yield Happening(at, partial(_wish, story=story, wish=wish, at=at))
    for days_ago, name, text, link in NEWS:
        at = story.site.working_day_ago(days_ago, 9, 5)
        yield Happening(at, partial(_tell, story=story, name=name, text=text, link=link, at=at))
    read_at = story.site.ago(READ_DAYS_AGO, 8, 30)
    yield Happening(read_at, partial(_read, story=story, at=read_at))


def _wish(session: Session, *, story: Story, wish: Wish, at: datetime) -> None:
    given = notices.give_feedback(session, story.people[wish.by], page=wish.page, text=wish.text, now=at)
    session.flush()  # the thread names it by its number
    if not wish.office:
        return
    by_id = story.people[wish.office]
    notices.assign(session, given, by_id, by_id=by_id, now=at + timedelta(hours=2))
    for n, text in enumerate(wish.replies):
        said_at = at + timedelta(hours=26 + 22 * n)
        if n % 2:
            notices.add_word(session, given, text=text, now=said_at)
        else:
            notices.reply(session, given, by_id=by_id, text=text, state=wish.state, now=said_at)


def _tell(session: Session, *, story: Story, name: str, text: str, link: str, at: datetime) -> None:
    notices.tell(session, story.people[name], text, link, now=at)


def _read(session: Session, *, story: Story, at: datetime) -> None:
    for name in READERS:
        notices.read_all(session, story.people[name], now=at)

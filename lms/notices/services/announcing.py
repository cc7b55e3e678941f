"""Write, publish and withdraw announcements; hand them to mail and robots in chunks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.config import Keys
from lms.db import changed, unit_of_work
from lms.errors import Conflict, Invalid
from lms.notices import announcement_queries as queries
from lms.notices import channel_queries as channels
from lms.notices import prose
from lms.notices.announcement_rules import MOST_NAMED, AnnouncementState, Party, Reach
from lms.notices.channel_rules import Cause
from lms.notices.models import Announcement, AnnouncementPerson, Channel, NoticeSettings
from lms.notices.services import outbox
from lms.notices.services.outbox import Draft
from lms.people.models import Branch, Unit
from lms.people.rules import RankBand
from lms.tasks import services as tasks
from lms.tasks.services import TaskContext

TASK_KIND = "notices.announce"
AT_ONCE = 200
TEXT_MOST = 600


@dataclass(frozen=True)
class Audience:
    """A place with what is below it, narrowed by rank band and Party status; or, without a place, named persons."""

    place: Unit | Branch | None = None
    rank_band: RankBand | None = None
    party: Party | None = None
    person_ids: tuple[int, ...] = ()

    @property
    def columns(self) -> dict[str, Any]:
        reach = {Unit: Reach.UNIT, Branch: Reach.BRANCH}.get(type(self.place), Reach.PEOPLE)  # type: ignore[arg-type]
        narrowed = self.place is not None
        return {
            "reach": reach,
            "unit_id": self.place.id if isinstance(self.place, Unit) else None,
            "branch_id": self.place.id if isinstance(self.place, Branch) else None,
            "rank_band": self.rank_band if narrowed else None,
            "party": self.party if narrowed else None,
        }


@dataclass(frozen=True)
class Text:
    title: str
    body: str
    until_on: date | None = None
    channel_ids: tuple[int, ...] = ()


def draft(session: Session, text: Text, audience: Audience, *, author_id: int, now: datetime) -> Announcement:
    """A draft only its author sees. Raises Invalid without text, for a day that is over, or with nobody or too many named."""
    _check(text, audience, clock.today(now))
    announcement = Announcement(author_id=author_id, created_at=now, **_columns(text, audience))
    session.add(announcement)
    session.flush()  # the persons named refer to its number
    _name(session, announcement, audience)
    return announcement


def change(session: Session, announcement: Announcement, text: Text, audience: Audience, *, now: datetime) -> None:
    """The draft is as given. Raises Conflict once it is published."""
    _check(text, audience, clock.today(now))
    _move(session, announcement, AnnouncementState.DRAFT, **_columns(text, audience))
    session.execute(delete(AnnouncementPerson).where(AnnouncementPerson.announcement_id == announcement.id))
    _name(session, announcement, audience)


def publish(session: Session, announcement: Announcement, *, by: str, now: datetime) -> None:
    """Its audience sees it from now on; mail and robots get it from a task. Raises Conflict when it is no draft, Invalid for nobody."""
    today = clock.today(now)
    if announcement.until_on is not None and announcement.until_on < today:
        raise Invalid("有效期已过，请先改日期。", field="until_on")
    count = queries.count_drafted(session, announcement, today)
    if not count:
        raise Invalid("这个范围里现在没有人，请先改范围。")
    _move(
        session, announcement, AnnouncementState.DRAFT,
        state=AnnouncementState.PUBLISHED, published_at=now, published_on=today, recipient_count=count,
    )  # fmt: skip
    detail = {"title": announcement.title, "count": count}
    audit.record(
        session, announcement.author_id, "announcement.publish", f"announcement:{announcement.id}", detail, now=now,
        actor=by,
    )  # fmt: skip
    about = {"announcement": announcement.id}
    tasks.enqueue(
        session, TASK_KIND, about, owner_id=announcement.author_id, title=f"发送通知：{announcement.title}", now=now
    )


def withdraw(session: Session, announcement: Announcement, *, by_id: int, by: str, now: datetime) -> None:
    """Nobody sees it any more; what went out by mail or robot cannot be called back."""
    _move(session, announcement, AnnouncementState.PUBLISHED, state=AnnouncementState.WITHDRAWN)
    target, detail = f"announcement:{announcement.id}", {"title": announcement.title}
    audit.record(session, by_id, "announcement.withdraw", target, detail, now=now, actor=by)


def discard(session: Session, announcement: Announcement) -> None:
    """The draft is gone. Raises Conflict once it is published."""
    session.execute(delete(AnnouncementPerson).where(AnnouncementPerson.announcement_id == announcement.id))
    gone = delete(Announcement).where(Announcement.id == announcement.id, Announcement.state == AnnouncementState.DRAFT)
    if not changed(session.execute(gone)):
        raise Conflict("通知已经发布，不能删除，可以撤回。")


def _check(text: Text, audience: Audience, today: date) -> None:
    if not text.title.strip():
        raise Invalid("请写一个标题。", field="title")
    if not text.body.strip():
        raise Invalid("请写下内容。", field="body")
    if text.until_on is not None and text.until_on < today:
        raise Invalid("有效期不能早于今天。", field="until_on")
    if audience.place is None and not audience.person_ids:
        raise Invalid("请填写收件人的工号。", field="people")
    if len(audience.person_ids) > MOST_NAMED:
        raise Invalid(f"一次最多点名 {MOST_NAMED} 人，人多请按单位或支部发。", field="people")


def _columns(text: Text, audience: Audience) -> dict[str, Any]:
    facts = {"title": text.title.strip(), "body": text.body.strip(), "until_on": text.until_on}
    return {**facts, "channel_ids": list(text.channel_ids), **audience.columns}


def _name(session: Session, announcement: Announcement, audience: Audience) -> None:
    if audience.place is None:
        named = [
            AnnouncementPerson(announcement_id=announcement.id, person_id=person_id)
            for person_id in dict.fromkeys(audience.person_ids)
        ]
        session.add_all(named)


def _move(session: Session, announcement: Announcement, before: AnnouncementState, **values: Any) -> None:
    moved = update(Announcement).where(Announcement.id == announcement.id, Announcement.state == before)
    if not changed(session.execute(moved.values(**values))):
        raise Conflict("这条通知的状态刚刚变了，请刷新后再看。")
    session.refresh(announcement)


# --- out of the house


def deliver(context: TaskContext) -> dict[str, Any]:
    """The task: one message for each robot chosen, then mails for those who want them, two hundred persons a transaction.

    A second run finds the same keys and adds nothing.
    """
    with unit_of_work(context.make_session) as session:
        announcement = session.get(Announcement, context.input["announcement"])
        if announcement is None or announcement.state is not AnnouncementState.PUBLISHED:
            return {"robots": 0, "mails": 0}
        robots = channels.list_robots_on(session, announcement.channel_ids)
        mail = channels.find_mail(session)
    keys: Keys = context.services["keys"]
    with unit_of_work(context.make_session) as session:
        drafts = [_to_robot(announcement, robot) for robot in robots]
        sent = outbox.put(session, drafts, keys, now=context.now)
    mails = _mail(context, announcement, mail, keys) if mail is not None else 0
    return {"robots": sent, "mails": mails}


def _mail(context: TaskContext, announcement: Announcement, mail: Channel, keys: Keys) -> int:
    after, total = 0, 0
    while True:
        with unit_of_work(context.make_session) as session:
            persons = _wanting(session, announcement, after)
            drafts = [_to_person(announcement, mail, person_id) for person_id in persons]
            total += outbox.put(session, drafts, keys, now=context.now)
        if len(persons) < AT_ONCE:
            return total
        after = persons[-1]
        context.progress(total, announcement.recipient_count)


def _wanting(session: Session, announcement: Announcement, after: int) -> Sequence[int]:
    """The next recipients with a confirmed address who want announcements there, in order of id."""
    wanting = select(NoticeSettings.person_id).where(
        NoticeSettings.email_announcements, NoticeSettings.email_confirmed_at.is_not(None)
    )
    column = queries.recipients(announcement).selected_columns[0]
    return session.scalars(
        queries.recipients(announcement).where(column > after, column.in_(wanting)).limit(AT_ONCE)
    ).all()


def _to_robot(announcement: Announcement, robot: Channel) -> Draft:
    return Draft(
        key=f"announcement:{announcement.id}:channel:{robot.id}", channel_id=robot.id, cause=Cause.ANNOUNCEMENT,
        title=announcement.title, text=prose.plain(announcement.body, TEXT_MOST), link=link_of(announcement),
    )  # fmt: skip


def _to_person(announcement: Announcement, mail: Channel, person_id: int) -> Draft:
    return Draft(
        key=f"announcement:{announcement.id}:person:{person_id}", channel_id=mail.id, person_id=person_id,
        cause=Cause.ANNOUNCEMENT, title=announcement.title, text=prose.plain(announcement.body, 5000),
        link=link_of(announcement),
    )  # fmt: skip


def link_of(announcement: Announcement) -> str:
    return f"/notices/announcements/{announcement.id}"

"""Topics: the year's call, proposals, and what the organiser decides."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.db import changed, conflict_as, upsert
from lms.errors import Conflict, Forbidden, Invalid
from lms.lectures import queries, rules
from lms.lectures.errors import TopicMoved
from lms.lectures.models import LectureYear, Topic
from lms.lectures.rules import EDITABLE, TopicState
from lms.notices import services as notices


@dataclass(frozen=True)
class Offer:
    """What somebody offers: `wished_quarter` 1 to 4; `audience` in words, for whom it is."""

    title: str
    abstract: str
    audience: str
    wished_quarter: int


SAME = "这一年你已经报过这个题目了，改一改题目或者修改原来的。"


def set_deadline(session: Session, year: int, deadline_on: date, note: str, *, by_id: int, now: datetime) -> None:
    """Topics for the year are called for until that day. Proposals that are there keep their mark."""
    if not date(year - 1, 11, 1) <= deadline_on <= date(year, 12, 31):
        raise Invalid(f"截止日期要在 {year - 1} 年 11 月到 {year} 年底之间。", field="deadline_on")
    row = {"year": year, "deadline_on": deadline_on, "note": note.strip()[:300], "set_by_id": by_id, "set_at": now}
    upsert(session, LectureYear, [row], key=["year"], update=["deadline_on", "note", "set_by_id", "set_at"])
    told = {"deadline_on": deadline_on.isoformat(), "note": note.strip()[:300]}
    audit.record(session, by_id, "lecture:deadline", f"lecture-year:{year}", told, now=now)


def propose(session: Session, offer: Offer, *, year: int, person_id: int, unit_id: int, now: datetime) -> Topic:
    """The topic waits for the organiser, marked as late after the year's last day. Raises Invalid for a year that is over or too far,
    Conflict for the same title in the year or more than MOST_TOPICS before the organiser."""
    today = clock.today(now)
    if year not in (today.year, today.year + 1):
        raise Invalid("题目只能报今年或明年的。", field="year")
    if _count_open(session, person_id, year) >= rules.MOST_TOPICS:
        raise Conflict(f"一年最多同时报 {rules.MOST_TOPICS} 个题目，先撤回不用的。")
    topic = Topic(
        year=year, lecturer_id=person_id, unit_id=unit_id, proposed_at=now,
        is_late=rules.is_late(today, queries.deadline_of(session, year)), **_values(offer),
    )  # fmt: skip
    with conflict_as(Conflict(SAME), session):
        session.add(topic)
    return topic


def _count_open(session: Session, person_id: int, year: int) -> int:
    open_ones = Topic.state.in_([TopicState.PROPOSED, TopicState.APPROVED])
    query = select(func.count()).select_from(Topic).where(Topic.lecturer_id == person_id, Topic.year == year, open_ones)
    return session.scalar(query) or 0


def _values(offer: Offer) -> dict[str, object]:
    for field, text in (("title", offer.title), ("abstract", offer.abstract), ("audience", offer.audience)):
        if not text.strip():
            raise Invalid("请填写这一项。", field=field)
    if offer.wished_quarter not in rules.QUARTERS:
        raise Invalid("请选一个季度。", field="wished_quarter")
    title = " ".join(offer.title.split())[:100]
    return {
        "title": title, "plain_title": "".join(title.split()).casefold()[:100], "abstract": offer.abstract.strip()[:1000],
        "audience": offer.audience.strip()[:100], "wished_quarter": offer.wished_quarter,
    }  # fmt: skip


def change(session: Session, topic: Topic, offer: Offer, *, now: datetime) -> None:
    """The offer is this one now and waits for the organiser again. Raises TopicMoved once it was approved or withdrawn."""
    values = _values(offer)
    moved = update(Topic).where(Topic.id == topic.id, Topic.state.in_(EDITABLE))
    again = {"state": TopicState.PROPOSED, "reason": "", "decided_by_id": None, "decided_at": None, "proposed_at": now}
    with conflict_as(Conflict(SAME), session):
        if not changed(session.execute(moved.values(**values, **again))):
            raise TopicMoved()
    session.refresh(topic)


def withdraw(session: Session, topic: Topic) -> None:
    """The lecturer takes it back. Raises TopicMoved when it has a date, or was taken back before."""
    if queries.count_lectures(session, [topic.id]):
        raise TopicMoved("这个题目已经排了讲座，不能撤回，请联系组织者。")
    moved = update(Topic).where(Topic.id == topic.id, Topic.state != TopicState.WITHDRAWN)
    if not changed(session.execute(moved.values(state=TopicState.WITHDRAWN))):
        raise TopicMoved()
    session.refresh(topic)


def approve(session: Session, topic: Topic, *, by_id: int, link: str, now: datetime) -> None:
    """It may be given a date; the lecturer is told. Raises Forbidden for one's own, TopicMoved when it does not wait."""
    _decide(session, topic, TopicState.APPROVED, "", by_id=by_id, now=now)
    notices.tell(session, topic.lecturer_id, f"你报的题目《{topic.title}》已通过，排好时间会再通知你。", link, now=now)


def return_topic(session: Session, topic: Topic, reason: str, *, by_id: int, link: str, now: datetime) -> None:
    """It goes back with a reason to be mended; the lecturer is told. Raises Invalid without one, otherwise as `approve`."""
    if not reason.strip():
        raise Invalid("请写明退回的原因，主讲人会照着修改。", field="reason")
    _decide(session, topic, TopicState.RETURNED, reason.strip()[:200], by_id=by_id, now=now)
    notices.tell(session, topic.lecturer_id, f"你报的题目《{topic.title}》被退回：{reason.strip()[:80]}", link, now=now)


def _decide(session: Session, topic: Topic, state: TopicState, reason: str, *, by_id: int, now: datetime) -> None:
    if topic.lecturer_id == by_id:
        raise Forbidden("自己报的题目由另一位组织者审定。")
    moved = update(Topic).where(Topic.id == topic.id, Topic.state == TopicState.PROPOSED)
    values = {"state": state, "reason": reason, "decided_by_id": by_id, "decided_at": now}
    if not changed(session.execute(moved.values(values))):
        raise TopicMoved()
    session.refresh(topic)
    told = {"title": topic.title, "state": state, "reason": reason}
    audit.record(session, by_id, "lecture:topic", f"lecture-topic:{topic.id}", told, now=now)

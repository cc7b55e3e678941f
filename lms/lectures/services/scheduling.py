"""Lectures get a time and a place, slides, the organiser's confirmation and a recording."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from lms import clock
from lms.audit import services as audit
from lms.courses.models import Resource
from lms.courses.review_rules import ResourceKind, ResourceState
from lms.errors import Conflict, Forbidden, Invalid
from lms.gatherings import clash_queries, clash_rules
from lms.gatherings import services as gatherings
from lms.gatherings.clash_queries import Clash
from lms.gatherings.errors import GatheringMoved
from lms.gatherings.kind_rules import KINDS, GatheringKind
from lms.gatherings.rules import GatheringState
from lms.gatherings.services import Plan
from lms.hours.rules import Extent
from lms.lectures.errors import NotReady, TopicMoved
from lms.lectures.models import SUBJECT, Lecture, Topic
from lms.lectures.queries import LectureLine
from lms.lectures.rules import TopicState
from lms.notices import services as notices
from lms.people.models import Unit

SLIDES = frozenset({ResourceKind.DOCUMENT, ResourceKind.PACKAGE})
RECORDINGS = frozenset({ResourceKind.VIDEO, ResourceKind.AUDIO})


@dataclass(frozen=True)
class Slot:
    """When, where and for which unit a lecture is given; whether a recording is to be made."""

    starts_at: datetime
    ends_at: datetime
    place: str
    unit: Unit
    is_recorded: bool = True

    @property
    def minutes(self) -> int:
        return (self.ends_at - self.starts_at) // timedelta(minutes=1)


def clashes(session: Session, topic: Topic, slot: Slot, *, besides: int | None = None) -> list[Clash]:
    """What else needs the room or the lecturer then."""
    wanted = clash_rules.Slot(slot.starts_at, slot.ends_at, slot.place, frozenset([topic.lecturer_id]))
    return clash_queries.list_clashes(session, wanted, besides=besides)


def schedule(
    session: Session, topic: Topic, slot: Slot, *, link_of: Callable[[int], str], by_id: int, now: datetime
) -> Lecture:
    """The topic is given then and there, as a gathering of the unit; the lecturer is told. `link_of` gives the address of a lecture's page.
    Raises TopicMoved for a topic that is not approved, Invalid for a time that is over or no time at all."""
    if topic.state is not TopicState.APPROVED:
        raise TopicMoved("题目审定通过以后才能排时间。")
    _check_coming(slot, now)
    lecture = Lecture(topic_id=topic.id, is_recorded=slot.is_recorded, created_by_id=by_id, created_at=now)
    session.add(lecture)
    session.flush()  # its gathering names it by its number
    words = KINDS[GatheringKind.LECTURE]
    wanted = Plan(
        kind=words.key, title=topic.title, starts_at=slot.starts_at, ends_at=slot.ends_at, place=slot.place, host_id=by_id,
        recorder_id=by_id, speaker_id=topic.lecturer_id, agenda=words.agenda, subject=(SUBJECT, lecture.id),
    )  # fmt: skip
    gatherings.plan(session, slot.unit, wanted, by_id=by_id, now=now)
    _tell(session, topic, slot, "排在", link_of(lecture.id), now)
    return lecture


def _check_coming(slot: Slot, now: datetime) -> None:
    if slot.starts_at <= now:
        raise Invalid("开始时间已经过了，请选以后的时间。", field="starts_at")


def _tell(session: Session, topic: Topic, slot: Slot, how: str, link: str, now: datetime) -> None:
    at = clock.local(slot.starts_at)
    text = f"《{topic.title}》{how} {at.month}月{at.day}日 {at:%H:%M}，{slot.place or '地点待定'}，请准备课件。"
    notices.tell(session, topic.lecturer_id, text, link, now=now)


def move(session: Session, line: LectureLine, slot: Slot, *, link: str, by_id: int, now: datetime) -> None:
    """The lecture is at that time and place; its unit stays. The lecturer is told. Raises GatheringMoved once the roll is closed: what was
    given is corrected where its roll is."""
    if line.gathering.state is not GatheringState.PLANNED:
        raise GatheringMoved("已经点过名或取消过，时间请在活动页更正。")
    _check_coming(slot, now)
    standing = gatherings.plan_of(line.gathering)
    wanted = replace(standing, starts_at=slot.starts_at, ends_at=slot.ends_at, place=slot.place, extent=Extent.TIMED)
    gatherings.change_plan(session, line.gathering, wanted, by_id=by_id, now=now)
    line.lecture.is_recorded = slot.is_recorded
    if (standing.starts_at, standing.place) != (line.gathering.starts_at, line.gathering.place):
        _tell(session, line.topic, slot, "改到", link, now)


def link_slides(session: Session, line: LectureLine, resource: Resource | None) -> None:
    """These are the slides, or none; what was confirmed for others is taken back. Whoever calls has checked that the person may see them.
    Raises GatheringMoved for a cancelled lecture, Invalid for a film."""
    _check_standing(line)
    if resource is not None and resource.kind not in SLIDES:
        raise Invalid("课件要是文档或互动课件。", field="resource")
    slides_id = resource.id if resource else None
    if line.lecture.slides_id != slides_id:
        line.lecture.slides_id, line.lecture.ready_at, line.lecture.ready_by_id = slides_id, None, None


def link_recording(session: Session, line: LectureLine, resource: Resource | None) -> None:
    """This is its recording, or none. Raises Conflict before the roll is closed, Invalid for what is no published film or sound."""
    _check_standing(line)
    if line.gathering.state is not GatheringState.HELD:
        raise Conflict("讲座结束、点名以后再关联录像。")
    if resource is not None and (resource.kind not in RECORDINGS or resource.state is not ResourceState.PUBLISHED):
        raise Invalid("录像要是已经发布的视频或音频。", field="resource")
    line.lecture.recording_id = resource.id if resource else None


def _check_standing(line: LectureLine) -> None:
    if line.gathering.state is GatheringState.CANCELLED:
        raise GatheringMoved("这场讲座已取消。")


def confirm_ready(session: Session, line: LectureLine, *, by_id: int, now: datetime) -> None:
    """The lecture may be given as it stands. Raises NotReady while its slides are not published, that is have not passed both reviews, and
    Forbidden for the lecturer."""
    _check_standing(line)
    if line.topic.lecturer_id == by_id:
        raise Forbidden("自己的讲座由另一位组织者确认。")
    slides = session.get(Resource, line.lecture.slides_id) if line.lecture.slides_id else None
    if slides is None:
        raise NotReady("还没有关联课件。")
    if slides.state is not ResourceState.PUBLISHED:
        raise NotReady("课件还没有通过内容审核和保密审核，通过后才能确认就绪。")
    if line.lecture.ready_at is None:
        line.lecture.ready_at, line.lecture.ready_by_id = now, by_id
        told = {"title": line.topic.title, "slides": slides.id, "version": slides.version}
        audit.record(session, by_id, "lecture:ready", f"lecture:{line.id}", told, now=now)

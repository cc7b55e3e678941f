"""What lectures remind of: topics to decide on, slides that are missing two weeks before, recordings that are missing after."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.gatherings.models import Gathering
from lms.gatherings.rules import GatheringState
from lms.lectures import queries, rules
from lms.lectures.models import Topic
from lms.lectures.queries import LectureLine
from lms.lectures.rules import LectureStep, TopicState
from lms.notices.rules import Due
from lms.people.models import Person, RoleGrant, Unit
from lms.people.rules import ROLE_PERMISSIONS, Permission

MANAGERS = [role for role, may in ROLE_PERMISSIONS.items() if Permission.LECTURE_MANAGE in may]
SLIDES_MISSING = (LectureStep.NEEDS_SLIDES, LectureStep.IN_REVIEW)


def list_due(session: Session, *, now: datetime) -> list[Due]:
    """Each organiser the topics of the own scope that wait; each lecturer what is missing of the own lectures."""
    return [*_topics(session), *_slides(session, now), *_recordings(session, now)]


def _topics(session: Session) -> list[Due]:
    waiting = session.execute(
        select(Topic, Unit.path).join(Unit, Unit.id == Topic.unit_id).where(Topic.state == TopicState.PROPOSED).order_by(Topic.id)
    ).all()  # fmt: skip
    if not waiting:
        return []
    held = select(RoleGrant.person_id, Unit.path).outerjoin(Unit, Unit.id == RoleGrant.unit_id)
    held = held.join(Person, Person.id == RoleGrant.person_id).where(Person.disabled_at.is_(None))
    held = held.where(RoleGrant.role.in_(MANAGERS), RoleGrant.revoked_at.is_(None)).distinct()
    managers = [(person_id, path or "/") for person_id, path in session.execute(held)]
    return [
        Due(person_id, f"lectures.topic:{topic.id}", f"讲座题目《{topic.title}》等你审定", f"/office/lectures/topics/{topic.id}")
        for topic, path in waiting
        for person_id, reach in managers
        if path.startswith(reach) and person_id != topic.lecturer_id
    ]  # fmt: skip


def _slides(session: Session, now: datetime) -> list[Due]:
    soon = Gathering.starts_at.between(now, now + rules.SLIDES_BEFORE)
    found = queries.read(session, queries.lines().where(soon, Gathering.state == GatheringState.PLANNED))
    return [
        _due(line, "slides", "还没有通过审核的课件，请上传并提交审核")
        for line in found
        if line.step(now) in SLIDES_MISSING
    ]


def _recordings(session: Session, now: datetime) -> list[Due]:
    over = Gathering.ends_at.between(now - rules.RECORDING_UNTIL, now - rules.RECORDING_AFTER)
    found = queries.read(session, queries.lines().where(over, Gathering.state == GatheringState.HELD))
    missing = [line for line in found if line.step(now) is LectureStep.NEEDS_RECORDING and line.was_given]
    return [_due(line, "recording", "还没有录像，请上传到讲堂后关联") for line in missing]


def _due(line: LectureLine, what: str, text: str) -> Due:
    item = f"lectures.{what}:{line.id}"
    return Due(line.topic.lecturer_id, item, f"讲座《{line.topic.title}》{text}", f"/lectures/{line.id}")

"""What awaits organisers and lecturers."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lms.lectures import access
from lms.lectures.models import Topic
from lms.lectures.rules import TopicState
from lms.people.awaiting import Awaiting
from lms.people.models import Unit
from lms.people.principal import Principal
from lms.people.rules import Permission


def list_awaiting(session: Session, person: Principal, now: datetime) -> list[Awaiting]:
    """Topics of others to decide on, and own ones that came back; counts may be 0."""
    found = []
    if person.can(Permission.LECTURE_MANAGE):
        scope = access.manage_scope(session, person)
        waiting = select(func.count()).select_from(Topic).join(Unit, Unit.id == Topic.unit_id)
        waiting = waiting.where(Topic.state == TopicState.PROPOSED, Topic.lecturer_id != person.id)
        count = session.scalar(waiting.where(scope.units_filter(Unit.path))) or 0
        found.append(Awaiting(count, "个讲座题目等你审定", "去审定", "lecture_desk.index", {}))
    if person.can(Permission.LECTURE_PROPOSE):
        returned = select(func.count()).select_from(Topic)
        returned = returned.where(Topic.lecturer_id == person.id, Topic.state == TopicState.RETURNED)
        count = session.scalar(returned) or 0
        found.append(Awaiting(count, "个讲座题目被退回，等你修改", "去修改", "lecture_topics.index", {}))
    return found

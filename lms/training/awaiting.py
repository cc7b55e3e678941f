"""What awaits the class office."""

from datetime import datetime

from sqlalchemy.orm import Session

from lms import clock
from lms.people import access as people
from lms.people.awaiting import Awaiting
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.training import queries


def list_awaiting(session: Session, person: Principal, now: datetime) -> list[Awaiting]:
    """Classes to approve, enrolments to decide, classes to close; nothing for learners."""
    if not person.can(Permission.CLASS_MANAGE):
        return []
    reach = people.scope(session, person, Permission.CLASS_MANAGE)
    decides = people.scope(session, person, Permission.CLASS_APPROVE)
    desk = "class_office.index"
    return [
        Awaiting(queries.count_proposed(session, decides), "个培训班待批准", "去批准", desk, {}),
        Awaiting(queries.count_asked(session, reach), "人报名培训班待审核", "去审核", desk, {}),
        Awaiting(queries.count_to_close(session, reach, clock.today(now)), "个培训班待结班", "去结班", desk, {}),
    ]

"""What awaits a person in the library: reviews, and own resources that came back."""

from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from lms.courses.models import Course, QuickCourse, Resource
from lms.courses.queries import library, reviews
from lms.courses.review_rules import CourseState, ResourceState
from lms.people.access import scope
from lms.people.awaiting import Awaiting
from lms.people.principal import Principal
from lms.people.rules import Permission

STEPS = (
    (Permission.RESOURCE_REVIEW, ResourceState.CONTENT_REVIEW, "份资源等你做内容审核", "reviews.content"),
    (Permission.RESOURCE_SECRECY, ResourceState.SECRECY_REVIEW, "份资源等你做保密审核", "reviews.secrecy"),
)


def list_awaiting(session: Session, person: Principal) -> list[Awaiting]:
    """Reviews of others' resources, then own resources to mend; counts may be 0."""
    found = []
    for permission, state, text, page in STEPS:
        if person.can(permission):
            waiting = reviews.list_waiting(state, scope(session, person, permission))
            waiting = waiting.where(Resource.created_by_id != person.id)
            found.append(Awaiting(_count(session, waiting), text, "去审核", page, {}))
    if person.can(Permission.COURSE_MANAGE):
        ready = library.list_managed_courses(scope(session, person, Permission.COURSE_MANAGE), CourseState.DRAFT)
        ready = ready.join(QuickCourse, QuickCourse.course_id == Course.id).where(QuickCourse.settled_at.is_not(None))
        text = "门讲师课程已通过审核，等你发布"
        found.append(Awaiting(_count(session, ready), text, "去发布", "course_admin.courses", {"state": "draft"}))
    if person.can(Permission.RESOURCE_UPLOAD):
        returned = library.list_own(person).where(Resource.state == ResourceState.RETURNED)
        found.append(Awaiting(_count(session, returned), "份资源被退回，等你修改", "去修改", "studio.index", {}))
    return found


def _count(session: Session, query: Select[Any]) -> int:
    return session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0

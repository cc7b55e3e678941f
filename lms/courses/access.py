"""The loaders of resources and courses that views may use: the thing, or NotFound, or Forbidden with whom to ask."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.courses import review_rules as rules
from lms.courses.models import Course, Lesson, Resource
from lms.courses.queries import reviews
from lms.courses.review_rules import ResourceState, ReviewStep
from lms.errors import Forbidden, NotFound
from lms.people.access import scope
from lms.people.models import Unit
from lms.people.principal import Principal
from lms.people.rules import Permission

STEP_PERMISSIONS: dict[ReviewStep, Permission] = {
    ReviewStep.CONTENT: Permission.RESOURCE_REVIEW,
    ReviewStep.SECRECY: Permission.RESOURCE_SECRECY,
}

WITHDRAWABLE = (ResourceState.PUBLISHED, ResourceState.WITHDRAWN)


def resource_to_read(session: Session, person: Principal, resource_id: int) -> Resource:
    """A published resource whose audience holds the person."""
    resource = session.get(Resource, resource_id)
    if resource is None or resource.state is not ResourceState.PUBLISHED:
        raise NotFound()
    if not _in_audience(session, person, resource.audience_unit_id):
        raise NotFound()
    return resource


def resource_to_preview(session: Session, person: Principal, resource_id: int) -> Resource:
    """Also one that is not published, for its author, for the reviewer whose turn it is, and for who may withdraw it."""
    resource = _found(session, resource_id)
    return resource if may_prepare(session, person, resource) else resource_to_read(session, person, resource_id)


def resource_to_download(session: Session, person: Principal, resource_id: int) -> Resource:
    """One whose original the person may take away: a reader where the lecturer allows it, whoever prepares or reviews it always."""
    resource = resource_to_preview(session, person, resource_id)
    if not resource.may_download and not may_prepare(session, person, resource):
        raise Forbidden("讲师没有开放这份资源的下载，可以在线看；确有需要请联系讲师。")
    return resource


def may_prepare(session: Session, person: Principal, resource: Resource) -> bool:
    """The person wrote it, reviews it now, or may withdraw it."""
    if is_author(resource, person):
        return True
    path = _path(session, resource.owner_unit_id)
    step = rules.STEP_OF_STATE.get(resource.state)
    if step and scope(session, person, STEP_PERMISSIONS[step]).covers_unit(path):
        return True
    return scope(session, person, Permission.RESOURCE_PUBLISH).covers_unit(path) and resource.state in WITHDRAWABLE


def resource_to_edit(session: Session, person: Principal, resource_id: int) -> Resource:
    """One's own upload, in whatever state; the services refuse what the state does not allow."""
    resource = _found(session, resource_id)
    if not is_author(resource, person):
        raise NotFound()
    return resource


def resource_to_review(session: Session, person: Principal, resource_id: int) -> tuple[Resource, ReviewStep]:
    """A resource that waits for a review this person may do; Forbidden for its author and for the other step's reviewer."""
    resource = _found(session, resource_id)
    step = rules.STEP_OF_STATE.get(resource.state)
    path = _path(session, resource.owner_unit_id)
    held = [s for s, permission in STEP_PERMISSIONS.items() if scope(session, person, permission).covers_unit(path)]
    if step is None or not held:
        raise NotFound()
    if step not in held:
        raise Forbidden(f"这份资源正在等{rules.STEP_NAMES[step]}，请由负责这一步的同志办理。")
    authors = {resource.created_by_id} | ({resource.lecturer_id} if resource.lecturer_id else set())
    approvals = reviews.list_approvals(session, resource)
    refusal = rules.why_not_reviewer(step, reviewer_id=person.id, author_ids=authors, approvals=approvals)
    if refusal:
        raise Forbidden(refusal)
    return resource, step


def resource_to_withdraw(session: Session, person: Principal, resource_id: int) -> Resource:
    """A published or withdrawn resource of a unit where the person may publish; its next version is its author's alone."""
    resource = _found(session, resource_id)
    path = _path(session, resource.owner_unit_id)
    covered = scope(session, person, Permission.RESOURCE_PUBLISH).covers_unit(path)
    if not covered or resource.state not in WITHDRAWABLE:
        raise NotFound()
    return resource


def course_to_manage(session: Session, person: Principal, course_id: int) -> Course:
    """A course of a unit where the person manages courses."""
    course = session.get(Course, course_id)
    if course is None:
        raise NotFound()
    if not scope(session, person, Permission.COURSE_MANAGE).covers_unit(_path(session, course.owner_unit_id)):
        raise NotFound()
    return course


def resource_to_teach(session: Session, person: Principal, resource_id: int) -> Resource:
    """A published resource that the person may see or whose audience lies where the person manages courses."""
    resource = session.get(Resource, resource_id)
    if resource is None or resource.state is not ResourceState.PUBLISHED:
        raise NotFound()
    if not _in_audience(session, person, resource.audience_unit_id):
        assert resource.audience_unit_id is not None
        path = _path(session, resource.audience_unit_id)
        if not scope(session, person, Permission.COURSE_MANAGE).covers_unit(path):
            raise NotFound()
    return resource


def lesson_to_manage(session: Session, person: Principal, course_id: int, lesson_id: int) -> tuple[Course, Lesson]:
    """A lesson of a course the person manages."""
    course = course_to_manage(session, person, course_id)
    lesson = session.get(Lesson, lesson_id)
    if lesson is None or lesson.course_id != course.id:
        raise NotFound()
    return course, lesson


def is_author(resource: Resource, person: Principal) -> bool:
    return person.id in (resource.created_by_id, resource.lecturer_id)


def _found(session: Session, resource_id: int) -> Resource:
    resource = session.get(Resource, resource_id)
    if resource is None:
        raise NotFound()
    return resource


def _path(session: Session, unit_id: int) -> str:
    return session.scalar(select(Unit.path).where(Unit.id == unit_id)) or "\0"


def _in_audience(session: Session, person: Principal, unit_id: int | None) -> bool:
    return unit_id is None or person.unit_path.startswith(_path(session, unit_id))

"""The loaders of resources and courses that views may use: the thing, or NotFound, or Forbidden with whom to ask."""

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from lms.courses import review_rules as rules
from lms.courses.models import Course, Lesson, Resource, ResourceComment, ResourceNote, Series, Speaker
from lms.courses.queries import own, reviews, versions
from lms.courses.queries.library import is_shown
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
HISTORIC = (*WITHDRAWABLE, ResourceState.SUPERSEDED)


def resource_to_read(session: Session, person: Principal, resource_id: int) -> Resource:
    """A published resource whose audience holds the person."""
    resource = session.get(Resource, resource_id)
    if resource is None or resource.state is not ResourceState.PUBLISHED:
        raise NotFound()
    if not _in_audience(session, person, resource.audience_unit_id):
        raise NotFound()
    return resource


def withdrawn_to_explain(session: Session, person: Principal, resource_id: int) -> Resource | None:
    """A withdrawn resource that was for the person, who may read why it is gone, as it was when it was last public, also while its author
    works on it; None for everything else."""
    resource = session.get(Resource, resource_id)
    if resource is not None and resource.withdrawn_at and resource.state is not ResourceState.PUBLISHED:
        if resource.state is not ResourceState.WITHDRAWN:
            resource = versions.find_last(session, resource_id)
    else:
        return None
    if resource is None or not resource.withdrawn_reason:
        return None
    return resource if _in_audience(session, person, resource.audience_unit_id) else None


def series_to_see(session: Session, person: Principal, series_id: int) -> Series:
    """A series in which the person finds something."""
    series = session.get(Series, series_id)
    if series is None or not _finds_any(session, person, Resource.series_id == series_id):
        raise NotFound()
    return series


def speaker_to_see(session: Session, person: Principal, speaker_id: int) -> Speaker:
    """A speaker of whom the person finds something."""
    speaker = session.get(Speaker, speaker_id)
    if speaker is None or not _finds_any(session, person, Resource.speaker_id == speaker_id):
        raise NotFound()
    return speaker


def _finds_any(session: Session, person: Principal, condition: ColumnElement[bool]) -> bool:
    return session.scalar(select(Resource.id).where(condition, *is_shown(person)).limit(1)) is not None


def series_to_manage(session: Session, person: Principal, series_id: int) -> Series:
    """A series of a unit where the person may publish."""
    series = session.get(Series, series_id)
    if series is None:
        raise NotFound()
    if not scope(session, person, Permission.RESOURCE_PUBLISH).covers_unit(_path(session, series.owner_unit_id)):
        raise NotFound()
    return series


def note_to_remove(session: Session, person: Principal, note_id: int) -> ResourceNote:
    """A note of the person's own."""
    note = own.find_note(session, note_id, person.id)
    if note is None:
        raise NotFound()
    return note


def comment_to_resolve(session: Session, person: Principal, resource_id: int, comment_id: int) -> ResourceComment:
    """A remark on one's own upload."""
    resource_to_edit(session, person, resource_id)
    comment = reviews.find_comment(session, resource_id, comment_id)
    if comment is None:
        raise NotFound()
    return comment


def resource_to_preview(session: Session, person: Principal, resource_id: int) -> Resource:
    """Also one that is not published, for its author, for the reviewer whose turn it is, and for who may withdraw it (old versions too)."""
    resource = _found(session, resource_id)
    if is_author(resource, person):
        return resource
    path = _path(session, resource.owner_unit_id)
    step = rules.STEP_OF_STATE.get(resource.state)
    if step and scope(session, person, STEP_PERMISSIONS[step]).covers_unit(path):
        return resource
    if scope(session, person, Permission.RESOURCE_PUBLISH).covers_unit(path) and resource.state in HISTORIC:
        return resource
    return resource_to_read(session, person, resource_id)


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

"""The loaders of resources and courses that views may use: the thing, or NotFound, or Forbidden with whom to ask."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from lms.courses import review_rules as rules
from lms.courses.models import (
    Course,
    CourseImport,
    Lesson,
    QuickCourse,
    Resource,
    ResourceComment,
    ResourceNote,
    Section,
    Series,
    Speaker,
)
from lms.courses.queries import library, own, reviews, versions
from lms.courses.queries.library import is_shown
from lms.courses.review_rules import CourseState, ResourceState, ReviewStep
from lms.errors import Forbidden, NotFound
from lms.people import queries as people
from lms.people.access import TOP, scope
from lms.people.models import Unit
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.quizzes.models import Paper

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
    return scope(session, person, Permission.RESOURCE_PUBLISH).covers_unit(path) and resource.state in HISTORIC


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
    if lesson is None or lesson.is_retired or lesson.course_id != course.id:
        raise NotFound()
    return course, lesson


def section_to_manage(session: Session, person: Principal, course_id: int, section_id: int) -> tuple[Course, Section]:
    """A section of a course the person manages."""
    course = course_to_manage(session, person, course_id)
    section = session.get(Section, section_id)
    if section is None or section.course_id != course.id:
        raise NotFound()
    return course, section


def courses_to_require(session: Session, person: Principal, course: Course) -> Sequence[Course]:
    """Published courses of units where the person manages courses that could come before this one, newest first."""
    within = scope(session, person, Permission.COURSE_MANAGE)
    query = library.list_managed_courses(within, CourseState.PUBLISHED).where(Course.id != course.id)
    return session.scalars(query.limit(MOST_COURSES)).all()


def paper_to_teach(session: Session, person: Principal, paper_id: int) -> Paper:
    """A paper of a unit where the person manages papers."""
    found = session.execute(select(Paper, Unit.path).join(Unit).where(Paper.id == paper_id)).one_or_none()
    if found is None or not scope(session, person, Permission.PAPER_MANAGE).covers_unit(found[1]):
        raise NotFound()
    paper: Paper = found[0]
    return paper


def quick_to_edit(session: Session, person: Principal, course_id: int) -> tuple[QuickCourse, Course, Resource]:
    """One's own quick course, in whatever state; the services refuse what the state does not allow."""
    quick = session.get(QuickCourse, course_id)
    if quick is None or quick.author_id != person.id:
        raise NotFound()
    return quick, session.get_one(Course, course_id), session.get_one(Resource, quick.resource_id)


def may_publish_for(session: Session, person: Principal, unit_path: str) -> bool:
    """Whether the person manages courses for that unit and all below it."""
    return bool(unit_path) and scope(session, person, Permission.COURSE_MANAGE).covers_unit(unit_path)


def may_publish_for_all(session: Session, person: Principal) -> bool:
    """Whether the person manages courses for the top of the tree, and so for everybody."""
    within = scope(session, person, Permission.COURSE_MANAGE)
    return any(path.count("/") <= TOP for path in within.unit_paths)


def unit_to_own(session: Session, person: Principal) -> int:
    """The unit that a new course of the person belongs to: their own where they manage courses, else the highest they do."""
    within = scope(session, person, Permission.COURSE_MANAGE)
    if person.unit_id is not None and within.covers_unit(person.unit_path):
        return person.unit_id
    for unit in people.list_units(session):
        if within.covers_unit(unit.path):
            return unit.id
    raise NotFound()


def import_to_see(session: Session, person: Principal, import_id: int) -> tuple[CourseImport, Course]:
    """An archive that is or was taken into a course the person manages."""
    found = session.get(CourseImport, import_id)
    if found is None:
        raise NotFound()
    return found, course_to_manage(session, person, found.course_id)


MOST_COURSES = 200


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

"""An archive or a folder becomes a draft course: each file a draft resource and a lesson. A task takes the files in, one by one, each
in a transaction of its own, so that a task that was killed goes on where it stood."""

import secrets
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms import clock
from lms.courses.import_rules import Planned, planned
from lms.courses.models import Course, CourseImport, Section
from lms.courses.review_rules import Line, ResourceKind
from lms.courses.services.contents import put_lesson
from lms.courses.services.courses import CourseFacts, create_course
from lms.courses.services.resources import MEDIA_KINDS, Facts, draft_resource
from lms.db import unit_of_work
from lms.errors import Invalid, LmsError
from lms.media import services as media
from lms.media.errors import BadFile
from lms.media.models import MediaFile
from lms.media.rules import FOLDER, MediaKind
from lms.media.unpacking import Archive, Entry, Limits, open_archive
from lms.people.models import Person
from lms.people.principal import Principal, principal_of
from lms.storage import Missing, Storage
from lms.tasks import services as tasks
from lms.tasks.services import TaskContext

TASK_KIND = "courses.import"
TAKEN = frozenset().union(*MEDIA_KINDS.values())
KIND_OF: dict[MediaKind, ResourceKind] = {of: kind for kind, media in MEDIA_KINDS.items() for of in media}
EXPANSION = 4
"""An archive may unpack to so many times what one upload may be."""
GONE = "压缩包已过期删除，请重新导入。"


@dataclass(frozen=True)
class Posted:
    """A file as the browser sends it; of a folder the name has the path within."""

    name: str
    stream: BinaryIO


@dataclass(frozen=True)
class Wanted:
    """What the course is called, and how large one file may be."""

    title: str
    line: Line
    limit_bytes: int

    @property
    def limits(self) -> Limits:
        return Limits(total_bytes=self.limit_bytes * EXPANSION, file_bytes=self.limit_bytes)


def start_import(
    session: Session,
    person: Principal,
    wanted: Wanted,
    *,
    archive: Posted | None,
    folder: Sequence[Posted],
    owner_unit_id: int,
    storage: Storage,
    now: datetime,
) -> CourseImport:
    """A draft course and the task that fills it. Raises Invalid when there is nothing to take in or the archive is not safe."""
    with tempfile.TemporaryFile() as packed:
        if archive is not None:
            name, source = archive.name, archive.stream
        else:
            name, source = "文件夹", _packed(folder, packed)
        with open_archive(source, wanted.limits) as opened:
            total = len(opened.entries)
        if total == 0:
            raise Invalid("压缩包里没有文件，请检查后再选。", field="archive")
        source.seek(0)
        key = f"{FOLDER}{clock.local(now):%Y-%m}/{secrets.token_hex(16)}.zip"
        storage.put(key, source, mime="application/zip")
    facts = CourseFacts(wanted.title, "", wanted.line, "", None, None, False, False)
    course = create_course(session, facts, owner_unit_id=owner_unit_id, now=now)
    kept = CourseImport(
        course_id=course.id, person_id=person.id, name=name.replace("\\", "/").rpartition("/")[2][-200:], key=key,
        total=total, problems=[], created_at=now,
    )  # fmt: skip
    session.add(kept)
    session.flush()  # the task names the import by its number
    given = {"import_id": kept.id, "limit_bytes": wanted.limit_bytes}
    task = tasks.enqueue(session, TASK_KIND, given, owner_id=person.id, title=f"导入课程：{wanted.title}", now=now)
    kept.task_id = task.id
    return kept


def _packed(files: Sequence[Posted], into: BinaryIO) -> BinaryIO:
    """A folder's files as an archive, so that there is one way in."""
    if not files:
        raise Invalid("请选择 ZIP 压缩包或文件夹。", field="archive")
    with zipfile.ZipFile(into, "w", zipfile.ZIP_STORED) as archive:
        for file in files:
            with archive.open(file.name, "w", force_zip64=True) as part:
                while chunk := file.stream.read(1 << 20):
                    part.write(chunk)
    into.seek(0)
    return into


def run_import(context: TaskContext) -> dict[str, int]:
    """Every file of the archive is a lesson of the course, or stands among the problems."""
    import_id = int(context.input["import_id"])
    with context.make_session() as session:
        kept = session.get_one(CourseImport, import_id)
    storage: Storage = context.services["storage"]
    try:
        _take_all(context, kept, storage)
    except Missing:
        _end(context, import_id, GONE)
        raise LmsError(GONE) from None
    except LmsError as problem:
        _end(context, import_id, problem.message)
        raise
    _end(context, import_id, "")
    storage.delete(kept.key)
    return {"import_id": import_id, "course_id": kept.course_id, "files": kept.total}


def _take_all(context: TaskContext, kept: CourseImport, storage: Storage) -> None:
    limit = int(context.input["limit_bytes"])
    limits = Limits(limit * EXPANSION, limit)
    with storage.as_file(kept.key) as path, path.open("rb") as file, open_archive(file, limits) as archive:
        entries = {entry.name: entry for entry in archive.entries}
        for place, each in enumerate(planned(entries)):
            if place >= kept.done:
                _take(context, kept, archive, entries[each.name], each, storage)
                context.progress(place + 1, kept.total)


def _take(
    context: TaskContext, kept: CourseImport, archive: Archive, entry: Entry, file: Planned, storage: Storage
) -> None:
    """One file is in, or its problem is noted; either way it is done, in one transaction."""
    try:
        with archive.unpacked(entry) as content, unit_of_work(context.make_session) as session:
            person = principal_of(session, session.get_one(Person, kept.person_id), context.now)
            received = media.receive(
                session,
                content,
                name=entry.file_name,
                owner_id=person.id,
                storage=storage,
                kinds=TAKEN,
                now=context.now,
            )
            _add(session, kept, file, received, person, context.now)
            _count(session, kept.id)
    except BadFile as problem:
        with unit_of_work(context.make_session) as session:
            met = session.get_one(CourseImport, kept.id)
            met.problems = [*met.problems, [entry.name, problem.message]]
            _count(session, kept.id)


def _add(
    session: Session, kept: CourseImport, file: Planned, received: MediaFile, person: Principal, now: datetime
) -> None:
    course = session.get_one(Course, kept.course_id)
    facts = Facts(file.title, "", course.line, "", course.audience_unit_id)
    kind = KIND_OF[received.kind]
    resource = draft_resource(session, person, kind, facts, file=received, owner_unit_id=course.owner_unit_id, now=now)
    section_id = _section(session, course, file.section) if file.section else None
    put_lesson(session, course, title=file.title, is_required=True, resource_id=resource.id, section_id=section_id)


def _section(session: Session, course: Course, title: str) -> int:
    """The section of that name, made when there is none yet."""
    sections = session.scalars(select(Section).where(Section.course_id == course.id).order_by(Section.position)).all()
    for section in sections:
        if section.title == title:
            return section.id
    made = Section(course_id=course.id, position=len(sections) + 1, title=title)
    session.add(made)
    session.flush()  # the lesson names it by its number
    return made.id


def _count(session: Session, import_id: int) -> None:
    session.execute(update(CourseImport).where(CourseImport.id == import_id).values(done=CourseImport.done + 1))


def _end(context: TaskContext, import_id: int, failure: str) -> None:
    with unit_of_work(context.make_session) as session:
        session.execute(
            update(CourseImport)
            .where(CourseImport.id == import_id)
            .values(finished_at=clock.now(), failure=failure[:300])
        )


KINDS = {TASK_KIND: run_import}

"""Read media."""

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from lms.media.models import MediaFile, MediaPage, Rendition
from lms.media.rules import RenditionKind
from lms.tasks.models import Task
from lms.tasks.queries import list_tasks


def find_media(session: Session, media_id: int) -> MediaFile | None:
    return session.get(MediaFile, media_id)


def media_by_id(session: Session, media_ids: Sequence[int | None]) -> dict[int, MediaFile]:
    """The files of a list, in one statement."""
    wanted = {media_id for media_id in media_ids if media_id is not None}
    if not wanted:
        return {}
    return {media.id: media for media in session.scalars(select(MediaFile).where(MediaFile.id.in_(wanted)))}


MEDIA_TASKS = ("media.process", "media.more")


def list_own(owner_id: int) -> Select[MediaFile]:
    """A person's files, newest first."""
    return select(MediaFile).where(MediaFile.owner_id == owner_id).order_by(MediaFile.id.desc())


def work_by_media(session: Session, owner_id: int, *, at_most: int = 300) -> dict[int, Task]:
    """The newest task of each of a person's files that has one among the latest."""
    query = list_tasks(owner_id, kinds=MEDIA_TASKS).limit(at_most)
    found: dict[int, Task] = {}
    for task in session.scalars(query):
        found.setdefault(task.input["media_id"], task)
    return found


def list_pages(session: Session, media_id: int) -> list[MediaPage]:
    """The pages of a document in order."""
    return list(session.scalars(select(MediaPage).where(MediaPage.media_id == media_id).order_by(MediaPage.number)))


def find_page(session: Session, media_id: int, number: int) -> MediaPage | None:
    return session.scalar(select(MediaPage).where(MediaPage.media_id == media_id, MediaPage.number == number))


def list_renditions(session: Session, media_id: int, kind: RenditionKind | None = None) -> list[Rendition]:
    """What was made of a recording, smallest picture first (sound alone before all); of one kind, or of all."""
    query = select(Rendition).where(Rendition.media_id == media_id)
    if kind is not None:
        query = query.where(Rendition.kind == kind)
    return sorted(session.scalars(query), key=lambda r: (r.height or 0, r.bits_per_second, r.name))


def find_rendition(session: Session, media_id: int, name: str) -> Rendition | None:
    return session.scalar(select(Rendition).where(Rendition.media_id == media_id, Rendition.name == name))

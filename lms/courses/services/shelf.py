"""Series, speakers and tags of resources; a person's favourites and notes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.courses import library_rules as rules
from lms.courses.library_rules import Spot
from lms.courses.models import Resource, ResourceFavourite, ResourceNote, ResourceTag, Series, Speaker
from lms.courses.services.search import remark_resource, sorting_sound
from lms.db import conflict_as, insert_ignore
from lms.errors import Conflict, Invalid
from lms.people.models import Person
from lms.people.principal import Principal

NOTES_MOST = 500
"""So many notes a person may have on one resource."""


@dataclass(frozen=True)
class SeriesFacts:
    """What the back office says about a series. `position`: the lower the earlier in lists."""

    name: str
    summary: str
    position: int
    is_closed: bool = False


def add_series(session: Session, facts: SeriesFacts, *, owner_unit_id: int, by: Principal, now: datetime) -> Series:
    """A new series of the unit; raises Invalid when it has one of that name."""
    series = Series(owner_unit_id=owner_unit_id, created_at=now, **vars(facts))
    with conflict_as(Invalid("已有同名的系列，请换一个名称。", field="name"), session):
        session.add(series)
    audit.record(session, by.id, "series.add", f"series:{series.id}", {"name": facts.name}, now=now)
    return series


def edit_series(
    session: Session, series: Series, facts: SeriesFacts, *, owner_unit_id: int, by: Principal, now: datetime
) -> None:
    """The series says this now; a closed one keeps what is in it and takes nothing new."""
    before = series.name
    with conflict_as(Invalid("已有同名的系列，请换一个名称。", field="name"), session):
        for name, value in vars(facts).items():
            setattr(series, name, value)
        series.owner_unit_id = owner_unit_id
    detail = {"name": facts.name, "before": before, "closed": facts.is_closed}
    audit.record(session, by.id, "series.edit", f"series:{series.id}", detail, now=now)


def speaker_of(session: Session, lecturer_id: int | None, name: str) -> int | None:
    """The speaker of that name: the person when it is the person's own name, else the name from outside; made when not there yet."""
    name = name.strip()
    if not name:
        return None
    own = session.scalar(select(Person.name).where(Person.id == lecturer_id)) if lecturer_id else None
    person_id = lecturer_id if own == name else None
    known = select(Speaker.id).where(
        Speaker.person_id == person_id if person_id else (Speaker.person_id.is_(None) & (Speaker.name == name))
    )
    found = session.scalar(known)
    if found is None:
        speaker = Speaker(name=name, sound=sorting_sound(name), person_id=person_id)
        with conflict_as(Conflict("请再试一次。"), session):
            session.add(speaker)
        found = speaker.id
    return found


def set_tags(session: Session, resource_id: int, tags: Sequence[str]) -> None:
    """The resource has exactly these tags."""
    session.execute(delete(ResourceTag).where(ResourceTag.resource_id == resource_id))
    session.add_all(ResourceTag(resource_id=resource_id, tag=tag) for tag in tags)
    session.flush()  # the search reads them back


@dataclass(frozen=True)
class Catalogue:
    """Where a resource stands in the library. It can be set anew without a review, because nothing that is shown changes."""

    series_id: int | None
    year: int | None
    tags: tuple[str, ...]


def catalogue(session: Session, resource: Resource, given: Catalogue, *, by: Principal, now: datetime) -> None:
    """The published resource stands there from now on, in lists and in the search."""
    refusal = rules.why_not_tags(given.tags)
    if refusal:
        raise Invalid(refusal, field="tags")
    resource.series_id, resource.year = given.series_id, given.year
    set_tags(session, resource.id, given.tags)
    remark_resource(session, resource)
    detail = {"series": given.series_id, "year": given.year, "tags": list(given.tags)}
    audit.record(session, by.id, "resource.catalogue", f"resource:{resource.id}", detail, now=now)


def keep_favourite(session: Session, resource: Resource, *, person_id: int, now: datetime) -> None:
    """The person has it among the favourites, since the first time."""
    row = {"person_id": person_id, "resource_id": resource.id, "kept_at": now}
    insert_ignore(session, ResourceFavourite, [row], key=("person_id", "resource_id"))


def drop_favourite(session: Session, resource_id: int, *, person_id: int) -> None:
    """The person has it among the favourites no more; nothing happens when it was not."""
    mine = (ResourceFavourite.person_id == person_id, ResourceFavourite.resource_id == resource_id)
    session.execute(delete(ResourceFavourite).where(*mine))


def add_note(
    session: Session, resource: Resource, text: str, spot: Spot, *, person_id: int, count: int, now: datetime
) -> ResourceNote:
    """A note of the person's own; `count` is how many there are already on the resource."""
    if count >= NOTES_MOST:
        raise Invalid(f"一份资源最多 {NOTES_MOST} 条笔记，请先删去几条。", field="text")
    note = ResourceNote(
        person_id=person_id,
        resource_id=resource.id,
        at_millis=spot.at_millis,
        page=spot.page,
        text=text,
        made_at=now,
    )
    session.add(note)
    return note


def remove_note(session: Session, note: ResourceNote) -> None:
    session.delete(note)

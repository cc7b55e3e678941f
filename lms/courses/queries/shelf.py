"""Read what orders the library: series, speakers, years, tags, and what goes well with a resource. Nothing of it tells of resources
that the person may not see."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from lms.courses import library_rules as rules
from lms.courses.models import Resource, ResourceTag, Series, Speaker
from lms.courses.queries.library import LONG, above, is_shown, is_within
from lms.courses.review_rules import ResourceState
from lms.people.access import Scope
from lms.people.models import Unit
from lms.people.principal import Principal

RELATED_MOST = 6
CANDIDATES_MOST = 60
YEARS_MOST = 12


@dataclass(frozen=True)
class Counted:
    """Something with the number of resources the person finds there."""

    what: Any
    count: int


def list_series(session: Session, person: Principal) -> list[Counted]:
    """Series in which the person finds something, in the order of the back office."""
    query = (
        select(Series, func.count())
        .join(Resource, Resource.series_id == Series.id)
        .where(*is_shown(person))
        .group_by(Series.id)
        .order_by(Series.position, Series.id)
    )
    return [Counted(series, count) for series, count in session.execute(query)]


HERE = (Resource.state == ResourceState.PUBLISHED, is_within("above", Resource.audience_unit_id))
SERIES_NAMES = (
    select(Series.id, Series.name)
    .where(select(Resource.id).where(Resource.series_id == Series.id, *HERE).exists())
    .order_by(Series.position, Series.id)
)
YEARS = select(*(select(end(Resource.year)).scalar_subquery() for end in (func.min, func.max)))
"""The first and the last, each at one end of the index."""


def name_series(session: Session, person: Principal) -> list[tuple[int, str]]:
    """The same without counts, for a filter: one probe a series."""
    return [(id, name) for id, name in session.execute(SERIES_NAMES, {"above": above(person.unit_path)})]


def list_years(session: Session, person: Principal) -> list[int]:
    """Years of which the person finds something, newest first: one probe a year."""
    first, last = session.execute(YEARS).one()
    if first is None or last is None:
        return []
    years = rules.years_between(first, last)[:YEARS_MOST]
    probes = [
        select(literal(year)).where(select(Resource.id).where(Resource.year == year, *HERE).exists()) for year in years
    ]
    return list(session.scalars(union_all(*probes), {"above": above(person.unit_path)}))


def list_series_to_choose(session: Session, unit_path: str) -> list[tuple[int, str]]:
    """Open series of the unit and those above it, for an author's form."""
    query = select(Series.id, Series.name).where(Series.owner_unit_id.in_(above(unit_path)), ~Series.is_closed)
    return [(id, name) for id, name in session.execute(query.order_by(Series.position, Series.id))]


def list_managed_series(session: Session, within: Scope) -> list[Counted]:
    """Series of the scope's units with the number of their published resources, whoever they are for."""
    count = (
        select(func.count())
        .select_from(Resource)
        .where(Resource.series_id == Series.id, Resource.state == ResourceState.PUBLISHED)
    )
    query = select(Series, count.scalar_subquery()).join(Unit, Unit.id == Series.owner_unit_id)
    query = query.where(within.units_filter(Unit.path)).order_by(Series.position, Series.id)
    return [Counted(series, count) for series, count in session.execute(query)]


def name_of_series(session: Session, series_id: int | None) -> str:
    return (session.scalar(select(Series.name).where(Series.id == series_id)) or "") if series_id else ""


def list_speakers(person: Principal) -> Select[Speaker, int]:
    """Speakers of whom the person finds something, with how much, by the sound of their names."""
    return (
        select(Speaker, func.count())
        .join(Resource, Resource.speaker_id == Speaker.id)
        .where(*is_shown(person))
        .group_by(Speaker.id)
        .order_by(Speaker.sound, Speaker.id)
    )


def count_speakers(session: Session, person: Principal) -> int:
    return session.scalar(select(func.count(Resource.speaker_id.distinct())).where(*is_shown(person))) or 0


def list_given(person: Principal, speaker_id: int) -> Select[Resource]:
    """What a speaker gave, as far as it is for the person: the newest year first."""
    query = select(Resource).where(Resource.speaker_id == speaker_id, *is_shown(person)).options(*LONG)
    return query.order_by(func.coalesce(Resource.year, 0).desc(), Resource.published_at.desc(), Resource.id.desc())


def list_tags(session: Session, person: Principal, most: int = 200) -> list[Counted]:
    """Tags under which the person finds something, the most used first."""
    query = (
        select(ResourceTag.tag, func.count())
        .join(Resource, Resource.id == ResourceTag.resource_id)
        .where(*is_shown(person))
        .group_by(ResourceTag.tag)
        .order_by(func.count().desc(), ResourceTag.tag)
        .limit(most)
    )
    return [Counted(tag, count) for tag, count in session.execute(query)]


@dataclass(frozen=True)
class Related:
    """Another resource, and why it stands here."""

    resource: Resource
    why: str


def list_related(session: Session, person: Principal, resource: Resource, tags: Sequence[str]) -> list[Related]:
    """What goes with the resource: of the same series before the same speaker before common tags before the same line, newer ones first."""
    close = [
        *([Resource.series_id == resource.series_id] if resource.series_id else []),
        *([Resource.speaker_id == resource.speaker_id] if resource.speaker_id else []),
        *([Resource.id.in_(select(ResourceTag.resource_id).where(ResourceTag.tag.in_(tags)))] if tags else []),
    ]
    others = select(Resource).where(*is_shown(person), Resource.id != resource.id).options(*LONG)
    newest = others.order_by(Resource.published_at.desc(), Resource.id.desc())
    found = list(session.scalars(newest.where(or_(*close)).limit(CANDIDATES_MOST))) if close else []
    if len(found) < RELATED_MOST:
        known = [each.id for each in found]
        same_line = newest.where(Resource.line == resource.line, Resource.id.not_in(known))
        found += session.scalars(same_line.limit(RELATED_MOST - len(found)))
    common = _common_tags(session, [each.id for each in found], tags)
    series = name_of_series(session, resource.series_id)
    reasons = [(each, *_reason(each, resource, series, common.get(each.id, []))) for each in found]
    reasons.sort(key=lambda reason: -reason[1])
    return [Related(each, why) for each, _, why in reasons[:RELATED_MOST]]


def _common_tags(session: Session, resource_ids: Sequence[int], tags: Sequence[str]) -> dict[int, list[str]]:
    common: dict[int, list[str]] = {}
    if tags and resource_ids:
        query = select(ResourceTag.resource_id, ResourceTag.tag)
        query = query.where(ResourceTag.resource_id.in_(resource_ids), ResourceTag.tag.in_(tags))
        for resource_id, tag in session.execute(query.order_by(ResourceTag.tag)):
            common.setdefault(resource_id, []).append(tag)
    return common


def _reason(other: Resource, resource: Resource, series: str, common: list[str]) -> tuple[int, str]:
    """(weight, words): the sum decides the order, the weightiest says why."""
    reasons = [
        (8, f"同一系列：{series}", bool(resource.series_id) and other.series_id == resource.series_id),
        (4, f"同一讲师：{other.lecturer_name}", bool(resource.speaker_id) and other.speaker_id == resource.speaker_id),
        (2 + len(common), f"同样的标签：{'、'.join(common[:3])}", bool(common)),
        (1, "同一条线", other.line == resource.line),
    ]
    held = [(weight, words) for weight, words, holds in reasons if holds]
    return sum(weight for weight, _ in held), max(held)[1]

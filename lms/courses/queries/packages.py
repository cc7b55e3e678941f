"""Packages in lessons: what a person has of one, and what their figures are."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import Session

from lms.courses.models import Lesson, PackageResult, Resource, ResourceReview
from lms.courses.package_rules import Score, better
from lms.courses.queries.history import AnyRow
from lms.courses.review_rules import ResourceKind
from lms.media.packages.manifest import STANDARD_NAMES, Standard
from lms.media.packages.models import Package
from lms.media.packages.queries import find_package


@dataclass(frozen=True)
class ItemLine:
    """One entry of the package's menu, for one person; `state` is what the package resumes from."""

    facts: dict[str, Any]
    state: dict[str, Any] | None
    is_done: bool
    score: Score

    @property
    def title(self) -> str:
        return str(self.facts["title"])

    def as_json(self) -> dict[str, Any]:
        return {**self.facts, "state": self.state, "is_done": self.is_done, "score": self.score.words}


@dataclass(frozen=True)
class PackageView:
    """A package as its page shows it."""

    package: Package
    items: list[ItemLine]

    @property
    def standard_name(self) -> str:
        return STANDARD_NAMES[self.package.standard]

    @property
    def is_scored(self) -> bool:
        """Whether the package reports anything; one of plain pages does not."""
        return any(item.facts["is_sco"] for item in self.items)

    @property
    def is_done(self) -> bool:
        return all(item.is_done for item in self.items if item.facts["is_sco"])

    @property
    def runtime(self) -> str:
        """The name of the run-time it needs, "" for none."""
        return {Standard.SCORM12: "scorm12.js", Standard.SCORM2004: "scorm2004.js"}.get(self.package.standard, "")

    @property
    def score(self) -> str:
        """The score in words: of the one item that has one, or the mean of those that have."""
        told = [item.score for item in self.items if item.score.share_millis is not None]
        if len(told) == 1:
            return told[0].words
        shares = [score.share_millis or 0 for score in told]
        return Score(scaled_millis=sum(shares) // len(shares)).words if shares else ""


def view_package(
    session: Session, media_id: int | None, *, lesson_id: int = 0, person_id: int = 0
) -> PackageView | None:
    """The package of a media file with the person's results in a lesson; None when it was not unpacked (yet)."""
    package = find_package(session, media_id)
    if package is None:
        return None
    results = results_of(session, lesson_id, person_id) if lesson_id else {}
    return PackageView(package, [_line(item, results.get(item["identifier"])) for item in package.items])


def results_of(session: Session, lesson_id: int, person_id: int) -> dict[str, PackageResult]:
    """Item → what was reported."""
    wanted = PackageResult.lesson_id == lesson_id, PackageResult.person_id == person_id
    return {row.item: row for row in session.scalars(select(PackageResult).where(*wanted))}


def _line(item: dict[str, Any], result: PackageResult | None) -> ItemLine:
    if result is None:
        return ItemLine(item, None, is_done=False, score=Score())
    score = result.score
    numbers = {"raw": score.raw_millis, "min": score.min_millis, "max": score.max_millis, "scaled": score.scaled_millis}
    state = {
        "completion": result.completion.value, "success": result.success.value, "location": result.location,
        "suspend_data": result.suspend_data, "exit": result.exit,
        "seconds": result.earlier_seconds + result.session_seconds,
        **{name: None if millis is None else millis / 1000 for name, millis in numbers.items()},
    }  # fmt: skip
    return ItemLine(item, state, is_done=result.completed_at is not None, score=score)


def is_done(connection: Connection, kind: ResourceKind, media_id: int | None, lesson_id: int, person_id: int) -> bool:
    """Whether the person completed every SCO of the lesson's package. True for every other kind of resource."""
    if kind is not ResourceKind.PACKAGE:
        return True
    return _scos_of(connection, media_id) <= _completed(connection, lesson_id, person_id)


def was_done(connection: Connection, resource: AnyRow, lesson_id: int, person_id: int, by: datetime) -> bool:
    """Whether that was so by the instant, with the file the resource (kind, media_id, resource_id) has now or one it was approved with before."""
    if resource.kind is not ResourceKind.PACKAGE:
        return True
    before = select(ResourceReview.media_id).where(ResourceReview.resource_id == resource.resource_id)
    done = _completed(connection, lesson_id, person_id, by)
    return any(_scos_of(connection, one) <= done for one in {resource.media_id, *connection.scalars(before)})


def _scos_of(connection: Connection, media_id: int | None) -> set[str]:
    items = connection.scalar(select(Package.items).where(Package.media_id == media_id)) or []
    return {item["identifier"] for item in items if item["is_sco"]}


def _completed(connection: Connection, lesson_id: int, person_id: int, by: datetime | None = None) -> set[str]:
    done = select(PackageResult.item).where(
        PackageResult.lesson_id == lesson_id,
        PackageResult.person_id == person_id,
        PackageResult.completed_at.is_not(None) if by is None else PackageResult.completed_at <= by,
    )
    return set(connection.scalars(done))


@dataclass(frozen=True)
class Figures:
    """What a resource's package reported, over all lessons with it. The score is the mean of people's, in percent."""

    people: int
    completed: int
    mean_percent: int | None


def figures_of(session: Session, resource: Resource) -> Figures | None:
    """None for what is no package, or reported nothing of anybody yet."""
    if resource.kind is not ResourceKind.PACKAGE:
        return None
    rows = session.scalars(
        select(PackageResult).join(Lesson).where(Lesson.resource_id == resource.id).order_by(PackageResult.id)
    ).all()
    if not rows:
        return None
    best: dict[int, Score] = {}
    for row in rows:
        best[row.person_id] = better(best.get(row.person_id, Score()), row.score)
    shares = [share for score in best.values() if (share := score.share_millis) is not None]
    completed = session.scalar(
        select(func.count(func.distinct(PackageResult.person_id)))
        .join(Lesson)
        .where(Lesson.resource_id == resource.id, PackageResult.completed_at.is_not(None))
    )
    return Figures(len(best), completed or 0, sum(shares) // len(shares) // 10 if shares else None)

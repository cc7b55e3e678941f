"""The read side of theme days: packs, a branch's month with its parts, the year at a glance, make-up study."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session

from lms.courses.models import Course, Lesson, Resource
from lms.courses.queries import library
from lms.courses.review_rules import CourseState, ResourceState
from lms.db import Prepared, flushed
from lms.gatherings.kind_rules import GatheringKind
from lms.gatherings.models import Entry, Gathering
from lms.gatherings.rules import Count, GatheringState, Mark
from lms.people.models import Branch, Membership, Person, RoleGrant
from lms.people.rules import Role
from lms.themedays import rules
from lms.themedays.models import BranchMonth, MakeUp, MonthPack, PackFile, Part
from lms.themedays.rules import MonthState, PartKind, PartState

# Packs


def find_published(session: Session, month: date) -> MonthPack | None:
    """The pack that branches see."""
    return session.scalar(select(MonthPack).where(MonthPack.month == month, MonthPack.published_at.is_not(None)))


def list_packs() -> Select[MonthPack]:
    """All packs, the newest month first."""
    return select(MonthPack).order_by(MonthPack.month.desc())


def list_files(session: Session, pack_id: int) -> Sequence[Resource]:
    """The pack's further resources, by title."""
    query = select(Resource).join(PackFile, PackFile.resource_id == Resource.id).where(PackFile.pack_id == pack_id)
    return session.scalars(query.options(*library.LONG).order_by(Resource.title, Resource.id)).all()


def resources_by_id(session: Session, ids: Iterable[int | None]) -> dict[int, Resource]:
    wanted = {resource_id for resource_id in ids if resource_id is not None}
    query = select(Resource).where(Resource.id.in_(wanted)).options(*library.LONG)
    return {resource.id: resource for resource in session.scalars(query)} if wanted else {}


def lessons_showing(session: Session, resource_ids: Iterable[int | None]) -> dict[int, int]:
    """Resource id → the lesson by which everybody can study it with evidence: of a published course for all."""
    wanted = {resource_id for resource_id in resource_ids if resource_id is not None}
    query = (
        select(Lesson.resource_id, Lesson.id)
        .join(Course, Course.id == Lesson.course_id)
        .where(Lesson.resource_id.in_(wanted), ~Lesson.is_retired)
        .where(Course.state == CourseState.PUBLISHED, Course.audience_unit_id.is_(None))
        .order_by(Lesson.id.desc())
    )
    rows = session.execute(query).all() if wanted else []
    return {resource_id: lesson_id for resource_id, lesson_id in rows if resource_id is not None}


# Months


@dataclass(frozen=True)
class PartLine:
    """One part of a month as it stands; `part` and `gathering` are None where nothing was arranged."""

    kind: PartKind
    part: Part | None = None
    gathering: Gathering | None = None

    @property
    def state(self) -> PartState:
        state = self.gathering.state if self.gathering else None
        return rules.part_state(state, self.part.done_on if self.part else None)

    @property
    def is_apart(self) -> bool:
        """Done without a meeting."""
        return self.part is not None and self.part.done_on is not None

    @property
    def on(self) -> date | None:
        """The day it was or will be held."""
        if self.part is not None and self.part.done_on is not None:
            return self.part.done_on
        is_standing = self.gathering is not None and self.gathering.state is not GatheringState.CANCELLED
        return self.gathering.held_on if self.gathering and is_standing else None


@dataclass(frozen=True)
class MonthLine:
    """One month of one branch. `branch_month` and `pack` are None where there is none."""

    branch_id: int
    month: date
    branch_month: BranchMonth | None
    pack: MonthPack | None
    parts: tuple[PartLine, ...]
    together: Gathering | None = None

    @property
    def theme(self) -> str:
        own = self.branch_month.theme if self.branch_month else ""
        return own or (self.pack.theme if self.pack else "")

    def part(self, kind: PartKind) -> PartLine:
        return next(line for line in self.parts if line.kind == kind)

    @property
    def gatherings(self) -> list[Gathering]:
        """Those that cover parts and were not cancelled, each once, in order of time."""
        found = {line.gathering.id: line.gathering for line in self.parts if line.gathering}
        standing = [one for one in found.values() if one.state is not GatheringState.CANCELLED]
        return sorted(standing, key=lambda one: (one.starts_at, one.id))

    @property
    def main(self) -> Gathering | None:
        """The gathering that covers most parts, of equals the first: the theme day itself."""
        covered = [line.gathering.id for line in self.parts if line.gathering]
        return max(self.gatherings, key=lambda one: covered.count(one.id), default=None)

    def is_alone(self, kind: PartKind) -> bool:
        """Whether the gathering that covers the part covers nothing else."""
        gathering = self.part(kind).gathering
        return gathering is not None and sum(line.gathering is gathering for line in self.parts) == 1

    @property
    def state(self) -> MonthState:
        states = [(one.state, one.minutes_at is not None) for one in self.gatherings]
        return rules.month_state(states, any_apart=any(line.is_apart for line in self.parts))

    @property
    def done(self) -> int:
        """How many of the three parts are done."""
        return sum(line.state is PartState.DONE for line in self.parts)

    @property
    def count(self) -> Count:
        """Due and present over all gatherings held; `rate` and `tone` as for one roll. Make-up study plays no part."""
        held = [one for one in self.gatherings if one.state is GatheringState.HELD]
        return Count(
            sum(one.due_count for one in held), sum(one.present_count for one in held), sum(one.leave_count for one in held),
            sum(one.absent_count for one in held), sum(one.others_count for one in held),
        )  # fmt: skip


def list_months(session: Session, branch_ids: Sequence[int], first: date, last: date) -> list[MonthLine]:
    """Every month from `first` to `last` (first days, both included) of every branch, in the order of the branches, then of time.

    Three statements, however many they are.
    """
    months = [first]
    while (after := rules.next_month(months[-1])) <= last:
        months.append(after)
    packs = _packs(session, first, last)
    standing = _standing(session, branch_ids, first, last)
    parts = _parts(session, branch_ids, first, last)
    lines = []
    for branch_id in branch_ids:
        for month in months:
            branch_month, together = standing.get((branch_id, month), (None, None))
            of_month = parts.get(branch_month.id, {}) if branch_month else {}
            shown = tuple(of_month.get(kind, PartLine(kind)) for kind in PartKind)
            lines.append(MonthLine(branch_id, month, branch_month, packs.get(month), shown, together))
    return lines


def month_of(session: Session, branch_id: int, month: date) -> MonthLine:
    """One month of one branch, also one nobody has touched yet."""
    return list_months(session, [branch_id], month, month)[0]


def _packs(session: Session, first: date, last: date) -> dict[date, MonthPack]:
    query = select(MonthPack).where(MonthPack.month.between(first, last), MonthPack.published_at.is_not(None))
    return {pack.month: pack for pack in session.scalars(query)}


def _standing(
    session: Session, branch_ids: Sequence[int], first: date, last: date
) -> dict[tuple[int, date], tuple[BranchMonth | None, Gathering | None]]:
    query = (
        select(BranchMonth, Gathering)
        .outerjoin(Gathering, Gathering.id == BranchMonth.together_id)
        .where(BranchMonth.branch_id.in_(branch_ids), BranchMonth.month.between(first, last))
    )
    return {(month.branch_id, month.month): (month, together) for month, together in session.execute(query)}


def _parts(session: Session, branch_ids: Sequence[int], first: date, last: date) -> dict[int, dict[PartKind, PartLine]]:
    query = (
        select(Part, Gathering)
        .join(BranchMonth, BranchMonth.id == Part.branch_month_id)
        .outerjoin(Gathering, Gathering.id == Part.gathering_id)
        .where(BranchMonth.branch_id.in_(branch_ids), BranchMonth.month.between(first, last))
    )
    found: dict[int, dict[PartKind, PartLine]] = {}
    for part, gathering in session.execute(query):
        found.setdefault(part.branch_month_id, {})[part.kind] = PartLine(part.kind, part, gathering)
    return found


def list_theme_days(session: Session, branch_id: int, month: date) -> Sequence[Gathering]:
    """The branch's theme days of those days that were not cancelled, in order of time, whether parts are covered by them or not."""
    query = select(Gathering).where(
        Gathering.branch_id == branch_id,
        Gathering.kind == GatheringKind.THEME_DAY,
        Gathering.state != GatheringState.CANCELLED,
        Gathering.held_on.between(month, rules.next_month(month) - timedelta(days=1)),
    )
    return session.scalars(query.order_by(Gathering.starts_at, Gathering.id)).all()


def list_loose(session: Session, branch_id: int, month: date) -> list[Gathering]:
    """Those of them that cover no part of any month: arranged at the desk without the month."""
    found = list_theme_days(session, branch_id, month)
    ids = [one.id for one in found]
    covering = set(session.scalars(select(Part.gathering_id).where(Part.gathering_id.in_(ids)))) if ids else set()
    return [one for one in found if one.id not in covering]


def branches_with_members(session: Session, on: date) -> list[Branch]:
    """The branches that have a month: open ones to which somebody belongs on the day."""
    held = select(Membership.branch_id).where(
        Membership.branch_id.is_not(None), Membership.from_on <= on,
        Membership.until_on.is_(None) | (Membership.until_on > on),
    )  # fmt: skip
    query = select(Branch).where(Branch.id.in_(held), Branch.closed_on.is_(None) | (Branch.closed_on > on))
    return list(session.scalars(query.order_by(Branch.sort, Branch.id)))


def keepers_of(session: Session, branch_ids: Sequence[int]) -> dict[int, list[int]]:
    """Branch id → the persons who are its secretary by a grant on exactly this branch."""
    query = (
        select(RoleGrant.branch_id, RoleGrant.person_id)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(RoleGrant.branch_id.in_(branch_ids), RoleGrant.role == Role.SECRETARY)
        .where(RoleGrant.revoked_at.is_(None), Person.disabled_at.is_(None))
        .order_by(RoleGrant.id)
    )
    found: dict[int, list[int]] = {}
    for branch_id, person_id in session.execute(query):
        if branch_id is not None and person_id not in found.setdefault(branch_id, []):
            found[branch_id].append(person_id)
    return found


# Make-up study


@dataclass(frozen=True)
class MakeUpLine:
    """补学 of one person: what was missed, what makes it up and where. `lesson_id` is None when no course shows it any more."""

    make_up: MakeUp
    person: str
    kind: PartKind
    month: date
    gathering: Gathering
    resource: Resource
    lesson_id: int | None = field(default=None)

    def is_open(self, today: date) -> bool:
        return self.make_up.closed_at is None and today <= self.make_up.due_on


def _make_ups() -> Select[MakeUp, str, PartKind, date, Gathering, Resource]:
    """Of members who still are not there by the roll: a correction may have found them present."""
    return (
        select(MakeUp, Person.name, Part.kind, BranchMonth.month, Gathering, Resource)
        .join(Person, Person.id == MakeUp.person_id)
        .join(Part, Part.id == MakeUp.part_id)
        .join(BranchMonth, BranchMonth.id == Part.branch_month_id)
        .join(Gathering, Gathering.id == MakeUp.gathering_id)
        .join(Resource, Resource.id == MakeUp.resource_id)
        .join(Entry, (Entry.gathering_id == MakeUp.gathering_id) & (Entry.person_id == MakeUp.person_id))
        .where(Entry.is_due, Entry.mark.in_((Mark.LEAVE, Mark.ABSENT)))
        .order_by(BranchMonth.month.desc(), Part.id, Person.staff_no)
    )


def make_ups_of_person(session: Session, person_id: int) -> list[MakeUpLine]:
    """A member's own 补学, the newest month first, closed ones too."""
    return _lines(session, _make_ups().where(MakeUp.person_id == person_id).limit(100))


def make_ups_of_month(session: Session, branch_id: int, month: date) -> list[MakeUpLine]:
    """Everybody's 补学 of a branch's month, for who keeps it."""
    query = _make_ups().where(BranchMonth.branch_id == branch_id, BranchMonth.month == month)
    return _lines(session, query)


def _lines(session: Session, query: Select[MakeUp, str, PartKind, date, Gathering, Resource]) -> list[MakeUpLine]:
    rows = session.execute(query).all()
    lessons = lessons_showing(session, [row[0].resource_id for row in rows])
    return [MakeUpLine(*row, lesson_id=lessons.get(row[0].resource_id)) for row in rows]


def count_made_up(session: Session, branch_id: int, first: date, last: date) -> dict[date, int]:
    """Month → how many 补学 were closed, of members who stay on leave or absent."""
    query = (
        select(BranchMonth.month, func.count())
        .select_from(MakeUp)
        .join(Part, Part.id == MakeUp.part_id)
        .join(BranchMonth, BranchMonth.id == Part.branch_month_id)
        .join(Entry, (Entry.gathering_id == MakeUp.gathering_id) & (Entry.person_id == MakeUp.person_id))
        .where(BranchMonth.branch_id == branch_id, BranchMonth.month.between(first, last))
        .where(MakeUp.closed_at.is_not(None), Entry.is_due, Entry.mark.in_((Mark.LEAVE, Mark.ABSENT)))
        .group_by(BranchMonth.month)
    )
    return {month: count for month, count in session.execute(query)}


def count_open_make_ups(session: Session, person_id: int, today: date) -> int:
    """What the person can still make up. One small statement for the many who have nothing."""
    if MY_OPEN.first(flushed(session), {"person": person_id, "today": today}) is None:
        return 0
    return sum(line.is_open(today) for line in make_ups_of_person(session, person_id))


MY_OPEN = Prepared(
    select(MakeUp.id)
    .where(MakeUp.person_id == bindparam("person"), MakeUp.closed_at.is_(None), MakeUp.due_on >= bindparam("today"))
    .limit(1)
)


def list_offered(session: Session, text: str, most: int) -> list[tuple[Resource, bool]]:
    """Published resources for everybody that meet the words, newest first, each with whether a course shows it (so that it can be
    made up). Some are shown without words, too."""
    query = select(Resource).where(Resource.state == ResourceState.PUBLISHED, Resource.audience_unit_id.is_(None))
    for word in text.split():
        query = query.where(Resource.title.contains(word, autoescape=True))
    found = session.scalars(
        query.options(*library.LONG).order_by(Resource.published_at.desc(), Resource.id.desc()).limit(most)
    ).all()
    shown = lessons_showing(session, [resource.id for resource in found])
    return [(resource, resource.id in shown) for resource in found]


def months_with_pack(session: Session, months: Sequence[date]) -> set[date]:
    return set(session.scalars(select(MonthPack.month).where(MonthPack.month.in_(months))))


def count_reached(session: Session, pack_ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """Pack id → how many branches have it, and how many of them have planned."""
    query = (
        select(BranchMonth.pack_id, func.count(), func.count(BranchMonth.planned_at))
        .where(BranchMonth.pack_id.in_(pack_ids))
        .group_by(BranchMonth.pack_id)
    )
    return {pack_id: (count, planned) for pack_id, count, planned in session.execute(query) if pack_id is not None}


def count_drafts(session: Session) -> int:
    """Packs that nobody has published and no day will publish."""
    query = select(func.count()).select_from(MonthPack)
    return session.scalar(query.where(MonthPack.published_at.is_(None), MonthPack.publishes_on.is_(None))) or 0


def unplanned(session: Session, branch_ids: Sequence[int], month: date) -> list[MonthLine]:
    """Of this month and the next, those whose pack is out and of which no part is planned or done."""
    if not branch_ids:
        return []
    lines = list_months(session, branch_ids, month, rules.next_month(month))
    return [line for line in lines if line.pack is not None and line.state is MonthState.OPEN]

"""The read side of stars: programmes, cycles, candidates, who is named, objections, publications."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, Session, undefer

from lms.people.access import Scope
from lms.people.models import Branch, Person, Unit
from lms.stars.catalogue_rules import Holder
from lms.stars.models import (
    ProgrammeState,
    StarCandidate,
    StarCycle,
    StarObjection,
    StarProgramme,
    StarPublication,
    StarRecommendation,
    StarRuleVersion,
)
from lms.stars.rules import NAMED, PUBLIC, Contender, CycleState, Level, StarRule

REPEATED, VETOED = "前几期已当选", "已否决"


# --- programmes ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ProgrammeLine:
    programme: StarProgramme
    owner_name: str
    owner_path: str
    version: int


def list_programmes(session: Session, scope: Scope | None = None) -> list[ProgrammeLine]:
    """Programmes handled within the scope (all for None), newest first."""
    newest = (
        select(func.max(StarRuleVersion.version))
        .where(StarRuleVersion.programme_id == StarProgramme.id)
        .scalar_subquery()
    )
    query = select(StarProgramme, Unit.name, Unit.path, newest).join(Unit, Unit.id == StarProgramme.owner_unit_id)
    if scope is not None:
        query = query.where(reaches(session, scope))
    rows = session.execute(query.order_by(StarProgramme.id.desc()))
    return [ProgrammeLine(programme, name, path, version) for programme, name, path, version in rows]


def reaches(session: Session, scope: Scope) -> ColumnElement[bool]:
    """SQL condition on (StarProgramme, Unit of its owner): within the scope. Who holds the whole branch tree handles what honours
    branches."""
    within = scope.units_filter(Unit.path)
    return within | (StarProgramme.holder == Holder.BRANCH) if holds_branches(session, scope) else within


def holds_branches(session: Session, scope: Scope) -> bool:
    tops = session.scalars(select(Branch.path).where(Branch.parent_id.is_(None))).all()
    return bool(tops) and all(scope.covers_branch(path) for path in tops)


def find_programme(session: Session, programme_id: int) -> StarProgramme | None:
    return session.get(StarProgramme, programme_id)


def list_versions(session: Session, programme_id: int) -> Sequence[StarRuleVersion]:
    """Oldest first."""
    query = select(StarRuleVersion).where(StarRuleVersion.programme_id == programme_id)
    return session.scalars(query.order_by(StarRuleVersion.version)).all()


def newest_version(session: Session, programme_id: int) -> StarRuleVersion:
    return list_versions(session, programme_id)[-1]


def rule_of(session: Session, cycle: StarCycle) -> StarRule:
    return session.get_one(StarRuleVersion, cycle.rule_id).star_rule


# --- cycles --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CycleLine:
    cycle: StarCycle
    programme: StarProgramme
    owner_path: str
    owner_name: str


CYCLES = (
    select(StarCycle, StarProgramme, Unit.path, Unit.name)
    .join(StarProgramme, StarProgramme.id == StarCycle.programme_id)
    .join(Unit, Unit.id == StarProgramme.owner_unit_id)
    .order_by(StarCycle.last_on.desc(), StarCycle.id.desc())
)


def list_cycles(session: Session, *conditions: ColumnElement[bool], most: int = 100) -> list[CycleLine]:
    """Cycles that meet the conditions, newest first."""
    return [CycleLine(*row) for row in session.execute(CYCLES.where(*conditions).limit(most))]


def is_public() -> ColumnElement[bool]:
    """SQL condition: the cycle is on notice or later."""
    return StarCycle.state.in_(PUBLIC)


def list_cycles_in(session: Session, scope: Scope, *conditions: ColumnElement[bool]) -> list[CycleLine]:
    return list_cycles(session, reaches(session, scope), *conditions)


def list_cycles_of(session: Session, programme_id: int) -> list[CycleLine]:
    return list_cycles(session, StarCycle.programme_id == programme_id)


def find_cycle(session: Session, cycle_id: int) -> CycleLine | None:
    return next(iter(list_cycles(session, StarCycle.id == cycle_id)), None)


def list_open_keys(session: Session, programme_id: int) -> set[str]:
    """Periods of the programme that have their cycle."""
    return set(session.scalars(select(StarCycle.period_key).where(StarCycle.programme_id == programme_id)))


def list_running(session: Session) -> Sequence[StarProgramme]:
    query = select(StarProgramme).where(StarProgramme.state == ProgrammeState.RUNNING)
    return session.scalars(query.order_by(StarProgramme.id)).all()


def list_ending_recommendations(session: Session, today: date) -> Sequence[int]:
    """Cycles whose last day for recommending is over."""
    query = select(StarCycle.id).where(
        StarCycle.state == CycleState.RECOMMENDING, StarCycle.recommend_until_on.is_not(None)
    )
    return session.scalars(query.where(StarCycle.recommend_until_on < today).order_by(StarCycle.id)).all()


def list_to_check(session: Session, checked_before: datetime, measured_after: datetime) -> Sequence[int]:
    """Cycles that were measured, not too long ago, and not compared with the facts since."""
    query = select(StarCycle.id).where(StarCycle.measured_at > measured_after)
    return session.scalars(
        query.where(or_(StarCycle.checked_at.is_(None), StarCycle.checked_at < checked_before)).order_by(StarCycle.id)
    ).all()


# --- candidates ----------------------------------------------------------------------------------------------------


def list_candidates(cycle_id: int, *, moved_only: bool = False) -> Select[StarCandidate]:
    """All candidates of a cycle by score; only for those who handle it."""
    query = select(StarCandidate).where(StarCandidate.cycle_id == cycle_id)
    if moved_only:
        query = query.where(
            StarCandidate.now_millis.is_not(None), StarCandidate.now_millis != StarCandidate.score_millis
        )
    return query.order_by(StarCandidate.score_millis.desc(), StarCandidate.tie, StarCandidate.holder_id)


def find_candidate(session: Session, candidate_id: int) -> StarCandidate | None:
    """With what was measured."""
    return session.get(StarCandidate, candidate_id, options=[undefer(StarCandidate.parts), undefer(StarCandidate.gates), undefer(StarCandidate.judged)])  # fmt: skip


def list_named(session: Session, cycle_id: int) -> Sequence[StarCandidate]:
    """Who is named, by place."""
    query = select(StarCandidate).where(StarCandidate.cycle_id == cycle_id, StarCandidate.place.is_not(None))
    return session.scalars(
        query.options(undefer(StarCandidate.parts)).order_by(StarCandidate.place, StarCandidate.holder_id)
    ).all()


def count_moved(session: Session, cycle_id: int) -> int:
    query = list_candidates(cycle_id, moved_only=True).order_by(None).with_only_columns(func.count())
    return session.scalar(query) or 0


def count_named(session: Session, cycle_ids: Sequence[int]) -> dict[int, int]:
    rows = session.execute(
        select(StarCandidate.cycle_id, func.count())
        .where(StarCandidate.cycle_id.in_(cycle_ids), StarCandidate.place.is_not(None))
        .group_by(StarCandidate.cycle_id)
    )
    return {cycle_id: count for cycle_id, count in rows}


def list_repeats(session: Session, cycle: StarCycle, no_repeat: int) -> set[int]:
    """Who was named in the programme's last so many cycles before this one."""
    if not no_repeat:
        return set()
    before = (
        select(StarCycle.id)
        .where(StarCycle.programme_id == cycle.programme_id, StarCycle.state.in_(NAMED))
        .where(tuple_(StarCycle.last_on, StarCycle.id) < (cycle.last_on, cycle.id))
        .order_by(StarCycle.last_on.desc(), StarCycle.id.desc())
        .limit(no_repeat)
    )
    ids = session.scalars(before).all()
    return set(
        session.scalars(
            select(StarCandidate.holder_id).where(StarCandidate.cycle_id.in_(ids), StarCandidate.place.is_not(None))
        )
    )


def contenders_of(session: Session, cycle: StarCycle, rule: StarRule) -> list[Contender]:
    """Every candidate as the choice sees it, with what stands against it."""
    repeats = list_repeats(session, cycle, rule.no_repeat)
    columns = (
        StarCandidate.id, StarCandidate.holder_id, StarCandidate.score_millis, StarCandidate.unit_id,
        StarCandidate.obstacle, StarCandidate.tie, StarCandidate.vetoed_at,
    )  # fmt: skip
    return [
        Contender(
            row.id, row.score_millis, row.unit_id,
            obstacle=VETOED if row.vetoed_at else row.obstacle or (REPEATED if row.holder_id in repeats else ""),
            tie=row.tie,
        )
        for row in session.execute(select(*columns).where(StarCandidate.cycle_id == cycle.id))
    ]  # fmt: skip


def list_own(session: Session, person_id: int, most: int = 24) -> list[tuple[StarCandidate, CycleLine]]:
    """A person's own candidacies, newest first, in cycles that have been measured."""
    query = (
        select(StarCandidate, StarCycle, StarProgramme, Unit.path, Unit.name)
        .options(undefer(StarCandidate.parts), undefer(StarCandidate.gates))
        .join(StarCycle, StarCycle.id == StarCandidate.cycle_id)
        .join(StarProgramme, StarProgramme.id == StarCycle.programme_id)
        .join(Unit, Unit.id == StarProgramme.owner_unit_id)
        .where(StarCandidate.holder_id == person_id, StarProgramme.holder == Holder.PERSON)
        .where(StarCycle.measured_at.is_not(None))
        .order_by(StarCycle.last_on.desc(), StarCycle.id.desc())
    )
    return [(row[0], CycleLine(*row[1:])) for row in session.execute(query.limit(most))]


def find_own(session: Session, line: CycleLine, person_id: int) -> StarCandidate | None:
    """The person's candidacy in a cycle of persons."""
    if line.programme.holder is not Holder.PERSON:
        return None
    query = select(StarCandidate).where(StarCandidate.cycle_id == line.cycle.id, StarCandidate.holder_id == person_id)
    return session.scalars(query).one_or_none()


@dataclass(frozen=True)
class PublishedLines:
    """The named lines of the public part of a version, and the ids of their holders, for pages that go with the wish of today."""

    named: Sequence[dict[str, Any]]
    holder_ids: Sequence[int]


def list_public_lines(session: Session, publication_ids: Sequence[int]) -> dict[int, PublishedLines]:
    """Cycle → the lines of these versions."""
    rows = session.execute(
        select(StarPublication.cycle_id, StarPublication.public, StarPublication.complete).where(
            StarPublication.id.in_(publication_ids)
        )
    )
    return {
        cycle_id: PublishedLines(
            public["named"], [one["holder_id"] for one in complete["named"][: len(public["named"])]]
        )
        for cycle_id, public, complete in rows
    }


def newest_publications(session: Session, cycle_ids: Sequence[int]) -> list[int]:
    """The numbers of the newest versions of these cycles."""
    query = select(StarPublication.cycle_id, StarPublication.id).where(StarPublication.cycle_id.in_(cycle_ids))
    newest = {cycle_id: number for cycle_id, number in session.execute(query.order_by(StarPublication.version))}
    return list(newest.values())


def unlisted_among(session: Session, ids: Sequence[int]) -> set[int]:
    """Which of these persons stay off public lists."""
    return set(session.scalars(select(Person.id).where(Person.id.in_(ids), Person.is_unlisted)))


# --- recommendations -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recommended:
    recommendation: StarRecommendation
    by_name: str


def list_recommendations(session: Session, candidate_ids: Sequence[int]) -> dict[int, list[Recommended]]:
    """By candidate."""
    rows = session.execute(
        select(StarRecommendation, Person.name)
        .join(Person, Person.id == StarRecommendation.by_id)
        .where(StarRecommendation.candidate_id.in_(candidate_ids))
        .order_by(StarRecommendation.at)
    )
    found: dict[int, list[Recommended]] = {}
    for recommendation, name in rows:
        found.setdefault(recommendation.candidate_id, []).append(Recommended(recommendation, name))
    return found


def slots_of(session: Session, cycle_id: int, level: Level, node_id: int) -> set[int]:
    """Places of the node's recommendations that are taken."""
    query = select(StarRecommendation.slot).where(
        StarRecommendation.cycle_id == cycle_id,
        StarRecommendation.level == level,
        StarRecommendation.node_id == node_id,
    )
    return set(session.scalars(query))


def list_recommended(session: Session, cycle_id: int, level: Level, node_id: int) -> set[int]:
    """Candidates that the node has recommended."""
    query = select(StarRecommendation.candidate_id).where(
        StarRecommendation.cycle_id == cycle_id,
        StarRecommendation.level == level,
        StarRecommendation.node_id == node_id,
    )
    return set(session.scalars(query))


def in_reach(scope: Scope, columns: tuple[InstrumentedAttribute[str], InstrumentedAttribute[str]]) -> Any:
    """SQL condition: the candidate's unit or branch path lies within the scope."""
    unit, branch = columns
    return scope.units_filter(unit) | scope.branches_filter(branch)


def list_candidates_for(cycle_id: int, scope: Scope, text: str = "") -> Select[StarCandidate]:
    """The candidates of a branch or unit that may be recommended within the scope, by name."""
    query = (
        select(StarCandidate)
        .outerjoin(Unit, Unit.id == StarCandidate.unit_id)
        .outerjoin(Branch, Branch.id == StarCandidate.branch_id)
        .where(StarCandidate.cycle_id == cycle_id, in_reach(scope, (Unit.path, Branch.path)))
    )
    if text:
        query = query.where(StarCandidate.name.contains(text, autoescape=True))
    return query.order_by(StarCandidate.name, StarCandidate.holder_id)


def has_candidates_for(session: Session, cycle_id: int, scope: Scope) -> bool:
    query = list_candidates_for(cycle_id, scope).order_by(None).with_only_columns(StarCandidate.id).limit(1)
    return session.scalar(query) is not None


# --- objections and publications -----------------------------------------------------------------------------------


def list_objections(session: Session, cycle_id: int) -> list[tuple[StarObjection, str]]:
    """With the name of who filed it; unanswered ones first, then by time."""
    rows = session.execute(
        select(StarObjection, Person.name)
        .join(Person, Person.id == StarObjection.person_id)
        .where(StarObjection.cycle_id == cycle_id)
        .order_by(StarObjection.replied_at.is_not(None), StarObjection.filed_at)
    )
    return [(objection, name) for objection, name in rows]


def list_own_objections(session: Session, cycle_id: int, person_id: int) -> Sequence[StarObjection]:
    query = select(StarObjection).where(StarObjection.cycle_id == cycle_id, StarObjection.person_id == person_id)
    return session.scalars(query.order_by(StarObjection.filed_at)).all()


def find_objection(session: Session, objection_id: int) -> StarObjection | None:
    return session.get(StarObjection, objection_id)


def count_open_objections(session: Session, cycle_id: int) -> int:
    query = select(func.count()).where(StarObjection.cycle_id == cycle_id, StarObjection.replied_at.is_(None))
    return session.scalars(query).one()


def list_publications(session: Session, cycle_id: int) -> Sequence[StarPublication]:
    """Newest first."""
    query = select(StarPublication).where(StarPublication.cycle_id == cycle_id)
    return session.scalars(query.order_by(StarPublication.version.desc())).all()


def find_publication(session: Session, cycle_id: int, version: int | None = None) -> StarPublication | None:
    """That version, or the newest, with its public part."""
    query = select(StarPublication).where(StarPublication.cycle_id == cycle_id)
    if version is not None:
        query = query.where(StarPublication.version == version)
    newest = query.order_by(StarPublication.version.desc()).limit(1)
    return session.scalars(newest.options(undefer(StarPublication.public))).one_or_none()

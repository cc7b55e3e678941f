"""Tables of stars: programmes with versions of their rule, cycles, candidates with their parts, recommendations, objections, publications."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, JsonValue, Key, Ref, enum_column
from lms.leaderboard.models import Filed, Published, only_one_open
from lms.people.line_rules import Line
from lms.stars.catalogue_rules import Holder
from lms.stars.period_rules import Period
from lms.stars.rules import CycleState, Level, StarRule


class ProgrammeState(StrEnum):
    DRAFT = "draft"
    RUNNING = "running"
    STOPPED = "stopped"


class StarProgramme(Base):
    """Who is honoured, how often, and where: the subtree of `owner_unit_id` (branches: all of them). `line`: only contests of this
    business line. `started_at`: the period that runs then is the first to have a cycle."""

    __tablename__ = "star_programmes"

    id: Mapped[Key]
    title: Mapped[str] = mapped_column(String(60))
    preset: Mapped[str] = mapped_column(String(20))
    holder: Mapped[Holder] = mapped_column(enum_column(Holder))
    period: Mapped[Period] = mapped_column(enum_column(Period))
    line: Mapped[Line | None] = mapped_column(enum_column(Line))
    owner_unit_id: Mapped[Ref] = mapped_column(ForeignKey("units.id"), index=True)
    state: Mapped[ProgrammeState] = mapped_column(enum_column(ProgrammeState), default=ProgrammeState.DRAFT)
    started_at: Mapped[datetime | None]
    created_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    created_at: Mapped[datetime]


class StarRuleVersion(Base):
    """One version of a programme's rule, never changed."""

    __tablename__ = "star_rules"
    __table_args__ = (UniqueConstraint("programme_id", "version"),)

    id: Mapped[Key]
    programme_id: Mapped[Ref] = mapped_column(ForeignKey("star_programmes.id"))
    version: Mapped[int]
    rule: Mapped[JsonValue]
    made_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    made_at: Mapped[datetime]

    @property
    def star_rule(self) -> StarRule:
        return StarRule.from_json(self.rule)


class StarCycle(Base):
    """One period of a programme, once. `round_id` is set where the period is a contest. `measured_at` is when all candidates had their
    scores, `checked_at` when the facts were last compared with them."""

    __tablename__ = "star_cycles"
    __table_args__ = (UniqueConstraint("programme_id", "period_key"), Index("ix_star_cycles_state", "state"))

    id: Mapped[Key]
    programme_id: Mapped[Ref] = mapped_column(ForeignKey("star_programmes.id"))
    period_key: Mapped[str] = mapped_column(String(20))
    label: Mapped[str] = mapped_column(String(60))
    first_on: Mapped[date]
    last_on: Mapped[date]
    cut_off_on: Mapped[date]
    round_id: Mapped[Ref | None] = mapped_column(ForeignKey("rounds.id"))
    rule_id: Mapped[Ref] = mapped_column(ForeignKey("star_rules.id"))
    state: Mapped[CycleState] = mapped_column(enum_column(CycleState), default=CycleState.MEASURING)
    head_count: Mapped[int] = mapped_column(default=0)
    opened_at: Mapped[datetime]
    measured_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    recommend_until_on: Mapped[date | None]
    reviewed_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    reviewed_at: Mapped[datetime | None]
    review_note: Mapped[str] = mapped_column(String(500), default="")
    notice_from_on: Mapped[date | None]
    notice_until_on: Mapped[date | None]
    decided_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    decided_at: Mapped[datetime | None]
    decision_note: Mapped[str] = mapped_column(String(500), default="")


class StarCandidate(Base):
    """Somebody of the roster of the cut-off day, with names and place of that day. `parts` and `gates` are what was measured (see
    `measuring`), `judged` what reviewers gave; `score_millis` is the sum of all. `now_millis` is what the facts would give at the last
    check, None before any. `place` is set for who is named."""

    __tablename__ = "star_candidates"
    __table_args__ = (
        UniqueConstraint("cycle_id", "holder_id"),
        Index("ix_star_candidates_order", "cycle_id", "score_millis", "holder_id"),
        Index("ix_star_candidates_holder", "holder_id", "cycle_id"),
    )

    id: Mapped[Key]
    cycle_id: Mapped[Ref] = mapped_column(ForeignKey("star_cycles.id"))
    holder_id: Mapped[Ref]
    name: Mapped[str] = mapped_column(String(60))
    unit_id: Mapped[Ref | None] = mapped_column(ForeignKey("units.id"), index=True)
    unit_name: Mapped[str] = mapped_column(String(60), default="")
    branch_id: Mapped[Ref | None] = mapped_column(ForeignKey("branches.id"), index=True)
    parts: Mapped[JsonValue] = mapped_column(deferred=True)
    gates: Mapped[JsonValue] = mapped_column(deferred=True)
    judged: Mapped[JsonValue] = mapped_column(default=dict, deferred=True)
    score_millis: Mapped[int]
    tie: Mapped[int] = mapped_column(default=0)
    obstacle: Mapped[str] = mapped_column(String(100), default="")
    now_millis: Mapped[int | None]
    place: Mapped[int | None]
    veto_reason: Mapped[str] = mapped_column(String(200), default="")
    vetoed_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    vetoed_at: Mapped[datetime | None]

    @property
    def has_moved(self) -> bool:
        """Whether the facts have changed since they were measured."""
        return self.now_millis is not None and self.now_millis != self.score_millis


class StarRecommendation(Base):
    """A branch or unit recommends a candidate, in writing. `slot` counts from 1 within what the node may give, so that two who
    recommend at once cannot both take the last place."""

    __tablename__ = "star_recommendations"
    __table_args__ = (
        UniqueConstraint("candidate_id", "level"),
        UniqueConstraint("cycle_id", "level", "node_id", "slot"),
    )

    id: Mapped[Key]
    cycle_id: Mapped[Ref] = mapped_column(ForeignKey("star_cycles.id"))
    candidate_id: Mapped[Ref] = mapped_column(ForeignKey("star_candidates.id"))
    level: Mapped[Level] = mapped_column(enum_column(Level))
    node_id: Mapped[Ref]
    slot: Mapped[int]
    reason: Mapped[str] = mapped_column(String(300))
    by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    at: Mapped[datetime]


class StarObjection(Filed, Base):
    """Somebody objects to who is to be named."""

    __tablename__ = "star_objections"
    __table_args__ = (only_one_open("uq_star_objections_open", "cycle_id"),)

    cycle_id: Mapped[Ref] = mapped_column(ForeignKey("star_cycles.id"))


class StarPublication(Published, Base):
    """One published version of a cycle."""

    __tablename__ = "star_publications"
    __table_args__ = (UniqueConstraint("cycle_id", "version"),)

    id: Mapped[Key]
    cycle_id: Mapped[Ref] = mapped_column(ForeignKey("star_cycles.id"))

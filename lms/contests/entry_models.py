"""Tables of entry: whom units enter, who was given a wild card, and who advanced. A published version of a list never changes; a
correction is the next one. Who withdraws, and who moves up, is a line of its own."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.contests.advancement_rules import Outcome, Seat
from lms.db import Base, JsonValue, Key, Ref, enum_column


class UnitEntry(Base):
    """Somebody whom the own unit entered for a round with unit quotas. `unit_id` is the competing unit whose place this takes."""

    __tablename__ = "round_unit_entries"

    round_id: Mapped[Ref] = mapped_column(ForeignKey("rounds.id"), primary_key=True, autoincrement=False)
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), primary_key=True, autoincrement=False)
    unit_id: Mapped[Ref] = mapped_column(ForeignKey("units.id"))
    entered_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    entered_at: Mapped[datetime]


class WildCard(Base):
    """A place outside the order, given with a reason before the list is published. Of a round of people to a person, of one of
    teams to a team."""

    __tablename__ = "round_wild_cards"
    __table_args__ = (UniqueConstraint("round_id", "person_id"), UniqueConstraint("round_id", "team_id"))

    id: Mapped[Key]
    round_id: Mapped[Ref] = mapped_column(ForeignKey("rounds.id"))
    person_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    team_id: Mapped[Ref | None] = mapped_column(ForeignKey("teams.id"))
    unit_id: Mapped[Ref | None] = mapped_column(ForeignKey("units.id"))
    reason: Mapped[str] = mapped_column(String(100))
    by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    at: Mapped[datetime]


class Advancement(Base):
    """The newest version of the published list of those who may enter a round. `edge_place` is the last place admitted by place,
    `state` the state of the earlier board then, `digest` that of the version. `rule` stays that of the first version."""

    __tablename__ = "advancements"

    round_id: Mapped[Ref] = mapped_column(ForeignKey("rounds.id"), primary_key=True, autoincrement=False)
    from_round_id: Mapped[Ref] = mapped_column(ForeignKey("rounds.id"))
    rule: Mapped[JsonValue]
    edge_place: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(20))
    digest: Mapped[str] = mapped_column(String(64))
    published_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    published_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class AdvancementVersion(Base):
    """One published version of a list, never changed: its lines as they were then and, of a correction, whose standing it changed and
    why. `journal_until` is the last line of the earlier board's journal that it counts; None: of before this was noted."""

    __tablename__ = "advancement_versions"
    __table_args__ = (UniqueConstraint("round_id", "version"),)

    id: Mapped[Key]
    round_id: Mapped[Ref] = mapped_column(ForeignKey("advancements.round_id"))
    version: Mapped[int]
    lines: Mapped[JsonValue] = mapped_column(deferred=True)
    changes: Mapped[JsonValue] = mapped_column(deferred=True)
    edge_place: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(20))
    digest: Mapped[str] = mapped_column(String(64))
    journal_until: Mapped[Ref | None]
    reason: Mapped[str] = mapped_column(String(500), default="")
    published_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    published_at: Mapped[datetime]


class AdvancementLine(Base):
    """One person or team of the newest version, in the order of `position`: advanced, in reserve, or no longer either."""

    __tablename__ = "advancement_lines"
    __table_args__ = (
        UniqueConstraint("round_id", "position"),
        UniqueConstraint("round_id", "person_id"),
        UniqueConstraint("round_id", "team_id"),
    )

    id: Mapped[Key]
    round_id: Mapped[Ref] = mapped_column(ForeignKey("advancements.round_id"))
    position: Mapped[int]
    person_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"), index=True)
    team_id: Mapped[Ref | None] = mapped_column(ForeignKey("teams.id"))
    unit_id: Mapped[Ref | None] = mapped_column(ForeignKey("units.id"))
    outcome: Mapped[Outcome] = mapped_column(enum_column(Outcome))
    seat: Mapped[Seat | None] = mapped_column(enum_column(Seat))
    reason: Mapped[str] = mapped_column(String(200))
    place: Mapped[int | None]
    score_millis: Mapped[int | None]
    carried_millis: Mapped[int]


class AdvancementWithdrawal(Base):
    """Somebody gave up the place or the turn in reserve; `successor_id` is the line that moved up for it by the newest version."""

    __tablename__ = "advancement_withdrawals"

    id: Mapped[Key]
    round_id: Mapped[Ref] = mapped_column(ForeignKey("advancements.round_id"), index=True)
    line_id: Mapped[Ref] = mapped_column(ForeignKey("advancement_lines.id"), unique=True)
    successor_id: Mapped[Ref | None] = mapped_column(ForeignKey("advancement_lines.id"), unique=True)
    reason: Mapped[str] = mapped_column(String(200))
    by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    at: Mapped[datetime]

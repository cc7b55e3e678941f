"""Tables of stage finals: what was prepared, who may buzz, and what happened."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, JsonValue, Key, Ref, enum_column
from lms.stage.rules import EventKind


class StageFinal(Base):
    """The final of one round. `sequence` is that of its last event; `questions` are the ids of question versions in their order,
    drawn when it was prepared; `live_key` is the address of its screens; devices join with `pin` and their team's code."""

    __tablename__ = "stage_finals"

    id: Mapped[Key]
    round_id: Mapped[Ref] = mapped_column(ForeignKey("rounds.id"), unique=True)
    live_key: Mapped[str] = mapped_column(String(43), unique=True)
    pin: Mapped[str] = mapped_column(String(6), unique=True)
    questions: Mapped[JsonValue]
    sequence: Mapped[int] = mapped_column(default=0)
    created_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class StageDevice(Base):
    """A team's place, in the order of `position`, and the phone that holds it now: whoever has the token of this digest.
    `round_trips` are the last ones in milliseconds, measured by the server."""

    __tablename__ = "stage_devices"
    __table_args__ = (UniqueConstraint("final_id", "team_id"), UniqueConstraint("final_id", "code"))

    id: Mapped[Key]
    final_id: Mapped[Ref] = mapped_column(ForeignKey("stage_finals.id"))
    team_id: Mapped[Ref] = mapped_column(ForeignKey("teams.id"))
    position: Mapped[int]
    code: Mapped[str] = mapped_column(String(6))
    token_digest: Mapped[str | None] = mapped_column(String(64), unique=True)
    joined_at: Mapped[datetime | None]
    seen_at: Mapped[datetime | None]
    round_trips: Mapped[JsonValue] = mapped_column(default=list)


class StageEvent(Base):
    """The journal: appended to, never changed. `actor_id` None: a team's device."""

    __tablename__ = "stage_events"
    __table_args__ = (UniqueConstraint("final_id", "sequence"),)

    id: Mapped[Key]
    final_id: Mapped[Ref] = mapped_column(ForeignKey("stage_finals.id"))
    sequence: Mapped[int]
    kind: Mapped[EventKind] = mapped_column(enum_column(EventKind))
    data: Mapped[JsonValue]
    actor_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    at: Mapped[datetime]


class StageBuzz(Base):
    """A team pressed its button in a turn: once, whatever the network repeats."""

    __tablename__ = "stage_buzzes"
    __table_args__ = (
        UniqueConstraint("final_id", "turn", "team_id"),
        Index("ix_stage_buzzes_team_id", "team_id"),
    )

    id: Mapped[Key]
    final_id: Mapped[Ref] = mapped_column(ForeignKey("stage_finals.id"))
    turn: Mapped[int]
    team_id: Mapped[Ref] = mapped_column(ForeignKey("teams.id"))
    received_at: Mapped[datetime]
    round_trip_ms: Mapped[int | None]
    is_early: Mapped[bool]

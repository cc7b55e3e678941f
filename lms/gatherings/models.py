"""Tables of gatherings: the plan, the roll, leave, the minutes with decisions, materials, photos and the history."""

from datetime import date, datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms import clock
from lms.db import Base, JsonValue, Key, Ref, enum_column
from lms.gatherings.kind_rules import KINDS, GatheringKind, Kind, RosterRule
from lms.gatherings.rules import (
    Cause,
    DecisionState,
    GatheringState,
    LeaveState,
    Mark,
    MaterialKind,
    VisitState,
    Way,
)
from lms.hours.rules import Bucket, Extent
from lms.people.rules import DutyStatus, PartyStatus


class Gathering(Base):
    """One event with a roll. The owner is a branch or a unit; `subject` is what a package above made it for.

    `speaker_id` is who speaks, where one person does: a lecturer earns for giving, not for hearing, and answers no questionnaire.
    `held_on` is the Shanghai day it begins: the day of the roster. The counts are those of the closed roll (0 before). From `locks_at`
    on a change needs a reason, whether or not the job has written `locked_at` yet.
    """

    __tablename__ = "gatherings"
    __table_args__ = (
        CheckConstraint("(branch_id IS NULL) <> (unit_id IS NULL)", name="owner"),
        Index("ix_gatherings_branch", "branch_id", "held_on"),
        Index("ix_gatherings_unit", "unit_id", "held_on"),
        Index("ix_gatherings_subject", "subject_kind", "subject_id"),
        Index("ix_gatherings_lock", "locked_at", "locks_at"),
        Index("ix_gatherings_speaker", "speaker_id", "held_on"),
        Index("ix_gatherings_day", "held_on"),
    )

    id: Mapped[Key]
    kind: Mapped[GatheringKind] = mapped_column(enum_column(GatheringKind))
    title: Mapped[str] = mapped_column(String(120))
    branch_id: Mapped[Ref | None] = mapped_column(ForeignKey("branches.id"))
    unit_id: Mapped[Ref | None] = mapped_column(ForeignKey("units.id"))
    subject_kind: Mapped[str | None] = mapped_column(String(32))
    subject_id: Mapped[Ref | None]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    held_on: Mapped[date]
    extent: Mapped[Extent] = mapped_column(enum_column(Extent), default=Extent.TIMED)
    place: Mapped[str] = mapped_column(String(100), default="")
    host_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    recorder_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    speaker_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    agenda: Mapped[JsonValue] = mapped_column(default=list)
    guests: Mapped[str] = mapped_column(String(300), default="")
    roster: Mapped[RosterRule] = mapped_column(enum_column(RosterRule))
    bucket: Mapped[Bucket | None] = mapped_column(enum_column(Bucket))
    state: Mapped[GatheringState] = mapped_column(enum_column(GatheringState), default=GatheringState.PLANNED)
    closed_at: Mapped[datetime | None]
    closed_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    due_count: Mapped[int] = mapped_column(default=0)
    present_count: Mapped[int] = mapped_column(default=0)
    leave_count: Mapped[int] = mapped_column(default=0)
    others_count: Mapped[int] = mapped_column(default=0)
    minutes_at: Mapped[datetime | None]
    locks_at: Mapped[datetime]
    locked_at: Mapped[datetime | None]
    created_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    created_at: Mapped[datetime]

    @property
    def words(self) -> Kind:
        """What its kind says."""
        return KINDS[self.kind]

    @property
    def open_until_on(self) -> date:
        """The last day on which a change needs no reason."""
        return clock.today(self.locks_at) - timedelta(days=1)

    @property
    def absent_count(self) -> int:
        return self.due_count - self.present_count - self.leave_count


class Invitee(Base):
    """Who was chosen for a gathering whose roster is a choice."""

    __tablename__ = "gathering_invitees"

    gathering_id: Mapped[Ref] = mapped_column(ForeignKey("gatherings.id"), primary_key=True)
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), primary_key=True, index=True)


class Entry(Base):
    """One person's line of the roll. While the roll is open there is one for whoever was marked; closing it writes all, with the
    statuses of the day. `visit` is only there for visitors, who count when confirmed."""

    __tablename__ = "gathering_entries"
    __table_args__ = (
        UniqueConstraint("gathering_id", "person_id"),
        Index("ix_gathering_entries_person", "person_id", "gathering_id"),
    )

    id: Mapped[Key]
    gathering_id: Mapped[Ref] = mapped_column(ForeignKey("gatherings.id"))
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    mark: Mapped[Mark] = mapped_column(enum_column(Mark))
    cause: Mapped[Cause | None] = mapped_column(enum_column(Cause))
    way: Mapped[Way] = mapped_column(enum_column(Way))
    visit: Mapped[VisitState | None] = mapped_column(enum_column(VisitState))
    is_due: Mapped[bool] = mapped_column(default=False)
    party_status: Mapped[PartyStatus | None] = mapped_column(enum_column(PartyStatus))
    duty_status: Mapped[DutyStatus | None] = mapped_column(enum_column(DutyStatus))
    scanned_at: Mapped[datetime | None]
    marked_at: Mapped[datetime]
    marked_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))


class Leave(Base):
    """A request for leave; asked again after a refusal it is the same row."""

    __tablename__ = "gathering_leaves"
    __table_args__ = (UniqueConstraint("gathering_id", "person_id"),)

    id: Mapped[Key]
    gathering_id: Mapped[Ref] = mapped_column(ForeignKey("gatherings.id"))
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    cause: Mapped[Cause] = mapped_column(enum_column(Cause))
    note: Mapped[str] = mapped_column(String(100), default="")
    state: Mapped[LeaveState] = mapped_column(enum_column(LeaveState), default=LeaveState.ASKED)
    asked_at: Mapped[datetime]
    decided_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    decided_at: Mapped[datetime | None]


class Minutes(Base):
    """The written record (会议记录): field key of the kind → text."""

    __tablename__ = "gathering_minutes"

    gathering_id: Mapped[Ref] = mapped_column(ForeignKey("gatherings.id"), primary_key=True, autoincrement=False)
    texts: Mapped[JsonValue]
    written_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    written_at: Mapped[datetime]


class Decision(Base):
    """What was decided, who does it by when; followed up until it is done or dropped."""

    __tablename__ = "gathering_decisions"
    __table_args__ = (Index("ix_gathering_decisions_owner", "owner_id", "state"),)

    id: Mapped[Key]
    gathering_id: Mapped[Ref] = mapped_column(ForeignKey("gatherings.id"), index=True)
    text: Mapped[str] = mapped_column(String(300))
    owner_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    due_on: Mapped[date]
    state: Mapped[DecisionState] = mapped_column(enum_column(DecisionState), default=DecisionState.OPEN)
    result: Mapped[str] = mapped_column(String(200), default="")
    settled_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    settled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Material(Base):
    """What is read or watched: a resource of the library, by its number and title, or a media file."""

    __tablename__ = "gathering_materials"
    __table_args__ = (UniqueConstraint("gathering_id", "kind", "ref_id"),)

    id: Mapped[Key]
    gathering_id: Mapped[Ref] = mapped_column(ForeignKey("gatherings.id"))
    kind: Mapped[MaterialKind] = mapped_column(enum_column(MaterialKind))
    ref_id: Mapped[Ref]
    title: Mapped[str] = mapped_column(String(200))


class Reply(Base):
    """What one person who was there thinks of it: points for each question of the kind, in order, and their sum. Who wrote what is shown
    to nobody, and when is not kept."""

    __tablename__ = "gathering_replies"
    __table_args__ = (UniqueConstraint("gathering_id", "person_id"),)

    id: Mapped[Key]
    gathering_id: Mapped[Ref] = mapped_column(ForeignKey("gatherings.id"))
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    points: Mapped[JsonValue]
    total: Mapped[int]
    words: Mapped[str] = mapped_column(String(200), default="")


class Photo(Base):
    """At most three, in places 1 to 3."""

    __tablename__ = "gathering_photos"
    __table_args__ = (
        UniqueConstraint("gathering_id", "place"),
        CheckConstraint("place BETWEEN 1 AND 3", name="place"),
    )

    id: Mapped[Key]
    gathering_id: Mapped[Ref] = mapped_column(ForeignKey("gatherings.id"))
    media_id: Mapped[Ref] = mapped_column(ForeignKey("media_files.id"))
    place: Mapped[int]


class Change(Base):
    """One line of the history: who changed what, when, and after the lock why."""

    __tablename__ = "gathering_changes"

    id: Mapped[Key]
    gathering_id: Mapped[Ref] = mapped_column(ForeignKey("gatherings.id"), index=True)
    act: Mapped[str] = mapped_column(String(40))
    detail: Mapped[JsonValue]
    reason: Mapped[str] = mapped_column(String(200), default="")
    by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    at: Mapped[datetime]

"""Tables of people, trees, roles and sign-in."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, JsonValue, Key, Ref, enum_column
from lms.people.rules import DutyStatus, ImportState, PartyStatus, RankBand, Role


class Unit(Base):
    """A node of the unit tree. `path` lists the ids from the root ("/1/5/"), so a subtree is a prefix."""

    __tablename__ = "units"

    id: Mapped[Key]
    parent_id: Mapped[Ref | None] = mapped_column(ForeignKey("units.id"), index=True)
    path: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    short_name: Mapped[str] = mapped_column(String(20))
    sort: Mapped[int] = mapped_column(default=0)
    closed_on: Mapped[date | None]


class Branch(Base):
    """A node of the Party-branch tree, with a path of its own."""

    __tablename__ = "branches"

    id: Mapped[Key]
    parent_id: Mapped[Ref | None] = mapped_column(ForeignKey("branches.id"), index=True)
    path: Mapped[str] = mapped_column(String(200), unique=True)
    name: Mapped[str] = mapped_column(String(60), unique=True)
    short_name: Mapped[str] = mapped_column(String(20))
    sort: Mapped[int] = mapped_column(default=0)
    closed_on: Mapped[date | None]


class Person(Base):
    """One person. The phone number is encrypted; `phone_index` is its HMAC, for looking it up."""

    __tablename__ = "persons"

    id: Mapped[Key]
    staff_no: Mapped[str] = mapped_column(String(20), unique=True)
    name: Mapped[str] = mapped_column(String(40), index=True)
    initials: Mapped[str] = mapped_column(String(40), default="")
    birth_year: Mapped[int | None]
    rank_band: Mapped[RankBand] = mapped_column(enum_column(RankBand))
    title: Mapped[str] = mapped_column(String(60), default="")
    phone_sealed: Mapped[str | None] = mapped_column(String(200))
    phone_index: Mapped[str | None] = mapped_column(String(64), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    password_set_at: Mapped[datetime | None]
    password_history: Mapped[JsonValue] = mapped_column(default=list)
    must_change_password: Mapped[bool] = mapped_column(default=False)
    failures: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    totp_sealed: Mapped[str | None] = mapped_column(String(200))
    totp_step: Mapped[int] = mapped_column(default=0)
    disabled_at: Mapped[datetime | None]
    is_unlisted: Mapped[bool] = mapped_column(default=False)
    type_size: Mapped[str] = mapped_column(String(10), default="standard")
    theme: Mapped[str] = mapped_column(String(10), default="auto")
    created_at: Mapped[datetime]


class RankBandChange(Base):
    """From `changed_on` somebody's rank band is another than `old`: the band of any earlier day is read from here."""

    __tablename__ = "rank_band_changes"
    __table_args__ = (Index("ix_rank_band_changes_person", "person_id", "changed_on"),)

    id: Mapped[Key]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    old: Mapped[RankBand] = mapped_column(enum_column(RankBand))
    changed_on: Mapped[date]


class Membership(Base):
    """Where a person belongs from a day until before another: the roster of any day is read from here."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("person_id", "from_on"),
        Index("ix_memberships_unit", "unit_id", "from_on"),
        Index("ix_memberships_branch", "branch_id", "from_on"),
    )

    id: Mapped[Key]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    unit_id: Mapped[Ref] = mapped_column(ForeignKey("units.id"))
    branch_id: Mapped[Ref | None] = mapped_column(ForeignKey("branches.id"))
    from_on: Mapped[date]
    until_on: Mapped[date | None]
    party_status: Mapped[PartyStatus] = mapped_column(enum_column(PartyStatus))
    duty_status: Mapped[DutyStatus] = mapped_column(enum_column(DutyStatus))


class RoleGrant(Base):
    """A role on a unit or a branch, reaching downwards; revoked, never deleted."""

    __tablename__ = "role_grants"

    id: Mapped[Key]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    role: Mapped[Role] = mapped_column(enum_column(Role))
    unit_id: Mapped[Ref | None] = mapped_column(ForeignKey("units.id"))
    branch_id: Mapped[Ref | None] = mapped_column(ForeignKey("branches.id"))
    granted_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    granted_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SignIn(Base):
    """One browser's session. Only the hash of its cookie is stored."""

    __tablename__ = "sign_ins"

    id: Mapped[Key]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    started_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    device: Mapped[str] = mapped_column(String(200), default="")


class ApiToken(Base):
    """A key for scripts of one person: it opens the JSON endpoints of its scopes and nothing else, with no more rights than the
    person has at that moment. Only its hash is stored."""

    __tablename__ = "api_tokens"

    id: Mapped[Key]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    name: Mapped[str] = mapped_column(String(60))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    scopes: Mapped[JsonValue]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class SignInFailure(Base):
    """One failed sign-in, counted by the source's address and by what was typed as name (both as HMACs)."""

    __tablename__ = "sign_in_failures"

    id: Mapped[Key]
    source: Mapped[str] = mapped_column(String(64), index=True)
    identity: Mapped[str] = mapped_column(String(64), index=True, default="")
    at: Mapped[datetime]


class OneTimeCode(Base):
    """An activation link or reset code: valid once, for a short time, stored as a hash."""

    __tablename__ = "one_time_codes"

    id: Mapped[Key]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class RosterImport(Base):
    """A roster file that was read and waits for, or went through, being taken in. The lines are sealed, because they hold phone numbers."""

    __tablename__ = "roster_imports"

    id: Mapped[Key]
    owner_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    file_name: Mapped[str] = mapped_column(String(200))
    state: Mapped[ImportState] = mapped_column(enum_column(ImportState))
    from_on: Mapped[date]
    new_count: Mapped[int]
    known: Mapped[JsonValue]
    problems: Mapped[JsonValue]
    problem_rows: Mapped[int]
    lines_sealed: Mapped[str] = mapped_column(Text, deferred=True)
    task_id: Mapped[Ref | None]
    created_at: Mapped[datetime] = mapped_column(index=True)

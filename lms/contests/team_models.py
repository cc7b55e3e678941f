"""Tables of teams: who stands for a unit in a contest, how a team round is divided, and what a team reached."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.contests.team_rules import MemberRole, TeamState
from lms.db import Base, JsonValue, Key, Ref, enum_column


class TeamSetting(Base):
    """How a contest has teams; absent: it has none. Sizes count members without substitutes; `best_of` members' best results
    make the team's score. After `entry_until` nothing changes but substitutions, after `change_until` only the organiser changes
    anything, with a reason."""

    __tablename__ = "team_settings"

    contest_id: Mapped[Ref] = mapped_column(ForeignKey("contests.id"), primary_key=True, autoincrement=False)
    least: Mapped[int]
    most: Mapped[int]
    substitutes: Mapped[int]
    per_unit: Mapped[int]
    best_of: Mapped[int]
    entry_until: Mapped[datetime]
    change_until: Mapped[datetime]
    changed_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    changed_at: Mapped[datetime]


class Team(Base):
    """A team of one unit in one contest. `captain_id` None: nobody leads it yet."""

    __tablename__ = "teams"
    __table_args__ = (UniqueConstraint("contest_id", "name"),)

    id: Mapped[Key]
    contest_id: Mapped[Ref] = mapped_column(ForeignKey("contests.id"))
    name: Mapped[str] = mapped_column(String(40))
    unit_id: Mapped[Ref] = mapped_column(ForeignKey("units.id"), index=True)
    captain_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    state: Mapped[TeamState] = mapped_column(enum_column(TeamState), default=TeamState.ENTERED)
    created_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    created_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class TeamMember(Base):
    """Somebody's time in a team; `left_at` None: still there. A person stands in one team of a contest at a time."""

    __tablename__ = "team_members"
    __table_args__ = (
        Index(
            "uq_team_members_one_team",
            "contest_id",
            "person_id",
            unique=True,
            sqlite_where=text("left_at IS NULL"),
            postgresql_where=text("left_at IS NULL"),
        ),
        Index("ix_team_members_team_id", "team_id", "position"),
        Index("ix_team_members_person_id", "person_id"),
    )

    id: Mapped[Key]
    team_id: Mapped[Ref] = mapped_column(ForeignKey("teams.id"))
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    contest_id: Mapped[Ref] = mapped_column(ForeignKey("contests.id"))
    role: Mapped[MemberRole] = mapped_column(enum_column(MemberRole))
    position: Mapped[int]
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]


class TeamChange(Base):
    """What was changed in a team, by whom; `reason` is empty before the deadlines."""

    __tablename__ = "team_changes"

    id: Mapped[Key]
    team_id: Mapped[Ref] = mapped_column(ForeignKey("teams.id"), index=True)
    text: Mapped[str] = mapped_column(String(200))
    reason: Mapped[str] = mapped_column(String(200), default="")
    by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    at: Mapped[datetime]


class TeamSheet(Base):
    """The questions a team answers together in a team round, drawn once when the first member begins, and who answers which:
    `sheet` is [[version, points, option order], …], `shares` [[person, first position, after the last], …]."""

    __tablename__ = "team_sheets"

    round_id: Mapped[Ref] = mapped_column(ForeignKey("rounds.id"), primary_key=True, autoincrement=False)
    team_id: Mapped[Ref] = mapped_column(ForeignKey("teams.id"), primary_key=True, autoincrement=False)
    sheet: Mapped[JsonValue]
    shares: Mapped[JsonValue]
    drawn_at: Mapped[datetime]


class TeamShare(Base):
    """How many questions of a team round the captain gave to a member before the start; absent: as equal as can be."""

    __tablename__ = "team_shares"

    round_id: Mapped[Ref] = mapped_column(ForeignKey("rounds.id"), primary_key=True, autoincrement=False)
    team_id: Mapped[Ref] = mapped_column(ForeignKey("teams.id"), primary_key=True, autoincrement=False)
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), primary_key=True, autoincrement=False)
    questions: Mapped[int]


class TeamResult(Base):
    """What a team reached in a round: a journal, of which the line with the highest revision counts. `source` says what it comes
    from: "shares" (the sum of a team round) or "stage" (the final)."""

    __tablename__ = "team_results"
    __table_args__ = (UniqueConstraint("round_id", "team_id", "revision"),)

    id: Mapped[Key]
    round_id: Mapped[Ref] = mapped_column(ForeignKey("rounds.id"))
    team_id: Mapped[Ref] = mapped_column(ForeignKey("teams.id"))
    revision: Mapped[int]
    score_millis: Mapped[int]
    seconds: Mapped[int]
    source: Mapped[str] = mapped_column(String(20))
    recorded_at: Mapped[datetime]

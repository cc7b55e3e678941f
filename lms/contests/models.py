"""Tables of contests and rounds. The state of a round is its board's state; what a round adds stands here."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from lms.contests.advancement_rules import AdvanceRule
from lms.contests.rules import ContestState, EntryMode, RoundKind
from lms.db import Base, JsonValue, Key, Ref, enum_column
from lms.leaderboard.models import Filed, only_one_open
from lms.people.line_rules import Line


class Contest(Base):
    """`audience_unit_id` None: everybody; otherwise that subtree. `line` None: all business lines."""

    __tablename__ = "contests"

    id: Mapped[Key]
    title: Mapped[str] = mapped_column(String(120))
    year: Mapped[int]
    line: Mapped[Line | None] = mapped_column(enum_column(Line))
    owner_unit_id: Mapped[Ref] = mapped_column(ForeignKey("units.id"), index=True)
    audience_unit_id: Mapped[Ref | None] = mapped_column(ForeignKey("units.id"))
    state: Mapped[ContestState] = mapped_column(enum_column(ContestState), default=ContestState.DRAFT)
    created_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    created_at: Mapped[datetime]


class Round(Base):
    """One stretch of a contest with a paper and a board. `cut_off_on` is the day of the roster that units are measured by.

    `entry` says who may take part: by unit quota, `unit_quota` people of each unit whom it enters before `entry_until`; by
    advancement, who got a place from `from_round_id` by the rule `admission`. `carry_percent` of the score there counts here.
    `results_in_at`: since when every result of a live quiz stands on the board; it is not settled before.
    """

    __tablename__ = "rounds"

    id: Mapped[Key]
    contest_id: Mapped[Ref] = mapped_column(ForeignKey("contests.id"), index=True)
    kind: Mapped[RoundKind] = mapped_column(enum_column(RoundKind))
    title: Mapped[str] = mapped_column(String(60))
    paper_id: Mapped[Ref] = mapped_column(ForeignKey("papers.id"))
    board_id: Mapped[Ref] = mapped_column(ForeignKey("boards.id"), unique=True)
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    attempts_per_day: Mapped[int]
    question_count: Mapped[int]
    minutes: Mapped[int]
    cut_off_on: Mapped[date]
    hours_quarters: Mapped[int]
    notice_days: Mapped[int]
    reviewed_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    reviewed_at: Mapped[datetime | None]
    review_note: Mapped[str] = mapped_column(String(500), default="")
    notice_from_on: Mapped[date | None]
    notice_until_on: Mapped[date | None]
    entry: Mapped[EntryMode] = mapped_column(enum_column(EntryMode), default=EntryMode.OPEN, server_default="open")
    unit_quota: Mapped[int] = mapped_column(default=0, server_default="0")
    entry_until: Mapped[datetime | None]
    from_round_id: Mapped[Ref | None] = mapped_column(ForeignKey("rounds.id"))
    admission: Mapped[JsonValue] = mapped_column(default=dict, server_default="{}")
    carry_percent: Mapped[int] = mapped_column(default=0, server_default="0")
    results_in_at: Mapped[datetime | None]

    @property
    def advance_rule(self) -> AdvanceRule:
        return AdvanceRule.from_json(self.admission)


class RoundEntry(Base):
    """Somebody takes part. The unit is the one of the cut-off day and never changes; guests and organisers are unranked."""

    __tablename__ = "round_entries"

    round_id: Mapped[Ref] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), primary_key=True, index=True)
    unit_id: Mapped[Ref | None] = mapped_column(ForeignKey("units.id"))
    is_ranked: Mapped[bool]
    entered_at: Mapped[datetime]


class RoundLeave(Base):
    """Approved leave: the person does not count in the unit's roster."""

    __tablename__ = "round_leaves"

    round_id: Mapped[Ref] = mapped_column(ForeignKey("rounds.id"), primary_key=True)
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(100))
    approved_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    approved_at: Mapped[datetime]


class Objection(Filed, Base):
    """Somebody objects to the result of a round."""

    __tablename__ = "objections"
    __table_args__ = (only_one_open("uq_objections_open", "round_id"),)

    round_id: Mapped[Ref] = mapped_column(ForeignKey("rounds.id"))

"""Tables of the boards. The journal `board_results` is the truth; entries, histogram and unit totals are derived from it."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, JsonValue, Key, Ref, enum_column
from lms.leaderboard.notice_rules import OBJECTION_LENGTH
from lms.leaderboard.rules import BoardRule


class BoardState(StrEnum):
    """From live to published; each step is one conditional update."""

    LIVE = "live"
    ENDED = "ended"  # nobody can begin any more, the last attempts are being closed
    SETTLING = "settling"  # every result is in, a reviewer is to look at them
    REVIEWED = "reviewed"
    NOTICE = "notice"
    PUBLISHED = "published"


TAKES_RESULTS = (BoardState.LIVE, BoardState.ENDED)


class Board(Base):
    """`begins_at` is the zero of the third criterion; children of `root_unit_id` compete as units; `live_key` opens the big screen.

    A board may freeze at `freezes_at`: until `revealed_at` everybody but organisers sees its frozen copy, a row of this table too,
    whose `frozen_of_id` names the board and which counts the lines of its journal up to `journal_until` (an id of board_results).
    """

    __tablename__ = "boards"
    __table_args__ = (Index("uq_boards_frozen_of", "frozen_of_id", unique=True),)

    id: Mapped[Key]
    title: Mapped[str] = mapped_column(String(120))
    rule: Mapped[JsonValue]
    rule_version: Mapped[str] = mapped_column(String(20))
    full_millis: Mapped[int]
    state: Mapped[BoardState] = mapped_column(enum_column(BoardState), default=BoardState.LIVE)
    is_visible: Mapped[bool] = mapped_column(default=False)
    audience_unit_id: Mapped[Ref | None] = mapped_column(ForeignKey("units.id"))
    root_unit_id: Mapped[Ref] = mapped_column(ForeignKey("units.id"))
    cut_off_on: Mapped[date]
    begins_at: Mapped[datetime]
    live_key: Mapped[str] = mapped_column(String(43), unique=True)
    created_at: Mapped[datetime]
    freezes_at: Mapped[datetime | None]
    revealed_at: Mapped[datetime | None]
    frozen_of_id: Mapped[Ref | None] = mapped_column(ForeignKey("boards.id"))
    journal_until: Mapped[Ref | None]

    @property
    def ranking_rule(self) -> BoardRule:
        return BoardRule.from_json(self.rule)


class BoardResult(Base):
    """One line of the journal, never changed. Of a source's lines the one with the highest revision counts. Results of guests
    and organisers stand here unranked."""

    __tablename__ = "board_results"
    __table_args__ = (UniqueConstraint("board_id", "source_kind", "source_id", "revision"),)

    id: Mapped[Key]
    board_id: Mapped[Ref] = mapped_column(ForeignKey("boards.id"))
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    unit_id: Mapped[Ref | None] = mapped_column(ForeignKey("units.id"))
    score_millis: Mapped[int]
    seconds: Mapped[int]
    submitted_at: Mapped[datetime]
    is_ranked: Mapped[bool]
    source_kind: Mapped[str] = mapped_column(String(20))
    source_id: Mapped[Ref]
    revision: Mapped[int] = mapped_column(default=0, server_default="0")
    recorded_at: Mapped[datetime]


class BoardEntry(Base):
    """The best ranked result of one person."""

    __tablename__ = "board_entries"
    __table_args__ = (Index("ix_board_entries_order", "board_id", "rank_key", "person_id"),)

    board_id: Mapped[Ref] = mapped_column(ForeignKey("boards.id"), primary_key=True)
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), primary_key=True, index=True)
    rank_key: Mapped[Ref]
    score_millis: Mapped[int]
    seconds: Mapped[int]
    submitted_at: Mapped[datetime]
    unit_id: Mapped[Ref | None] = mapped_column(ForeignKey("units.id"))
    source_id: Mapped[Ref]


class BoardBucket(Base):
    """How many entries lie in one stretch of the order; a place is the sum of the better stretches and a short count."""

    __tablename__ = "board_histogram"

    board_id: Mapped[Ref] = mapped_column(ForeignKey("boards.id"), primary_key=True)
    bucket: Mapped[Ref] = mapped_column(primary_key=True)
    people: Mapped[int]


class BoardUnit(Base):
    """A competing unit: its roster at the cut-off less approved leave, and the sums of its entries."""

    __tablename__ = "board_units"

    board_id: Mapped[Ref] = mapped_column(ForeignKey("boards.id"), primary_key=True)
    unit_id: Mapped[Ref] = mapped_column(ForeignKey("units.id"), primary_key=True)
    roster: Mapped[int] = mapped_column(default=0)
    people: Mapped[int] = mapped_column(default=0)
    score_millis: Mapped[Ref] = mapped_column(default=0)


class Published:
    """Columns of an immutable snapshot. `public` holds what everybody may see, `complete` all of it; each has its digest and
    signature."""

    version: Mapped[int]
    public: Mapped[JsonValue] = mapped_column(deferred=True)
    public_digest: Mapped[str] = mapped_column(String(64))
    public_signature: Mapped[str] = mapped_column(String(100))
    complete: Mapped[JsonValue] = mapped_column(deferred=True)
    complete_digest: Mapped[str] = mapped_column(String(64))
    complete_signature: Mapped[str] = mapped_column(String(100))
    key_name: Mapped[str] = mapped_column(String(40))
    reason: Mapped[str] = mapped_column(String(500), default="")
    published_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    published_at: Mapped[datetime]


class PublishedRanking(Published, Base):
    """One published version of a board."""

    __tablename__ = "published_rankings"
    __table_args__ = (UniqueConstraint("board_id", "version"),)

    id: Mapped[Key]
    board_id: Mapped[Ref] = mapped_column(ForeignKey("boards.id"))


class Filed:
    """Columns of an objection: filed within a notice period, answered in writing. The table says to what, and keeps one unanswered
    objection of a person at a time (`only_one_open`)."""

    id: Mapped[Key]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    text: Mapped[str] = mapped_column(String(OBJECTION_LENGTH))
    filed_at: Mapped[datetime]
    reply: Mapped[str] = mapped_column(String(500), default="")
    replied_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    replied_at: Mapped[datetime | None]


def only_one_open(name: str, subject: str) -> Index:
    """The index that refuses a second unanswered objection of one person to one thing."""
    is_open = text("replied_at IS NULL")
    return Index(name, subject, "person_id", unique=True, sqlite_where=is_open, postgresql_where=is_open)

"""Tables of practice. The journal is the truth; the cards of the wrong-question book are folded from it and can be rebuilt.

No page, list or figure for anybody but the person reads these tables.
"""

from datetime import date, datetime

from sqlalchemy import Double, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, JsonValue, Key, Ref, enum_column
from lms.people.line_rules import Line
from lms.quizzes.practice_rules import Act, Mode
from lms.quizzes.rules import Kind


class PracticeRun(Base):
    """Questions laid out for one person: `sheet` is [[version id, [option numbers in their order]], …], never changed. `daily_on` is
    the Shanghai day of a daily set, of which there is one, and None otherwise. `line` and `kind`: what was asked for."""

    __tablename__ = "practice_runs"
    __table_args__ = (UniqueConstraint("person_id", "daily_on"), Index("ix_practice_runs_person", "person_id", "id"))

    id: Mapped[Key]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    mode: Mapped[Mode] = mapped_column(enum_column(Mode))
    daily_on: Mapped[date | None]
    line: Mapped[Line | None] = mapped_column(enum_column(Line))
    kind: Mapped[Kind | None] = mapped_column(enum_column(Kind))
    sheet: Mapped[JsonValue]
    started_at: Mapped[datetime]


class PracticeEntry(Base):
    """The journal, one row for each act (`practice_rules.Act`): an answer at a position of a run, a released result of an attempt, or
    the person's word on a question, which has neither run nor attempt, choice nor fraction. `fraction` follows from choice and key,
    and is graded again when a key is corrected."""

    __tablename__ = "practice_journal"
    __table_args__ = (
        UniqueConstraint("run_id", "position"),
        UniqueConstraint("attempt_id", "position"),
        Index("ix_practice_journal_question", "person_id", "question_id"),
        Index("ix_practice_journal_at", "person_id", "at"),
        Index("ix_practice_journal_version", "version_id", "id"),
    )

    id: Mapped[Key]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    question_id: Mapped[Ref] = mapped_column(ForeignKey("questions.id"))
    version_id: Mapped[Ref | None] = mapped_column(ForeignKey("question_versions.id"))
    act: Mapped[Act] = mapped_column(enum_column(Act))
    run_id: Mapped[Ref | None] = mapped_column(ForeignKey("practice_runs.id"))
    attempt_id: Mapped[Ref | None] = mapped_column(ForeignKey("attempts.id"))
    position: Mapped[int | None]
    choice: Mapped[str] = mapped_column(String(6000), default="[]")
    fraction: Mapped[int | None]
    at: Mapped[datetime]


class PracticeCard(Base):
    """A question somebody once answered wrongly, as `practice_memory.Memory` has it; derived from the journal."""

    __tablename__ = "practice_cards"
    __table_args__ = (Index("ix_practice_cards_due", "person_id", "in_book", "due_on"),)

    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), primary_key=True, autoincrement=False)
    question_id: Mapped[Ref] = mapped_column(ForeignKey("questions.id"), primary_key=True, autoincrement=False)
    in_book: Mapped[bool]
    is_kept: Mapped[bool]
    stability: Mapped[float] = mapped_column(Double)
    difficulty: Mapped[float] = mapped_column(Double)
    last_on: Mapped[date]
    due_on: Mapped[date]
    streak: Mapped[int]
    counted_on: Mapped[date]
    errors: Mapped[int]

"""Tables of live quizzes: what was prepared, what happened, and who answered what."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, JsonValue, Key, Ref, enum_column
from lms.livequiz.rules import EventKind


class LiveQuiz(Base):
    """The quiz of one round. `questions` are [version, points] in their order, drawn when it was prepared; `seconds` for each;
    `sequence` is that of its last event. `turn`, `from_ms` and `until_ms` are the door as its last event left it (rules.State.door): the
    insert of an answer looks at nothing else. `live_key` is the address of its screens."""

    __tablename__ = "live_quizzes"

    id: Mapped[Key]
    round_id: Mapped[Ref] = mapped_column(ForeignKey("rounds.id"), unique=True)
    live_key: Mapped[str] = mapped_column(String(43), unique=True)
    questions: Mapped[JsonValue]
    seconds: Mapped[int]
    sequence: Mapped[int] = mapped_column(default=0)
    turn: Mapped[int | None]
    from_ms: Mapped[Ref] = mapped_column(default=0)
    until_ms: Mapped[Ref] = mapped_column(default=0)
    created_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class LiveEvent(Base):
    """The journal: appended to, never changed. `actor_id` None: nobody finished it, so the site did."""

    __tablename__ = "live_events"
    __table_args__ = (UniqueConstraint("quiz_id", "sequence"),)

    id: Mapped[Key]
    quiz_id: Mapped[Ref] = mapped_column(ForeignKey("live_quizzes.id"))
    sequence: Mapped[int]
    kind: Mapped[EventKind] = mapped_column(enum_column(EventKind))
    data: Mapped[JsonValue]
    actor_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    at: Mapped[datetime]


class LiveAnswer(Base):
    """A person answered in a turn: once, whatever the network repeats. `choice` is a JSON list of option numbers in rising order."""

    __tablename__ = "live_answers"

    quiz_id: Mapped[Ref] = mapped_column(ForeignKey("live_quizzes.id"), primary_key=True, autoincrement=False)
    turn: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), primary_key=True, autoincrement=False, index=True)
    choice: Mapped[str] = mapped_column(String(100))
    received_ms: Mapped[Ref]
    round_trip_ms: Mapped[int | None]

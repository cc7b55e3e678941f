"""Tables of lectures: the year's call, topics, lectures and the addresses of calendar feeds. Time and place stand in the gathering."""

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, Key, Ref, enum_column
from lms.lectures.rules import TopicState

SUBJECT = "lecture"


class LectureYear(Base):
    """What the organiser set for a year; a year without a row has the usual deadline."""

    __tablename__ = "lecture_years"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    deadline_on: Mapped[date]
    note: Mapped[str] = mapped_column(String(300), default="")
    set_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    set_at: Mapped[datetime]


class Topic(Base):
    """What somebody offers to lecture on in a year. `plain_title` is the title without spaces, in one letter case: a person proposes the
    same topic once a year. `unit_id` is the lecturer's unit when it was proposed."""

    __tablename__ = "lecture_topics"
    __table_args__ = (
        UniqueConstraint("lecturer_id", "year", "plain_title"),
        CheckConstraint("wished_quarter BETWEEN 1 AND 4", name="quarter"),
        Index("ix_lecture_topics_state", "state", "year"),
    )

    id: Mapped[Key]
    year: Mapped[int]
    lecturer_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    unit_id: Mapped[Ref] = mapped_column(ForeignKey("units.id"), index=True)
    title: Mapped[str] = mapped_column(String(100))
    plain_title: Mapped[str] = mapped_column(String(100))
    abstract: Mapped[str] = mapped_column(String(1000))
    audience: Mapped[str] = mapped_column(String(100))
    wished_quarter: Mapped[int]
    is_late: Mapped[bool] = mapped_column(default=False)
    state: Mapped[TopicState] = mapped_column(enum_column(TopicState), default=TopicState.PROPOSED)
    proposed_at: Mapped[datetime]
    decided_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(String(200), default="")


class Lecture(Base):
    """One giving of a topic. Its gathering has the subject (SUBJECT, id); `ready_at` says that an organiser confirmed the slides that were
    published then, other slides take it back."""

    __tablename__ = "lectures"
    __table_args__ = (Index("ix_lectures_topic", "topic_id"),)

    id: Mapped[Key]
    topic_id: Mapped[Ref] = mapped_column(ForeignKey("lecture_topics.id"))
    slides_id: Mapped[Ref | None] = mapped_column(ForeignKey("resources.id"), index=True)
    ready_at: Mapped[datetime | None]
    ready_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    is_recorded: Mapped[bool] = mapped_column(default=True)
    recording_id: Mapped[Ref | None] = mapped_column(ForeignKey("resources.id"), index=True)
    created_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    created_at: Mapped[datetime]


class LectureFeed(Base):
    """The address of one person's calendar feed, of which only the hash is kept; at most one is live."""

    __tablename__ = "lecture_feeds"
    __table_args__ = (Index("ix_lecture_feeds_person", "person_id", "revoked_at"),)

    id: Mapped[Key]
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]

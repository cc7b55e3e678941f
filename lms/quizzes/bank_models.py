"""Tables around the questions of the bank: tags, source documents, the record of changes, look-alikes, pictures."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, JsonValue, Key, Ref
from lms.quizzes.rules import MAX_TAG


class QuestionTag(Base):
    """A word somebody put on a question."""

    __tablename__ = "question_tags"
    __table_args__ = (Index("ix_question_tags_tag", "tag", "question_id"),)

    question_id: Mapped[Ref] = mapped_column(ForeignKey("questions.id"), primary_key=True, autoincrement=False)
    tag: Mapped[str] = mapped_column(String(MAX_TAG), primary_key=True)


class SourceDocument(Base):
    """A law, rule or paper that questions rest on, in one version. Superseded from `superseded_on` on, by the document
    `superseded_by_id` where that is known."""

    __tablename__ = "source_documents"
    __table_args__ = (UniqueConstraint("owner_unit_id", "title", "version"),)

    id: Mapped[Key]
    owner_unit_id: Mapped[Ref] = mapped_column(ForeignKey("units.id"))
    title: Mapped[str] = mapped_column(String(120))
    version: Mapped[str] = mapped_column(String(60))
    issued_on: Mapped[date | None]
    superseded_on: Mapped[date | None]
    superseded_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("source_documents.id"))
    created_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    created_at: Mapped[datetime]


class QuestionBatch(Base):
    """Many questions changed by one act, which can be taken back once."""

    __tablename__ = "question_batches"

    id: Mapped[Key]
    owner_unit_id: Mapped[Ref] = mapped_column(ForeignKey("units.id"), index=True)
    what: Mapped[str] = mapped_column(String(300))
    count: Mapped[int]
    made_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    made_at: Mapped[datetime]
    undone_at: Mapped[datetime | None]
    undone_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))


class QuestionChange(Base):
    """What changed of a question besides its text: `changes` is {field: [before, after]} of line, difficulty, readiness and
    tags; `note` what was said with it."""

    __tablename__ = "question_changes"

    id: Mapped[Key]
    question_id: Mapped[Ref] = mapped_column(ForeignKey("questions.id"), index=True)
    batch_id: Mapped[Ref | None] = mapped_column(ForeignKey("question_batches.id"), index=True)
    changes: Mapped[JsonValue]
    note: Mapped[str] = mapped_column(String(300), default="")
    made_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    made_at: Mapped[datetime]


class QuestionTwin(Base):
    """Two questions of a kind whose stems are equal or nearly so; the first has the lower number. `is_dismissed`: somebody
    looked and they are not the same."""

    __tablename__ = "question_twins"

    first_id: Mapped[Ref] = mapped_column(ForeignKey("questions.id"), primary_key=True, autoincrement=False)
    second_id: Mapped[Ref] = mapped_column(
        ForeignKey("questions.id"), primary_key=True, autoincrement=False, index=True
    )
    percent: Mapped[int]
    found_at: Mapped[datetime]
    is_dismissed: Mapped[bool] = mapped_column(default=False, server_default=false())


class QuestionPicture(Base):
    """A picture that texts of questions may show, kept under `key` as pixels drawn anew (WebP)."""

    __tablename__ = "question_pictures"

    id: Mapped[Key]
    owner_unit_id: Mapped[Ref] = mapped_column(ForeignKey("units.id"))
    name: Mapped[str] = mapped_column(String(120))
    key: Mapped[str] = mapped_column(String(120))
    width: Mapped[int]
    height: Mapped[int]
    bytes: Mapped[int]
    created_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    created_at: Mapped[datetime]


class VersionPicture(Base):
    """A version shows a picture; who may see the version may see the picture."""

    __tablename__ = "version_pictures"

    picture_id: Mapped[Ref] = mapped_column(ForeignKey("question_pictures.id"), primary_key=True, autoincrement=False)
    version_id: Mapped[Ref] = mapped_column(ForeignKey("question_versions.id"), primary_key=True, autoincrement=False)

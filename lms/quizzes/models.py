"""Tables of the question bank, papers, attempts and the journal of answers."""

from datetime import date, datetime
from typing import cast

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, Table, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from lms.db import Base, JsonValue, Key, Ref, enum_column
from lms.people.line_rules import Line
from lms.quizzes.item_links import check_by_statement
from lms.quizzes.regrade_rules import Act
from lms.quizzes.rules import EventAct, Kind, Markup, PaperKind, Purpose, Readiness, Scoring, State


class Question(Base):
    """A question of the bank. `version` is the number of its newest version; kind and difficulty repeat that version's, for
    drawing. It belongs to a unit: who manages questions there or above keeps it. No two questions of a unit read the same
    (`rules.fingerprint`). `case_mark` is shared by the parts of a case. `review_since`: its source was superseded, and nobody
    has said yet whether it still holds (`review_reason`)."""

    __tablename__ = "questions"
    __table_args__ = (
        UniqueConstraint("owner_unit_id", "fingerprint"),
        Index("ix_questions_draw", "line", "kind", "difficulty"),
    )

    id: Mapped[Key]
    owner_unit_id: Mapped[Ref] = mapped_column(ForeignKey("units.id"))
    line: Mapped[Line] = mapped_column(enum_column(Line))
    kind: Mapped[Kind] = mapped_column(enum_column(Kind))
    difficulty: Mapped[int]
    version: Mapped[int]
    fingerprint: Mapped[str] = mapped_column(String(64))
    readiness: Mapped[Readiness] = mapped_column(
        enum_column(Readiness), default=Readiness.READY, server_default=Readiness.READY.value
    )
    case_mark: Mapped[str] = mapped_column(String(64), default="", server_default="", index=True)
    document_id: Mapped[Ref | None] = mapped_column(ForeignKey("source_documents.id"), index=True)
    review_since: Mapped[datetime | None] = mapped_column(index=True)
    review_reason: Mapped[str] = mapped_column(String(300), default="", server_default="")
    created_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]


class QuestionVersion(Base):
    """What a candidate is shown, never changed once written. `options` is a list of texts, empty for what is typed; `prompts`
    the left side of a matching question; `material` the stem that several parts of a case share; `unit` what stands behind
    the field of a numeric question."""

    __tablename__ = "question_versions"
    __table_args__ = (UniqueConstraint("question_id", "number"),)

    id: Mapped[Key]
    question_id: Mapped[Ref] = mapped_column(ForeignKey("questions.id"))
    number: Mapped[int]
    kind: Mapped[Kind] = mapped_column(enum_column(Kind))
    markup: Mapped[Markup] = mapped_column(enum_column(Markup), default=Markup.PLAIN, server_default=Markup.PLAIN.value)
    stem: Mapped[str] = mapped_column(Text)
    options: Mapped[JsonValue]
    prompts: Mapped[JsonValue] = mapped_column(default=list, server_default="[]")
    material: Mapped[str] = mapped_column(Text, default="", server_default="")
    unit: Mapped[str] = mapped_column(String(20), default="", server_default="")
    blanks: Mapped[int] = mapped_column(default=0)
    created_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    created_at: Mapped[datetime]


class AnswerKey(Base):
    """What must not be seen before release: the key, how it is applied (`rules.Marking`), the explanation and the basis {law,
    version, article, quote} of a version. A table of its own, so that no query for candidates can touch it by accident."""

    __tablename__ = "answer_keys"

    version_id: Mapped[Ref] = mapped_column(ForeignKey("question_versions.id"), primary_key=True, autoincrement=False)
    key: Mapped[JsonValue]
    marking: Mapped[JsonValue] = mapped_column(default=dict, server_default="{}")
    explanation: Mapped[str] = mapped_column(Text, default="")
    basis: Mapped[JsonValue]


class Paper(Base):
    """A fixed set (its items) or a drawn one (`rules`, see draw_rules.DrawRule). `duration_seconds` None: no time limit.
    Drawn from the questions of its unit and the units below. `markers`: how many people mark an answer by hand (1 or 2).
    `is_released_by_hand`: scores are shown from `released_at` on, which somebody sets. `unseen_days`: questions somebody met in
    the last so many days are not drawn for that person (0: any may be). `is_lettered`: of a fixed paper there are A and B,
    with the questions and options in another order."""

    __tablename__ = "papers"

    id: Mapped[Key]
    owner_unit_id: Mapped[Ref] = mapped_column(ForeignKey("units.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    kind: Mapped[PaperKind] = mapped_column(enum_column(PaperKind))
    duration_seconds: Mapped[int | None]
    pass_percent: Mapped[int] = mapped_column(default=60)
    scoring: Mapped[Scoring] = mapped_column(enum_column(Scoring), default=Scoring.HALF)
    is_shuffled: Mapped[bool] = mapped_column(default=True)
    rules: Mapped[JsonValue] = mapped_column(default=list)
    unseen_days: Mapped[int] = mapped_column(default=0, server_default="0")
    is_lettered: Mapped[bool] = mapped_column(default=False, server_default=false())
    markers: Mapped[int] = mapped_column(default=1, server_default="1")
    is_released_by_hand: Mapped[bool] = mapped_column(default=False, server_default=false())
    released_at: Mapped[datetime | None]
    created_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    created_at: Mapped[datetime]


class PaperItem(Base):
    """One question of a fixed paper; an attempt takes the version that is the newest when it starts."""

    __tablename__ = "paper_items"
    __table_args__ = (UniqueConstraint("paper_id", "position"), UniqueConstraint("paper_id", "question_id"))

    id: Mapped[Key]
    paper_id: Mapped[Ref] = mapped_column(ForeignKey("papers.id"))
    position: Mapped[int]
    question_id: Mapped[Ref] = mapped_column(ForeignKey("questions.id"), index=True)
    points_millis: Mapped[int]


class Attempt(Base):
    """One person's answers to one paper. `deadline_at` is stored at the start and without the grace. `release_at` None:
    key and explanation are shown once the attempt has ended. `submit_from_at`: not to be handed in before. `lease` names the
    device that may write now. `letter` is A or B for a lettered paper, otherwise empty; `note` says to reviewers what was out
    of the ordinary at the start."""

    __tablename__ = "attempts"
    __table_args__ = (
        UniqueConstraint("person_id", "purpose", "subject_id", "number"),
        Index(
            "uq_attempts_open",
            "person_id",
            "purpose",
            "subject_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_attempts_due", "state", "deadline_at"),
        Index("ix_attempts_subject", "purpose", "subject_id"),
    )

    id: Mapped[Key]
    paper_id: Mapped[Ref] = mapped_column(ForeignKey("papers.id"), index=True)
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    purpose: Mapped[Purpose] = mapped_column(enum_column(Purpose))
    subject_id: Mapped[Ref]
    number: Mapped[int]
    state: Mapped[State] = mapped_column(enum_column(State), default=State.OPEN)
    scoring: Mapped[Scoring] = mapped_column(enum_column(Scoring))
    started_at: Mapped[datetime]
    started_on: Mapped[date]
    deadline_at: Mapped[datetime | None]
    release_at: Mapped[datetime | None]
    submitted_at: Mapped[datetime | None]
    score_millis: Mapped[int | None]
    max_millis: Mapped[int]
    seconds_used: Mapped[int | None]
    submit_from_at: Mapped[datetime | None]
    lease: Mapped[str | None] = mapped_column(String(64))
    letter: Mapped[str] = mapped_column(String(1), default="", server_default="")
    note: Mapped[str] = mapped_column(String(200), default="", server_default="")

    @property
    def page(self) -> str:
        """The address at which it is sat."""
        return f"/attempts/{self.id}"


class AttemptItem(Base):
    """One question of an attempt: its place, its version, the order of its options and, after grading, what it earned."""

    __tablename__ = "attempt_items"
    # Only what is marked is looked for by its version, so a start does not touch fifty places of an index. On PostgreSQL the foreign
    # keys are those of item_links.
    __table_args__ = (
        ForeignKeyConstraint(["attempt_id"], ["attempts.id"]).ddl_if(dialect="sqlite"),
        ForeignKeyConstraint(["version_id"], ["question_versions.id"]).ddl_if(dialect="sqlite"),
        Index(
            "ix_attempt_items_marked",
            "version_id",
            "attempt_id",
            sqlite_where=text("fraction IS NOT NULL"),
            postgresql_where=text("fraction IS NOT NULL"),
        ),
    )

    attempt_id: Mapped[Ref] = mapped_column(primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version_id: Mapped[Ref]
    option_order: Mapped[JsonValue]
    points_millis: Mapped[int]
    fraction: Mapped[int | None]
    score_millis: Mapped[int | None]


check_by_statement(cast(Table, AttemptItem.__table__))


class PreparedSheet(Base):
    """A sheet drawn before the bell, for whoever starts next at this subject: it belongs to nobody, and to an attempt only
    once the attempt has taken it. `sheet` is [[version, points, option order], …] in the order of the positions."""

    __tablename__ = "prepared_sheets"
    __table_args__ = (Index("ix_prepared_sheets_subject", "purpose", "subject_id", "paper_id", "id"),)

    id: Mapped[Key]
    paper_id: Mapped[Ref] = mapped_column(ForeignKey("papers.id"))
    purpose: Mapped[Purpose] = mapped_column(enum_column(Purpose))
    subject_id: Mapped[Ref]
    sheet: Mapped[JsonValue]
    prepared_at: Mapped[datetime]


class Answer(Base):
    """The journal: every choice that was acknowledged, as canonical JSON text. `is_counted` False: it came too late and can
    never change a score."""

    __tablename__ = "answers"

    attempt_id: Mapped[Ref] = mapped_column(ForeignKey("attempts.id"), primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sequence: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    choice: Mapped[str] = mapped_column(String(6000))
    saved_at: Mapped[datetime]
    is_counted: Mapped[bool]


class CurrentAnswer(Base):
    """The counted answer with the highest sequence of each question; derived from the journal."""

    __tablename__ = "current_answers"

    attempt_id: Mapped[Ref] = mapped_column(ForeignKey("attempts.id"), primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sequence: Mapped[int]
    choice: Mapped[str] = mapped_column(String(6000))
    saved_at: Mapped[datetime]


class ExamPolicy(Base):
    """What a subject asks of everybody who sits it: a least time, networks, one person at each address. Absent: nothing."""

    __tablename__ = "exam_policies"

    purpose: Mapped[Purpose] = mapped_column(enum_column(Purpose), primary_key=True)
    subject_id: Mapped[Ref] = mapped_column(primary_key=True, autoincrement=False)
    minimum_seconds: Mapped[int] = mapped_column(default=0)
    networks: Mapped[JsonValue] = mapped_column(default=list)
    is_one_per_address: Mapped[bool] = mapped_column(default=False)
    changed_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    changed_at: Mapped[datetime]


class ExamGrant(Base):
    """What somebody (a person, or a unit with those below it) is granted at a subject beside its terms: `policy_rules.Grant`."""

    __tablename__ = "exam_grants"
    __table_args__ = (Index("ix_exam_grants_subject", "purpose", "subject_id"),)

    id: Mapped[Key]
    purpose: Mapped[Purpose] = mapped_column(enum_column(Purpose))
    subject_id: Mapped[Ref]
    person_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    unit_id: Mapped[Ref | None] = mapped_column(ForeignKey("units.id"))
    opens_at: Mapped[datetime | None]
    closes_at: Mapped[datetime | None]
    extra_seconds: Mapped[int] = mapped_column(default=0)
    attempts_per_day: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(200))
    made_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    made_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class AttemptEvent(Base):
    """Something an invigilator did to an attempt: more time, or opened again. `detail` keeps what stood before."""

    __tablename__ = "attempt_events"

    id: Mapped[Key]
    attempt_id: Mapped[Ref] = mapped_column(ForeignKey("attempts.id"), index=True)
    act: Mapped[EventAct] = mapped_column(enum_column(EventAct))
    detail: Mapped[JsonValue]
    reason: Mapped[str] = mapped_column(String(200))
    by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    at: Mapped[datetime]


class AttemptSitting(Base):
    """A device that took the lease of an attempt, and where from. For reviewers."""

    __tablename__ = "attempt_sittings"

    attempt_id: Mapped[Ref] = mapped_column(ForeignKey("attempts.id"), primary_key=True, autoincrement=False)
    lease: Mapped[str] = mapped_column(String(64), primary_key=True)
    address: Mapped[str] = mapped_column(String(45), index=True)
    device: Mapped[str] = mapped_column(String(200))
    at: Mapped[datetime]


class HandMark(Base):
    """What one person gave one answer that is marked by hand; `number` counts the markers of the answer from 1."""

    __tablename__ = "hand_marks"
    __table_args__ = (UniqueConstraint("attempt_id", "position", "number"),)

    attempt_id: Mapped[Ref] = mapped_column(ForeignKey("attempts.id"), primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    marker_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), primary_key=True, autoincrement=False)
    number: Mapped[int]
    score_millis: Mapped[int]
    comment: Mapped[str] = mapped_column(String(500), default="")
    marked_at: Mapped[datetime]


class Appeal(Base):
    """A candidate says that one question was marked wrongly; answered once, in writing. `is_upheld` None while it is open."""

    __tablename__ = "appeals"
    __table_args__ = (UniqueConstraint("attempt_id", "position"),)

    id: Mapped[Key]
    attempt_id: Mapped[Ref] = mapped_column(ForeignKey("attempts.id"))
    position: Mapped[int]
    text: Mapped[str] = mapped_column(String(500))
    filed_at: Mapped[datetime]
    is_upheld: Mapped[bool | None] = mapped_column(index=True)
    reply: Mapped[str] = mapped_column(String(500), default="")
    replied_by_id: Mapped[Ref | None] = mapped_column(ForeignKey("persons.id"))
    replied_at: Mapped[datetime | None]


class KeyCorrection(Base):
    """A key, its marking or a question's points were wrong in one version: what stood (`before`), what stands (`after`), why, and
    who did it. `finished_at` None while the attempts are still being marked again."""

    __tablename__ = "key_corrections"

    id: Mapped[Key]
    version_id: Mapped[Ref] = mapped_column(ForeignKey("question_versions.id"), index=True)
    act: Mapped[Act] = mapped_column(enum_column(Act))
    before: Mapped[JsonValue]
    after: Mapped[JsonValue]
    reason: Mapped[str] = mapped_column(String(500))
    made_by_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"))
    made_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class AttemptChange(Base):
    """What a correction changed in one attempt: the question's fraction, and the attempt's whole score, before and after."""

    __tablename__ = "attempt_changes"

    correction_id: Mapped[Ref] = mapped_column(ForeignKey("key_corrections.id"), primary_key=True, autoincrement=False)
    attempt_id: Mapped[Ref] = mapped_column(
        ForeignKey("attempts.id"), primary_key=True, autoincrement=False, index=True
    )
    position: Mapped[int]
    old_fraction: Mapped[int]
    new_fraction: Mapped[int]
    old_score_millis: Mapped[int]
    new_score_millis: Mapped[int]
    changed_at: Mapped[datetime]


class AttemptLeave(Base):
    """The page of a contest attempt was left while it was open. Told by the device, so a note for those who review and never
    a judgement. `mark` is the device's own id of the leave, which makes a repeat harmless; `left_at` is the server's time
    less the seconds the device says have passed; `away_seconds` None: nobody has come back yet."""

    __tablename__ = "attempt_leaves"

    attempt_id: Mapped[Ref] = mapped_column(ForeignKey("attempts.id"), primary_key=True, autoincrement=False)
    mark: Mapped[str] = mapped_column(String(32), primary_key=True)
    left_at: Mapped[datetime]
    away_seconds: Mapped[int | None]


class QuestionImport(Base):
    """A file or pasted text that was read: what was understood and what not, waiting for somebody to choose the rows.
    `reading` is importing.normal.Reading as JSON; `chosen` the rows to import, in order."""

    __tablename__ = "question_imports"

    id: Mapped[Key]
    owner_unit_id: Mapped[Ref] = mapped_column(ForeignKey("units.id"))
    person_id: Mapped[Ref] = mapped_column(ForeignKey("persons.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    line: Mapped[Line] = mapped_column(enum_column(Line))
    reading: Mapped[JsonValue]
    chosen: Mapped[JsonValue | None]
    added: Mapped[int] = mapped_column(default=0)
    known: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]

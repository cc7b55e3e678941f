"""Attempts, and their questions as candidates see them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from markupsafe import Markup as Html
from sqlalchemy import String, Text, bindparam, cast, func, select, type_coerce
from sqlalchemy.orm import Session, make_transient_to_detached
from sqlalchemy.orm.attributes import instance_dict, manager_of_class

from lms.db import Prepared, flushed
from lms.quizzes import release_rules, rich
from lms.quizzes.models import (
    Answer,
    Attempt,
    AttemptItem,
    AttemptLeave,
    CurrentAnswer,
    Paper,
    QuestionVersion,
)  # fmt: skip
from lms.quizzes.rules import Kind, Markup, Purpose, State


def find_last_attempt(session: Session, person_id: int, purpose: Purpose, subject_id: int) -> Attempt | None:
    values = {"person": person_id, "of_purpose": purpose, "subject": subject_id}
    if HAS_ATTEMPT.first(flushed(session), values) is None:  # as for everybody whose first one it will be
        return None
    return session.scalars(_LAST_ATTEMPT, values).first()


_OF_SUBJECT = (
    Attempt.person_id == bindparam("person"),
    Attempt.purpose == bindparam("of_purpose"),
    Attempt.subject_id == bindparam("subject"),
)
HAS_ATTEMPT = Prepared(select(Attempt.id).where(*_OF_SUBJECT).limit(1))
_LAST_ATTEMPT = (
    select(Attempt)
    .where(*_OF_SUBJECT)
    .order_by(Attempt.number.desc())
    .limit(1)
    .execution_options(populate_existing=True)
)


def list_attempts(session: Session, person_id: int, purpose: Purpose, subject_id: int) -> Sequence[Attempt]:
    """A person's attempts at a subject, newest first."""
    return session.scalars(
        select(Attempt)
        .where(Attempt.person_id == person_id, Attempt.purpose == purpose, Attempt.subject_id == subject_id)
        .order_by(Attempt.number.desc())
    ).all()


def list_own_attempts(session: Session, person_id: int, *, before: int | None, limit: int) -> Sequence[Attempt]:
    """A person's attempts with ids below `before`, newest first."""
    query = select(Attempt).where(Attempt.person_id == person_id)
    if before is not None:
        query = query.where(Attempt.id < before)
    return session.scalars(query.order_by(Attempt.id.desc()).limit(limit)).all()


def find_own_attempt(session: Session, person_id: int, attempt_id: int) -> Attempt | None:
    found = OWN_ATTEMPT.first(flushed(session), {"attempt": attempt_id, "person": person_id})
    if found is None:
        return None
    known: Attempt | None = session.identity_map.get(session.identity_key(Attempt, attempt_id))
    if known is not None:
        session.refresh(known)
        return known
    return as_read(session, found._asdict())


OWN_ATTEMPT = Prepared(
    select(*Attempt.__table__.columns).where(
        Attempt.id == bindparam("attempt"), Attempt.person_id == bindparam("person")
    )
)


def as_read(session: Session, row: Mapping[str, Any]) -> Attempt:
    """The object of a row that was just read or written: of the session, as if the session had read it."""
    attempt: Attempt = _NEW_OBJECT()
    instance_dict(attempt).update(row)
    make_transient_to_detached(attempt)
    session.add(attempt)
    return attempt


_NEW_OBJECT = manager_of_class(Attempt).new_instance  # noting each value as a change costs more than the statement


@dataclass(frozen=True, slots=True)
class Sitting:
    """An attempt as its exam page shows it: `title` is the paper's."""

    id: int
    state: State
    purpose: Purpose
    deadline_at: datetime | None
    title: str


def find_own_sitting(session: Session, person_id: int, attempt_id: int) -> Sitting | None:
    found = _SITTING.first(flushed(session), {"attempt": attempt_id, "person": person_id})
    return Sitting(*found) if found else None


_SITTING = Prepared(
    select(Attempt.id, Attempt.state, Attempt.purpose, Attempt.deadline_at, Paper.title)
    .join(Paper, Paper.id == Attempt.paper_id)
    .where(Attempt.id == bindparam("attempt"), Attempt.person_id == bindparam("person"))
)


def count_attempts_on(session: Session, last: Attempt, on: date) -> int:
    """How many attempts up to `last` its person has started at its subject on a Shanghai day."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Attempt)
            .where(Attempt.person_id == last.person_id, Attempt.purpose == last.purpose)
            .where(Attempt.subject_id == last.subject_id, Attempt.number <= last.number, Attempt.started_on == on)
        )
        or 0
    )


def list_due_attempts(session: Session, before: datetime, *, after: int, limit: int) -> Sequence[int]:
    """Ids above `after` of open attempts whose deadline lies before the instant."""
    return session.scalars(
        select(Attempt.id)
        .where(Attempt.state == State.OPEN, Attempt.deadline_at < before, Attempt.id > after)
        .order_by(Attempt.id)
        .limit(limit)
    ).all()


def has_position(session: Session, attempt_id: int, position: int) -> bool:
    return session.get(AttemptItem, (attempt_id, position)) is not None


def count_late_answers(session: Session, attempt_id: int) -> int:
    query = select(func.count()).select_from(Answer)
    return session.scalar(query.where(Answer.attempt_id == attempt_id, Answer.is_counted.is_(False))) or 0


def find_leave_marks(session: Session, attempt_id: int) -> set[str]:
    return set(session.scalars(select(AttemptLeave.mark).where(AttemptLeave.attempt_id == attempt_id)))


def is_answer(choice: Sequence[int | str]) -> bool:
    """Whether the choice says anything: not only empty texts and prompts without an option."""
    return any(str(each).strip() and each != -1 for each in choice)


@dataclass(frozen=True)
class ShownQuestion:
    """A question as its candidate sees it: options as (number, text) in the stored order, and the current answer."""

    position: int
    kind: Kind
    stem: str
    options: list[tuple[int, str]]
    prompts: list[str]
    material: str
    unit: str
    blanks: int
    points_millis: int
    choice: list[int | str]
    sequence: int
    markup: Markup = Markup.PLAIN

    @property
    def is_rich(self) -> bool:
        return self.markup is Markup.RICH

    def blocks(self, text: str) -> Html:
        """A stem, a material or an explanation of the question, ready for the page."""
        return rich.blocks(text, self.markup)

    def inline(self, text: str) -> Html:
        """An option or a prompt, ready for the page."""
        return rich.inline(text, self.markup)

    @property
    def inline_options(self) -> list[tuple[int, Html]]:
        """The options ready for the page, as shown."""
        return [(number, rich.inline(text, self.markup)) for number, text in self.options]

    def words(self, text: str) -> str:
        """A text of the question where no more than words can stand."""
        return rich.words(text, self.markup)

    @property
    def is_answered(self) -> bool:
        return is_answer(self.choice)

    @property
    def items(self) -> list[tuple[int, str]]:
        """The options of an ordering question in the order chosen, before that in the order shown."""
        texts = dict(self.options)
        if sorted(texts) != sorted(each for each in self.choice if isinstance(each, int)):
            return self.options
        return [(number, texts[number]) for number in self.choice if isinstance(number, int)]


@dataclass(frozen=True)
class Case:
    """Questions that follow each other and share a material; a question that stands alone is a case without one."""

    material: str
    questions: list[ShownQuestion]


def cases_of(questions: Sequence[ShownQuestion]) -> list[Case]:
    """The questions of an attempt, in order, with every material once."""
    cases: list[Case] = []
    for question in questions:
        if question.material and cases and cases[-1].material == question.material:
            cases[-1].questions.append(question)
        else:
            cases.append(Case(question.material, [question]))
    return cases


def has_ungraded(session: Session, attempt_id: int) -> bool:
    """Whether a question of an attempt that has ended still waits for a person, so that its score is provisional."""
    query = select(AttemptItem.position).where(AttemptItem.attempt_id == attempt_id, AttemptItem.fraction.is_(None))
    return session.scalars(query.limit(1)).first() is not None


# Of a new attempt PostgreSQL's statistics know nothing; as a value it would be taken for one with no questions, and each page planned anew.
_ONE_ATTEMPT = select(bindparam("attempt", type_=AttemptItem.attempt_id.type)).scalar_subquery()
# The JSON columns as the text they are: the exam page looks its questions up by these very texts (lms/quizzes/moulds.py).
SHOWN = Prepared(
    select(
        AttemptItem.position, AttemptItem.points_millis, cast(AttemptItem.option_order, Text).label("option_order"),
        CurrentAnswer.choice, CurrentAnswer.sequence,
        type_coerce(QuestionVersion.kind, String).label("kind"), QuestionVersion.stem,
        cast(QuestionVersion.options, Text).label("options"), cast(QuestionVersion.prompts, Text).label("prompts"),
        QuestionVersion.material, QuestionVersion.unit, QuestionVersion.blanks,
        type_coerce(QuestionVersion.markup, String).label("markup"),
    )
    .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
    .outerjoin(
        CurrentAnswer,
        (CurrentAnswer.attempt_id == AttemptItem.attempt_id) & (CurrentAnswer.position == AttemptItem.position),
    )
    .where(AttemptItem.attempt_id == _ONE_ATTEMPT)
    .order_by(AttemptItem.position)
)  # fmt: skip


def list_shown_questions(session: Session, attempt_id: int) -> list[ShownQuestion]:
    """The questions of an attempt without anything that must wait for release."""
    return [shown(row) for row in list_shown_rows(session, attempt_id)]


def list_shown_rows(session: Session, attempt_id: int) -> list[Any]:
    """`list_shown_questions` as the database has them: position, points_millis, option_order, choice and sequence (None without
    an answer), then the columns of VERSION_COLUMNS; JSON is text."""
    return SHOWN.rows(flushed(session), {"attempt": attempt_id})


VERSION_COLUMNS = slice(5, None)  # kind, stem, options, prompts, material, unit, blanks, markup


def shown(row: Any) -> ShownQuestion:
    """The question of a row of `list_shown_rows`."""
    options = json.loads(row.options)
    return ShownQuestion(
        row.position, Kind(row.kind), row.stem, [(number, options[number]) for number in json.loads(row.option_order)],
        json.loads(row.prompts), row.material, row.unit, row.blanks, row.points_millis,
        json.loads(row.choice) if row.choice else [], row.sequence or 0, Markup(row.markup),
    )  # fmt: skip


RELEASE = Prepared(
    select(Paper.is_released_by_hand, Paper.released_at)
    .join(Attempt, Attempt.paper_id == Paper.id)
    .where(Attempt.id == bindparam("attempt")),
    lasts=True,
)


def as_shown(version: QuestionVersion, points_millis: int = 10_000, position: int = 1) -> ShownQuestion:
    """A version as a candidate would see it, with the options in their own order."""
    return ShownQuestion(
        position, version.kind, version.stem, list(enumerate(version.options)), version.prompts, version.material,
        version.unit, version.blanks, points_millis, [], 0, version.markup,
    )  # fmt: skip


def visible_parts(session: Session, attempt: Attempt, now: datetime) -> frozenset[release_rules.Part]:
    """What its candidate may see of the attempt now. A mock round has nothing that is marked or released by hand."""
    paper = RELEASE.first(flushed(session), {"attempt": attempt.id})
    is_by_hand = paper.is_released_by_hand and attempt.purpose is not Purpose.MOCK
    return release_rules.visible(
        attempt.state, attempt.release_at, is_by_hand=is_by_hand, released_at=paper.released_at, now=now
    )

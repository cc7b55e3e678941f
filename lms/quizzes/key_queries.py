"""The only readers of `answer_keys`: grading, the review after release, and the back office. Nothing here may be called for
a candidate before `release_rules.visible`."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, Text, bindparam, cast, func, select
from sqlalchemy.orm import Session

from lms.db import Prepared, Read, flushed
from lms.people.line_rules import LINE_NAMES
from lms.quizzes import rich
from lms.quizzes.grade_rules import WHOLE, fraction_of
from lms.quizzes.importing.normal import Draft
from lms.quizzes.models import AnswerKey, Attempt, AttemptItem, CurrentAnswer, Question, QuestionVersion
from lms.quizzes.regrade_rules import Marked, Standing
from lms.quizzes.rules import Key, Kind, Marking, Purpose, Scoring, State, marking_from
from lms.quizzes.statistics_rules import Asked


class ToGrade(NamedTuple):
    """Key, marking and choice as the texts they are stored as."""

    position: int
    kind: Kind
    points_millis: int
    key: str
    marking: str
    choice: str | None

    def fraction(self, scoring: Scoring) -> int | None:
        """What the choice earns, in 1/1000; None for what waits for a person."""
        choice = self.choice or "[]"
        grade = _fraction if len(choice) <= SHORT else _fraction.__wrapped__
        return grade(self.kind, self.key, self.marking, choice, scoring)


def list_to_grade(session: Session, attempt_id: int) -> list[ToGrade]:
    return [ToGrade(*row) for row in _TO_GRADE.rows(flushed(session), {"attempt": attempt_id})]


def reads_to_grade(attempt_id: int) -> list[Read]:
    """What `list_to_grade` asks, to be read ahead."""
    return [(_TO_GRADE, {"attempt": attempt_id})]


@lru_cache(8192)
def _fraction(kind: Kind, key: str, marking: str, choice: str, scoring: Scoring) -> int | None:
    """Kept, because of letters and ticks there are not many, and everybody who sits a paper chooses among them."""
    return fraction_of(kind, json.loads(key), json.loads(choice), scoring, marking_from(json.loads(marking)))


SHORT = 16  # letters of a choice; what is typed is longer, and seldom the same

_TO_GRADE = Prepared(
    select(
        AttemptItem.position,
        QuestionVersion.kind,
        AttemptItem.points_millis,
        cast(AnswerKey.key, Text).label("key"),
        cast(AnswerKey.marking, Text).label("marking"),
        CurrentAnswer.choice,
    )
    .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
    .join(AnswerKey, AnswerKey.version_id == AttemptItem.version_id)
    .outerjoin(
        CurrentAnswer,
        (CurrentAnswer.attempt_id == AttemptItem.attempt_id) & (CurrentAnswer.position == AttemptItem.position),
    )
    .where(AttemptItem.attempt_id == bindparam("attempt"))
    .order_by(AttemptItem.position)
)


def find_standing(session: Session, version_id: int) -> Standing:
    """What answers to this version are held against."""
    key, marking = session.execute(
        select(AnswerKey.key, AnswerKey.marking).where(AnswerKey.version_id == version_id)
    ).one()
    return Standing(key, marking_from(marking))


def list_marked(session: Session, version_id: int, *, after: int, limit: int) -> list[Marked]:
    """The marked answers to this version in ended attempts with ids above `after`, in the order of the attempts. What is graded
    by hand has no key to be marked against, and mock rounds are nobody's business."""
    return _list_marked(session, AttemptItem.version_id == version_id, after=after, limit=limit)


def list_marked_on_paper(session: Session, paper_id: int, question_id: int, *, after: int, limit: int) -> list[Marked]:
    """The same for every version of a question that was asked on this paper."""
    asked = (Attempt.paper_id == paper_id) & (QuestionVersion.question_id == question_id)
    return _list_marked(session, asked, after=after, limit=limit)


def _list_marked(session: Session, asked: ColumnElement[bool], *, after: int, limit: int) -> list[Marked]:
    rows = session.execute(
        select(
            AttemptItem.attempt_id, AttemptItem.position, QuestionVersion.kind, CurrentAnswer.choice, Attempt.scoring,
            AttemptItem.points_millis, AttemptItem.fraction, AttemptItem.score_millis, Attempt.score_millis,
        )
        .join(Attempt, Attempt.id == AttemptItem.attempt_id)
        .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
        .outerjoin(
            CurrentAnswer,
            (CurrentAnswer.attempt_id == AttemptItem.attempt_id) & (CurrentAnswer.position == AttemptItem.position),
        )
        .where(asked, AttemptItem.attempt_id > after)
        .where(Attempt.state.in_((State.SUBMITTED, State.CLOSED)), AttemptItem.fraction.is_not(None))
        .where(Attempt.purpose != Purpose.MOCK)
        .order_by(AttemptItem.attempt_id)
        .limit(limit)
    )  # fmt: skip
    return [
        Marked(
            id, at, kind, json.loads(choice) if choice else [], scoring, points, fraction or 0, score or 0, total or 0
        )
        for id, at, kind, choice, scoring, points, fraction, score, total in rows
    ]


@dataclass(frozen=True)
class ReviewedKey:
    """What the review adds to a shown question. `fraction` None: it waits for a person."""

    key: Key
    marking: Marking
    explanation: str
    basis: dict[str, str]
    fraction: int | None
    score_millis: int

    @property
    def verdict(self) -> str:
        if self.fraction is None:
            return "waiting"
        return "right" if self.fraction == WHOLE else "half" if self.fraction else "wrong"


def find_reviewed_keys(session: Session, attempt_id: int) -> dict[int, ReviewedKey]:
    """Position → key, explanation, basis and what was earned. Only for attempts that have been released."""
    rows = session.execute(
        select(
            AttemptItem.position, AnswerKey.key, AnswerKey.marking, AnswerKey.explanation, AnswerKey.basis,
            AttemptItem.fraction, AttemptItem.score_millis,
        )
        .join(AnswerKey, AnswerKey.version_id == AttemptItem.version_id)
        .where(AttemptItem.attempt_id == attempt_id)
    )  # fmt: skip
    return {
        p: ReviewedKey(key, marking_from(marking), text, basis, fraction, score or 0)
        for p, key, marking, text, basis, fraction, score in rows
    }


def count_exported(session: Session, wanted: Select[Question]) -> int:
    """How many questions these are."""
    return session.scalar(select(func.count()).select_from(wanted.order_by(None).subquery())) or 0


def list_exported(session: Session, wanted: Select[Question], *, limit: int) -> list[Draft]:
    """The newest versions of the first `limit` of these questions, oldest first, with their keys; rows are their numbers."""
    rows = session.execute(
        select(
            Question.id, QuestionVersion.kind, QuestionVersion.stem, QuestionVersion.options, AnswerKey.key,
            AnswerKey.explanation, AnswerKey.basis, Question.difficulty, Question.line, QuestionVersion.prompts,
            QuestionVersion.material, AnswerKey.marking,
        )
        .join(QuestionVersion, (QuestionVersion.question_id == Question.id) & (QuestionVersion.number == Question.version))
        .join(AnswerKey, AnswerKey.version_id == QuestionVersion.id)
        .where(Question.id.in_(wanted.order_by(None).with_only_columns(Question.id)))
        .order_by(Question.id)
        .limit(limit)
    )  # fmt: skip
    return [
        Draft(id, kind, stem, options, key, explanation, basis, level, LINE_NAMES[line], prompts, material, marking)
        for id, kind, stem, options, key, explanation, basis, level, line, prompts, material, marking in rows
    ]


def find_practised_key(session: Session, version_id: int, fraction: int) -> ReviewedKey:
    """Key, explanation and basis of a version. Only for an answer in practice that the journal holds already."""
    row = session.execute(
        select(AnswerKey.key, AnswerKey.marking, AnswerKey.explanation, AnswerKey.basis).where(
            AnswerKey.version_id == version_id
        )
    ).one()
    return ReviewedKey(row.key, marking_from(row.marking), row.explanation, row.basis, fraction, 0)


def find_key(session: Session, question: Question) -> tuple[QuestionVersion, AnswerKey]:
    """The newest version of a question with its key, for those who keep the bank."""
    row = session.execute(
        select(QuestionVersion, AnswerKey)
        .join(AnswerKey, AnswerKey.version_id == QuestionVersion.id)
        .where(QuestionVersion.question_id == question.id, QuestionVersion.number == question.version)
    ).one()
    return row[0], row[1]


def find_versions(session: Session, version_ids: Sequence[int]) -> dict[int, tuple[QuestionVersion, AnswerKey]]:
    """Version id → the version with its key, for those who keep the bank or a paper."""
    rows = session.execute(
        select(QuestionVersion, AnswerKey)
        .join(AnswerKey, AnswerKey.version_id == QuestionVersion.id)
        .where(QuestionVersion.id.in_(version_ids))
    )
    return {version.id: (version, key) for version, key in rows}


def find_asked(session: Session, version_ids: Sequence[int]) -> dict[int, tuple[str, Asked]]:
    """Version → (stem, what was asked with the right options), for the figures of those who keep the paper."""
    rows = session.execute(
        select(
            QuestionVersion.id,
            QuestionVersion.stem,
            QuestionVersion.markup,
            QuestionVersion.kind,
            QuestionVersion.options,
            AnswerKey.key,
        )
        .join(AnswerKey, AnswerKey.version_id == QuestionVersion.id)
        .where(QuestionVersion.id.in_(version_ids))
    )
    return {
        id: (rich.words(stem, markup), Asked(kind, [rich.words(text, markup) for text in options], _right(kind, key)))
        for id, stem, markup, kind, options, key in rows
    }


def _right(kind: Kind, key: Key) -> frozenset[int]:
    if kind not in (Kind.SINGLE, Kind.MULTIPLE, Kind.BOOLEAN):
        return frozenset()
    return frozenset(number for number in key if isinstance(number, int))


def find_keys(session: Session, questions: Sequence[Question]) -> dict[int, tuple[QuestionVersion, AnswerKey]]:
    """Question id → its newest version with the key, for those who keep the bank."""
    rows = session.execute(
        select(QuestionVersion, AnswerKey)
        .join(AnswerKey, AnswerKey.version_id == QuestionVersion.id)
        .join(Question, (Question.id == QuestionVersion.question_id) & (Question.version == QuestionVersion.number))
        .where(Question.id.in_([question.id for question in questions]))
    )
    return {version.question_id: (version, key) for version, key in rows}

"""What waits to be marked by hand, and what the markers gave. Answers stand here without the names of who wrote them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from lms.people.access import Scope
from lms.people.models import Unit
from lms.quizzes.marking_rules import GAP_PERCENT
from lms.quizzes.models import AnswerKey, Attempt, AttemptItem, CurrentAnswer, HandMark, Paper, QuestionVersion
from lms.quizzes.rules import BY_HAND, State, marking_from

_ENDED = Attempt.state.in_((State.SUBMITTED, State.CLOSED))


def is_by_hand(session: Session, item: AttemptItem) -> bool:
    version = session.get_one(QuestionVersion, item.version_id)
    return version.kind in BY_HAND


def list_scores(session: Session, attempt_id: int, position: int) -> list[int]:
    """What the markers gave, in their order."""
    rows = select(HandMark.score_millis).where(HandMark.attempt_id == attempt_id, HandMark.position == position)
    return list(session.scalars(rows.order_by(HandMark.number)))


def count_unmarked(session: Session, attempt_id: int) -> int:
    """How many answers of the attempt have no score yet."""
    query = select(func.count()).select_from(AttemptItem)
    return session.scalar(query.where(AttemptItem.attempt_id == attempt_id, AttemptItem.fraction.is_(None))) or 0


def _unsettled() -> Select[int]:
    """Items of ended attempts that have no score yet: only those a person marks are left without one."""
    return (
        select(AttemptItem.attempt_id)
        .join(Attempt, Attempt.id == AttemptItem.attempt_id)
        .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
        .join(Paper, Paper.id == Attempt.paper_id)
        .where(_ENDED, AttemptItem.fraction.is_(None), QuestionVersion.kind.in_(BY_HAND))
    )


def count_waiting(session: Session, paper_id: int) -> int:
    return session.scalar(select(func.count()).select_from(_unsettled().where(Paper.id == paper_id).subquery())) or 0


def _marks_of_item() -> ColumnElement[bool]:
    return and_(HandMark.attempt_id == AttemptItem.attempt_id, HandMark.position == AttemptItem.position)


def _wants(marker_id: int) -> tuple[ColumnElement[bool], ...]:
    """The item is for this marker: not their own, not marked by them, and still wanting a first, second or deciding marker."""
    mine = select(HandMark.number).where(_marks_of_item(), HandMark.marker_id == marker_id).exists()
    given = select(func.count()).where(_marks_of_item()).correlate(AttemptItem).scalar_subquery()
    gap = select(func.max(HandMark.score_millis) - func.min(HandMark.score_millis)).where(_marks_of_item())
    is_apart = gap.correlate(AttemptItem).scalar_subquery() * 100 > AttemptItem.points_millis * GAP_PERCENT
    return Attempt.person_id != marker_id, ~mine, or_(given < Paper.markers, and_(given == 2, is_apart))


def list_comments(session: Session, attempt_id: int) -> dict[int, list[str]]:
    """Position → what the markers wrote, without their names."""
    found: dict[int, list[str]] = {}
    rows = select(HandMark.position, HandMark.comment).where(HandMark.attempt_id == attempt_id, HandMark.comment != "")
    for position, comment in session.execute(rows.order_by(HandMark.position, HandMark.number)):
        found.setdefault(position, []).append(comment)
    return found


@dataclass(frozen=True)
class PaperLine:
    """A paper with answers that people mark; `mine` of them wait for this marker."""

    paper_id: int
    title: str
    markers: int
    waiting: int
    mine: int


def list_papers(session: Session, scope: Scope, marker_id: int) -> list[PaperLine]:
    """Papers in scope that have or had answers to mark, those that wait first."""
    wants = and_(AttemptItem.fraction.is_(None), *_wants(marker_id))
    rows = session.execute(
        select(
            Paper.id, Paper.title, Paper.markers, func.count(case((AttemptItem.fraction.is_(None), 1))), func.count(case((wants, 1)))
        )
        .select_from(AttemptItem)
        .join(Attempt, Attempt.id == AttemptItem.attempt_id)
        .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
        .join(Paper, Paper.id == Attempt.paper_id)
        .join(Unit, Unit.id == Paper.owner_unit_id)
        .where(_ENDED, QuestionVersion.kind.in_(BY_HAND), scope.units_filter(Unit.path))
        .group_by(Paper.id, Paper.title, Paper.markers)
        .order_by(func.count(case((AttemptItem.fraction.is_(None), 1))).desc(), Paper.id.desc())
    )  # fmt: skip
    return [PaperLine(*row) for row in rows]


def count_mine(session: Session, scope: Scope, marker_id: int) -> int:
    """How many answers in scope wait for this marker."""
    query = (
        _unsettled().join(Unit, Unit.id == Paper.owner_unit_id).where(scope.units_filter(Unit.path), *_wants(marker_id))
    )
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


@dataclass(frozen=True)
class ToMark:
    """An answer as its marker sees it; `turn` 3 means that two were apart."""

    attempt_id: int
    position: int
    stem: str
    material: str
    reference: Sequence[str]
    rubric: str
    points_millis: int
    text: str
    turn: int


def find_next(session: Session, paper_id: int, marker_id: int) -> ToMark | None:
    """The next answer for this marker, question by question, so that like is compared with like."""
    turn = select(func.count()).where(_marks_of_item()).correlate(AttemptItem).scalar_subquery()
    row = session.execute(
        _unsettled()
        .join(AnswerKey, AnswerKey.version_id == AttemptItem.version_id)
        .outerjoin(
            CurrentAnswer,
            and_(CurrentAnswer.attempt_id == AttemptItem.attempt_id, CurrentAnswer.position == AttemptItem.position),
        )
        .where(Paper.id == paper_id, *_wants(marker_id))
        .order_by(AttemptItem.version_id, AttemptItem.attempt_id)
        .limit(1)
        .with_only_columns(
            AttemptItem.attempt_id, AttemptItem.position, QuestionVersion.stem, QuestionVersion.material, AnswerKey.key,
            AnswerKey.marking, AttemptItem.points_millis, CurrentAnswer.choice, turn,
        )
    ).one_or_none()  # fmt: skip
    if row is None:
        return None
    id, position, stem, material, key, marking, points, choice, given = row
    reference = [text for texts in key for text in texts]
    said = json.loads(choice) if choice else []
    return ToMark(
        id,
        position,
        stem,
        material,
        reference,
        marking_from(marking).rubric,
        points,
        str(said[0]) if said else "",
        given + 1,
    )

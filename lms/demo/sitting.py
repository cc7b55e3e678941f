"""People sitting quizzes: the attempt is started, answered and handed in at moments of the past."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms import outcomes
from lms.quizzes import services as quizzes
from lms.quizzes.models import AnswerKey, Attempt, AttemptItem, QuestionVersion
from lms.quizzes.rules import Kind
from lms.quizzes.services import bulk


def sit(session: Session, attempt: Attempt, *, skill: float, seconds: int, chance: Random) -> Attempt:
    """Answered with that chance to be right, one question after the other, and handed in after so many seconds."""
    rows = session.execute(
        select(AttemptItem.position, QuestionVersion.kind, QuestionVersion.options, AnswerKey.key)
        .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
        .join(AnswerKey, AnswerKey.version_id == AttemptItem.version_id)
        .where(AttemptItem.attempt_id == attempt.id)
        .order_by(AttemptItem.position)
    ).all()
    pause = timedelta(seconds=seconds) / (len(rows) + 1)
    choices = {
        position: (_choose(kind, options, key, skill, chance), attempt.started_at + pause * turn)
        for turn, (position, kind, options, key) in enumerate(rows, start=1)
    }
    bulk.keep_answers(session, attempt, choices)
    return quizzes.submit(session, attempt, settle=outcomes.settle, now=attempt.started_at + timedelta(seconds=seconds))


def _choose(kind: Kind, options: Sequence[str], key: Sequence[Any], skill: float, chance: Random) -> list[Any]:
    """The right choice, or a plausible wrong one: a neighbour's option, one answer forgotten, a blank misremembered."""
    if chance.random() < skill:
        return [variants[0] for variants in key] if kind is Kind.BLANK else list(key)
    if kind is Kind.BLANK:
        return ["不记得"] * len(key)
    if kind is Kind.MULTIPLE:
        return sorted(chance.sample(list(key), len(key) - 1))
    return [chance.choice([number for number in range(len(options)) if number not in key])]


def chooser(skill: float, chance: Random) -> bulk.Choose:
    """Somebody's way of answering."""
    return lambda kind, options, key: _choose(kind, options, key, skill, chance)


def moment(chance: Random, first: datetime, last: datetime) -> datetime:
    """An instant between the two, by day if there is one among a few throws."""
    for _ in range(12):
        at = first + (last - first) * chance.random()
        if 0 <= at.hour <= 14:  # 8 to 22 o'clock in Shanghai
            return at.replace(microsecond=0)
    return (first + (last - first) * chance.random()).replace(microsecond=0)

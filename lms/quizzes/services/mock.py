"""A mock round: drawn by the rules of a contest's paper, as long as the contest, for nobody but oneself.

The bank is common, so a mock of a drawn paper may ask what the contest will ask. What a fixed paper asks is never used: its
composition is drawn instead. Nobody marks a mock by hand, so it has no such questions.
"""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from random import Random

from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.quizzes import practice_queries, queries
from lms.quizzes.draw_rules import DrawRule, PoolTooSmall, draw, rules_from
from lms.quizzes.errors import PoolShort
from lms.quizzes.models import Attempt, Paper, PaperItem, Question
from lms.quizzes.rules import BY_HAND, PaperKind, Purpose
from lms.quizzes.services.attempts import start_attempt
from lms.quizzes.services.drawing import Sheet, arrange, rows_of


def start_mock(session: Session, paper: Paper, *, person_id: int, subject_id: int, now: datetime) -> Attempt:
    """The person's open mock of the subject, begun if need be. Raises PoolShort when the bank cannot fill it."""
    rng = Random()
    return start_attempt(
        session,
        paper,
        person_id=person_id,
        purpose=Purpose.MOCK,
        subject_id=subject_id,
        now=now,
        rng=rng,
        draw_instead=lambda: _sheet(session, paper, person_id, now, rng),
    )


def settle_mock(session: Session, attempt: Attempt, now: datetime) -> None:
    """A mock that asks what stands in another attempt of the person shows its keys no earlier than that one does."""
    attempt.release_at = practice_queries.find_last_release(session, attempt, now)


def _sheet(session: Session, paper: Paper, person_id: int, now: datetime, rng: Random) -> Sheet:
    barred = practice_queries.find_withheld(session, person_id, now)
    if paper.kind is PaperKind.FIXED:
        barred |= set(session.scalars(select(PaperItem.question_id).where(PaperItem.paper_id == paper.id)))
    also = (Question.id.not_in(barred), Question.kind.not_in(BY_HAND))
    wishes = _wishes(session, paper)
    for n, rules in enumerate(wishes, 1):
        pool = queries.list_candidates(session, paper.owner_unit_id, rules, *also)
        try:
            drawn = draw(rules, pool, rng)
        except PoolTooSmall as short:
            if n == len(wishes):
                raise PoolShort(short.shortages) from None
            continue
        break
    versions = [version for candidate, _ in drawn for version in candidate.parts or (candidate.id,)]
    return arrange(rows_of(drawn, queries.find_sheet_rows(session, versions)), is_shuffled=True, rng=rng)


def _wishes(session: Session, paper: Paper) -> list[list[DrawRule]]:
    """The rules to draw by, the wanted ones first. For a fixed paper its composition, then the same without difficulty and line."""
    if paper.kind is PaperKind.DRAWN:
        return [[rule for rule in rules_from(paper.rules) if rule.kind not in BY_HAND]]
    asked = session.execute(
        select(Question.line, Question.kind, Question.difficulty, PaperItem.points_millis)
        .join(PaperItem, PaperItem.question_id == Question.id)
        .where(PaperItem.paper_id == paper.id, Question.kind.not_in(BY_HAND))
    )
    counted = Counter((line, kind, level, points) for line, kind, level, points in asked)
    exact = [DrawRule(n, points, line, kind, level) for (line, kind, level, points), n in counted.items()]
    any_level = [replace(rule, difficulty=None) for rule in exact]
    return [exact, any_level, [replace(rule, line=None) for rule in any_level]]

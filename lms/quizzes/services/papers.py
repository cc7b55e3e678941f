"""Papers: fixed by choosing questions, or drawn by rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from sqlalchemy.orm import Session

from lms.errors import Invalid
from lms.quizzes import queries
from lms.quizzes.draw_rules import DrawRule, PoolTooSmall, draw, rules_to
from lms.quizzes.errors import PoolShort
from lms.quizzes.grade_rules import allocate
from lms.quizzes.models import Paper, PaperItem
from lms.quizzes.rules import PaperKind, Scoring

MAX_QUESTIONS = 200
MAX_DURATION_SECONDS = 24 * 3600


@dataclass(frozen=True)
class PaperSettings:
    """What both kinds of paper share. `duration_seconds` None: no time limit of its own."""

    title: str
    duration_seconds: int | None = None
    pass_percent: int = 60
    scoring: Scoring = Scoring.HALF
    is_shuffled: bool = True
    markers: int = 1
    is_released_by_hand: bool = False

    def __post_init__(self) -> None:
        if not self.title.strip():
            raise Invalid("给试卷起个名字。", field="title")
        if self.duration_seconds is not None and not 30 <= self.duration_seconds <= MAX_DURATION_SECONDS:
            raise Invalid("时长从 1 分钟到 24 小时；不限时就留空。", field="minutes")
        if not 0 <= self.pass_percent <= 100:
            raise Invalid("及格线是 0 到 100 之间的数。", field="pass_percent")
        if self.markers not in (1, 2):
            raise Invalid("简答题由一人或两人评。", field="markers")


def create_fixed_paper(
    session: Session,
    settings: PaperSettings,
    question_ids: Sequence[int],
    *,
    owner_unit_id: int,
    total_millis: int = 100_000,
    by_id: int | None,
    now: datetime,
) -> Paper:
    """A paper of these questions in this order; the total is divided evenly. Raises Invalid for none, too many, repeated
    ones or ones outside the unit."""
    if not question_ids:
        raise Invalid("至少选一道题。", field="questions")
    _check_count(len(question_ids))
    if len(set(question_ids)) < len(question_ids):
        raise Invalid("同一道题只能选一次。", field="questions")
    if queries.count_questions_of(session, owner_unit_id, question_ids) < len(question_ids):
        raise Invalid("有的题已不在本单位的题库里，请重新选择。", field="questions")
    _check_total(total_millis, len(question_ids))
    paper = _add(session, settings, PaperKind.FIXED, [], owner_unit_id=owner_unit_id, by_id=by_id, now=now)
    points = allocate(total_millis, [1] * len(question_ids))
    session.add_all(
        PaperItem(paper_id=paper.id, position=n, question_id=question_id, points_millis=points[n - 1])
        for n, question_id in enumerate(question_ids, 1)
    )
    session.flush()  # the paper may be started in the same transaction
    return paper


def create_drawn_paper(
    session: Session,
    settings: PaperSettings,
    rules: Sequence[DrawRule],
    *,
    owner_unit_id: int,
    by_id: int | None,
    now: datetime,
) -> Paper:
    """A paper drawn anew for each attempt. Raises PoolShort with the figures when the bank cannot fill it today."""
    if not rules:
        raise Invalid("至少写一条抽题规则。", field="rules")
    if any(rule.count < 1 or not 0 < rule.points_millis <= 100_000 for rule in rules):
        raise Invalid("每条规则至少抽 1 道题，每题 0 到 100 分。", field="rules")
    _check_count(sum(rule.count for rule in rules))
    pool = queries.list_candidates(session, owner_unit_id, rules)
    try:
        draw(rules, pool, Random(0))
    except PoolTooSmall as short:
        raise PoolShort(short.shortages) from None
    return _add(session, settings, PaperKind.DRAWN, rules_to(rules), owner_unit_id=owner_unit_id, by_id=by_id, now=now)


def _check_count(count: int) -> None:
    if count > MAX_QUESTIONS:
        raise Invalid(f"一份试卷最多 {MAX_QUESTIONS} 道题，现在有 {count} 道。", field="questions")


def _check_total(total_millis: int, count: int) -> None:
    if not count <= total_millis <= 1_000_000:
        raise Invalid("总分从 1 到 1000 分。", field="total")


def _add(
    session: Session,
    settings: PaperSettings,
    kind: PaperKind,
    rules: list[dict[str, object]],
    *,
    owner_unit_id: int,
    by_id: int | None,
    now: datetime,
) -> Paper:
    paper = Paper(
        owner_unit_id=owner_unit_id,
        title=settings.title.strip(),
        kind=kind,
        duration_seconds=settings.duration_seconds,
        pass_percent=settings.pass_percent,
        scoring=settings.scoring,
        is_shuffled=settings.is_shuffled,
        markers=settings.markers,
        is_released_by_hand=settings.is_released_by_hand,
        rules=rules,
        created_by_id=by_id,
        created_at=now,
    )
    session.add(paper)
    session.flush()  # its items need its id
    return paper

"""Papers: fixed by choosing questions, or drawn by rule."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lms.db import changed
from lms.errors import Conflict, Invalid
from lms.quizzes import queries
from lms.quizzes.draw_rules import DrawRule, PoolTooSmall, Shortage, draw, rules_to
from lms.quizzes.errors import PoolShort, PoolShortForNewcomers
from lms.quizzes.grade_rules import allocate
from lms.quizzes.models import Attempt, Paper, PaperItem, PreparedSheet
from lms.quizzes.rules import PaperKind, Scoring

MAX_QUESTIONS = 200
MOST_UNSEEN_DAYS = 365
MOST_POINTS = 1_000_000
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
    unseen_days: int = 0
    is_lettered: bool = False

    def __post_init__(self) -> None:
        if not self.title.strip():
            raise Invalid("给试卷起个名字。", field="title")
        if self.duration_seconds is not None and not 30 <= self.duration_seconds <= MAX_DURATION_SECONDS:
            raise Invalid("时长从 1 分钟到 24 小时；不限时就留空。", field="minutes")
        if not 0 <= self.pass_percent <= 100:
            raise Invalid("及格线是 0 到 100 之间的数。", field="pass_percent")
        if self.markers not in (1, 2):
            raise Invalid("简答题由一人或两人评。", field="markers")
        if not 0 <= self.unseen_days <= MOST_UNSEEN_DAYS:
            raise Invalid(f"避题天数从 0 到 {MOST_UNSEEN_DAYS}。", field="unseen_days")

    @property
    def columns(self) -> dict[str, Any]:
        """The settings as columns of a paper."""
        return asdict(self) | {"title": self.title.strip()}


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
        raise Invalid("有的题不在本单位的题库里，或者不是可用状态，请重新选择。", field="questions")
    _check_total(total_millis, len(question_ids))
    settings = replace(settings, unseen_days=0)
    paper = _add(session, settings, PaperKind.FIXED, [], owner_unit_id=owner_unit_id, by_id=by_id, now=now)
    points = allocate(total_millis, [1] * len(question_ids))
    _put_items(session, paper.id, list(zip(question_ids, points, strict=True)))
    return paper


def _put_items(session: Session, paper_id: int, items: Sequence[tuple[int, int]]) -> None:
    session.add_all(
        PaperItem(paper_id=paper_id, position=n, question_id=question_id, points_millis=points)
        for n, (question_id, points) in enumerate(items, 1)
    )
    session.flush()  # the paper may be started in the same transaction


def create_drawn_paper(
    session: Session,
    settings: PaperSettings,
    rules: Sequence[DrawRule],
    *,
    owner_unit_id: int,
    by_id: int | None,
    now: datetime,
) -> Paper:
    """A paper drawn anew for each attempt. Raises PoolShort with the figures when the bank cannot fill it today, and
    PoolShortForNewcomers when it could not fill it for somebody who has just met as many questions of each kind."""
    settings = replace(settings, is_lettered=False)
    check_pool(session, owner_unit_id, rules, settings.unseen_days)
    return _add(session, settings, PaperKind.DRAWN, rules_to(rules), owner_unit_id=owner_unit_id, by_id=by_id, now=now)


def check_pool(session: Session, owner_unit_id: int, rules: Sequence[DrawRule], unseen_days: int = 0) -> None:
    """Whether the bank fills these rules today. Raises Invalid, PoolShort and PoolShortForNewcomers."""
    if not rules:
        raise Invalid("至少写一条抽题规则。", field="rules")
    if any(rule.count < 1 or not 0 < rule.points_millis <= 100_000 for rule in rules):
        raise Invalid("每条规则至少抽 1 道题，每题 0 到 100 分。", field="rules")
    _check_count(sum(rule.count for rule in rules))
    if short := _shortages(session, owner_unit_id, rules):
        raise PoolShort(short)
    twice = [replace(rule, count=2 * rule.count) for rule in rules]
    if unseen_days and (short := _shortages(session, owner_unit_id, twice)):
        raise PoolShortForNewcomers(unseen_days, short)


def _shortages(session: Session, owner_unit_id: int, rules: Sequence[DrawRule]) -> Sequence[Shortage]:
    try:
        draw(rules, queries.list_candidates(session, owner_unit_id, rules), Random(0))
    except PoolTooSmall as short:
        return short.shortages
    return []


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
        owner_unit_id=owner_unit_id, kind=kind, rules=rules, created_by_id=by_id, created_at=now, **settings.columns
    )
    session.add(paper)
    session.flush()  # its items need its id
    return paper


# --- changed and copied


def change_fixed_paper(
    session: Session, paper: Paper, settings: PaperSettings, items: Sequence[tuple[int, int]]
) -> None:
    """Other settings, and these (question, points) in this order. A question that the paper holds may stay, whatever became of
    it; new ones must be ready. Raises Conflict once somebody has started."""
    ids = [question_id for question_id, _ in items]
    if not ids:
        raise Invalid("至少留一道题。", field="questions")
    _check_count(len(ids))
    if len(set(ids)) < len(ids):
        raise Invalid("同一道题只能选一次。", field="questions")
    if any(not 0 < points <= MOST_POINTS for _, points in items):
        raise Invalid("每题 0 到 1000 分。", field="questions")
    held = {id for id, *_ in queries.list_paper_questions(session, paper.id)}
    new = [id for id in ids if id not in held]
    if queries.count_questions_of(session, paper.owner_unit_id, new) < len(new):
        raise Invalid("要加的题不在本单位的题库里，或者不是可用状态。", field="add")
    _change(session, paper, replace(settings, unseen_days=0), [])
    session.execute(delete(PaperItem).where(PaperItem.paper_id == paper.id))
    _put_items(session, paper.id, items)


def change_drawn_paper(session: Session, paper: Paper, settings: PaperSettings, rules: Sequence[DrawRule]) -> None:
    """Other settings and rules. Raises what creating it raises, and Conflict once somebody has started."""
    check_pool(session, paper.owner_unit_id, rules, settings.unseen_days)
    _change(session, paper, replace(settings, is_lettered=False), rules_to(rules))


def _change(session: Session, paper: Paper, settings: PaperSettings, rules: list[dict[str, object]]) -> None:
    unstarted = ~select(Attempt.id).where(Attempt.paper_id == paper.id).exists()
    done = update(Paper).where(Paper.id == paper.id, unstarted).values(rules=rules, **settings.columns)
    if not changed(session.execute(done.execution_options(synchronize_session=False))):
        raise Conflict("已经有人开始作答，这份试卷不能再改；可以复制一份再改。")
    session.execute(delete(PreparedSheet).where(PreparedSheet.paper_id == paper.id))
    session.expire(paper)


def copy_paper(session: Session, paper: Paper, *, by_id: int, now: datetime) -> Paper:
    """A paper with the same settings and questions that nobody has started."""
    names = [field.name for field in fields(PaperSettings)]
    settings = PaperSettings(**{name: getattr(paper, name) for name in names})
    settings = replace(settings, title=f"{paper.title[:110]}（副本）")
    rules: list[dict[str, object]] = list(paper.rules)
    items = [(id, points) for id, _, _, points in queries.list_paper_questions(session, paper.id)]
    made = _add(session, settings, paper.kind, rules, owner_unit_id=paper.owner_unit_id, by_id=by_id, now=now)
    _put_items(session, made.id, items)
    return made

"""A quiz is prepared: its questions are drawn, once for everybody."""

import secrets
from datetime import datetime
from random import Random
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.contests.errors import JournalMoved
from lms.contests.queries import RoundLine
from lms.contests.rules import RoundKind
from lms.db import changed, conflict_as
from lms.errors import Conflict, Invalid
from lms.leaderboard.models import TAKES_RESULTS
from lms.livequiz.models import LiveQuiz
from lms.quizzes.models import Paper
from lms.quizzes.rules import Kind
from lms.quizzes.services.drawing import draw_sheet, stored

KINDS = (Kind.SINGLE, Kind.MULTIPLE, Kind.BOOLEAN)
"""What a thumb answers."""


def prepare(session: Session, line: RoundLine, *, seconds: int, actor_id: int, rng: Random, now: datetime) -> LiveQuiz:
    """The round's quiz with questions drawn from its paper; before its first step it may be prepared anew. Raises Invalid for another
    kind of round or questions that are typed, PoolShort, Conflict once it has begun or the round is over."""
    if line.round.kind is not RoundKind.LIVE:
        raise Invalid("这一轮不是全员同答。")
    if line.board_state not in TAKES_RESULTS:
        raise Conflict("这一轮已经结束，不能再准备。")
    sheet = draw_sheet(session, session.get_one(Paper, line.round.paper_id), rng)
    if any(row.kind not in KINDS for row, _, _ in sheet):
        raise Invalid("同答只能用单选、多选、判断题，请改这一轮的抽题规则。")
    values = {"questions": [list(one) for one in stored(sheet)], "seconds": seconds}
    quiz = _renewed(session, line.round.id, values) or _made(session, line.round.id, values, actor_id, now)
    detail = {"questions": len(sheet), "seconds": seconds}
    audit.record(session, actor_id, "livequiz:prepare", f"round:{line.round.id}", detail, now=now)
    return quiz


def _renewed(session: Session, round_id: int, values: dict[str, Any]) -> LiveQuiz | None:
    """The quiz that was prepared before, with other questions; None when there is none."""
    quiz = session.scalars(select(LiveQuiz).where(LiveQuiz.round_id == round_id)).one_or_none()
    if quiz is None:
        return None
    untouched = update(LiveQuiz).where(LiveQuiz.id == quiz.id, LiveQuiz.sequence == 0)
    if not changed(session.execute(untouched.values(**values))):
        raise JournalMoved("同答已经开始，不能重新准备。")
    return quiz


def _made(session: Session, round_id: int, values: dict[str, Any], actor_id: int, now: datetime) -> LiveQuiz:
    quiz = LiveQuiz(
        round_id=round_id, live_key=secrets.token_urlsafe(24), sequence=0, created_by_id=actor_id, created_at=now, **values
    )  # fmt: skip
    with conflict_as(Conflict("同答已经准备好了，请刷新页面。"), session):
        session.add(quiz)
    return quiz

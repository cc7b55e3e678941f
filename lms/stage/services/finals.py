"""A final is prepared: its questions are drawn, its teams get their places and codes."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from random import Random

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.contests.errors import JournalMoved
from lms.contests.queries import RoundLine
from lms.contests.rules import RoundKind
from lms.contests.team_models import Team
from lms.db import changed, conflict_as
from lms.errors import Conflict, Invalid
from lms.quizzes.models import Paper
from lms.quizzes.services.drawing import draw_sheet
from lms.stage import queries
from lms.stage.models import StageDevice, StageFinal

TEAMS = (2, 12)
TWICE = "现场赛已经准备好了，请刷新页面。"


def prepare(session: Session, line: RoundLine, *, actor_id: int, rng: Random, now: datetime) -> StageFinal:
    """The round's final, with the teams that are entered now and questions drawn from the round's paper. Before its first step it
    may be prepared anew. Raises Invalid for another kind of round or too few or many teams, Conflict once it has begun."""
    if line.round.kind is not RoundKind.STAGE:
        raise Invalid("这一轮不是现场赛。")
    entered = [one.team for one in queries.list_teams(session, line.round)]
    if not TEAMS[0] <= len(entered) <= TEAMS[1]:
        raise Invalid(f"现场赛要有 {TEAMS[0]} 到 {TEAMS[1]} 支队，现在能上场 {len(entered)} 支。")
    paper = session.get_one(Paper, line.round.paper_id)
    questions = [row.version_id for row, _, _ in draw_sheet(session, paper, rng)]
    final = _renewed(session, line.round.id, questions) or _made(session, line.round.id, questions, actor_id, now)
    _seat(session, final.id, entered)
    detail = {"teams": len(entered), "questions": len(questions)}
    audit.record(session, actor_id, "stage:prepare", f"round:{line.round.id}", detail, now=now)
    return final


def _renewed(session: Session, round_id: int, questions: Sequence[int]) -> StageFinal | None:
    """The final that was prepared before, with other questions and no teams; None when there is none."""
    final = session.scalars(select(StageFinal).where(StageFinal.round_id == round_id)).one_or_none()
    if final is None:
        return None
    untouched = update(StageFinal).where(StageFinal.id == final.id, StageFinal.sequence == 0)
    if not changed(session.execute(untouched.values(questions=list(questions)))):
        raise JournalMoved("现场赛已经开始，不能重新准备。")
    session.execute(delete(StageDevice).where(StageDevice.final_id == final.id))
    return final


def _made(session: Session, round_id: int, questions: Sequence[int], actor_id: int, now: datetime) -> StageFinal:
    final = StageFinal(
        round_id=round_id, live_key=secrets.token_urlsafe(24), pin=_digits(6), questions=list(questions), sequence=0,
        created_by_id=actor_id, created_at=now,
    )  # fmt: skip
    with conflict_as(Conflict(TWICE), session):
        session.add(final)
    return final


def _seat(session: Session, final_id: int, teams: Sequence[Team]) -> None:
    codes: set[str] = set()
    while len(codes) < len(teams):
        codes.add(_digits(4))
    session.add_all(
        StageDevice(final_id=final_id, team_id=team.id, position=place, code=code, round_trips=[])
        for place, (team, code) in enumerate(zip(teams, sorted(codes, key=lambda _: secrets.randbits(32)), strict=True))
    )


def _digits(count: int) -> str:
    return "".join(str(secrets.randbelow(10)) for _ in range(count))

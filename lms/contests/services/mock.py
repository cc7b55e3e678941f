"""A mock of a round: by its rules and in its time, before it opens or while it runs. No entry, no result, no board."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from lms.contests import access, queries
from lms.contests.errors import NotOpen
from lms.contests.rules import HOSTED_KINDS, Phase
from lms.errors import Forbidden
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.quizzes.models import Attempt, Paper
from lms.quizzes.services import mock

_OPEN = (Phase.RUNNING, Phase.UPCOMING)


@dataclass(frozen=True)
class MockOffer:
    """The round that a mock can be begun of."""

    round_id: int
    title: str
    questions: int
    minutes: int


def next_mock(session: Session, person: Principal, now: datetime) -> MockOffer | None:
    """The round that runs and closes first, or else the one that opens first; None when there is neither."""
    found = queries.list_rounds_for(session, person.unit_path, now=now)
    lines = [line for line in found if line.round.kind not in HOSTED_KINDS]
    running = sorted((line for line in lines if line.phase is Phase.RUNNING), key=lambda line: line.round.closes_at)
    coming = sorted((line for line in lines if line.phase is Phase.UPCOMING), key=lambda line: line.round.opens_at)
    for line in (*running, *coming):
        return MockOffer(line.round.id, line.contest.title, line.round.question_count, line.round.minutes)
    return None


def begin_mock(session: Session, person: Principal, round_id: int, now: datetime) -> Attempt:
    """The person's open mock of the round, begun if need be. Raises NotOpen once the round is over, PoolShort."""
    line = access.round_to_see(session, person, round_id, now=now)
    if not person.can(Permission.CONTEST_ENTER):
        raise Forbidden()
    if line.round.kind in HOSTED_KINDS:
        raise NotOpen("由主持人出题的轮次不提供模拟。")
    if line.phase not in _OPEN:
        raise NotOpen("这场比拼已经结束，不再提供模拟。答卷和解析在比拼页面可看。")
    paper = session.get_one(Paper, line.round.paper_id)
    return mock.start_mock(session, paper, person_id=person.id, subject_id=round_id, now=now)

"""A corrected key goes through everywhere at once: score, place, hours, notice; and what was published stays until its next version."""

from sqlalchemy import select

from lms import outcomes
from lms.hours.models import HourEntry
from lms.leaderboard import services as boards
from lms.leaderboard.models import BoardEntry
from lms.quizzes import key_queries
from lms.quizzes.models import Attempt, AttemptItem, QuestionVersion
from lms.quizzes.regrade_rules import Act
from lms.quizzes.services import regrade
from lms.tasks.services import run_due
from tests.contests.conftest import bank, bureau, make_contest, now, running

__all__ = ["bank", "bureau", "make_contest", "now", "running"]


def put_right(session, make_session, version_id, act, key, by_id, now):
    version = session.get_one(QuestionVersion, version_id)
    before = key_queries.find_standing(session, version.id)
    regrade.correct(session, version, act, key, before=before, reason="答案有误", by_id=by_id, now=now)
    session.commit()
    run_due(make_session, {regrade.TASK_KIND: regrade.regrade_task(outcomes.resettle)}, {})
    session.expire_all()


def quarters(session, person):
    return sum(session.scalars(select(HourEntry.quarters).where(HourEntry.person_id == person.id)))


def test_places_and_hours_of_a_contest_follow(session, make_session, running, cast, now):
    running.round.hours_quarters = 24
    session.flush()
    lin = running.hand_in(cast.lin, right=5)
    running.hand_in(cast.bo, right=6)
    session.commit()
    assert running.places() == {cast.bo.id: 1, cast.lin.id: 2}
    assert (quarters(session, cast.lin), quarters(session, cast.bo)) == (0, 24)
    missed = session.scalars(
        select(AttemptItem.version_id).where(AttemptItem.attempt_id == lin.id, AttemptItem.fraction == 0)
    ).all()
    for version in missed:
        put_right(session, make_session, version, Act.VOID, [], cast.hua.id, now)
    assert session.get_one(Attempt, lin.id).score_millis == 100_000
    assert running.places()[cast.lin.id] == 1
    assert quarters(session, cast.lin) == 24
    assert boards.verify(session).faults == []
    on_board = {e.source_id: e.score_millis for e in session.scalars(select(BoardEntry))}
    assert on_board == {id: session.get_one(Attempt, id).score_millis for id in on_board}


def test_hours_that_rested_on_a_wrong_key_are_withdrawn_and_come_back(session, make_session, running, cast, now):
    running.round.hours_quarters = 24
    session.flush()
    lin = running.hand_in(cast.lin, right=6)
    session.commit()
    held = session.execute(
        select(AttemptItem.version_id, QuestionVersion.kind)
        .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
        .where(AttemptItem.attempt_id == lin.id, AttemptItem.fraction == 1000)
    ).first()
    key = [1] if held.kind != "multiple" else [1, 2]
    put_right(session, make_session, held.version_id, Act.KEY, key, cast.hua.id, now)
    assert quarters(session, cast.lin) == 0
    old = [0] if held.kind != "multiple" else [0, 1]
    put_right(session, make_session, held.version_id, Act.KEY, old, cast.hua.id, now)
    assert quarters(session, cast.lin) == 24
    assert boards.verify(session).faults == []

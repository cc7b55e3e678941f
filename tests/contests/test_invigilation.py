"""More time, other terms, an attempt opened again: what an invigilator may do, and that no key leaks meanwhile."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from lms import clock
from lms.contests import queries, services
from lms.contests.errors import NotOpen
from lms.errors import Conflict, Invalid
from lms.leaderboard import services as boards
from lms.leaderboard.models import BoardState
from lms.notices.models import Notice
from lms.quizzes import exam_queries
from lms.quizzes import queries as quiz_queries
from lms.quizzes import services as quizzes
from lms.quizzes.errors import TooEarly, WrongPlace
from lms.quizzes.models import Attempt, AttemptEvent
from lms.quizzes.release_rules import Part
from lms.quizzes.rules import Purpose, State
from lms.quizzes.services import Place, Subject, invigilation
from lms.quizzes.services.invigilation import Wish

MINUTE = timedelta(minutes=1)


@pytest.fixture
def subject(running):
    return Subject(Purpose.CONTEST, running.round.id)


@pytest.fixture
def allow(session, subject, cast, now):
    """`allow(person=…, unit=…, **wish)`."""

    def granted(*, person=None, unit=None, **wish):
        whom = {"person_id": person and person.id, "unit_id": unit and unit.id}
        return invigilation.grant(session, subject, Wish(reason="视力不便", **wish), **whom, by_id=cast.hua.id, now=now)

    return granted


def test_extra_time_lengthens_the_granted_person_s_attempt_only(running, allow, cast):
    allow(person=cast.lin, extra_seconds=300)
    assert running.start(cast.lin).deadline_at == running.now + 15 * MINUTE
    assert running.start(cast.bo).deadline_at == running.now + 10 * MINUTE


def test_a_unit_s_grant_reaches_its_people_and_a_person_s_own_stands_above_it(running, allow, cast, north):
    allow(unit=north, extra_seconds=300)
    allow(person=cast.bo, extra_seconds=60)
    deadlines = {name: running.start(getattr(cast, name)).deadline_at for name in ("lin", "bo", "dana")}
    assert deadlines == {
        "lin": running.now + 15 * MINUTE, "bo": running.now + 11 * MINUTE, "dana": running.now + 10 * MINUTE,
    }  # fmt: skip


def test_a_revoked_grant_counts_no_more(session, running, allow, cast, now):
    made = allow(person=cast.lin, extra_seconds=300)
    invigilation.revoke_grant(session, made, by_id=cast.hua.id, now=now)
    assert running.start(cast.lin).deadline_at == running.now + 10 * MINUTE
    with pytest.raises(Conflict):
        invigilation.revoke_grant(session, made, by_id=cast.hua.id, now=now)


def test_a_later_end_lets_one_person_in_and_keeps_key_and_settlement_waiting(session, running, allow, cast):
    """B05: the keys of those who are done wait for the one who may still answer."""
    bo = running.hand_in(cast.bo)
    closes = running.round.closes_at
    allow(person=cast.lin, closes_at=closes + 60 * MINUTE)
    late = closes + 10 * MINUTE
    session.refresh(bo)
    assert Part.KEY not in quiz_queries.visible_parts(session, bo, late)
    attempt = running.start(cast.lin, now=late)
    with pytest.raises(NotOpen):
        running.start(cast.dana, now=late)
    services.end_round(session, running.line_at(late), actor_id=None, now=late)
    quizzes.submit(session, attempt, settle=services.settle_attempt, now=late + MINUTE)
    assert not services.settle_round(session, running.line_at(late), now=late + MINUTE)
    over = closes + 62 * MINUTE
    assert services.settle_round(session, running.line_at(over), now=over)
    assert Part.KEY in quiz_queries.visible_parts(session, bo, over)
    assert set(running.places()) == {cast.bo.id, cast.lin.id}


def test_more_attempts_a_day_for_one_person(running, allow, cast):
    for _ in range(3):
        running.hand_in(cast.lin)
    allow(person=cast.lin, attempts_per_day=4)
    assert running.hand_in(cast.lin).number == 4


def test_everybody_who_answers_gets_more_time_and_each_attempt_keeps_the_record(session, running, subject, cast, now):
    first, second = running.start(cast.lin), running.start(cast.bo)
    done = running.hand_in(cast.dana)
    met = invigilation.extend(session, subject, seconds=300, reason="停电", by_id=cast.hua.id, now=now)
    session.expire_all()
    assert met == 2
    assert {a.deadline_at for a in (first, second)} == {running.now + 15 * MINUTE}
    assert session.get_one(Attempt, done.id).deadline_at == running.now + 10 * MINUTE
    assert {e.attempt_id for e in session.scalars(select(AttemptEvent))} == {first.id, second.id}


def test_one_person_s_extension_is_that_person_s(session, running, subject, cast, now):
    first, second = running.start(cast.lin), running.start(cast.bo)
    invigilation.extend(
        session, subject, seconds=60, reason="换机器", person_id=cast.lin.id, by_id=cast.hua.id, now=now
    )
    session.expire_all()
    assert first.deadline_at - second.deadline_at == MINUTE
    with pytest.raises(Conflict):
        invigilation.extend(
            session, subject, seconds=60, reason="没人", person_id=cast.dana.id, by_id=cast.hua.id, now=now
        )
    with pytest.raises(Invalid):
        invigilation.extend(session, subject, seconds=60, reason=" ", by_id=cast.hua.id, now=now)


def test_an_attempt_opened_again_keeps_its_answers_and_its_new_result_replaces_the_old_one(session, running, cast, now):
    attempt = running.hand_in(cast.lin, right=5)
    assert attempt.score_millis == 50_000
    later = now + 5 * MINUTE
    services.reopen_last(
        session, running.line, cast.lin.id, seconds=600, reason="机器故障", by_id=cast.hua.id, now=later
    )
    session.refresh(attempt)
    assert (attempt.state, attempt.score_millis, attempt.deadline_at) == (State.OPEN, None, later + 10 * MINUTE)
    assert sum(q.is_answered for q in quiz_queries.list_shown_questions(session, attempt.id)) == 5
    assert (
        session.scalars(select(Notice.text).where(Notice.person_id == cast.lin.id))
        .one()
        .startswith("你的答卷重新开放 10 分钟")
    )
    quizzes.submit(session, attempt, settle=services.settle_attempt, now=later + 8 * MINUTE)
    assert running.places() == {cast.lin.id: 1}
    assert boards.verify(session).faults == []
    event = session.scalars(select(AttemptEvent)).one()
    assert (event.detail["score_millis"], event.reason) == (50_000, "机器故障")


def test_nothing_is_opened_again_while_open_or_once_results_are_reviewed(session, running, cast, now):
    running.start(cast.lin)
    with pytest.raises(Conflict):
        services.reopen_last(session, running.line, cast.lin.id, seconds=60, reason="x", by_id=cast.hua.id, now=now)
    running.hand_in(cast.bo)
    running.move_to(queries.Phase.REVIEWED)
    with pytest.raises(Conflict):
        services.reopen_last(session, running.line, cast.bo.id, seconds=60, reason="x", by_id=cast.hua.id, now=now)
    assert running.line.board_state is BoardState.REVIEWED


def policy(session, subject, cast, now, **asked):
    asked = {"minimum_seconds": 0, "networks": [], "is_one_per_address": False} | asked
    invigilation.set_policy(session, subject, **asked, by_id=cast.hua.id, now=now)
    session.flush()


def test_nobody_hands_in_before_the_least_time_but_the_job_may_close(session, running, subject, cast, now):
    policy(session, subject, cast, now, minimum_seconds=180)
    attempt = running.start(cast.lin)
    with pytest.raises(TooEarly):
        quizzes.submit(session, attempt, settle=services.settle_attempt, now=now + 2 * MINUTE)
    assert (
        quizzes.submit(session, attempt, settle=services.settle_attempt, now=now + 3 * MINUTE).state is State.SUBMITTED
    )


def test_outside_the_networks_and_beside_somebody_at_the_same_computer_nobody_begins(
    session, running, subject, cast, now
):
    policy(session, subject, cast, now, networks=["10.1.0.0/16"], is_one_per_address=True)
    with pytest.raises(WrongPlace):
        quizzes.check_place(session, subject, Place("192.168.1.1"), person_id=cast.lin.id)
    seat = Place("10.1.2.3", "Chromium")
    quizzes.check_place(session, subject, seat, person_id=cast.lin.id)
    attempt = running.start(cast.lin)
    quizzes.note_sitting(session, attempt, seat, lease="lease-of-one-computer", now=now)
    quizzes.check_place(session, subject, seat, person_id=cast.lin.id)
    with pytest.raises(WrongPlace):
        quizzes.check_place(session, subject, seat, person_id=cast.bo.id)
    quizzes.submit(session, attempt, settle=services.settle_attempt, now=now + MINUTE)
    quizzes.check_place(session, subject, seat, person_id=cast.bo.id)


def test_hua_invigilates_from_pages_and_a_candidate_elsewhere_is_told_where_to_sit(session, web, running, cast):
    round_id, contest_id = running.round.id, running.contest.id
    session.commit()
    base = f"/office/contests/rounds/{round_id}/invigilation"
    hua = web.as_("hua")
    assert base in hua.get(f"/office/contests/{contest_id}", 200).text
    for name in ("", "/policy", "/grants/new", "/extension", "/reopening"):
        hua.get(f"{base}{name}", 200)
    hua.post(f"{base}/policy", {"minimum_minutes": "2", "networks": "考场"}, 422)
    hua.post(f"{base}/policy", {"minimum_minutes": "2", "networks": "10.9.0.0/16"}, 303)
    refused = web.as_("lin").call("/api/attempts", {"purpose": "contest", "subject_id": round_id}, 403)
    assert refused["reason"] == "place"
    hua.post(f"{base}/policy", {"minimum_minutes": "2", "networks": ""}, 303)
    hua.post(f"{base}/grants", {"staff_no": "nobody", "extra_minutes": "5", "reason": "x"}, 422)
    hua.post(f"{base}/grants", {"staff_no": "lin", "reason": "x"}, 422)
    hua.post(f"{base}/grants", {"staff_no": "lin", "extra_minutes": "5", "reason": "视力不便"}, 303)
    assert "视力不便" in hua.get(base, 200).text
    made = web.as_("lin").call("/api/attempts", {"purpose": "contest", "subject_id": round_id})
    assert made["seconds_left"] == 900
    early = web.as_("lin").call(f"/api/attempts/{made['attempt_id']}/submission", {}, 409)
    assert early["reason"] == "early"
    hua.post(f"{base}/extension", {"minutes": "10", "reason": "停电"}, 303)
    assert "停电" in hua.get(base, 200).text
    assert web.as_("lin").client.get(f"/api/attempts/{made['attempt_id']}").json["seconds_left"] > 1400
    grant = exam_queries.list_grants(session, Purpose.CONTEST, round_id)[0].grant
    hua.post(f"{base}/grants/{grant.id}/revocation", {}, 303)
    hua.post(f"{base}/reopening", {"staff_no": "bo", "minutes": "5", "reason": "x"}, 422)
    assert clock.now() >= running.now

"""Cases: opened by one, heard, decided by another; annulled results and their return; never anything by itself."""

import pytest
from sqlalchemy import select

from lms.audit.models import AuditRecord
from lms.contests import integrity_queries, integrity_services
from lms.contests.errors import ContestMoved, NotYet
from lms.contests.integrity_models import Annulment
from lms.contests.integrity_rules import CaseState, SignalKind
from lms.contests.rules import Phase
from lms.hours import queries as hours
from lms.leaderboard import services as boards
from lms.notices.models import Notice
from lms.quizzes.models import AttemptLeave, AttemptSitting

ADDRESS = "10.1.2.3"


def sat(session, attempt, address=ADDRESS, device="Phone"):
    row = AttemptSitting(attempt_id=attempt.id, lease=f"lease-{attempt.id}-{address}-abcdef", address=address, device=device, at=attempt.started_at)  # fmt: skip
    session.add(row)
    session.flush()


@pytest.fixture
def settled(session, running, cast):
    """Three took part, two of them at one machine; results are in."""
    for person, right in ((cast.lin, 9), (cast.bo, 8), (cast.dana, 5)):
        attempt = running.hand_in(person, right=right)
        sat(session, attempt, ADDRESS if person is not cast.dana else "10.9.9.9")
    session.add(AttemptLeave(attempt_id=attempt.id, mark="m1", left_at=running.now, away_seconds=9))
    running.move_to(Phase.SETTLING)
    return running


def opened(session, settled, cast, people=None):
    whom = people or [cast.lin.id, cast.bo.id]
    signals = [one for one in integrity_queries.list_signals(session, settled.round.id) if set(one.people) <= set(whom)]
    return integrity_services.open_case(
        session, settled.line, whom, signals, reason="同一台电脑", actor_id=cast.ada.id, now=settled.now
    )


def heard(session, settled, cast, people=None):
    case = opened(session, settled, cast, people)
    integrity_services.note_hearing(session, case, text="说是轮流用一台电脑", actor_id=cast.ada.id, now=settled.now)
    session.flush()
    return case


def decide(session, settled, case, annulled, actor):
    integrity_services.decide(
        session, case, settled.line, annulled, text="核对属实", actor_id=actor.id, now=settled.now
    )
    session.flush()


def test_the_signals_of_a_round_name_the_pair_and_how_usual_it_is(session, settled, cast):
    devices = [
        one for one in integrity_queries.list_signals(session, settled.round.id) if one.kind is SignalKind.DEVICE
    ]
    assert [(one.people, one.met, one.total) for one in devices] == [(tuple(sorted((cast.lin.id, cast.bo.id))), 1, 3)]


def test_signals_and_a_case_change_nobodys_place(session, settled, cast):
    before = settled.places()
    case = heard(session, settled, cast)
    assert case.facts[0]["kind"] == "同一设备和地址"
    assert settled.places() == before


def test_who_opened_a_case_does_not_decide_it_and_nobody_before_the_hearing(session, settled, cast):
    case = opened(session, settled, cast)
    with pytest.raises(NotYet, match="先听取本人说明"):
        decide(session, settled, case, [cast.lin.id], cast.rui)
    integrity_services.note_hearing(session, case, text="没有", actor_id=cast.rui.id, now=settled.now)
    with pytest.raises(NotYet, match="立案人以外"):
        decide(session, settled, case, [cast.lin.id], cast.ada)
    with pytest.raises(ContestMoved):
        integrity_services.note_hearing(session, case, text="再问", actor_id=cast.rui.id, now=settled.now)


def test_nothing_is_annulled_while_results_come_in(session, settled, cast):
    case = heard(session, settled, cast)
    settled.move_to(Phase.ENDED)
    with pytest.raises(NotYet, match="收卷以后"):
        decide(session, settled, case, [cast.lin.id], cast.rui)


def test_an_annulled_result_leaves_the_board_two_people_are_logged_and_the_person_is_told(session, settled, cast):
    case = heard(session, settled, cast)
    decide(session, settled, case, [cast.lin.id], cast.rui)
    assert case.state is CaseState.ANNULLED
    assert settled.places() == {cast.bo.id: 1, cast.dana.id: 2}
    assert boards.verify(session).faults == []
    (made,) = session.scalars(select(Annulment)).all()
    assert (made.proposed_by_id, made.made_by_id) == (cast.ada.id, cast.rui.id)
    record = session.scalars(select(AuditRecord).where(AuditRecord.action == "integrity:decide")).one()
    assert record.detail["proposed_by"] == cast.ada.id
    told = session.scalars(select(Notice.text).where(Notice.person_id == cast.lin.id)).all()
    assert any("成绩已作废：核对属实" in text for text in told)


def test_taking_an_annulment_back_needs_two_and_gives_the_same_board(session, settled, cast):
    before = settled.places()
    case = heard(session, settled, cast)
    decide(session, settled, case, [cast.lin.id, cast.bo.id], cast.rui)
    assert settled.places() == {cast.dana.id: 1}
    with pytest.raises(ContestMoved):
        integrity_services.confirm_undo(session, case, settled.line, actor_id=cast.hua.id, now=settled.now)
    integrity_services.ask_undo(session, case, reason="监控显示各用各的", actor_id=cast.rui.id, now=settled.now)
    session.flush()
    session.expire_all()
    with pytest.raises(NotYet, match="申请人以外"):
        integrity_services.confirm_undo(session, case, settled.line, actor_id=cast.rui.id, now=settled.now)
    integrity_services.confirm_undo(session, case, settled.line, actor_id=cast.hua.id, now=settled.now)
    session.flush()
    assert settled.places() == before
    assert boards.verify(session).faults == []
    with pytest.raises(ContestMoved):
        integrity_services.confirm_undo(session, case, settled.line, actor_id=cast.hua.id, now=settled.now)


def test_doing_nothing_is_a_decision_too(session, settled, cast):
    case = heard(session, settled, cast)
    before = settled.places()
    decide(session, settled, case, [], cast.rui)
    assert (case.state, settled.places()) == (CaseState.DISMISSED, before)
    assert session.scalars(select(Annulment)).all() == []


def test_hours_of_an_annulled_result_go_and_come_back(session, make_contest, cast):
    contest = make_contest(hours_quarters=4)
    contest.hand_in(cast.lin, right=9)
    contest.move_to(Phase.SETTLING)
    year = contest.now.year

    def quarters():
        session.flush()
        return sum(entry.quarters for entry in hours.list_entries(session, cast.lin.id, year))

    assert quarters() == 4
    case = heard(session, contest, cast, [cast.lin.id])
    decide(session, contest, case, [cast.lin.id], cast.rui)
    assert quarters() == 0
    integrity_services.ask_undo(session, case, reason="查清了", actor_id=cast.rui.id, now=contest.now)
    session.flush()
    session.expire_all()
    integrity_services.confirm_undo(session, case, contest.line, actor_id=cast.ada.id, now=contest.now)
    assert quarters() == 4


def test_reviewers_go_from_the_signals_to_the_decision_on_the_pages(web, session, settled, cast, now):
    address = f"/office/contests/rounds/{settled.round.id}/integrity"
    as_hua = web.as_("hua")
    assert "同一设备和地址 1 条" in as_hua.get(address).text
    pair = f"person={cast.lin.id}&person={cast.bo.id}"
    as_hua.get(f"{address}/new?{pair}")
    as_hua.get(f"{address}/new?person={cast.gao.id}", 404)
    as_hua.post(f"{address}/new?{pair}", {"reason": ""}, 422)
    case = as_hua.follow(as_hua.post(f"{address}/new?{pair}", {"reason": "同一台电脑"}, 303))
    assert "听取说明" in case.text
    where = f"/office/contests/cases/{session.scalars(select(integrity_queries.IntegrityCase.id)).one()}"
    as_hua.post(f"{where}/hearing", {"text": "轮流用一台"}, 303)
    as_hua.post(f"{where}/decision", {"text": "属实", "annulled": [str(cast.lin.id)]}, 409)
    web.as_("lin").get(where, 403)
    assert "决定须由立案人以外的人作出" in as_hua.get(where).text


def test_a_second_reviewer_annuls_and_two_restore_on_the_pages(web, session, settled, cast):
    case = heard(session, settled, cast)
    where, people = f"/office/contests/cases/{case.id}", {"text": "属实", "annulled": [str(cast.lin.id)]}
    as_hua = web.as_("hua")
    as_hua.post(f"{where}/decision", people | {"annulled": ["999999"]}, 422)
    assert "成绩作废" in as_hua.follow(as_hua.post(f"{where}/decision", people, 303)).text
    as_hua.post(f"{where}/undo-request", {"reason": ""}, 422)
    as_hua.post(f"{where}/undo-request", {"reason": "查清了"}, 303)
    as_hua.post(f"{where}/undo", {}, 409)
    assert "请另一位复核人确认" in as_hua.get(where).text


def test_the_time_of_an_answer_is_counted_from_the_one_before(session, settled):
    seconds = {one.seconds for one in integrity_queries.list_given(session, settled.round.id)}
    assert seconds == {0}

"""The office page on which an organiser chooses what follows, and what learners read of it."""

from datetime import timedelta

import pytest

from lms import clock
from lms.contests import award_queries, award_services, team_queries, team_services
from lms.contests.award_models import RoundEffect
from lms.contests.rules import Phase
from lms.contests.team_rules import Deadlines, MemberRole, Sizes
from lms.contests.team_services import Hand
from lms.leaderboard import queries as boards
from lms.tasks.services import run_due
from tests.contests.conftest import HOUR

AWARD = {"title": "业务标兵", "most": "1", "per_unit": "0", "least": "80", "hours": "6"}


@pytest.fixture
def over(running, session, cast):
    running.hand_in(cast.lin, right=10)
    running.hand_in(cast.bo, right=7)
    running.move_to(Phase.REVIEWED)
    session.commit()
    return running


def test_an_organiser_chooses_sees_what_would_follow_and_the_public_reads_the_rule(web, over, cast):
    hua, address = web.as_("hua"), f"/office/contests/rounds/{over.round.id}/outcome"
    assert "按现在的名次没有人受表彰或记学时" in hua.get(address).text
    hua.post(f"/office/contests/rounds/{over.round.id}/award", AWARD, 303)
    text = hua.get(address).text
    assert "前 1 名、不低于 80 分的评为业务标兵" in text
    assert cast.lin.name in text
    assert "新发证书" in text
    assert "前 1 名、不低于 80 分的评为业务标兵" in web.as_("lin").get(f"/contests/rounds/{over.round.id}/board").text
    wrong = hua.post(f"/office/contests/rounds/{over.round.id}/award", AWARD | {"most": "-1", "title": ""}, 422).text
    assert "给称号起个名字" in wrong


def test_the_award_is_for_those_who_manage_the_contest(web, over, session):
    web.as_("lin").post(f"/office/contests/rounds/{over.round.id}/award", AWARD, 403)
    web.as_("ada").post(f"/office/contests/rounds/{over.round.id}/award", AWARD, 403)
    session.expire_all()
    assert award_queries.find_award(session, over.round.id) == award_queries.NOTHING


def publish(web, over, session, make_session):
    over.move_to(Phase.NOTICE)
    over.round.notice_until_on = clock.today(over.now) - timedelta(days=1)
    session.commit()
    web.as_("hua").post(f"/office/contests/rounds/{over.round.id}/publication", {}, 303)
    run_due(make_session, {award_services.FOLLOW: award_services.follow}, {})
    session.expire_all()


def test_what_was_published_shows_the_honoured_and_the_own_certificate(web, over, session, make_session, cast):
    web.as_("hua").post(f"/office/contests/rounds/{over.round.id}/award", AWARD, 303)
    publish(web, over, session, make_session)
    serial = f"{clock.today(over.now).year}-R-000001"
    address = f"/contests/rounds/{over.round.id}/published"
    lin, bo = (web.as_(name).get(address).text for name in ("lin", "bo"))
    assert serial in lin
    assert serial not in bo
    assert "业务标兵" in bo
    assert session.query(RoundEffect).count() == 2
    office = web.as_("hua").get(f"/office/contests/rounds/{over.round.id}/outcome").text
    assert "第 1 版 2 / 2 人" in office
    assert "和已公布的一版没有差别" in office
    web.as_("hua").post(f"/office/contests/rounds/{over.round.id}/award", AWARD, 409)


def test_teams_are_published_with_the_people_as_one_signed_list(web, running, session, make_session, cast, north):
    until = Deadlines(running.now + HOUR, running.now + HOUR)
    team_services.set_terms(
        session, running.contest, Sizes(1, 3, 1, 2, 2), until, actor_id=cast.hua.id, now=running.now
    )
    terms = team_queries.find_terms(session, running.contest.id)
    team = team_services.enter_team(
        session, terms, name="北区一队", unit_id=north.id, captain=cast.lin, hand=Hand(cast.lin.id), now=running.now,
    )  # fmt: skip
    head = team_queries.find_team(session, team.id)
    team_services.join(session, head, cast.bo, MemberRole.MEMBER, hand=Hand(cast.lin.id), now=running.now)
    running.hand_in(cast.lin, right=10)
    running.hand_in(cast.bo, right=7)
    session.commit()
    publish(web, running, session, make_session)
    ranking = boards.find_publication(session, running.round.board_id)
    (line,) = boards.load_complete(session, ranking)["teams"]
    assert (line["team_id"], line["place"], line["score_millis"]) == (team.id, 1, 170_000)
    (public,) = boards.load_public(session, ranking)["teams"]
    assert set(public) == {"place", "name", "unit", "score_millis", "seconds"}
    assert "公布的团队名次" in web.as_("dana").get(f"/contests/rounds/{running.round.id}/published").text

"""The pages of teams: the captain on the phone, the unit admin and the organiser in the office, the standings."""

from datetime import timedelta

import pytest

from lms import clock
from lms.contests import team_queries, team_services
from lms.contests.team_rules import Deadlines, Sizes
from lms.contests.team_services import Hand
from lms.leaderboard import services as boards
from lms.leaderboard.models import Board
from lms.people.models import Person
from tests.leaderboard.making import make_people
from tests.support.web import visible

DAY = timedelta(days=1)


@pytest.fixture
def contest(session, running, cast, bureau):
    """The running contest has teams of one to three, two of a unit."""
    deadlines = Deadlines(running.now + DAY, running.now + DAY)
    team_services.set_terms(
        session, running.contest, Sizes(1, 3, 1, 2, 2), deadlines, actor_id=cast.hua.id, now=running.now
    )
    session.flush()
    return running.contest.id


def entered(web, contest, who="lin", name="北区一队"):
    browser = web.as_(who)
    return browser.follow(browser.post(f"/contests/{contest}/team", {"name": name}, 303))


def team_id(session, contest):
    session.expire_all()
    return team_queries.list_teams(session, contest)[-1].team.id


def test_a_captain_enters_a_team_adds_a_colleague_and_withdraws(web, session, contest, cast):
    as_lin = web.as_("lin")
    assert f"/contests/{contest}/team" in as_lin.get(f"/contests/{contest}").text
    assert "你是队长" in entered(web, contest).text
    address = f"/contests/teams/{team_id(session, contest)}"
    as_lin.post(f"{address}/members", {"staff_no": cast.bo.staff_no, "role": "member"}, 303)
    assert cast.bo.name in as_lin.get(address).text
    as_bo = web.as_("bo")
    assert "队员由队长安排" in as_bo.get(address).text
    as_bo.post(f"{address}/withdrawal", {}, 403)
    as_lin.post(f"{address}/withdrawal", {}, 303)
    assert "你还不在任何一支队里" in as_lin.get(f"/contests/{contest}/team").text


def test_a_refused_entry_leaves_nothing_behind(web, session, contest):
    entered(web, contest)
    as_bo = web.as_("bo")
    as_bo.post(f"/contests/{contest}/team", {"name": "北区一队"}, 409)
    as_bo.post(f"/contests/{contest}/team", {"name": ""}, 422)
    assert len(team_queries.list_teams(session, contest)) == 1


def test_a_captain_cannot_add_somebody_of_another_unit(web, session, contest, cast):
    entered(web, contest)
    answer = web.as_("lin").post(
        f"/contests/teams/{team_id(session, contest)}/members",
        {"staff_no": cast.dana.staff_no, "role": "member"}, 422,
    )  # fmt: skip
    assert "本单位没有这个工号" in answer.text
    assert cast.dana.name not in answer.text


def test_a_unit_admin_enters_a_team_of_the_own_unit_and_no_other(web, session, contest, cast, north, south):
    as_ada = web.as_("ada")
    assert f"/office/teams/{contest}" in as_ada.get("/office/teams").text
    form = {"name": "北区机关队", "unit": str(north.id), "captain": cast.bo.staff_no}
    as_ada.post(f"/office/teams/{contest}", form | {"unit": str(south.id)}, 422)
    page = as_ada.follow(as_ada.post(f"/office/teams/{contest}", form, 303))
    assert "北区机关队" in page.text
    assert "北区机关队" in as_ada.get(f"/office/teams/{contest}").text


def test_nobody_of_another_unit_sees_or_changes_a_team(web, session, contest):
    entered(web, contest)
    address = f"/contests/teams/{team_id(session, contest)}"
    as_dana = web.as_("dana")
    as_dana.get(address, 404)
    for act in ("members", "removal", "substitution", "captain", "withdrawal"):
        as_dana.post(f"{address}/{act}", {}, 404)


def test_the_organiser_sets_how_a_contest_has_teams(web, session, running, cast):
    address = f"/office/teams/{running.contest.id}"
    as_hua = web.as_("hua")
    as_hua.get(address, 303)
    as_hua.get(f"{address}/terms")
    form = {
        "least": "3", "most": "2", "substitutes": "1", "per_unit": "2", "best_of": "2",
        "entry_until": "2030-01-01T18:00", "change_until": "2030-01-02T18:00",
    }  # fmt: skip
    as_hua.post(f"{address}/terms", form, 422)
    assert "组队办法" in as_hua.follow(as_hua.post(f"{address}/terms", form | {"most": "4"}, 303)).text
    as_lin = web.as_("lin")
    assert as_lin.get(f"/contests/{running.contest.id}/team").status_code == 200


def test_after_the_deadline_the_organiser_needs_a_reason(web, session, contest, running, cast):
    entered(web, contest)
    address, past = f"/contests/teams/{team_id(session, contest)}", running.now - timedelta(minutes=1)
    team_services.set_terms(
        session, running.contest, Sizes(1, 3, 1, 2, 2), Deadlines(past, past), actor_id=cast.hua.id, now=running.now
    )
    form = {"staff_no": cast.bo.staff_no, "role": "member"}
    as_lin = web.as_("lin")
    as_lin.post(f"{address}/members", form, 422)
    as_hua = web.as_("hua")
    as_hua.post(f"{address}/members", form, 422)
    as_hua.post(f"{address}/members", form | {"reason": "单位来函补报"}, 303)
    assert "单位来函补报" in as_hua.get(address).text


def test_team_standings_list_at_most_ten_teams_and_the_own_one(web, session, contest, running, cast, north, south):
    team_services.set_terms(
        session, running.contest, Sizes(1, 3, 1, 20, 2), Deadlines(running.now + DAY, running.now + DAY),
        actor_id=cast.hua.id, now=running.now,
    )  # fmt: skip
    entered(web, contest)
    running.hand_in(cast.lin, right=1)

    terms = team_queries.find_terms(session, contest)

    for number, person_id in enumerate(make_people(session, 11, south)):
        person = session.get(Person, person_id)
        team_services.enter_team(
            session, terms, name=f"南区{number}队", unit_id=south.id, captain=person,
            hand=Hand(cast.hua.id, True), now=running.now,
        )  # fmt: skip
        running.hand_in(person, right=2 + number % 2)
    as_lin = web.as_("lin")
    text = as_lin.get(f"/contests/rounds/{running.round.id}/teams").text
    assert "北区一队在第 <b>12</b> 名" in text
    assert text.count('<td data-label="队"') <= 10
    assert "北区一队</td>" not in text
    as_dana = web.as_("dana")
    as_dana.get(f"/contests/rounds/{running.round.id}/teams")


def test_team_standings_are_off_when_rankings_are(web, session, contest, running, cast):

    boards.switch_rankings(session, on=False, actor_id=cast.hua.id, now=running.now)
    as_lin = web.as_("lin")
    as_lin.get(f"/contests/rounds/{running.round.id}/teams", 404)


def test_while_the_board_is_frozen_the_team_page_shows_what_members_had_then(web, session, contest, running, cast):
    entered(web, contest)
    address = f"/contests/teams/{team_id(session, contest)}"
    web.as_("lin").post(f"{address}/members", {"staff_no": cast.bo.staff_no, "role": "member"}, 303)
    running.hand_in(cast.lin, right=5)
    running.hand_in(cast.bo, right=6)
    board = session.get_one(Board, running.round.board_id)
    at = clock.now()
    boards.set_freeze(session, board, at, actor_id=cast.hua.id, now=at)
    bo = {"person_id": cast.bo.id, "unit_id": None, "score_millis": 77_000, "seconds": 40, "source_id": 999_999}
    boards.record(session, board.id, **bo, submitted_at=at + timedelta(seconds=1), now=at + timedelta(seconds=1))
    session.commit()
    as_lin, as_bo, as_hua = (visible(web.as_(name).get(address).text) for name in ("lin", "bo", "hua"))
    assert "60" in as_lin
    assert "77" not in as_lin
    assert "77" in as_bo, "the own result is one's own"
    assert "77" in as_hua, "the organiser sees what is true"

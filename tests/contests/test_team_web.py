"""The pages of teams: the captain on the phone, the unit admin and the organiser in the office, the standings."""

from datetime import timedelta

import pytest

from lms.contests import team_queries, team_services
from lms.contests.team_rules import Deadlines, Sizes
from lms.contests.team_services import Hand

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
    return web.follow(web.as_(who).post(f"/contests/{contest}/team", {"name": name}, 303))


def team_id(session, contest):
    session.expire_all()
    return team_queries.list_teams(session, contest)[-1].team.id


def test_a_captain_enters_a_team_adds_a_colleague_and_withdraws(web, session, contest, cast):
    assert f"/contests/{contest}/team" in web.as_("lin").get(f"/contests/{contest}").text
    assert "你是队长" in entered(web, contest).text
    address = f"/contests/teams/{team_id(session, contest)}"
    web.post(f"{address}/members", {"staff_no": cast.bo.staff_no, "role": "member"}, 303)
    assert cast.bo.name in web.get(address).text
    assert "队员和分题由队长安排" in web.as_("bo").get(address).text
    web.post(f"{address}/withdrawal", {}, 403)
    web.as_("lin").post(f"{address}/withdrawal", {}, 303)
    assert "你还不在任何一支队里" in web.get(f"/contests/{contest}/team").text


def test_a_refused_entry_leaves_nothing_behind(web, session, contest):
    entered(web, contest)
    web.as_("bo").post(f"/contests/{contest}/team", {"name": "北区一队"}, 409)
    web.post(f"/contests/{contest}/team", {"name": ""}, 422)
    assert len(team_queries.list_teams(session, contest)) == 1


def test_a_captain_cannot_add_somebody_of_another_unit(web, session, contest, cast):
    entered(web, contest)
    answer = web.post(
        f"/contests/teams/{team_id(session, contest)}/members",
        {"staff_no": cast.dana.staff_no, "role": "member"}, 422,
    )  # fmt: skip
    assert "本单位没有这个工号" in answer.text
    assert cast.dana.name not in answer.text


def test_a_unit_admin_enters_a_team_of_the_own_unit_and_no_other(web, session, contest, cast, north, south):
    assert f"/office/teams/{contest}" in web.as_("ada").get("/office/teams").text
    form = {"name": "北区机关队", "unit": str(north.id), "captain": cast.bo.staff_no}
    web.post(f"/office/teams/{contest}", form | {"unit": str(south.id)}, 422)
    page = web.follow(web.post(f"/office/teams/{contest}", form, 303))
    assert "北区机关队" in page.text
    assert "北区机关队" in web.get(f"/office/teams/{contest}").text


def test_nobody_of_another_unit_sees_or_changes_a_team(web, session, contest):
    entered(web, contest)
    address = f"/contests/teams/{team_id(session, contest)}"
    web.as_("dana").get(address, 404)
    for act in ("members", "removal", "substitution", "captain", "withdrawal"):
        web.post(f"{address}/{act}", {}, 404)


def test_the_organiser_sets_how_a_contest_has_teams(web, session, running, cast):
    address = f"/office/teams/{running.contest.id}"
    web.as_("hua").get(address, 303)
    web.get(f"{address}/terms")
    form = {
        "least": "3", "most": "2", "substitutes": "1", "per_unit": "2", "best_of": "2",
        "entry_until": "2030-01-01T18:00", "change_until": "2030-01-02T18:00",
    }  # fmt: skip
    web.post(f"{address}/terms", form, 422)
    assert "组队办法" in web.follow(web.post(f"{address}/terms", form | {"most": "4"}, 303)).text
    assert web.as_("lin").get(f"/contests/{running.contest.id}/team").status_code == 200


def test_after_the_deadline_the_organiser_needs_a_reason(web, session, contest, running, cast):
    entered(web, contest)
    address, past = f"/contests/teams/{team_id(session, contest)}", running.now - timedelta(minutes=1)
    team_services.set_terms(
        session, running.contest, Sizes(1, 3, 1, 2, 2), Deadlines(past, past), actor_id=cast.hua.id, now=running.now
    )
    form = {"staff_no": cast.bo.staff_no, "role": "member"}
    web.as_("lin").post(f"{address}/members", form, 422)
    web.as_("hua").post(f"{address}/members", form, 422)
    web.post(f"{address}/members", form | {"reason": "单位来函补报"}, 303)
    assert "单位来函补报" in web.get(address).text


def test_team_standings_list_at_most_ten_teams_and_the_own_one(web, session, contest, running, cast, north, south):
    team_services.set_terms(
        session, running.contest, Sizes(1, 3, 1, 20, 2), Deadlines(running.now + DAY, running.now + DAY),
        actor_id=cast.hua.id, now=running.now,
    )  # fmt: skip
    entered(web, contest)
    running.hand_in(cast.lin, right=1)
    from tests.leaderboard.making import make_people

    terms = team_queries.find_terms(session, contest)
    from lms.people.models import Person

    for number, person_id in enumerate(make_people(session, 11, south)):
        person = session.get(Person, person_id)
        team_services.enter_team(
            session, terms, name=f"南区{number}队", unit_id=south.id, captain=person,
            hand=Hand(cast.hua.id, True), now=running.now,
        )  # fmt: skip
        running.hand_in(person, right=2 + number % 2)
    text = web.as_("lin").get(f"/contests/rounds/{running.round.id}/teams").text
    assert "北区一队在第 <b>12</b> 名" in text
    assert text.count('<td data-label="队"') <= 10
    assert "北区一队</td>" not in text
    web.as_("dana").get(f"/contests/rounds/{running.round.id}/teams")


def test_team_standings_are_off_when_rankings_are(web, session, contest, running):
    from lms.leaderboard import services as boards

    boards.switch_rankings(session, is_on=False, actor_id=1, now=running.now)
    web.as_("lin").get(f"/contests/rounds/{running.round.id}/teams", 403)

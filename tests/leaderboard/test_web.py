"""The big screen, the JSON board and the commands."""

import pytest

from lms.config import Keys
from lms.db import unit_of_work
from lms.leaderboard import queries, services
from lms.leaderboard.models import BoardBucket
from lms.leaderboard.rules import BoardRule
from lms.people.models import Unit
from tests.leaderboard.making import NOON, make_hall, make_people

BELOW = 51


@pytest.fixture
def bureau(session) -> Unit:
    return session.query(Unit).filter_by(name="南州市自然资源局").one()


@pytest.fixture
def hall(session, cast, bureau):
    """60 people, one point apart in time; lin is the 61st."""
    hall = make_hall(session, root=bureau)
    for n, person in enumerate(make_people(session, 60)):
        hall.record(person, 90, 60 + n)
    hall.record(cast.lin.id, 50, 600)
    session.commit()
    return hall


def names_below(session, hall) -> list[str]:
    lines = queries.list_lines(session, hall.head)
    return [line.name for line in lines if line.place >= BELOW]


def names_listed(session, hall) -> list[str]:
    return [line.name for line in queries.list_lines(session, hall.head) if line.place < BELOW]


# --- JSON ---


def test_the_board_tells_the_first_fifty_the_own_place_and_figures_around_it(web, hall):
    reply = web.as_("lin").get(f"/api/boards/{hall.board.id}").get_json()
    assert (reply["total"], len(reply["top"])) == (61, 50)
    assert reply["me"]["place"] == 61
    assert [line["seconds"] for line in reply["around"]["before"]] == [115, 116, 117, 118, 119]
    assert reply["around"]["after"] == []
    assert set(reply) == {"as_of", "total", "top", "me", "around"}
    assert set(reply["around"]["before"][0]) == {"score_millis", "seconds"}


def test_who_has_no_result_sees_the_list_and_no_own_place(web, hall):
    reply = web.as_("bo").get(f"/api/boards/{hall.board.id}").get_json()
    assert (reply["me"], reply["around"]) == (None, {"before": [], "after": []})


@pytest.mark.parametrize("name", ["sun", "qin", "shi"])
def test_the_three_admins_read_no_board_and_those_who_compete_do(web, hall, name):
    web.as_(name).get(f"/api/boards/{hall.board.id}", 403)
    web.as_("ada").get(f"/api/boards/{hall.board.id}")


def test_the_own_line_in_the_list_is_marked_and_named_even_when_off_public_lists(web, session, cast, bureau):
    hall = make_hall(session, root=bureau)
    cast.lin.is_unlisted = True
    hall.record(cast.lin.id)
    (mine,) = web.as_("lin").get(f"/api/boards/{hall.board.id}").get_json()["top"]
    (others,) = web.as_("bo").get(f"/api/boards/{hall.board.id}").get_json()["top"]
    assert (mine["is_me"], mine["name"]) == (True, "林晓")
    assert (others["is_me"], others["name"]) == (False, "不公开")


def test_a_board_is_read_without_flask_and_says_the_same_as_with_it(web, hall, cast, flask_is_asked):
    url = f"/api/boards/{hall.board.id}"
    lin = web.as_("lin")
    short = lin.get(url)
    assert flask_is_asked == []
    whole = lin.get(f"{url}?whole=way")
    assert flask_is_asked == [url]
    assert short.get_json() == whole.get_json()
    assert short.get_json()["me"]["place"] == 61
    named = ("Content-Type", "Cache-Control", "Content-Security-Policy", "X-Content-Type-Options")
    assert {name: short.headers[name] for name in named} == {name: whole.headers[name] for name in named}


def test_refusals_of_a_board_are_those_of_the_whole_way(web, session, hall, cast, flask_is_asked):
    url = f"/api/boards/{hall.board.id}"
    dana = web.as_("dana")
    dana.get(url)
    assert flask_is_asked == []
    hall.board.audience_unit_id = session.query(Unit).filter_by(name="北区分局").one().id
    dana.get(url, 404)
    web.get(url, 401)
    web.as_("sun").get(url, 403)
    web.as_("lin").get("/api/boards/999999", 404)
    assert flask_is_asked == [url, url, url, "/api/boards/999999"]


def test_strangers_are_sent_to_sign_in_and_other_units_find_nothing(web, session, hall, cast):
    assert "error" in web.get(f"/api/boards/{hall.board.id}", 401).get_json()
    north = session.query(Unit).filter_by(name="北区分局").one()
    hall.board.audience_unit_id = north.id
    web.as_("lin").get(f"/api/boards/{hall.board.id}")
    web.as_("dana").get(f"/api/boards/{hall.board.id}", 404)


def test_a_board_not_shown_yet_does_not_exist(web, hall):
    hall.board.is_visible = False
    web.as_("lin").get(f"/api/boards/{hall.board.id}", 404)
    web.as_("lin").get("/api/boards/999999", 404)


def test_the_switch_takes_boards_and_screens_away(web, session, hall, cast):
    services.switch_rankings(session, on=False, actor_id=cast.hua.id, now=NOON)
    assert "排名功能已由管理员关闭" in web.as_("lin").get(f"/api/boards/{hall.board.id}", 404).get_json()["error"]
    web.get(f"/live/{hall.board.live_key}", 404)
    assert web.get(f"/live/{hall.board.live_key}/standings").headers["X-Stop"] == "1"
    services.switch_rankings(session, on=True, actor_id=cast.hua.id, now=NOON)
    web.as_("lin").get(f"/api/boards/{hall.board.id}")


def test_the_board_is_part_of_the_description_of_the_interface(web, app):
    document = web.get("/api/openapi.json").get_json()
    assert "/api/boards/{board_id}" in document["paths"]
    assert document["components"]["schemas"]["BoardReply"]["additionalProperties"] is False


# --- big screen ---


def test_the_screen_shows_the_first_ten_to_anybody_who_knows_its_address(web, session, hall):
    text = web.get(f"/live/{hall.board.live_key}").get_data(as_text=True)
    listed = names_listed(session, hall)
    assert [name in text for name in listed[:12]] == [True] * 10 + [False] * 2
    assert "进行中" in text


@pytest.mark.parametrize("path", ["", "/standings"])
def test_the_screen_reads_no_session_sets_no_cookie_and_may_be_kept_for_a_second(web, hall, path):
    url = f"/live/{hall.board.live_key}{path}"
    stranger, lin = web.get(url), web.as_("lin").get(url)
    assert stranger.data == lin.data
    for answer in (stranger, lin):
        assert answer.headers["Cache-Control"] == "public, max-age=1"
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")


def test_an_unchanged_screen_is_not_sent_again(web, hall):
    url = f"/live/{hall.board.live_key}/standings"
    tag = web.get(url).headers["ETag"]
    assert web.client.get(url, headers={"If-None-Match": tag}).status_code == 304


def test_a_changed_address_tells_the_screen_to_stop_and_names_nobody(web, session, hall):
    old = hall.board.live_key
    services.show_board(session, hall.board)
    answer = web.get(f"/live/{old}/standings")
    assert answer.headers["X-Stop"] == "1"
    assert not any(name in answer.get_data(as_text=True) for name in names_listed(session, hall))
    web.get(f"/live/{old}", 404)


def test_the_screen_of_an_empty_board_says_what_will_appear(web, session, bureau):
    hall = make_hall(session, root=bureau)
    session.commit()
    assert "还没有成绩" in web.get(f"/live/{hall.board.live_key}").get_data(as_text=True)


# --- nobody below the list is ever named ---


def test_names_below_the_list_stand_in_no_byte_of_the_board(web, session, hall):
    """PEERS 2.4, B05: the canary is found where it may be (the list) and nowhere else."""
    below, listed = names_below(session, hall), names_listed(session, hall)
    assert len(below) == 11
    urls = [f"/live/{hall.board.live_key}", f"/live/{hall.board.live_key}/standings"]
    seen = [web.get(url).get_data(as_text=True) for url in urls]
    seen.append(web.as_("bo").get(f"/api/boards/{hall.board.id}").get_data(as_text=True))
    assert all(listed[0] in text for text in seen)
    for text in seen:
        assert [name for name in below if name in text] == []


def test_the_leak_test_would_find_a_longer_list(web, session, cast, bureau):
    """The control of the test above: with a weaker rule the names are there to be found."""
    hall = make_hall(session, root=bureau, rule=BoardRule(shown_people=1000))
    for n, person in enumerate(make_people(session, 60)):
        hall.record(person, 90, 60 + n)
    text = web.as_("bo").get(f"/api/boards/{hall.board.id}").get_data(as_text=True)
    assert names_below(session, hall)[0] in text


# --- commands ---


def run(app, *words: str):
    with app.app_context():
        return app.test_cli_runner().invoke(args=["boards", *words])


@pytest.fixture
def commands(app):
    from lms.cli import register_commands  # noqa: PLC0415

    if "boards" not in app.cli.commands:
        register_commands(app)
    return app


def test_verify_says_how_much_was_compared(commands, hall):
    result = run(commands, "verify")
    assert result.exit_code == 0
    assert (
        "1 boards, 61 results, 61 entries, 0 publications compared (0 frozen copies, 0 published lines), 0 faults"
        in result.output
    )


def test_verify_fails_on_a_difference_and_rebuild_mends_it(commands, make_session, hall):
    with unit_of_work(make_session) as session:
        session.query(BoardBucket).update({"people": BoardBucket.people + 1})
    failed = run(commands, "verify")
    assert failed.exit_code == 1
    assert "FAULT board" in failed.output
    assert run(commands, "rebuild", str(hall.board.id)).exit_code == 0
    assert run(commands, "verify").exit_code == 0


def test_verify_checks_publications_with_the_sites_keys(commands, session, cast, keys: Keys, hall):
    published = services.publish(session, hall.head, keys=keys, actor_id=cast.hua.id, now=NOON)
    session.commit()
    assert "1 publications compared (0 frozen copies" in run(commands, "verify").output
    published.public_signature = "AAAA"
    session.commit()
    assert run(commands, "verify").exit_code == 1


def test_rebuilding_a_board_that_is_not_there_is_said(commands):
    assert run(commands, "rebuild", "99999").exit_code != 0

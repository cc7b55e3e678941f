"""Home leads to what is going on in the hall: the audience, the teams and the host."""

from datetime import timedelta

from tests.livequiz import conftest as live_parts
from tests.stage import conftest as stage_parts
from tests.support.web import visible

bank, bureau, make_contest, north, now, running, south = (
    stage_parts.bank, stage_parts.bureau, stage_parts.make_contest, stage_parts.north, stage_parts.now,
    stage_parts.running, stage_parts.south,
)  # fmt: skip
stage_round, stage = stage_parts.stage_round, stage_parts.stage
live_round, live = live_parts.live_round, live_parts.live

TITLE = "不动产登记专场"


def seen(web, name, url="/"):
    return visible(web.as_(name).get(url).text)


def test_a_running_final_is_on_the_home_page_of_teams_audience_and_host_until_it_is_over(web, stage, session):
    session.commit()
    assert "你在北区队，到会场用手机抢答" in seen(web, "lin")
    assert "你在南区队" in seen(web, "dana")
    assert "各队在会场比，手机上也能看大屏幕" in seen(web, "bo")
    link = f"/stage/rounds/{stage.final.round_id}"
    assert link in web.as_("bo").get("/").text
    for url in ("/", "/office"):
        assert f"/office/stage/{stage.final_id}" in web.as_("hua").get(url).text, url
    assert "可以主持" not in seen(web, "bo")
    stage.step("finished")
    session.commit()
    for name in ("lin", "bo", "hua"):
        assert link not in web.as_(name).get("/").text, name
    assert f"/office/stage/{stage.final_id}" not in web.as_("hua").get("/office").text


def test_a_final_that_is_not_prepared_or_not_begun_is_not_on_the_home_page(web, stage_round, session):
    session.commit()
    assert TITLE not in seen(web, "lin")
    stage_round.round.opens_at += timedelta(hours=3)
    stage_round.round.closes_at += timedelta(hours=3)
    session.commit()
    assert TITLE not in seen(web, "lin")


def test_a_live_quiz_is_on_the_home_page_of_who_may_answer_and_of_its_host_until_it_is_over(web, live, session):
    session.commit()
    assert "进入同答" in seen(web, "lin")
    for url in ("/", "/office"):
        assert f"/office/livequiz/{live.quiz_id}" in web.as_("hua").get(url).text, url
    live.step("finished")
    session.commit()
    assert "进入同答" not in seen(web, "lin")
    assert f"/office/livequiz/{live.quiz_id}" not in web.as_("hua").get("/office").text

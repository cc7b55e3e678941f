"""What the own place opens to, the contests of the years, and boards of a rank band or a business line."""

import re
from datetime import timedelta

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from lms import clock
from lms.contests import place_queries, services
from lms.contests.rules import Phase
from lms.leaderboard import queries as boards
from lms.leaderboard import services as board_services
from lms.leaderboard.models import Board
from lms.people import queries as people
from lms.people.line_rules import Line
from lms.people.models import Person
from lms.people.principal import principal_of
from lms.people.rules import DutyStatus, PartyStatus, RankBand
from lms.people.services import accounts
from lms.people.services import persons as people_services
from lms.quizzes.models import AttemptItem, Question, QuestionVersion
from tests.leaderboard.making import make_people
from tests.support.web import visible

MINUTE = timedelta(minutes=1)


def test_the_place_is_the_sum_of_those_before_by_points_time_and_hand_in(running, cast, web):
    running.hand_in(cast.chen, right=9, seconds=500)
    running.hand_in(cast.dana, right=8, seconds=90, now=running.now - MINUTE)
    running.hand_in(cast.bo, right=8, seconds=80)
    running.hand_in(cast.lin, right=6, seconds=70)
    running.hand_in(cast.lin, right=8, seconds=90)
    own = boards.find_own(running.session, running.board, cast.lin.id)
    found = place_queries.count_around(running.session, running.board, own, cast.lin.id)
    assert (found.by_score, found.by_time, found.by_submission, found.equal, own.place) == (1, 1, 1, 0, 4)
    running.session.commit()
    text = web.as_("lin").get(f"/contests/rounds/{running.round.id}/place").text
    assert "1 + 1 + 1 = 3 人在你前面，所以是第 4 名" in text
    assert "第 2 次，计名次" in text
    assert "算在北区分局，应参加 5 人" in text
    assert "结束后可看" in text, "answers open when the round is over"
    assert (
        f"/contests/rounds/{running.round.id}/place"
        in web.as_("lin").get(f"/contests/rounds/{running.round.id}/board").text
    )


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=8))
def test_whatever_the_results_those_before_add_up_to_the_place(session, running, results):
    with session.begin_nested() as point:
        for number, (score, seconds, after) in enumerate(results, 1):
            board_services.record(
                session, running.round.board_id, person_id=make_people(session, 1)[0], unit_id=None, score_millis=score * 1000,
                seconds=seconds, submitted_at=running.now + timedelta(seconds=after), source_id=900_000 + number, now=running.now,
            )  # fmt: skip
        for line in boards.list_lines(session, running.board):
            own = boards.find_own(session, running.board, line.person_id)
            found = place_queries.count_around(session, running.board, own, line.person_id)
            assert found.by_score + found.by_time + found.by_submission + 1 == line.place
            assert (
                found.equal
                == sum(1 for other in boards.list_lines(session, running.board) if other.place == line.place) - 1
            )
        point.rollback()


def test_a_guest_is_told_why_there_is_no_place(running, cast, web):
    running.hand_in(cast.hua)
    running.session.commit()
    assert "不计名次" in web.as_("hua").get(f"/contests/rounds/{running.round.id}/place").text


@pytest.fixture
def published(running, cast, session, keys):
    running.hand_in(cast.lin, right=9)
    running.hand_in(cast.bo, right=8)
    running.move_to(Phase.NOTICE)
    running.round.notice_until_on = clock.today(running.now) - timedelta(days=1)
    services.publish(session, running.line, running.board, keys=keys, actor_id=cast.hua.id, now=running.now)
    session.commit()
    return running


def test_the_own_history_says_what_was_published_until_the_next_version(
    published, cast, session, keys, web, make_contest
):
    (past,) = place_queries.list_past(session, cast.lin.id, now=published.now)
    assert (past.place, past.total, past.score_millis) == (1, 2, 90_000)
    lins = boards.find_own(session, published.board, cast.lin.id).source_id
    later = clock.now() + MINUTE
    board_services.revise(session, published.round.board_id, {lins: 10_000}, now=later)
    assert place_queries.list_past(session, cast.lin.id, now=later)[0].place == 1
    services.correct(
        session, published.line, published.board, keys=keys, reason="更正", actor_id=cast.hua.id, now=later + MINUTE
    )
    assert place_queries.list_past(session, cast.lin.id, now=later)[0].place == 2
    make_contest(title="还在进行").hand_in(cast.lin, right=3)
    session.commit()
    text = web.as_("lin").get("/contests/history").text
    assert "第 2 名" in text
    assert "还在进行" in text
    assert "还没有参加过比拼" in web.as_("dana").get("/contests/history").text
    assert "/contests/history" in web.as_("lin").get("/contests").text


def test_a_rank_band_is_ranked_among_itself_with_the_publicity_of_the_board(running, cast, session, web):
    for person, right in ((cast.lin, 6), (cast.bo, 9), (cast.dana, 8)):
        running.hand_in(person, right=right)
    cast.bo.rank_band = RankBand.COUNTY
    cast.dana.rank_band = cast.lin.rank_band = RankBand.TECHNICAL
    cast.dana.is_unlisted = True
    session.commit()
    found = place_queries.band_board(session, running.board, RankBand.TECHNICAL, cast.lin.id)
    assert [(one.place, one.name) for one in found.lines] == [(1, "不公开"), (2, cast.lin.name)]
    assert found.own.place == 2
    text = web.as_("lin").get(f"/contests/rounds/{running.round.id}/parts").text
    assert "你在专业技术里是第 <b>2</b> 名" in text
    assert cast.dana.name not in text
    assert cast.bo.name in web.as_("lin").get(f"/contests/rounds/{running.round.id}/parts?band=county").text


def test_a_business_line_is_ranked_by_the_points_of_its_questions_when_the_round_is_over(running, cast, session, web):
    running.hand_in(cast.lin, right=9)
    running.hand_in(cast.bo, right=5)
    attempt = running.hand_in(cast.bo, right=6)
    chosen = session.scalars(select(AttemptItem.version_id).where(AttemptItem.attempt_id == attempt.id).limit(3)).all()
    questions = select(QuestionVersion.question_id).where(QuestionVersion.id.in_(chosen))
    for question in session.scalars(select(Question).where(Question.id.in_(questions))):
        question.line = Line.FARMLAND
    session.commit()
    address = f"/contests/rounds/{running.round.id}/parts"
    assert "耕地保护" not in web.as_("lin").get(f"{address}?line=farmland").text, "parts tell nothing while it runs"
    running.move_to(Phase.REVIEWED)
    session.commit()
    found = place_queries.line_board(session, running.board, Line.FARMLAND, cast.bo.id)
    points = {}
    for line in found.lines:
        source = boards.find_own(session, running.board, line.person_id).source_id
        items = select(AttemptItem.score_millis).where(
            AttemptItem.attempt_id == source, AttemptItem.version_id.in_(chosen)
        )
        points[line.person_id] = sum(session.scalars(items))
    assert {one.person_id: one.score_millis for one in found.lines} == points
    assert [one.score_millis for one in found.lines] == sorted(points.values(), reverse=True)
    assert found.own.score_millis == 30_000
    assert "耕地保护榜" in web.as_("lin").get(f"{address}?line=farmland").text


def test_the_boards_of_parts_are_those_of_the_freezing(running, cast, session, web):
    running.hand_in(cast.bo, right=5)
    at = clock.now()
    board_services.set_freeze(session, session.get_one(Board, running.round.board_id), at, actor_id=cast.hua.id, now=at)
    bo = {"person_id": cast.bo.id, "unit_id": None, "score_millis": 77_000, "seconds": 40, "source_id": 999_999}
    later = at + timedelta(seconds=1)
    board_services.record(session, running.round.board_id, **bo, submitted_at=later, now=later)
    band = session.get_one(Person, cast.bo.id).rank_band
    session.commit()
    assert "77" not in visible(web.as_("lin").get(f"/contests/rounds/{running.round.id}/parts?band={band}").text)
    assert "第 <b>1</b> 名，50 分" in web.as_("bo").get(f"/contests/rounds/{running.round.id}/place").text


def change_band(session, person, band, on, cast, keys):
    facts = {"name": person.name, "birth_year": person.birth_year, "title": person.title, "phone": "", "keys": keys}
    by, at = principal_of(session, cast.sun, on), on
    people_services.edit(session, person, rank_band=band, by=by, now=at, **facts)
    session.flush()


def test_a_board_has_the_rank_bands_of_its_cut_off_day_whatever_came_later(running, cast, session, web, keys):
    old = cast.lin.rank_band
    assert old is RankBand.TOWNSHIP
    running.hand_in(cast.lin, right=9)
    running.hand_in(cast.bo, right=8)
    on = running.round.cut_off_on
    change_band(session, cast.lin, RankBand.TECHNICAL, clock.at_local(on + timedelta(days=1), 12), cast, keys)
    change_band(session, cast.lin, RankBand.COUNTY, clock.at_local(on + timedelta(days=3), 12), cast, keys)
    found = place_queries.band_board(session, running.board, old, cast.lin.id)
    assert [line.person_id for line in found.lines] == [cast.lin.id, cast.bo.id]
    for band in (RankBand.TECHNICAL, RankBand.COUNTY):
        assert place_queries.band_board(session, running.board, band, cast.lin.id).lines == []
    days = [on, on + timedelta(days=1), on + timedelta(days=2), on + timedelta(days=3), on + timedelta(days=99)]
    later = [RankBand.TECHNICAL, RankBand.TECHNICAL, RankBand.COUNTY, RankBand.COUNTY]
    assert [people.find_band(session, cast.lin.id, day) for day in days] == [old, *later]
    session.commit()
    text = visible(web.as_("lin").get(f"/contests/rounds/{running.round.id}/parts").text)
    assert cast.bo.name in text, "the own band is the one of that day too"


def test_the_band_changed_before_the_cut_off_day_is_the_one_that_counts(running, cast, session, keys):
    running.hand_in(cast.lin, right=9)
    change_band(session, cast.lin, RankBand.COUNTY, running.now - timedelta(days=2), cast, keys)
    found = place_queries.band_board(session, running.board, RankBand.COUNTY, cast.lin.id)
    assert [line.person_id for line in found.lines] == [cast.lin.id]


def test_who_is_moved_after_the_cut_off_day_finds_the_own_unit_and_line_of_that_day(running, cast, session, web, south):
    running.hand_in(cast.lin, right=9)
    running.hand_in(cast.dana, right=8)
    tomorrow = clock.today(running.now) + timedelta(days=1)
    accounts.place(
        session, cast.lin, south, None, from_on=tomorrow, party_status=PartyStatus.NONE, duty_status=DutyStatus.ON_DUTY
    )
    session.commit()
    with time_machine.travel(running.now + timedelta(days=2), tick=False):
        own = re.search(
            r'<tr class="me".*?</tr>', web.as_("lin").get(f"/contests/rounds/{running.round.id}/units").text, re.S
        )
        assert own
        assert "北区分局" in own[0]

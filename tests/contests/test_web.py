"""Pages of contests, for those who take part and for the back office."""

import hashlib
import io
import re
import zipfile
from datetime import timedelta

import pypdfium2 as pdfium
import pytest
from sqlalchemy import select, update

from lms import clock
from lms.contests import services
from lms.contests.models import Contest, Objection, Round, RoundEntry
from lms.contests.rules import ContestState, Phase, RoundKind
from lms.db import unit_of_work
from lms.leaderboard import queries as boards
from lms.leaderboard import services as board_services
from lms.leaderboard.models import Board, BoardResult, PublishedRanking
from lms.people.models import Person
from lms.people.rules import Role
from lms.people.services import grants
from lms.quizzes.models import Attempt
from tests.contests.conftest import CANARY, HOUR
from tests.leaderboard.making import make_people


def text_of(answer) -> str:
    return answer.get_data(as_text=True)


# --- taking part ---


def test_the_list_shows_what_is_open_what_is_left_today_and_one_primary_button(web, running):
    text = text_of(web.as_("lin").get("/contests"))
    assert "不动产登记专场" in text
    assert "10 题 10 分钟 · 今天还可答 3 次" in text
    assert text.count("button-primary") == 1
    assert "开始答题" in text


def test_without_contests_the_list_says_what_will_appear(web):
    assert "新的比拼开放后会出现在这里" in text_of(web.as_("lin").get("/contests"))


def test_starting_leads_to_the_exam_and_starting_again_to_the_same_one(web, running, session):
    lin = web.as_("lin")
    first = lin.post(f"/contests/rounds/{running.round.id}/attempts")
    second = lin.post(f"/contests/rounds/{running.round.id}/attempts")
    attempt = session.scalars(select(Attempt)).one()
    assert first.headers["Location"] == second.headers["Location"]
    assert str(attempt.id) in first.headers["Location"]
    assert "继续答题" in text_of(lin.get("/contests"))


def test_when_todays_attempts_are_spent_there_is_no_button(web, running, cast):
    for _ in range(3):
        running.hand_in(cast.lin)
    text = text_of(web.as_("lin").get("/contests"))
    assert "今天的 3 次已答完" in text
    assert "开始答题" not in text
    web.as_("lin").post(f"/contests/rounds/{running.round.id}/attempts", status=409)


def test_the_own_score_is_told_after_submission_and_the_answers_after_the_round(web, running, cast):
    running.hand_in(cast.lin, right=8)
    lin = web.as_("lin")
    urls = [f"/contests/{running.contest.id}", f"/contests/rounds/{running.round.id}/board", "/contests"]
    texts = [text_of(lin.get(url)) for url in urls]
    assert all("80" in text for text in texts)
    assert not any("对 8 题" in text or CANARY in text for text in texts)
    running.move_to(Phase.SETTLING)
    assert "10 题对 8 题" in text_of(lin.get(urls[1]))


@pytest.mark.parametrize("name", ["lin", "bo"])
def test_the_board_lights_up_the_own_line_only(web, running, cast, name):
    running.hand_in(cast.lin)
    running.hand_in(cast.bo, right=5)
    text = text_of(web.as_(name).get(f"/contests/rounds/{running.round.id}/board"))
    assert text.count('class="me"') == 1
    assert f"{getattr(cast, name).name}（我）" in text


def test_the_boards_fragment_answers_304_while_nothing_moves_and_stops_after_the_end(web, running, cast):
    running.hand_in(cast.lin)
    url = f"/contests/rounds/{running.round.id}/standings"
    lin = web.as_("lin")
    answer = lin.get(url)
    assert "X-Stop" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert lin.client.get(url, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    running.move_to(Phase.SETTLING)
    assert lin.get(url).headers["X-Stop"] == "1"


def test_an_empty_board_says_what_will_appear(web, running):
    assert "还没有人交卷" in text_of(web.as_("lin").get(f"/contests/rounds/{running.round.id}/board"))


def test_a_round_not_begun_shows_when_it_begins_and_has_no_board(web, make_contest, now):
    made = make_contest(opens_at=now + HOUR, closes_at=now + 2 * HOUR)
    lin = web.as_("lin")
    assert "即将开始" in text_of(lin.get("/contests"))
    assert "到时这里出现" in text_of(lin.get(f"/contests/{made.contest.id}"))
    lin.get(f"/contests/rounds/{made.round.id}/board", 404)
    lin.post(f"/contests/rounds/{made.round.id}/attempts", status=409)


# --- units ---


def test_a_unit_sees_its_own_figures_and_the_median_and_never_anothers(web, running, cast):
    running.hand_in(cast.lin)
    running.hand_in(cast.dana, right=6)
    url = f"/contests/rounds/{running.round.id}/units"
    north, south = text_of(web.as_("lin").get(url)), text_of(web.as_("dana").get(url))
    assert "我的单位：北区分局" in north
    assert "我的单位：南区分局" in south
    assert "/ 5 人参加" in north
    assert "/ 5 人参加" not in south
    assert "中位数" in north


# --- who sees what ---


def test_south_finds_nothing_of_a_contest_that_is_norths(web, make_contest, cast, north):
    """Issue 2 (d): first lin sees it, then dana meets 404 everywhere."""
    made = make_contest(audience=north)
    made.hand_in(cast.lin)
    pages = [f"/contests/{made.contest.id}"]
    pages += [f"/contests/rounds/{made.round.id}/{name}" for name in ("board", "standings", "units", "objection")]
    pages.append(f"/api/boards/{made.round.board_id}")
    lin, dana = web.as_("lin"), web.as_("dana")
    for url in pages:
        lin.get(url)
        dana.get(url, 404)
    assert "不动产登记专场" in text_of(lin.get("/contests"))
    assert "不动产登记专场" not in text_of(dana.get("/contests"))
    dana.post(f"/contests/rounds/{made.round.id}/attempts", status=404)
    dana.post(f"/contests/rounds/{made.round.id}/objection", {"text": "有异议"}, status=404)


@pytest.mark.parametrize("state", [ContestState.DRAFT, ContestState.WITHDRAWN])
def test_drafts_and_withdrawn_contests_do_not_exist_for_learners(web, running, session, state):
    session.execute(update(Contest).values(state=state))
    lin = web.as_("lin")
    lin.get(f"/contests/{running.contest.id}", 404)
    lin.get(f"/contests/rounds/{running.round.id}/board", 404)
    lin.post(f"/contests/rounds/{running.round.id}/attempts", status=404)


def test_the_switch_hides_every_ranking_and_keeps_the_own_score(web, running, cast, session, now):
    running.hand_in(cast.lin, right=7)
    board_services.switch_rankings(session, on=False, actor_id=cast.hua.id, now=now)
    lin = web.as_("lin")
    for name in (
        "board",
        "standings",
        "units",
        "published",
        "published.xlsx",
        "published.json",
        "published/proof.json",
    ):
        lin.get(f"/contests/rounds/{running.round.id}/{name}", 404)
    assert "最好成绩 <b>70</b> 分" in text_of(lin.get("/contests"))


def test_the_switch_is_a_page_of_the_back_office(web, running, session):
    hua = web.as_("hua")
    assert "打开的" in text_of(hua.get("/office/rankings"))
    hua.post("/office/rankings", {"on": "no"})
    assert not boards.are_rankings_on(session)
    assert "已全部关闭" in text_of(hua.get("/office/rankings"))
    hua.post("/office/rankings", {"on": "yes"})
    assert boards.are_rankings_on(session)
    web.as_("lin").get("/office/rankings", 403)


# --- nobody below the list is ever named ---


@pytest.fixture
def crowded(running, cast, session):
    """lin and 59 others with results in one second each; bo has the last place. Nobody below place 50 may be named."""
    people = make_people(session, 58)
    entries = [*people[:29], cast.lin.id, *people[29:], cast.bo.id]
    for n, person_id in enumerate(entries):
        board_services.record(
            session,
            running.round.board_id,
            person_id=person_id,
            unit_id=None,
            score_millis=100_000 - n * 1000,
            seconds=60,
            submitted_at=running.now,
            source_id=1000 + n,
            now=running.now,
        )
    session.commit()
    return running


def pages_with_names(running) -> list[str]:
    round_id = running.round.id
    return [
        f"/contests/rounds/{round_id}/board",
        f"/contests/rounds/{round_id}/standings",
        f"/api/boards/{running.round.board_id}",
        f"/live/{running.board.live_key}",
        f"/live/{running.board.live_key}/standings",
    ]


def unpacked(answer) -> str:
    """The text of an answer; of a workbook, all of its parts; of a PDF, that of its pages."""
    if answer.data.startswith(b"%PDF"):
        with pdfium.PdfDocument(answer.data) as paper:
            text = "".join(page.get_textpage().get_text_range() for page in paper)
        return re.sub(r"(?<=[\u4e00-\u9fff]) (?=\w)", "", text)  # paper sets them apart
    if not answer.data.startswith(b"PK"):
        return text_of(answer)
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        return "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())


def test_names_below_the_list_stand_in_no_page_fragment_file_or_reply(web, crowded, session, cast, keys):
    """B05 and the rule of publicity, for the live and the published phase; the listed name is the control."""
    lines = boards.list_lines(session, crowded.board)
    listed, below = lines[0].name, [line.name for line in lines if line.place > 50]
    assert len(below) == 10
    dana = web.as_("dana")
    seen = {url: unpacked(dana.get(url)) for url in pages_with_names(crowded)}
    publish(crowded, session, cast, keys)
    round_id = crowded.round.id
    for name in ("published", "published.xlsx", "published.pdf", "published.json", "published/proof.json"):
        seen[name] = unpacked(dana.get(f"/contests/rounds/{round_id}/{name}"))
    for url, text in seen.items():
        assert listed in text, url
        assert [name for name in below if name in text] == [], url


def test_reviewers_see_the_complete_list_and_learners_do_not(web, crowded):
    url = f"/office/contests/rounds/{crowded.round.id}/standings"
    assert "薄一鸣" in text_of(web.as_("ada").get(f"{url}?page=2"))
    web.as_("lin").get(url, 403)
    web.as_("rui").get(url, 403)


def test_who_stands_below_the_list_sees_the_own_line_and_nameless_neighbours(web, crowded):
    text = text_of(web.as_("bo").get(f"/contests/rounds/{crowded.round.id}/board"))
    assert "薄一鸣（我）" in text
    assert text.count("前面一位") == 5
    assert '<td class="place">60</td>' in text


# --- published ---


def publish(running, session, cast, keys) -> PublishedRanking:
    running.move_to(Phase.NOTICE)
    running.round.reviewed_by_id = cast.ada.id
    session.flush()
    at = clock.start_of(running.round.notice_until_on + timedelta(days=1))
    return services.publish(session, running.line, running.board, keys=keys, actor_id=cast.hua.id, now=at)


def test_the_published_list_carries_its_digest_and_the_file_that_proves_it(web, running, cast, session, keys):
    running.hand_in(cast.lin)
    ranking = publish(running, session, cast, keys)
    lin, round_id = web.as_("lin"), running.round.id
    moved = lin.get(f"/contests/rounds/{round_id}/board", 303)
    text = text_of(lin.follow(moved))
    assert ranking.public_digest in text
    assert ranking.public_digest[:4] + " " + ranking.public_digest[4:8] in text
    file = lin.get(f"/contests/rounds/{round_id}/published.json")
    assert hashlib.sha256(file.data).hexdigest() == ranking.public_digest
    assert "person_id" not in text_of(file)
    book = unpacked(lin.get(f"/contests/rounds/{round_id}/published.xlsx"))
    assert ranking.public_digest in book
    assert "林晓" in book


def test_names_that_look_like_formulas_stay_text_in_the_workbook(web, running, cast, session, keys):
    cast.lin.name = "=1+1"
    running.hand_in(cast.lin)
    publish(running, session, cast, keys)
    answer = web.as_("lin").get(f"/contests/rounds/{running.round.id}/published.xlsx")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        sheet, strings = book.read("xl/worksheets/sheet1.xml").decode(), book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert "=1+1" in strings


def test_a_correction_shows_what_changed_and_keeps_the_old_version_readable(web, running, cast, session, keys, now):
    running.hand_in(cast.lin)
    running.hand_in(cast.bo, right=5)
    publish(running, session, cast, keys)
    cast.bo.is_unlisted = True
    with_lower_score(session, running, cast.lin)
    web.as_("hua").post(f"/office/contests/rounds/{running.round.id}/correction", {"reason": "第 4 题答案有误"})
    bo = web.as_("bo")
    url = f"/contests/rounds/{running.round.id}/published"
    newest, first = text_of(bo.get(url)), text_of(bo.get(f"{url}?version=1"))
    assert "第 4 题答案有误" in newest
    assert "这一版改了什么" in newest
    assert "已有更正" in first
    assert "薄一鸣" in first
    bo.get(f"{url}?version=9", 404)


def with_lower_score(session, running, person) -> None:
    """As a regrade would: a result is annulled and the board rebuilt (the regrade itself is another story)."""
    session.execute(update(BoardResult).where(BoardResult.person_id == person.id).values(score_millis=10_000))
    board_services.rebuild(session, session.get_one(Board, running.round.board_id))
    session.commit()


# --- objections ---


def test_an_objection_is_filed_and_its_answer_shown_on_the_board(web, running, cast, session):
    running.hand_in(cast.lin)
    running.move_to(Phase.NOTICE)
    lin, round_id = web.as_("lin"), running.round.id
    assert "提出异议" in text_of(lin.get(f"/contests/rounds/{round_id}/board"))
    lin.post(f"/contests/rounds/{round_id}/objection", {"text": ""}, status=422)
    lin.post(f"/contests/rounds/{round_id}/objection", {"text": "第 3 题应得分"})
    refused = lin.post(f"/contests/rounds/{round_id}/objection", {"text": "再提一次"}, status=409)
    assert "再提一次" in text_of(refused), "what was written is not lost"
    objection = session.scalars(select(Objection)).one()
    ada = web.as_("ada")
    assert "第 3 题应得分" in text_of(ada.get(f"/office/contests/{running.contest.id}"))
    ada.post(f"/office/contests/objections/{objection.id}/reply", {"reply": "核对无误"})
    assert "核对无误" in text_of(lin.get(f"/contests/rounds/{round_id}/board"))
    assert "第 3 题应得分" not in text_of(web.as_("bo").get(f"/contests/rounds/{round_id}/board"))


def test_outside_the_notice_period_an_objection_is_refused_with_a_way_out(web, running):
    answer = web.as_("lin").post(f"/contests/rounds/{running.round.id}/objection", {"text": "早了"}, status=409)
    assert "意见建议" in text_of(answer)


# --- back office ---


def draft_fields(now, **changed: object) -> dict[str, object]:
    wall = clock.local(now)
    fields = {
        "title": "测绘专场",
        "line": "registration",
        "audience": "all",
        "opens_at": f"{wall:%Y-%m-%dT%H:%M}",
        "closes_at": f"{wall + timedelta(days=2):%Y-%m-%dT%H:%M}",
        "cut_off_on": f"{wall:%Y-%m-%d}",
        "participation_percent": "50",
        "hours": "0",
    }
    return fields | changed


def test_an_organiser_makes_opens_and_ends_a_contest(web, bank, session, now):
    hua = web.as_("hua")
    assert "点“新建比拼”" in text_of(hua.get("/office/contests"))
    hua.get("/office/contests/new")
    made = hua.post("/office/contests/new", draft_fields(now))
    assert "还是草稿" in text_of(hua.follow(made))
    contest = session.scalars(select(Contest)).one()
    round_ = session.scalars(select(Round)).one()
    hua.post(f"/office/contests/{contest.id}/opening")
    assert "测绘专场" in text_of(web.as_("lin").get("/contests"))
    hua.post(f"/office/contests/rounds/{round_.id}/ending")
    assert "正在收卷" in text_of(hua.get(f"/office/contests/{contest.id}"))
    hua.post(f"/office/contests/rounds/{round_.id}/settling")
    assert "复核通过" in text_of(hua.get(f"/office/contests/{contest.id}"))


def test_an_organiser_makes_a_contest_of_teams_that_answer_one_paper_once(web, bank, session, now):
    hua = web.as_("hua")
    hua.post("/office/contests/new", draft_fields(now, kind="team_online"))
    round_ = session.scalars(select(Round)).one()
    assert (round_.kind, round_.attempts_per_day, round_.title) == (RoundKind.TEAM_ONLINE, 1, "团队网上赛")
    assert "设好组队办法" in text_of(hua.get(f"/office/contests/{round_.contest_id}"))
    hua.post(f"/office/contests/{round_.contest_id}/opening")
    lin = web.as_("lin")
    for address in (f"/contests/{round_.contest_id}", "/contests"):
        assert f"/contests/{round_.contest_id}/team" in lin.get(address).get_data(as_text=True)
    assert "每名队员只答一次" in text_of(lin.get(f"/contests/{round_.contest_id}"))
    assert "还没有设好组队办法" in text_of(lin.get(f"/contests/{round_.contest_id}/team", 404))
    alone = lin.post(f"/contests/rounds/{round_.id}/attempts", status=403)
    assert "你还不在任何一支队里" in text_of(alone)


@pytest.mark.parametrize(
    "change, said",
    [
        ({"kind": "auditorium"}, "从列表中选择"),
        ({"kind": ""}, "从列表中选择"),
        ({"kind": "stage"}, "题目不够"),
        ({"title": ""}, "起个名字"),
        ({"closes_at": "2020-01-01T10:00"}, "结束时间至少比开始晚"),
        ({"line": "survey"}, "题目不够"),
        ({"participation_percent": "101"}, "0 到 100"),
        ({"audience": "999999"}, "从列表中选择"),
    ],
)
def test_a_contest_that_cannot_work_comes_back_with_what_was_typed(web, bank, now, change, said):
    text = text_of(web.as_("hua").post("/office/contests/new", draft_fields(now, **change), status=422))
    assert said in text
    assert change.get("title", "测绘专场") in text


def test_the_whole_way_through_the_back_office_takes_two_people(web, running, cast, session, now):
    running.hand_in(cast.lin)
    running.move_to(Phase.SETTLING)
    round_id, home = running.round.id, f"/office/contests/{running.contest.id}"
    hua, ada = web.as_("hua"), web.as_("ada")
    ada.post(f"/office/contests/rounds/{round_id}/review", {"note": ""}, status=422)
    ada.post(f"/office/contests/rounds/{round_id}/review", {"note": "抽查 20 份"})
    hua.post(f"/office/contests/rounds/{round_id}/notice-period")
    assert "结束，次日起可以公布" in text_of(hua.get(home))
    hua.post(f"/office/contests/rounds/{round_id}/publication", status=409)
    session.execute(update(Round).values(notice_until_on=clock.today(now) - timedelta(days=1)))
    session.execute(update(BoardResult).values(recorded_at=now - timedelta(days=7)))
    hua.post(f"/office/contests/rounds/{round_id}/publication")
    assert "流程走完" in text_of(hua.get(home))
    complete = ada.post(f"/office/contests/rounds/{round_id}/complete", status=200)
    assert "林晓" in unpacked(complete)
    ada.post(f"/office/contests/rounds/{round_id}/publication", status=403)


def test_the_organiser_who_reviewed_cannot_publish(web, running, session, now):
    running.move_to(Phase.SETTLING)
    round_id, hua = running.round.id, web.as_("hua")
    hua.post(f"/office/contests/rounds/{round_id}/review", {"note": "自查"})
    hua.post(f"/office/contests/rounds/{round_id}/notice-period")
    session.execute(update(Round).values(notice_until_on=clock.today(now) - timedelta(days=1)))
    assert "两个人" in text_of(hua.post(f"/office/contests/rounds/{round_id}/publication", status=409))


def test_leave_is_registered_by_staff_number(web, running, session, north):
    hua, url = web.as_("hua"), f"/office/contests/rounds/{running.round.id}/leaves"
    assert "没有找到这个工号" in text_of(hua.post(url, {"staff_no": "nobody", "cause": "出差"}, status=422))
    hua.post(url, {"staff_no": "bo", "cause": "出差"})
    assert "薄一鸣（bo）：出差" in text_of(hua.get(f"/office/contests/{running.contest.id}"))
    assert boards.unit_board(session, running.board, now=running.now).of(north.id).roster == 4


def test_withdrawing_takes_the_contest_and_its_screen_away(web, running, session):
    hua, key = web.as_("hua"), running.board.live_key
    web.get(f"/live/{key}")
    hua.post(f"/office/contests/{running.contest.id}/withdrawal", {"reason": ""}, status=422)
    hua.post(f"/office/contests/{running.contest.id}/withdrawal", {"reason": "题目有误"})
    web.get(f"/live/{key}", 404)
    web.as_("lin").get(f"/contests/{running.contest.id}", 404)


def test_an_organiser_of_one_unit_does_not_reach_the_bureaus_contests(web, running, session, cast, north, now):
    grants.grant(session, cast.bo, Role.ORGANISER, unit=north, by_id=None, by="test", now=now)
    bo = web.as_("bo")
    assert "不动产登记专场" not in text_of(bo.get("/office/contests"))
    bo.get(f"/office/contests/{running.contest.id}", 404)
    bo.get(f"/office/contests/rounds/{running.round.id}/standings", 404)
    bo.post(f"/office/contests/{running.contest.id}/withdrawal", {"reason": "试试"}, status=404)
    assert session.get_one(Contest, running.contest.id).state is ContestState.OPEN


def test_an_organiser_of_one_unit_learns_no_name_behind_another_units_number(web, running, session, cast, north, now):
    grants.grant(session, cast.bo, Role.ORGANISER, unit=north, by_id=None, by="test", now=now)
    session.get_one(Contest, running.contest.id).owner_unit_id = north.id
    bo, url = web.as_("bo"), f"/office/contests/rounds/{running.round.id}/leaves"
    foreign, unknown = (text_of(bo.post(url, {"staff_no": no, "cause": "出差"}, 422)) for no in ("dana", "nobody"))
    assert "没有找到这个工号，请核对。" in foreign
    assert "没有找到这个工号，请核对。" in unknown
    assert cast.dana.name not in foreign
    page = text_of(bo.follow(bo.post(url, {"staff_no": " LIN ", "cause": "出差"})))
    assert f"已登记{cast.lin.name}请假" in page


# --- fifty people ---


def test_fifty_people_make_one_right_board(running, session, make_session, now):
    """Issue 2 (b), without a browser: 50 attempts of 50 people, order and unit totals right, the recount agrees."""
    people = session.scalars(select(Person).where(Person.id.in_(make_people(session, 50)))).all()
    expected = []
    for n, person in enumerate(people):
        right, seconds = n % 11, 60 + n * 7 % 300
        running.hand_in(person, right=right, seconds=seconds)
        expected.append((-right, seconds, person.id))
    expected.sort()
    assert [line.person_id for line in boards.list_lines(session, running.board)] == [p for _, _, p in expected]
    session.commit()
    with unit_of_work(make_session) as other:
        assert board_services.verify(other).faults == []


# --- before the start, and leaving the page ---


def test_both_pages_with_a_start_button_say_what_happens_to_the_clock_and_to_leaves(web, running):
    lin = web.as_("lin")
    for url in ("/contests", f"/contests/{running.contest.id}"):
        text = text_of(lin.get(url))
        assert "开始后计时 10 分钟" in text, url
        assert "每天 3 次，点了开始就算一次" in text, url
        assert "只给组织者看，不影响得分" in text, url


def test_those_who_handle_a_contest_see_who_left_the_page_and_nobody_else_does(web, running, cast, session):
    attempt, other = running.start(cast.lin), running.start(cast.bo)
    lin = web.as_("lin")
    told = [{"id": f"{n:016x}", "seconds_ago": 0, "away_seconds": away} for n, away in enumerate((65, 4, None))]
    lin.call(f"/api/attempts/{attempt.id}/leaves", {"leaves": told})
    web.as_("bo").call(f"/api/attempts/{other.id}/leaves", {"leaves": told[1:2]})
    text = text_of(web.as_("hua").get(f"/office/contests/{running.contest.id}"))
    listed = text[text.index("答题中离开页面") :]
    assert listed.index("（lin）") < listed.index("（bo）")
    for words in ("3 次", "1:09", "1 次", "0:04", "不影响得分"):
        assert words in listed, words
    for url in ("/contests", f"/contests/{running.contest.id}", f"/contests/rounds/{running.round.id}/board"):
        shown = text_of(lin.get(url))
        assert "答题中离开页面" not in shown
        assert "不影响得分" not in shown or "只给组织者看" in shown
    running.hand_in(cast.lin)
    assert running.places()[cast.lin.id] == 1


# --- a mock round ---


def test_a_mock_of_the_running_round_is_as_long_and_leaves_no_trace_on_the_board(web, running, session):
    lin = web.as_("lin")
    text = text_of(lin.get("/practice"))
    assert "不动产登记专场：10 题 10 分钟" in text
    exam = lin.follow(lin.post(f"/practice/mocks/{running.round.id}"))
    assert "第 10 题 / 10" in text_of(exam)
    attempt = session.scalars(select(Attempt)).one()
    assert (attempt.deadline_at - attempt.started_at) == timedelta(minutes=10)
    lin.follow(lin.post(f"/attempts/{attempt.id}/submission"))
    assert CANARY in text_of(lin.get(f"/attempts/{attempt.id}/review")), "seen at once: nobody's contest asks it now"
    assert session.scalars(select(BoardResult)).all() == []
    assert session.scalars(select(RoundEntry)).all() == []
    assert "还没有交卷" in text_of(lin.get(f"/contests/rounds/{running.round.id}/board"))


def test_a_mock_never_asks_what_stands_in_an_own_attempt_of_the_running_round(web, running, cast, session):
    """Ten of sixteen questions stand in lin's open attempt, so the bank is too small; for bo it is not."""
    running.start(cast.lin)
    session.commit()
    lin = web.as_("lin")
    assert "题目不够" in text_of(lin.follow(lin.post(f"/practice/mocks/{running.round.id}")))
    assert "/attempts/" in web.as_("bo").post(f"/practice/mocks/{running.round.id}").headers["Location"]


def test_a_round_that_is_over_or_not_one_s_own_has_no_mock(web, running, session):
    ended = running.round
    ended.opens_at, ended.closes_at = ended.opens_at - 9 * HOUR, ended.closes_at - 9 * HOUR
    session.commit()
    lin = web.as_("lin")
    assert "模拟下一场比拼" not in text_of(lin.get("/practice"))
    assert "不再提供模拟" in text_of(lin.follow(lin.post(f"/practice/mocks/{ended.id}")))
    lin.post("/practice/mocks/999", status=404)

"""The exam page and the page after it for every kind of question, with and without scripts, and what is said before the start."""

import json
import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select
from werkzeug.datastructures import MultiDict

from lms import clock
from lms.errors import Conflict, Invalid
from lms.quizzes import queries, services
from lms.quizzes.draw_rules import DrawRule
from lms.quizzes.models import (
    Answer,
    Attempt,
    AttemptItem,
    AttemptLeave,
    CurrentAnswer,
    Paper,
    Question,
    QuestionVersion,
)
from lms.quizzes.posted_sheet import read_sheet
from lms.quizzes.queries import SheetRow, ShownQuestion
from lms.quizzes.rules import Kind, Marking, Purpose
from lms.quizzes.services import Content, PaperSettings
from lms.quizzes.services.drawing import arrange
from lms.quizzes.services.leaves import MAX_LEAVES, Leave
from lms.quizzes.terms_rules import Terms, length, sentences
from tests.quizzes.conftest import NINE, nothing_follows, seconds
from tests.quizzes.kinds import CONTENTS, ITEMS, MATERIAL, begin, number_of, right_choices


@pytest.fixture
def attempt(session, cast):
    """lin's attempt at a question of every kind, without a time limit, open now."""
    return begin(session, cast.lin.id, clock.now())


def fields_of(choices, *, places=None):
    """The form a browser without scripts would send for these choices."""
    fields = {}
    for position, choice in choices.items():
        content = CONTENTS[position - 1]
        if content.kind is Kind.ORDERING:
            order = places or [choice.index(n) + 1 for n in range(len(content.options))]
            fields |= {f"q{position}-{n}": place for n, place in enumerate(order)}
        else:
            fields[f"q{position}"] = [str(each) for each in choice]
    return fields


def text_of(answer):
    return answer.get_data(as_text=True)


def current(session, attempt):
    rows = session.scalars(select(CurrentAnswer).where(CurrentAnswer.attempt_id == attempt.id))
    return {row.position: json.loads(row.choice) for row in rows}


# --- the page


def test_the_page_has_a_field_for_every_kind_and_the_material_once(web, attempt):
    text = text_of(web.as_("lin").get(f"/attempts/{attempt.id}"))
    for words in (
        'inputmode="decimal"',
        "公顷",
        "办理不动产登记",
        "请选择",
        "上移：立案",
        "0</span> / 2000 字",
        "材料（第 8 至 9 题）",
    ):
        assert words in text, words
    assert text.count("未办理批准手续") == 1
    for key in ("0.8", "四步各一分", "立案、调查", "登记和公告的主体不同"):
        assert key not in text


ONCE = re.compile(
    'name="operation_id" value="[0-9a-f]+"|<div class="flashes".*?(?=<form class="exam")|data-seconds-left="[0-9]+"|[0-9]{2}:[0-9]{2}(?=</span>)',
    re.DOTALL,
)


@pytest.mark.parametrize("theme", ["auto", "dark", "contrast"])
@pytest.mark.parametrize(("limited", "purpose"), [(False, Purpose.PRACTICE), (True, Purpose.CONTEST)])
def test_the_page_filled_into_its_frame_reads_as_the_one_the_template_writes(
    web, session, cast, attempt, theme, limited, purpose
):
    cast.lin.theme = theme
    attempt.purpose, attempt.deadline_at = purpose, clock.now() + timedelta(hours=1) if limited else None
    session.get_one(Paper, attempt.paper_id).title = "50% 的<b>题</b> %(attempt)s"
    session.commit()
    lin = web.as_("lin")
    framed = text_of(lin.get(f"/attempts/{attempt.id}"))
    with lin.client.session_transaction() as kept:
        kept["_flashes"] = [("done", "有一句话")]
    written = text_of(lin.get(f"/attempts/{attempt.id}"))
    assert "有一句话" in written
    assert "有一句话" not in framed
    assert "50% 的&lt;b&gt;题&lt;/b&gt; %(attempt)s" in framed

    def lines(text):
        return [line.strip() for line in ONCE.sub("", text).splitlines() if line.strip()]

    assert lines(framed) == lines(written)
    assert f'data-attempt="{attempt.id}"' in framed
    assert ('data-seconds-left="3' in framed) is limited


def test_two_people_share_a_frame_and_nothing_of_theirs(web, session, cast, attempt):
    paper, same = (
        session.get_one(Paper, attempt.paper_id),
        {"purpose": attempt.purpose, "subject_id": attempt.subject_id},
    )
    other = services.start_attempt(session, paper, person_id=cast.bo.id, now=clock.now(), **same)
    session.commit()
    pages, tokens = {}, {}
    for name, each in (("lin", attempt), ("bo", other)):
        browser = web.as_(name)
        pages[name], tokens[name] = text_of(browser.get(f"/attempts/{each.id}")), browser.csrf_token()
    for name, stranger in (("lin", "bo"), ("bo", "lin")):
        assert f'name="person" content="{getattr(cast, name).id}"' in pages[name]
        assert pages[name].count(tokens[name]) == 2, "for scripts and in the form"
        assert tokens[stranger] not in pages[name]
    once = re.compile('name="operation_id" value="([0-9a-f]{32})"')
    assert len({once.search(page)[1] for page in pages.values()}) == 2


def test_the_unit_of_a_number_is_stored_with_what_is_asked_and_not_longer_than_its_column(session, attempt):
    units = session.scalars(select(QuestionVersion.unit).where(QuestionVersion.kind == Kind.NUMERIC)).all()
    assert sorted(units) == ["万元", "公顷"]
    with pytest.raises(Invalid, match="单位最多"):
        Content(Kind.NUMERIC, "多少？", [], [["1"]], marking=Marking(unit="很" * 21))


def test_scripts_read_prompts_material_and_unit_and_save_every_kind(web, session, attempt):
    lin = web.as_("lin")
    read = lin.client.get(f"/api/attempts/{attempt.id}").get_json()["questions"]
    assert read[5]["prompts"] == ["办理不动产登记", "发布征收土地公告"]
    assert (read[4]["unit"], read[7]["material"], read[0]["material"]) == ("公顷", MATERIAL, "")
    lin.call(f"/api/attempts/{attempt.id}/lease", {"lease": "lease-of-lins-own-phone"})
    for position, choice in right_choices().items():
        body = {"item": position, "sequence": 1, "choice": choice, "lease": "lease-of-lins-own-phone"}
        assert lin.call(f"/api/attempts/{attempt.id}/answers", body)["counted"]
    done = lin.call(f"/api/attempts/{attempt.id}/submission", {})
    assert (done["score_millis"], done["max_millis"]) == (80_000, 90_000)


# --- without scripts


def test_without_scripts_everything_is_posted_saved_and_handed_in(web, session, attempt):
    lin = web.as_("lin")
    right = right_choices()
    answer = lin.post(f"/attempts/{attempt.id}/answers", fields_of({n: right[n] for n in (1, 2, 4)}) | {"then": "save"})
    assert "已保存" in text_of(lin.follow(answer))
    assert current(session, attempt) == {n: right[n] for n in (1, 2, 4)}
    answer = lin.post(f"/attempts/{attempt.id}/answers", fields_of(right) | {"then": "submit"})
    assert "80 分" in text_of(lin.follow(answer))
    assert current(session, attempt) == right
    counts = session.execute(select(Answer.position, func.count()).group_by(Answer.position)).all()
    assert {count for _, count in counts} == {1}, "what did not change is not journalled again"


def test_saved_choices_stand_in_the_form_again(web, attempt):
    lin = web.as_("lin")
    lin.post(f"/attempts/{attempt.id}/answers", fields_of(right_choices()))
    text = text_of(lin.get(f"/attempts/{attempt.id}"))
    assert text.count(" selected") == 2 + len(ITEMS)
    assert 'value="0.8"' in text
    assert "立案、调查、告知、决定</textarea>" in text
    listed = [text.index(f"data-order-text>{item}<") for item in ITEMS]
    assert listed == sorted(listed)


def test_a_choice_taken_back_is_saved_as_no_answer(web, session, attempt):
    lin = web.as_("lin")
    lin.post(f"/attempts/{attempt.id}/answers", fields_of(right_choices()))
    lin.post(f"/attempts/{attempt.id}/answers", fields_of({n: c for n, c in right_choices().items() if n != 2}))
    assert current(session, attempt)[2] == []


def test_an_order_with_a_place_taken_twice_is_refused_with_everything_kept_in_the_form(web, session, attempt):
    lin = web.as_("lin")
    fields = fields_of(right_choices(), places=[1, 1, 3, 4])
    text = text_of(lin.post(f"/attempts/{attempt.id}/answers", fields, 422))
    assert "第 7 题的每一项要有一个名次" in text
    assert 'value="0.8"' in text
    assert text.count("<option selected>1</option>") == 2
    assert current(session, attempt) == {}


def test_another_device_is_seen_and_the_form_may_take_over(web, session, attempt):
    lin = web.as_("lin")
    lin.call(f"/api/attempts/{attempt.id}/lease", {"lease": "lease-of-another-phone"})
    text = text_of(lin.post(f"/attempts/{attempt.id}/answers", fields_of({4: ["国家", "集体"]}), 409))
    assert "在这里继续并保存" in text
    assert 'value="国家"' in text
    lin.post(f"/attempts/{attempt.id}/answers", fields_of({4: ["国家", "集体"]}) | {"take_over": "1"})
    assert current(session, attempt) == {4: ["国家", "集体"]}
    body = {"item": 1, "sequence": 1, "choice": [0], "lease": "lease-of-another-phone"}
    assert lin.call(f"/api/attempts/{attempt.id}/answers", body, 409)["reason"] == "lease"


def test_a_form_after_the_end_changes_nothing_and_says_so(web, session, cast, attempt):
    lin = web.as_("lin")
    lin.post(f"/attempts/{attempt.id}/submission")
    answer = lin.post(f"/attempts/{attempt.id}/answers", fields_of({1: [0]}))
    assert "已经交卷" in text_of(lin.follow(answer))
    assert current(session, attempt) == {}


def test_a_form_after_the_time_is_refused_with_what_was_typed(web, session, cast):
    attempt = begin(session, cast.lin.id, clock.now() - timedelta(hours=1), seconds=600)
    text = text_of(web.as_("lin").post(f"/attempts/{attempt.id}/answers", fields_of({5: ["0.8"]}), 409))
    assert "作答时间已到" in text
    assert 'value="0.8"' in text
    assert current(session, attempt) == {}


def test_somebody_else_cannot_post_answers_or_leaves(web, session, attempt):
    bo = web.as_("bo")
    bo.post(f"/attempts/{attempt.id}/answers", fields_of({1: [0]}), 404)
    bo.call(f"/api/attempts/{attempt.id}/leaves", {"leaves": []}, 404)
    assert current(session, attempt) == {}


def test_a_timed_attempt_says_what_to_do_without_scripts_and_an_untimed_one_how_to_go_on(web, session, cast, attempt):
    assert "答完点“交卷”" in text_of(web.as_("lin").get(f"/attempts/{attempt.id}"))
    session.get_one(Attempt, attempt.id).deadline_at = clock.now() + timedelta(minutes=10)
    text = text_of(web.as_("lin").get(f"/attempts/{attempt.id}"))
    assert "请启用脚本后刷新，或换一台设备登录接着答" in text


@given(
    st.dictionaries(
        st.sampled_from([*(f"q{n}" for n in range(1, 10)), *(f"q7-{n}" for n in range(4))]),
        st.lists(st.text(max_size=6) | st.integers(-3, 12).map(str), max_size=5),
    )
)
def test_whatever_is_posted_becomes_choices_that_can_be_journalled(posted):
    shown = [
        ShownQuestion(
            n, content.kind, content.stem, list(enumerate(content.options)), list(content.prompts), content.material, "",
            content.blanks, 10_000, [], 0,
        )
        for n, content in enumerate(CONTENTS, start=1)
    ]  # fmt: skip
    sheet = read_sheet(shown, MultiDict(posted))
    for question in sheet.questions:
        services.canonical_choice(question.choice)
        numbers = [each for each in question.choice if isinstance(each, int)]
        assert all(-1 <= number < len(question.options) for number in numbers)
        if question.kind is Kind.ORDERING and question.choice:
            assert sorted(numbers) == list(range(len(question.options)))


# --- short answers and the review


def test_a_short_answer_has_no_fraction_until_a_person_gives_one_and_the_score_is_provisional(web, session, attempt):
    lin = web.as_("lin")
    lin.post(f"/attempts/{attempt.id}/answers", fields_of(right_choices()) | {"then": "submit"})
    items = {item.position: item for item in session.scalars(select(AttemptItem))}
    assert (items[9].fraction, items[9].score_millis, items[8].fraction) == (None, None, 1000)
    text = text_of(lin.get(f"/attempts/{attempt.id}/review"))
    assert "简答题等待评卷，现在的得分不含简答题" in text
    assert text.count("等待评卷") == 3, "in the notice, at the question and in the list of questions"
    assert "四步各一分" in text
    assert "已及格" in text


def test_a_failing_score_that_still_waits_is_not_called_failed(web, session, attempt):
    lin = web.as_("lin")
    lin.post(f"/attempts/{attempt.id}/answers", fields_of({9: ["立案"]}) | {"then": "submit"})
    text = text_of(lin.get(f"/attempts/{attempt.id}/review"))
    assert "等待评卷后确定" in text
    assert "还没有及格" not in text


def test_the_review_shows_pairs_and_places_with_what_they_should_be(web, session, attempt):
    right = right_choices()
    matching, ordering = CONTENTS[5], CONTENTS[6]
    wrong = right | {
        6: [right[6][0], -1],
        7: [number_of(ordering, item) for item in (ITEMS[1], ITEMS[0], ITEMS[2], ITEMS[3])],
    }
    lin = web.as_("lin")
    lin.post(f"/attempts/{attempt.id}/answers", fields_of(wrong) | {"then": "submit"})
    text = text_of(lin.get(f"/attempts/{attempt.id}/review"))
    assert text.count("review-pair-key") == 3
    assert "没有选" in text
    assert matching.explanation in text
    assert session.scalar(select(AttemptItem.fraction).where(AttemptItem.position == 6)) == 500
    assert session.scalar(select(AttemptItem.fraction).where(AttemptItem.position == 7)) == 333


def test_before_release_the_review_shows_own_answers_and_no_key_of_any_kind(web, session, cast):
    attempt = begin(session, cast.lin.id, clock.now(), release_after=timedelta(days=1))
    lin = web.as_("lin")
    lin.post(f"/attempts/{attempt.id}/answers", fields_of({4: ["我猜的"], 6: [0, -1]}) | {"then": "submit"})
    text = text_of(lin.get(f"/attempts/{attempt.id}/review"))
    assert "我猜的" in text
    assert "简答题等待评卷" in text
    for key in ("0.8", "四步各一分", "应为", "is-right", "is-wrong", "立案、调查"):
        assert key not in text


# --- order of the questions


@given(
    st.lists(st.tuples(st.sampled_from(Kind), st.sampled_from(["", "", "甲", "乙"])), min_size=1, max_size=20),
    st.randoms(),
)
def test_parts_of_a_case_stay_together_and_in_order_however_a_paper_is_shuffled(asked, rng):
    rows = [(SheetRow(n, kind, ["一", "二"], material, n), 1) for n, (kind, material) in enumerate(asked)]
    shuffled = [row for row, _, _ in arrange(rows, is_shuffled=True, rng=rng)]
    assert sorted(row.version_id for row in shuffled) == list(range(len(rows)))
    for material in ("甲", "乙"):
        at = [place for place, row in enumerate(shuffled) if row.material == material]
        assert at == list(range(at[0], at[0] + len(at))) if at else True
        assert [shuffled[n].place for n in at] == sorted(shuffled[n].place for n in at)


def test_a_shuffled_paper_of_the_bank_keeps_its_case_together(session, cast):
    attempt = begin(session, cast.lin.id, NINE, is_shuffled=True)
    cases = queries.cases_of(queries.list_shown_questions(session, attempt.id))
    assert [len(case.questions) for case in cases if case.material] == [2]
    assert [question.kind for question in cases[-1].questions] == [Kind.NUMERIC, Kind.SHORT]


# --- leaving the page


def leave(mark="aaaaaaaa", ago=100, away=40):
    return Leave(mark, ago, away)


@pytest.fixture
def contest_attempt(session, cast):
    return begin(session, cast.lin.id, NINE, seconds=600, purpose=Purpose.CONTEST)


def leaves_of(session):
    session.expire_all()
    return session.scalars(select(AttemptLeave).order_by(AttemptLeave.left_at)).all()


def test_a_leave_is_noted_once_however_often_it_is_told(session, contest_attempt):
    at = NINE + seconds(120)
    for _ in range(3):
        services.note_leaves(session, contest_attempt, [leave(away=None)], now=at)
    services.note_leaves(session, contest_attempt, [leave(ago=160, away=40)], now=at + seconds(60))
    services.note_leaves(session, contest_attempt, [leave(ago=170, away=None)], now=at + seconds(70))
    noted = leaves_of(session)
    assert [(one.left_at, one.away_seconds) for one in noted] == [(NINE + seconds(20), 40)]


def test_no_more_leaves_are_kept_than_the_bound_and_those_known_can_still_end(session, contest_attempt):
    at = NINE + seconds(500)
    many = [leave(f"{n:08x}", 400, None) for n in range(MAX_LEAVES + 50)]
    assert services.note_leaves(session, contest_attempt, many, now=at) == MAX_LEAVES
    assert services.note_leaves(session, contest_attempt, [leave(f"{0:08x}", 400, 9)], now=at) == MAX_LEAVES
    assert [one.away_seconds for one in leaves_of(session)].count(9) == 1


def test_a_device_cannot_put_a_leave_before_the_start_or_after_the_end(session, contest_attempt):
    services.submit(session, contest_attempt, settle=nothing_follows, now=NINE + seconds(300))
    told = [leave("aaaaaaaa", 10**6), leave("bbbbbbbb", 1)]
    services.note_leaves(session, contest_attempt, told, now=NINE + seconds(900))
    assert [(one.mark, one.left_at) for one in leaves_of(session)] == [("aaaaaaaa", NINE)]


def test_only_contests_note_leaves_and_the_page_says_so(web, session, cast, attempt):
    with pytest.raises(Conflict):
        services.note_leaves(session, attempt, [leave()], now=clock.now())
    assert "离开这个页面" not in text_of(web.as_("lin").get(f"/attempts/{attempt.id}"))
    session.get_one(Attempt, attempt.id).purpose = Purpose.CONTEST
    session.commit()
    lin = web.as_("lin")
    page = text_of(lin.get(f"/attempts/{attempt.id}"))
    assert "离开这个页面 3 秒以上会留下记录，只给组织者看，不影响得分" in page
    assert "data-notes-leaves" in page
    body = {"leaves": [{"id": "0123456789abcdef", "seconds_ago": 5, "away_seconds": None}]}
    assert lin.call(f"/api/attempts/{attempt.id}/leaves", body) == {"kept": 1}
    assert lin.call(f"/api/attempts/{attempt.id}/leaves", body) == {"kept": 1}
    for bad in ({"id": "x"}, {"seconds_ago": -1}, {"away_seconds": "7"}, {"more": 1}):
        lin.call(f"/api/attempts/{attempt.id}/leaves", {"leaves": [body["leaves"][0] | bad]}, 422)


# --- before the start


def test_what_is_said_before_the_start_follows_from_paper_and_policy():
    timed = "".join(sentences(Terms(600, has_common_end=True, attempts_per_day=3, notes_leaves=True)))
    for words in ("计时 10 分钟", "离开页面、断网或换设备，时间照走", "每天 3 次", "自动交卷", "只给组织者看"):
        assert words in timed
    untimed = "".join(sentences(Terms(None, has_by_hand=True)))
    for words in ("不限时，可以随时离开", "次数不限", "点“交卷”才算答完", "简答题由人评卷"):
        assert words in untimed
    assert "自动交卷" not in untimed
    assert "留下记录" not in untimed
    assert [length(n) for n in (600, 90, 45)] == ["10 分钟", "1 分 30 秒", "45 秒"]


def test_a_paper_that_may_ask_for_a_short_answer_is_known_to_need_a_person(session, attempt):
    paper = session.get_one(Paper, attempt.paper_id)
    assert queries.asks_by_hand(session, paper)
    by = {"owner_unit_id": paper.owner_unit_id, "by_id": None, "now": NINE}

    def asks(rule):
        return queries.asks_by_hand(session, services.create_drawn_paper(session, PaperSettings("抽题"), [rule], **by))

    # The only short answer of the bank is a part of a case.
    assert [asks(DrawRule(1, 10_000, kind=kind)) for kind in (Kind.SINGLE, None)] == [False, False]
    assert asks(DrawRule(1, 10_000, is_case=True))
    alone = services.Content(Kind.SHORT, "简述征收程序。", [], [["公告"]])
    services.create_question(session, alone, line=services.bank.Line.LAND, **by)
    assert [asks(DrawRule(1, 10_000, kind=kind)) for kind in (Kind.SINGLE, Kind.SHORT, None)] == [False, True, True]
    only = session.scalars(select(Question.id).where(Question.kind == Kind.SINGLE)).all()
    fixed = services.create_fixed_paper(session, PaperSettings("单选"), only, **by)
    assert not queries.asks_by_hand(session, fixed)

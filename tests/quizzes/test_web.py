"""Pages of the exam and of the bank, as people meet them."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import select

from lms import clock
from lms.quizzes import services
from lms.quizzes.importing.template import template
from lms.quizzes.models import Paper, Question, QuestionImport
from lms.quizzes.rules import Purpose
from tests.quizzes.conftest import NINE, nothing_follows, seconds


@pytest.fixture
def opened(session, paper, cast):
    """`opened("lin")`: an attempt that is open now."""

    def begin(name="lin", **options):
        attempt = services.start_attempt(
            session,
            paper,
            person_id=getattr(cast, name).id,
            purpose=Purpose.PRACTICE,
            subject_id=7,
            now=clock.now(),
            **options,
        )
        session.commit()
        return attempt

    return begin


# --- exam


def test_the_exam_page_shows_questions_and_time_and_no_key(web, opened):
    text = web.as_("lin").get(f"/attempts/{opened().id}").get_data(as_text=True)
    assert "不动产登记专场" in text
    assert "第 2 题 / 4 · 多选题 · 25 分" in text
    assert re.search(r'data-seconds-left="(599|600)"', text)
    assert "第 2 空" in text


def test_somebody_elses_attempt_looks_like_none(web, opened):
    """B07."""
    attempt = opened("lin")
    for name in ("bo", "dana", "ada", "hua"):
        browser = web.as_(name)
        for url in (f"/attempts/{attempt.id}", f"/attempts/{attempt.id}/review", f"/api/attempts/{attempt.id}"):
            browser.get(url, 404)
        browser.post(f"/attempts/{attempt.id}/submission", status=404)


def test_an_open_attempt_has_no_review_and_an_ended_one_no_exam_page(web, opened):
    attempt, lin = opened(), web.as_("lin")
    assert lin.get(f"/attempts/{attempt.id}/review", 303).headers["Location"].endswith(f"/attempts/{attempt.id}")
    answer = lin.post(f"/attempts/{attempt.id}/submission")
    assert "0 分" in lin.follow(answer).get_data(as_text=True)
    assert lin.get(f"/attempts/{attempt.id}", 303).headers["Location"].endswith("/review")


def test_the_review_shows_right_and_wrong_key_explanation_and_law(web, session, start, save):
    attempt = start()
    save(attempt, 1, [1])
    save(attempt, 2, [0, 3])
    save(attempt, 4, ["全民", "集体"])
    services.submit(session, attempt, settle=nothing_follows, now=NINE + seconds(90))
    text = web.as_("lin").get(f"/attempts/{attempt.id}/review").get_data(as_text=True)
    for words in (
        "37.5 分",
        "还没有及格",
        "选错",
        "漏选",
        "答对一部分",
        "水田属于耕地。",
        "《土地管理法》第四条",
        "没有作答",
        "全民；集体",
        "国家 或 全民；集体",
    ):
        assert words in text, words


CANARIES = ("CANARYKEY", "CANARYEXPLAINS", "CANARYLAW", "CANARYQUOTE")


@pytest.fixture
def canary(session, bureau, cast):
    """An attempt at a paper whose blank's key, explanation and basis are unique words."""
    content = services.Content(
        services.bank.Kind.BLANK, "填空____。", [], [["CANARYKEY"]], "CANARYEXPLAINS",
        {"law": "CANARYLAW", "quote": "CANARYQUOTE", "article": "第四条"},
    )  # fmt: skip
    question = services.create_question(
        session, content, owner_unit_id=bureau.id, line=services.bank.Line.LAND, by_id=None, now=NINE
    )
    settings = services.PaperSettings("金丝雀", duration_seconds=600)
    made = services.create_fixed_paper(session, settings, [question.id], owner_unit_id=bureau.id, by_id=None, now=NINE)
    session.commit()
    return made


def crawl(browser, attempt_id):
    """Every byte this candidate can be sent about the attempt, headers included."""
    seen = []
    for url in (
        "/",
        f"/attempts/{attempt_id}",
        f"/attempts/{attempt_id}/review",
        f"/api/attempts/{attempt_id}",
        "/api/openapi.json",
    ):
        answer = browser.client.get(url)
        seen.append(f"{answer.headers}{answer.get_data(as_text=True)}")
    return "".join(seen)


def test_no_byte_before_release_holds_a_key_and_after_it_all_do(web, session, canary, cast):
    """S03, B03, B05, with the positive control."""
    lin, at = web.as_("lin"), clock.now()
    attempt = services.start_attempt(
        session,
        canary,
        person_id=cast.lin.id,
        purpose=Purpose.PRACTICE,
        subject_id=1,
        now=at,
        release_at=at + timedelta(days=1),
    )
    session.commit()
    bodies = [crawl(lin, attempt.id)]
    lease = {"lease": "lease-of-the-canary", "take_over": True}
    bodies.append(str(lin.call(f"/api/attempts/{attempt.id}/lease", lease)))
    body = {"item": 1, "sequence": 1, "choice": ["错"], "lease": "lease-of-the-canary"}
    bodies.append(str(lin.call(f"/api/attempts/{attempt.id}/answers", body)))
    bodies.append(str(lin.call(f"/api/attempts/{attempt.id}/answers", body | {"choice": ["又错"]}, 409)))
    bodies.append(str(lin.call(f"/api/attempts/{attempt.id}/submission", {})))
    bodies.append(crawl(lin, attempt.id))
    for word in CANARIES:
        assert word not in "".join(bodies), word
    services.release(session, purpose=Purpose.PRACTICE, subject_id=1, at=None)
    session.commit()
    after = crawl(lin, attempt.id)
    for word in CANARIES:
        assert word in after, word


def test_before_release_the_own_score_is_shown_and_when_the_rest_follows(web, session, canary, cast):
    attempt = services.start_attempt(
        session,
        canary,
        person_id=cast.lin.id,
        purpose=Purpose.PRACTICE,
        subject_id=1,
        now=NINE,
        release_at=NINE + timedelta(days=999),
    )
    services.submit(session, attempt, settle=nothing_follows, now=NINE + seconds(5))
    text = web.as_("lin").get(f"/attempts/{attempt.id}/review").get_data(as_text=True)
    assert "0 分" in text
    assert "答案和解析在全部人员答完后公布" in text
    assert "答错" not in text


def test_late_answers_are_visible_on_the_review(web, session, make_session, start, save):
    """R12: never dropped silently."""
    attempt = start()
    late = NINE + seconds(700)
    save(attempt, 1, [0], now=late)
    services.close_due(make_session, nothing_follows, late)
    text = web.as_("lin").get(f"/attempts/{attempt.id}/review").get_data(as_text=True)
    assert "有 1 个答案在时间到以后才收到，已留存，不计分" in text


# --- bank

QUESTION = {
    "line": "land", "kind": "multiple", "difficulty": "2", "stem": "哪些是农用地？", "options": "耕地\n林地\n宅基地", "key": "A、B",
    "explanation": "", "law": "土地管理法", "version": "2019年修正", "article": "第四条", "quote": "",
}  # fmt: skip


def test_a_question_is_written_edited_and_retired(web, session):
    hua = web.as_("hua")
    hua.get("/office/questions/new")
    page = hua.follow(hua.post("/office/questions", QUESTION))
    assert "第 1 版" in page.get_data(as_text=True)
    question = session.scalars(select(Question)).one()
    edited = hua.follow(hua.post(f"/office/questions/{question.id}/versions", QUESTION | {"key": "ABC"}))
    assert "第 2 版" in edited.get_data(as_text=True)
    hua.post(f"/office/questions/{question.id}/readiness", {"readiness": "retired"})
    assert "已停用" in hua.get("/office/questions").get_data(as_text=True)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"key": "AD"}, "答案 D 没有对应的选项"),
        ({"key": "甲"}, "写选项字母"),
        ({"stem": ""}, "写上题干"),
        ({"options": "甲"}, "2 到 10 个选项"),
    ],
)
def test_a_faulty_question_comes_back_with_what_to_mend(web, session, change, said):
    page = web.as_("hua").post("/office/questions", QUESTION | change, 422)
    assert said in page.get_data(as_text=True)
    assert session.scalars(select(Question)).all() == []


def test_the_list_is_filtered_by_line_kind_difficulty_and_text(web, bank):
    hua = web.as_("hua")
    assert "共 4 道题" in hua.get("/office/questions").get_data(as_text=True)
    assert "共 1 道题" in hua.get("/office/questions?kind=multiple").get_data(as_text=True)
    assert "共 1 道题" in hua.get("/office/questions?q=买卖").get_data(as_text=True)
    assert "没有符合条件的试题" in hua.get("/office/questions?line=mineral&difficulty=2").get_data(as_text=True)
    assert "没有符合条件的试题" in hua.get("/office/questions?q=%25").get_data(as_text=True)


def test_a_unit_admin_keeps_the_units_own_bank_and_sees_no_other(web, session, add, north, bank):
    """S02: ada takes part in the bureau's contests, so the bureau's keys are not hers to read."""
    own = add(services.Content(services.bank.Kind.BOOLEAN, "北区的题。", [], [0]), unit=north)
    ada = web.as_("ada")
    assert "共 1 道题" in ada.get("/office/questions").get_data(as_text=True)
    ada.get(f"/office/questions/{own.id}")
    ada.get(f"/office/questions/{bank[0].id}", 404)
    ada.post(f"/office/questions/{bank[0].id}/versions", QUESTION, 404)
    web.as_("lin").get("/office/questions", 403)


def test_pasted_text_is_previewed_and_the_chosen_rows_imported(web, session):
    hua = web.as_("hua")
    hua.get("/office/question-imports/new")
    text = "1、甲？\nA.一\nB.二\n答案：A\n2、乙？\nA.一\nB.二\n答案：D\n3、丙。（√）"
    preview = hua.follow(hua.post("/office/question-imports", {"text": text, "line": "land"}))
    words = preview.get_data(as_text=True)
    assert "读懂 2 道题，有 1 处要改" in words
    assert "答案 D 没有对应的选项" in words
    kept = session.scalars(select(QuestionImport)).one()
    hua.post(f"/office/question-imports/{kept.id}/rows", {}, 422)
    done = hua.follow(hua.post(f"/office/question-imports/{kept.id}/rows", {"rows": ["1"]}))
    assert "已导入 1 道新题" in done.get_data(as_text=True)
    assert session.scalars(select(Question.kind)).all() == ["boolean"]


def test_the_template_comes_back_as_a_file_and_is_imported_whole(web, session):
    hua = web.as_("hua")
    file = hua.get("/office/question-template").get_data()
    assert file[:2] == b"PK"
    data = {"line": "land", "text": "", "file": (BytesIO(template([])), "题库.xlsx")}
    hua.post("/office/question-imports", data, content_type="multipart/form-data")
    kept = session.scalars(select(QuestionImport)).one()
    hua.post(f"/office/question-imports/{kept.id}/rows", {"everything": "y"})
    assert len(session.scalars(select(Question)).all()) == 10


def test_a_preview_is_seen_by_who_made_it_only(web, session):
    web.as_("hua").post("/office/question-imports", {"text": "1、甲。（√）", "line": "land"})
    kept = session.scalars(select(QuestionImport)).one()
    web.as_("ada").get(f"/office/question-imports/{kept.id}", 404)


def test_nothing_chosen_to_import_is_told(web):
    page = web.as_("hua").post("/office/question-imports", {"text": "", "line": "land"}, 422)
    assert "粘贴文字，或者选择一个文件" in page.get_data(as_text=True)


# --- papers

PAPER = {
    "title": "抽题卷",
    "minutes": "10",
    "pass_percent": "60",
    "scoring": "half",
    "is_shuffled": "y",
    "total": "100",
}


def test_a_paper_is_made_of_chosen_questions(web, session, bank):
    hua = web.as_("hua")
    ids = [question.id for question in bank[:3]]
    form = hua.get(f"/office/papers/new?ids={ids[0]}&ids={ids[1]}&ids={ids[2]}")
    assert "固定选题：3 道" in form.get_data(as_text=True)
    page = hua.follow(hua.post("/office/papers/fixed", PAPER | {"ids": ",".join(map(str, ids))}))
    assert "33.334 分" in page.get_data(as_text=True)
    assert "3 题" in hua.get("/office/papers").get_data(as_text=True)


def test_a_paper_is_drawn_by_rule_or_refused_with_the_figures(web, session, bank):
    hua = web.as_("hua")
    hua.get("/office/papers/new")
    rule = {"rule1_kind": "single", "rule1_count": "1", "rule1_points": "10"}
    refused = hua.post("/office/papers/drawn", PAPER | rule | {"rule1_count": "5"}, 422)
    assert "单选题要 5 道，题库只有 1 道" in refused.get_data(as_text=True)
    hua.follow(hua.post("/office/papers/drawn", PAPER | rule))
    assert session.scalars(select(Paper.rules)).one()[0]["count"] == 1


def test_another_units_questions_do_not_show_up_in_a_paper_form(web, bank):
    ada = web.as_("ada")
    assert "下列哪项是耕地" not in ada.get(f"/office/papers/new?ids={bank[0].id}").get_data(as_text=True)
    assert "不在本单位" in ada.post("/office/papers/fixed", PAPER | {"ids": str(bank[0].id)}, 422).get_data(
        as_text=True
    )

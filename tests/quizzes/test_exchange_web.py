"""Questions in and out on the office pages."""

import json
from io import BytesIO

import pytest
from sqlalchemy import func, select

from lms.audit.models import AuditRecord
from lms.people.line_rules import Line
from lms.quizzes.exporting.formats import FORMATS
from lms.quizzes.importing.files import read_file
from lms.quizzes.importing.normal import Draft
from lms.quizzes.models import Question, QuestionImport
from lms.quizzes.rules import Kind, Marking
from lms.quizzes.services.bank import Content

EVERY_KIND = [
    Content(Kind.NUMERIC, "1公顷等于多少亩？", [], [["15"]], marking=Marking(tolerance="5%", unit="亩")),
    Content(Kind.MATCHING, "连线。", ["农用地", "建设用地"], [0, 1], prompts=["耕地", "宅基地"]),
    Content(Kind.ORDERING, "排列。", ["申请", "受理", "登簿"], [0, 1, 2], material="某局登记一宗地。"),
    Content(Kind.SHORT, "简述三区三线。", [], [["三区和三线"]], marking=Marking(rubric="每点2分")),
]


@pytest.fixture
def full_bank(bank, add):
    """Two questions of every kind but the typed ones."""
    return [*bank, *(add(content) for content in EVERY_KIND)]


def export(browser, form, status=200, **more):
    return browser.post("/office/question-export", {"form": form, "reason": "送审", "is_accepted": "", **more}, status)


def count(session):
    session.expire_all()
    return session.scalar(select(func.count()).select_from(Question))


def test_the_bank_goes_out_as_a_workbook_and_coming_back_adds_nothing(web, session, full_bank):
    hua = web.as_("hua")
    assert "导出 8 道题" in hua.get("/office/question-export").get_data(as_text=True)
    answer = export(hua, "xlsx")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    reading = read_file(answer.get_data())
    assert (len(reading.questions), reading.errors) == (8, [])
    data = {"line": "land", "text": "", "file": (BytesIO(answer.get_data()), "题库.xlsx")}
    hua.post("/office/question-imports", data, content_type="multipart/form-data")
    kept = session.scalars(select(QuestionImport)).one()
    done = hua.follow(hua.post(f"/office/question-imports/{kept.id}/rows", {"everything": "y"}))
    assert "已导入 0 道新题，另有 8 道题库里已经有了" in done.get_data(as_text=True)
    assert count(session) == 8


@pytest.mark.parametrize("form", ["moodlexml", "qti", "qti3", "gift"])
def test_other_formats_bring_the_questions_to_another_bank_once(web, session, full_bank, north, form):
    answer = export(web.as_("hua"), form, is_accepted="y")
    ada = web.as_("ada")  # keeps the bank of north, which has none of them
    expected = {"gift": 6}.get(form, 8)
    for added in (expected, 0):
        data = {"line": "land", "text": "", "file": (BytesIO(answer.get_data()), "题库")}
        ada.post("/office/question-imports", data, content_type="multipart/form-data")
        kept = session.scalars(select(QuestionImport.id).order_by(QuestionImport.id.desc())).first()
        done = ada.follow(ada.post(f"/office/question-imports/{kept}/rows", {"everything": "y"}))
        assert f"已导入 {added} 道新题" in done.get_data(as_text=True)
    assert count(session) == 8 + expected
    kinds = set(session.scalars(select(Question.kind).where(Question.owner_unit_id == north.id)))
    assert kinds == set(Kind) - ({Kind.ORDERING, Kind.BLANK} if form == "gift" else set())


def test_what_a_format_cannot_carry_is_shown_before_the_file_comes(web, session, full_bank):
    hua = web.as_("hua")
    page = export(hua, "gift", 422).get_data(as_text=True)
    assert "GIFT 没有排序题" in page
    assert "GIFT 的一道题只有一个空" in page
    assert "照样导出 6 道" in page
    assert (
        session.scalar(select(func.count()).select_from(AuditRecord).where(AuditRecord.action == "question.export"))
        == 0
    )
    assert b"$CATEGORY" in export(hua, "gift", is_accepted="y").get_data()


def test_an_export_is_written_into_the_audit_log_with_its_reason(web, session, bank):
    hua = web.as_("hua")
    assert "请写明导出的用途" in export(hua, "xlsx", 422, reason="").get_data(as_text=True)
    export(hua, "xlsx", kind="single")
    record = session.scalars(select(AuditRecord).where(AuditRecord.action == "question.export")).one()
    assert record.detail["reason"] == "送审"
    assert (record.detail["count"], record.detail["kind"]) == (1, "single")


def test_the_list_leads_to_the_export_of_what_it_shows_or_what_was_chosen(web, bank):
    hua = web.as_("hua")
    assert "/office/question-export?kind=multiple" in hua.get("/office/questions?kind=multiple").get_data(as_text=True)
    ids = [bank[0].id, bank[2].id]
    assert "导出 2 道题" in hua.get(f"/office/question-export?ids={ids[0]}&ids={ids[1]}").get_data(as_text=True)
    reading = read_file(export(hua, "xlsx", ids=ids).get_data())
    assert [question.kind for question in reading.questions] == [Kind.SINGLE, Kind.BOOLEAN]


def test_a_unit_admin_exports_the_units_own_questions_only(web, add, north, bank):
    """S02: the bureau's keys are not hers."""
    add(Content(Kind.BOOLEAN, "北区的题。", [], [0]), unit=north)
    ada = web.as_("ada")
    reading = read_file(export(ada, "xlsx", ids=[bank[0].id]).get_data())
    assert reading.questions == []
    assert [q.stem for q in read_file(export(ada, "xlsx").get_data()).questions] == ["北区的题。"]
    web.as_("lin").post("/office/question-export", {"form": "xlsx", "reason": "看看"}, 403)


def test_the_preview_shows_the_further_kinds_as_people_write_them(web, session):
    drafts = [
        Draft(1, Kind.NUMERIC, "多少亩？", [], [["15"]], marking={"tolerance": "5%", "unit": "亩"}),
        Draft(2, Kind.MATCHING, "连线。", ["甲右", "乙右"], [1, 0], prompts=["甲左", "乙左"]),
        Draft(3, Kind.ORDERING, "排列。", ["一", "二", "三"], [2, 0, 1], material="共用的材料"),
        Draft(4, Kind.SHORT, "简述。", [], [["参考的答案"]], marking={"rubric": "每点2分"}),
    ]
    data = {"line": "land", "text": "", "file": (BytesIO(FORMATS["xlsx"].write(drafts).data), "题.xlsx")}
    hua = web.as_("hua")
    page = hua.follow(hua.post("/office/question-imports", data, content_type="multipart/form-data")).get_data(
        as_text=True
    )
    for words in ("15 ±5% 亩", "1-B；2-A", "甲左", "C→A→B", "材料：共用的材料", "参考的答案", "评分要点：每点2分"):
        assert words in page, words


def test_the_command_exports_a_unit_or_a_line(app, session, add, north, tmp_path):
    add(Content(Kind.BOOLEAN, "全局的题。", [], [0]))
    add(Content(Kind.BOOLEAN, "北区的题。", [], [0]), unit=north)
    add(Content(Kind.ORDERING, "矿产的题。", ["甲", "乙"], [0, 1]), line=Line.MINERAL)
    session.commit()
    runner, out = app.test_cli_runner(), tmp_path / "out"
    from lms.quizzes.cli import questions  # noqa: PLC0415

    with app.app_context():
        assert "3 exported" in runner.invoke(questions, ["export", "--format", "xlsx", str(out)]).output
        assert len(read_file(out.read_bytes()).questions) == 3
        assert (
            "1 exported"
            in runner.invoke(questions, ["export", "--format", "qti", "--unit", north.name, str(out)]).output
        )
        assert [q.stem for q in read_file(out.read_bytes()).questions] == ["北区的题。"]
        done = runner.invoke(questions, ["export", "--format", "gift", "--line", "mineral", str(out)])
        assert "0 exported" in done.output
        assert "GIFT 没有排序题" in done.output
        assert runner.invoke(questions, ["export", "--format", "gift", "--unit", "没有", str(out)]).exit_code == 1
        done = runner.invoke(questions, ["import", str(out), "--format", "gift", "--dry-run", "--json"])
        assert json.loads(done.stdout)["questions"] == []

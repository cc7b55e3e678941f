"""`flask questions import` for people without a browser."""

import json

from sqlalchemy import func, select

from lms.quizzes.cli import questions
from lms.quizzes.importing.template import template
from lms.quizzes.models import Question

TEXT = "1、哪些是农用地？（AB）\nA.耕地\nB.林地\nC.宅基地\n2、坏题？\nA.甲\nB.乙\n答案：C\n3、土地可以买卖。（×）\n4、土地归____所有。\n答案：国家/全民"


def test_a_dry_run_prints_questions_and_errors_as_json_and_nothing_else(site, tmp_path):
    file = tmp_path / "题库.txt"
    file.write_bytes(TEXT.encode("gb18030"))
    done = site.test_cli_runner().invoke(questions, ["import", str(file), "--dry-run", "--json"])
    assert done.exit_code == 0
    printed = json.loads(done.stdout)
    assert printed.keys() == {"questions", "errors"}
    assert [q["kind"] for q in printed["questions"]] == ["multiple", "boolean", "blank"]
    assert [q["key"] for q in printed["questions"]] == [["A", "B"], False, [["国家", "全民"]]]
    assert printed["errors"] == [{"row": 8, "column": "答案", "text": "C", "message": "答案 C 没有对应的选项"}]


def test_a_file_is_imported_once_however_often_it_is_given(app, session, tmp_path):
    file = tmp_path / "questions.xlsx"
    file.write_bytes(template([]))
    runner = app.test_cli_runner()
    with app.app_context():
        assert "10 added, 0 known" in runner.invoke(questions, ["import", str(file), "--line", "land"]).output
        assert "0 added, 10 known" in runner.invoke(questions, ["import", str(file), "--format", "xlsx"]).output
    assert session.scalar(select(func.count()).select_from(Question)) == 10


def test_a_file_of_another_kind_is_refused_with_a_sentence(site, tmp_path):
    file = tmp_path / "questions.xlsx"
    file.write_text("1、问")
    done = site.test_cli_runner().invoke(questions, ["import", str(file), "--format", "xlsx", "--dry-run"])
    assert done.exit_code == 1
    assert "这不是 Excel 文件" in done.output

"""Twenty thousand questions from one spreadsheet (P16): read, previewed, added by the task."""

import resource
import time
from io import BytesIO

import pytest
import xlsxwriter
from sqlalchemy import func, select

from lms import clock
from lms.people.line_rules import Line
from lms.quizzes.importing.files import read_file
from lms.quizzes.models import Question
from lms.quizzes.services import imports
from lms.scheduler import KINDS
from lms.tasks.models import Task
from lms.tasks.services import run_due

COUNT = 20_000
SECONDS = (
    60  # of processor time; the figure to reach is 20 on an idle machine, this only catches a slide into the quadratic
)
MEGABYTES = 400  # more than before the import


def workbook():
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"constant_memory": True, "in_memory": True})
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ("题型", "题干", "选项A", "选项B", "选项C", "选项D", "答案", "解析", "依据", "难度", "条线"))
    for n in range(COUNT):
        sheet.write_row(n + 1, 0, (
            "多选题" if n % 2 else "单选题", f"第{n}问：下列关于不动产登记、耕地保护与国土空间规划的说法，正确的有（　）。", f"甲方应当在{n}日内申请登记",
            f"乙方应当在{n + 1}日内申请登记", f"丙方可以不申请{n}", f"丁方视情况{n}", "ABC" if n % 2 else "B", "根据法律规定，应当依法办理。" * 4,
            "《土地管理法》第四十五条", "中", "耕地保护",
        ))  # fmt: skip
    book.close()
    return out.getvalue()


@pytest.mark.slow
def test_twenty_thousand_questions_are_read_and_added_with_bounded_time_and_memory(
    session, make_session, bureau, cast, capsys
):
    data = workbook()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    reading = read_file(data)
    read = time.process_time() - start
    assert (len(reading.questions), reading.errors) == (COUNT, [])
    kept = imports.keep_reading(
        session,
        reading,
        name="大题库.xlsx",
        line=Line.LAND,
        owner_unit_id=bureau.id,
        person_id=cast.hua.id,
        now=clock.now(),
    )
    imports.choose_rows(session, kept, None, now=clock.now())
    session.commit()
    kept_seconds = time.process_time() - start - read
    run_due(make_session, KINDS, {})
    added = time.process_time() - start - read - kept_seconds
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    with capsys.disabled():
        print(f"\nread {read:.1f} s, kept {kept_seconds:.1f} s, added {added:.1f} s of processor time, {grown:.0f} MB")
    assert session.scalar(select(func.count()).select_from(Question)) == COUNT
    task = session.scalars(select(Task)).one()
    assert (task.progress_done, task.progress_total, task.result) == (COUNT, COUNT, {"added": COUNT, "known": 0})
    assert read + kept_seconds + added < SECONDS
    assert grown < MEGABYTES

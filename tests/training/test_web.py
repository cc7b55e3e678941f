"""Pages and forms of classes: what each may see and do."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pypdfium2 as pdfium
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.audit.models import AuditRecord
from lms.courses.models import Resource
from lms.demo.cast import NORTH
from lms.gatherings import queries as gathering_queries
from lms.gatherings import services as gatherings
from lms.gatherings.rules import Cause
from lms.hours.rules import FIRST as FIRST_POLICY
from lms.training import queries, services
from lms.training.class_rules import ClassState
from lms.training.models import ClassEvaluation, HandIn, Homework, TrainingClass
from lms.web.spreadsheets import read_rows
from tests.gatherings.test_web import fields
from tests.hours.making import issue_policy
from tests.media.files import pdf
from tests.support.statements import statements_of
from tests.support.web import Web
from tests.training.bureau import AFTER, FIRST, LAST, NOW, approved, cadre, enrol, hold, meeting, opened

OFFICE = "/office/classes"


@pytest.fixture(autouse=True)
def monday() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def text_of(answer: object) -> str:
    return answer.get_data(as_text=True)  # type: ignore[attr-defined, no-any-return]


# --- who sees what


def test_an_open_class_of_north_is_seen_by_north_and_by_nobody_else(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    training = opened(session, cast, owner=NORTH)
    for name in ("lin", "bo", "chen", "ed", "ada"):
        assert "公文写作提升班" in text_of(web.as_(name).get("/classes"))
        assert "报名" in text_of(web.as_(name).get(f"/classes/{training.id}"))
    for name in ("dana", "mei", "gao", "hua", "wen"):
        assert "公文写作提升班" not in text_of(web.as_(name).get("/classes"))
        web.as_(name).get(f"/classes/{training.id}", 404)
        web.as_(name).post(f"/classes/{training.id}/enrolment", {}, 404)


def test_a_class_that_is_not_open_yet_is_there_for_its_office_only(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    training = approved(session, cast, owner=NORTH)
    web.as_("lin").get(f"/classes/{training.id}", 404)
    for name in ("ada", "hua"):
        assert "已批准，筹备中" in text_of(web.as_(name).get(f"{OFFICE}/{training.id}"))


def test_the_office_of_one_unit_finds_nothing_of_the_bureau_s_class_and_may_not_approve_its_own(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    bureau = opened(session, cast)
    for path in ("", "/plan", "/timetable", "/enrolments", "/study", "/closing"):
        web.as_("ada").get(f"{OFFICE}/{bureau.id}{path}", 404)
        web.as_("hua").get(f"{OFFICE}/{bureau.id}{path}", 200)
    web.as_("ada").post(f"{OFFICE}/{bureau.id}/closing", {}, 404)
    own = approved(session, cast, owner=NORTH)
    web.as_("ada").post(f"{OFFICE}/{own.id}/approval", {}, 403)


def test_what_belongs_to_those_with_a_place_is_refused_to_who_only_sees_the_class(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    training = opened(session, cast, owner=NORTH, places=1)
    enrol(session, training, cast.lin, cast.bo)
    homework = services.set_homework(session, training, title="心得", text="", due_at=AFTER, by_id=cast.ada.id, now=NOW)
    session.commit()
    for path in ("evaluation", "quiz", f"homework/{homework.id}"):
        web.as_("bo").post(f"/classes/{training.id}/{path}", {}, 403)
        web.as_("dana").post(f"/classes/{training.id}/{path}", {}, 404)
    web.as_("lin").post(f"/classes/{training.id}/homework/{homework.id}", {"text": "学有所得"}, 303)
    row = session.scalars(select(HandIn)).one()
    assert row.person_id == cast.lin.id
    web.as_("bo").get(f"/classes/{training.id}/homework/{homework.id}/file", 403)
    web.as_("dana").get(f"{OFFICE}/{training.id}/homework/{homework.id}", 403)


# --- the office


def test_a_unit_proposes_from_a_preset_and_the_organiser_returns_and_approves(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    ada, hua = web.as_("ada"), web.as_("hua")
    page = text_of(ada.get(f"{OFFICE}/new/youth"))
    filled = fields(page)
    assert (filled["title"], filled["most_age"]) == ("2026年青干班", "40")
    assert "给这个班起个名字" in text_of(ada.post(f"{OFFICE}/new/youth", filled | {"title": ""}, 422))
    ada.post(f"{OFFICE}/new/youth", filled | {"rank_bands": ["township", "technical"], "is_decided": "y"}, 303)
    made = session.scalars(select(TrainingClass)).one()
    assert (made.state, made.is_decided, made.rank_bands) == (ClassState.PROPOSED, True, ["township", "technical"])
    assert "个培训班待批准" in text_of(hua.get("/"))
    assert "个培训班待批准" not in text_of(ada.get("/"))
    assert "写明原因" in text_of(hua.post(f"{OFFICE}/{made.id}/returning", {"note": ""}, 422))
    hua.post(f"{OFFICE}/{made.id}/returning", {"note": "日期冲突"}, 303)
    assert "被退回：日期冲突" in text_of(ada.get(f"{OFFICE}/{made.id}"))
    ada.post(f"{OFFICE}/{made.id}/plan", fields(text_of(ada.get(f"{OFFICE}/{made.id}/plan"))), 303)
    hua.post(f"{OFFICE}/{made.id}/approval", {}, 303)
    session.refresh(made)
    assert made.state is ClassState.APPROVED


def test_a_conflict_is_shown_and_nothing_saved_until_it_is_confirmed(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    opened(session, cast)
    training = approved(session, cast, title="法治班")
    hua, path = web.as_("hua"), f"{OFFICE}/{training.id}/timetable"
    wanted = fields(text_of(hua.get(path))) | {
        "title": "行政复议",
        "place": "一号教室",
        "length": "180",
        "lecturer": "ed",
    }
    page = text_of(hua.post(path, wanted, 422))
    assert "占用一号教室" in page
    assert "照样保存" in page
    assert queries.list_meetings(session, training.id) == []
    assert "没有找到这个工号" in text_of(hua.post(path, wanted | {"lecturer": "nobody"}, 422))
    hua.post(path, wanted | {"is_confirmed": "y"}, 303)
    (made,) = queries.list_meetings(session, training.id)
    assert (made.host_id, made.place) == (cast.ed.id, "一号教室")
    again = fields(text_of(hua.get(f"{OFFICE}/{training.id}/meetings/{made.id}"))) | {"place": "二号教室"}
    hua.post(f"{OFFICE}/{training.id}/meetings/{made.id}", again, 303)
    session.refresh(made)
    assert made.place == "二号教室"
    other = queries.list_meetings(session, 1)[0]
    hua.get(f"{OFFICE}/{training.id}/meetings/{other.id}", 404)


def test_the_sign_in_sheets_of_all_meetings_are_one_paper(web: Web, session: Session, cast: SimpleNamespace) -> None:
    training = opened(session, cast)
    enrol(session, training, cast.lin, cast.bo)
    first, second, third = queries.list_meetings(session, training.id)
    gatherings.ask_leave(session, second, cast.bo.id, cause=Cause.ILL, note_text="", now=NOW)
    leave = gathering_queries.find_leave(session, second.id, cast.bo.id)
    gatherings.decide_leave(session, second, leave, approve=True, link="", by_id=cast.ada.id, now=NOW)
    gatherings.cancel(session, third, reason="讲师出差", by_id=cast.ada.id, now=NOW)
    session.commit()
    hua, path = web.as_("hua"), f"{OFFICE}/{training.id}/sign-in.pdf"
    for page in (f"{OFFICE}/{training.id}", f"{OFFICE}/{training.id}/timetable"):
        assert path in text_of(hua.get(page))
    with pdfium.PdfDocument(hua.get(path).data) as paper:
        pages = ["".join(one.get_textpage().get_text_bounded().split()) for one in paper]
    sheets = [page for page in pages if "签名" in page]
    assert [first.title in sheets[0], second.title in sheets[1], len(sheets)] == [True, True, 2]
    assert all(person.name in sheet and NORTH in sheet for sheet in sheets for person in (cast.lin, cast.bo))
    assert ["因病请假" in sheet for sheet in sheets] == [False, True]
    empty = approved(session, cast, title="还没有课的班")
    assert "先排课程表" in text_of(hua.get(f"{OFFICE}/{empty.id}/sign-in.pdf", 409))


def test_the_pages_of_a_class_say_how_much_may_be_missed_by_the_rules_of_its_last_day(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    training = opened(session, cast)
    addresses = {"lin": f"/classes/{training.id}", "hua": f"{OFFICE}/{training.id}"}
    for name, address in addresses.items():
        assert "缺课不超过 1/7" in text_of(web.as_(name).get(address))
    issue_policy(session, replace(FIRST_POLICY, absence_limit=(1, 5)), LAST, by_id=cast.hua.id)
    for name, address in addresses.items():
        assert "缺课不超过 1/5" in text_of(web.as_(name).get(address))


def test_quotas_enrolment_by_number_and_removal_promote_from_the_page(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    training = opened(session, cast, places=1)
    hua, path = web.as_("hua"), f"{OFFICE}/{training.id}"
    hua.post(f"{path}/enrolments", {"staff_no": "lin"}, 303)
    hua.post(f"{path}/enrolments", {"staff_no": "bo"}, 303)
    assert "没有找到这个工号" in text_of(hua.post(f"{path}/enrolments", {"staff_no": "xyz"}, 422))
    page = text_of(hua.get(f"{path}/enrolments"))
    assert re.search(r"1\. <b>薄一鸣</b>", page)
    row = queries.find_enrolment(session, training.id, cast.lin.id)
    assert row
    hua.post(f"{path}/enrolments/{row.id}/refusal", {"reason": ""}, 303)
    assert len(queries.list_placed(session, training.id)) == 1
    hua.post(f"{path}/enrolments/{row.id}/refusal", {"reason": "出差"}, 303)
    assert "候补转录取" in text_of(hua.get(f"{path}/enrolments"))
    session.rollback()
    assert queries.list_placed(session, training.id) == [cast.bo.id]


def test_the_list_of_a_class_is_a_workbook_without_formulas_and_leaves_a_line_in_the_audit_log(
    web: Web, session: Session, cast: SimpleNamespace, monday: time_machine.Traveller
) -> None:
    training = opened(session, cast)
    wicked = cadre(session, "k9")
    wicked.name = "=1+1"
    session.commit()
    enrol(session, training, cast.lin, wicked)
    hold(session, training, cast, absent=[(0, wicked)])
    services.close_class(session, training, by_id=cast.hua.id, now=AFTER)
    session.commit()
    monday.move_to(AFTER)
    answer = web.as_("hua").post(f"{OFFICE}/{training.id}/list", {}, 200)
    rows = read_rows(answer.data, "名册.xlsx")
    assert rows[0][:4] == ["序号", "工号", "姓名", "单位"]
    assert (rows[1][2], rows[1][-4:-2]) == ("林晓", ["是", "24"])
    assert [rows[2][2], rows[2][6], rows[2][-4]] == ["=1+1", "缺", "否"]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")
    assert session.scalars(select(AuditRecord.action).order_by(AuditRecord.id.desc())).first() == "class:export"


# --- the learner


def test_a_learner_enrols_waits_withdraws_and_reads_where_they_stand(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    training = opened(session, cast, places=1)
    lin, bo, path = web.as_("lin"), web.as_("bo"), f"/classes/{training.id}"
    assert "还有 1 个名额" in text_of(lin.get(path))
    assert "你已录取" in text_of(lin.follow(lin.post(f"{path}/enrolment", {}, 303)))
    assert "名额已满，可以候补" in text_of(bo.get(path))
    assert "候补名单第 1 位" in text_of(bo.follow(bo.post(f"{path}/enrolment", {}, 303)))
    lin.post(f"{path}/enrolment/withdrawal", {}, 303)
    assert "已录取" in text_of(bo.get(path))
    assert "还没有报名的培训班" in text_of(lin.get("/classes"))


def test_my_class_shows_roll_homework_evaluation_and_certificate(
    web: Web, session: Session, cast: SimpleNamespace, monday: time_machine.Traveller, run_tasks: Callable[[], int]
) -> None:
    training = opened(session, cast)
    enrol(session, training, cast.lin)
    lin, hua, path = web.as_("lin"), web.as_("hua"), f"/classes/{training.id}"
    due = {"title": "心得", "text": "八百字", "due_at": "2026-12-09T18:00"}
    hua.post(f"{OFFICE}/{training.id}/homework", due, 303)
    homework = session.scalars(select(Homework)).one()
    page = text_of(lin.get(path))
    assert "作业：心得" in page
    assert "请假" in page
    refused = lin.post(f"{path}/homework/{homework.id}", {"text": ""}, 422)
    assert "写几句话" in text_of(refused)
    file = (io.BytesIO(pdf("report")), "心得.pdf")
    lin.post(f"{path}/homework/{homework.id}", {"text": "", "file": file}, 303)
    row = session.scalars(select(HandIn)).one()
    assert row.media_id
    assert "正在检查" in text_of(lin.get(f"{path}/homework/{homework.id}/file", 409))
    assert run_tasks() >= 1
    link = lin.get(f"{path}/homework/{homework.id}/file", 303).headers["Location"]
    assert lin.get(link).data.startswith(b"%PDF")
    place = f"{OFFICE}/{training.id}/homework/{homework.id}"
    assert "林晓" in text_of(hua.get(place))
    hua.get(f"{place}/hand-ins/{row.id}/file", 303)
    assert "写一句评语" in text_of(hua.post(f"{place}/hand-ins/{row.id}/comment", {"comment": ""}, 422))
    hua.post(f"{place}/hand-ins/{row.id}/comment", {"comment": "有想法"}, 303)
    assert "评语：有想法" in text_of(lin.get(path))
    hold(session, training, cast)
    monday.move_to(AFTER)
    lin = web.as_("lin")
    assert "给这个班打分" in text_of(lin.get(path))
    lin.post(f"{path}/evaluation", {"q0": "5"}, 422)
    lin.post(f"{path}/evaluation", {f"q{n}": "4" for n in range(5)} | {"words": "多些案例"}, 303)
    assert session.scalars(select(ClassEvaluation)).one().points == [4] * 5
    hua = web.as_("hua")
    page = text_of(hua.get(f"{OFFICE}/{training.id}/closing"))
    assert "多些案例" not in page
    assert "满 5 人评价" in page
    hua.post(f"{OFFICE}/{training.id}/closing", {}, 303)
    page = text_of(lin.get(path))
    assert "已结业，记 24 学时" in page
    certificate = re.search(r'href="(/certificates/\d+/file)"', page)
    assert certificate
    assert lin.get(certificate[1]).data.startswith(b"%PDF")
    assert "公文写作提升班" in text_of(lin.get("/hours"))


def test_materials_are_found_in_the_library_and_opened_from_the_class(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    training = opened(session, cast)
    hua = web.as_("hua")
    assert "没有找到" in text_of(hua.get(f"{OFFICE}/{training.id}/study?material=不存在的词"))
    hua.post(f"{OFFICE}/{training.id}/materials/999?material=不存在的词", {}, 303)
    assert session.scalars(select(Resource)).all() == []
    hua.post(f"{OFFICE}/{training.id}/materials/999/removal", {}, 303)


def test_a_larger_class_asks_the_database_no_more_often(
    app: Flask, web: Web, session: Session, cast: SimpleNamespace
) -> None:
    training = opened(session, cast, places=60, owner=NORTH)
    enrol(session, training, cast.lin)
    ada = web.as_("ada")

    def asked() -> dict[str, int]:
        counts = {}
        for path in ("", "/enrolments", "/timetable", "/closing"):
            ada.get(f"{OFFICE}/{training.id}{path}")  # what is kept from request to request is kept now
            with statements_of(app.extensions["engine"]) as statements:
                ada.get(f"{OFFICE}/{training.id}{path}")
            counts[path] = len(statements)
        return counts

    few = asked()
    enrol(session, training, *(cadre(session, f"m{number}") for number in range(12)))
    assert asked() == few


def test_before_its_time_nobody_enrols_and_after_the_beginning_nobody_withdraws(
    web: Web, session: Session, cast: SimpleNamespace, monday: time_machine.Traveller
) -> None:
    training = opened(session, cast)
    monday.move_to(NOW - timedelta(days=2))
    assert "开始报名，到时" in text_of(web.as_("lin").get(f"/classes/{training.id}"))
    web.as_("lin").post(f"/classes/{training.id}/enrolment", {}, 409)
    monday.move_to(NOW)
    web.as_("lin").post(f"/classes/{training.id}/enrolment", {}, 303)
    monday.move_to(meeting(FIRST).starts_at)
    web.as_("lin").post(f"/classes/{training.id}/enrolment/withdrawal", {}, 409)


# --- what would fill the hours that are missing


def test_an_open_class_is_named_where_one_reads_what_would_fill_the_gap(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    training = opened(session, cast, owner=NORTH)
    text = text_of(web.as_("lin").get("/hours/missing"))
    assert f'href="/classes/{training.id}"' in text
    assert "公文写作提升班" in text
    assert "综合素质提升班 · 12月7日开班 · 12月5日前报名" in text
    assert "24 学时" in text
    assert "这些学完还差 66" in text
    assert "公文写作提升班" not in text_of(web.as_("dana").get("/hours/missing"))


def test_a_class_fills_nothing_once_it_is_over_or_its_enrolment_is_past_for_those_without_a_place(
    web: Web, session: Session, cast: SimpleNamespace, monday: time_machine.Traveller
) -> None:
    training = opened(session, cast, owner=NORTH)
    enrol(session, training, cast.lin)
    assert "12月7日开班 · 已录取" in text_of(web.as_("lin").get("/hours/missing"))
    monday.move_to(training.enrol_until + timedelta(hours=1))
    assert "已录取" in text_of(web.as_("lin").get("/hours/missing"))
    assert "公文写作提升班" not in text_of(web.as_("bo").get("/hours/missing"))
    monday.move_to(AFTER + timedelta(days=1))
    assert "公文写作提升班" not in text_of(web.as_("lin").get("/hours/missing"))

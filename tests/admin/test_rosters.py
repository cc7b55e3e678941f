"""People come in from Excel: seen first, taken in by a task, harmless when repeated."""

from datetime import date
from types import SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from lms import clock, scheduler
from lms.audit import services as audit
from lms.config import Keys
from lms.db import MakeSession
from lms.demo.cast import NORTH, NORTH_BRANCH, SOUTH
from lms.notices.models import Notice
from lms.people import queries
from lms.people.models import Membership, Person, RosterImport, Unit
from lms.people.rules import DutyStatus, PartyStatus, Role
from lms.people.services import accounts, grants, rosters
from lms.tasks.models import Task, TaskState
from lms.tasks.services import TaskContext, run_due
from lms.web.spreadsheets import XLSX, Sheet, read_rows, write_workbook
from tests.support.spent import cpu_seconds
from tests.support.web import Web

HEADER = ("工号", "姓名", "单位", "支部", "职级类别", "政治面貌", "手机号")
GOOD = [
    ["N101", "张三", NORTH, NORTH_BRANCH, "乡科级及以下", "正式党员", "13800138001"],
    ["N102", "李四", NORTH, "", "专技", "", ""],
    ["N103", "王五", SOUTH, "", "科级", "群众", "13800138003"],
]


def roster(rows: list[list[str]]) -> bytes:
    return write_workbook([Sheet("花名册", HEADER, rows)])


def upload(web: Web, data: bytes, name: str = "花名册.xlsx", status: int = 303):  # type: ignore[no-untyped-def]
    """The file as a browser sends it. Encoded here, because the test client would leave its temporary file open."""
    parts = {"csrf_token": web.csrf_token(), "from_on": "2026-03-01"}
    fields = "".join(f'--b\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in parts.items())
    head = f'--b\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = fields.encode() + head.encode() + data + b"\r\n--b--\r\n"
    answer = web.client.post("/office/people/imports", data=body, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer


def run_tasks(app: Flask) -> int:
    return run_due(app.extensions["make_session"], scheduler.KINDS, app.extensions)


def text_of(answer) -> str:  # type: ignore[no-untyped-def]
    return answer.get_data(as_text=True)


def test_a_roster_is_shown_then_taken_in_and_its_owner_told(
    web: Web, app: Flask, session: Session, cast: SimpleNamespace
) -> None:
    hua = web.as_("hua")
    hua.get("/office/people/imports")
    answer = upload(hua, roster(GOOD))
    preview = text_of(hua.follow(answer))
    assert "导入全部 3 人" in preview
    assert queries.find_by_staff_no(session, "n101") is None
    started = hua.post(answer.headers["Location"] + "/taking-in")
    assert "马上开始" in text_of(hua.follow(started))
    assert run_tasks(app) == 1
    session.commit()
    assert "新增 3 人" in text_of(hua.follow(started))
    piece = hua.client.get(started.headers["Location"] + "/progress")
    assert (piece.headers["X-Stop"], "新增 3 人" in text_of(piece)) == ("1", True)
    found = queries.find_by_staff_no(session, "n101")
    assert found is not None
    member = queries.membership_of(session, found.id, date(2026, 3, 1))
    assert member is not None
    assert (member.party_status, member.duty_status) == (PartyStatus.FULL, DutyStatus.ON_DUTY)
    assert queries.membership_of(session, found.id, date(2026, 2, 28)) is None
    told = session.scalars(select(Notice).where(Notice.person_id == cast.hua.id)).one()
    assert "新增 3 人" in told.text
    assert audit.verify(session)[1] == []


def test_whoever_came_in_can_be_given_a_code_and_sign_in_with_the_phone(web: Web, app: Flask, session: Session) -> None:
    hua = web.as_("hua")
    hua.post(upload(hua, roster(GOOD)).headers["Location"] + "/taking-in")
    run_tasks(app)
    person = queries.find_by_staff_no(session, "n101")
    assert person is not None
    code = accounts.issue_code(session, person, by_id=None, by="test", now=clock.now())
    web.post("/activation", {"code": code, "password": "Xinmima-2026", "again": "Xinmima-2026"})
    assert (
        web.post("/login", {"username": "138 0013 8001", "password": "Xinmima-2026", "next": ""}).headers["Location"]
        == "/"
    )


def test_the_same_file_a_second_time_adds_nobody(web: Web, app: Flask, session: Session) -> None:
    hua = web.as_("hua")
    hua.post(upload(hua, roster(GOOD)).headers["Location"] + "/taking-in")
    run_tasks(app)
    before = session.scalar(select(func.count()).select_from(Person))
    again = upload(hua, roster(GOOD))
    page = text_of(hua.follow(again))
    assert "第 2 行：张三（工号 n101）已在库中，不再添加。" in page
    assert "没有可以新增的人" in page
    hua.post(again.headers["Location"] + "/taking-in", status=422)
    assert session.scalar(select(func.count()).select_from(Person)) == before


def test_faults_are_shown_by_row_and_column_and_the_good_rows_may_go_in(web: Web, app: Flask, session: Session) -> None:
    hua = web.as_("hua")
    bad = [*GOOD, ["N104", "赵六", "北曲分局", "", "科级", "", ""], ["lin", "别人", NORTH, "", "科级", "", ""]]
    answer = upload(hua, roster(bad))
    page = text_of(hua.follow(answer))
    assert "第 5 行“单位”：没有名为“北曲分局”的单位，是不是“北区分局”？" in page
    assert "第 6 行“工号”：“lin”已经是林晓，表里写的是别人，请核对。" in page
    assert "只导入没有问题的 3 人" in page
    hua.post(answer.headers["Location"] + "/taking-in")
    run_tasks(app)
    assert queries.find_by_staff_no(session, "n103") is not None
    assert queries.find_by_staff_no(session, "n104") is None


def test_a_reader_of_one_unit_learns_no_name_behind_another_units_number(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    north = session.scalars(select(Unit).where(Unit.name == NORTH)).one()
    grants.grant(session, cast.bo, Role.ORGANISER, unit=north, by_id=None, by="test", now=clock.now())
    lines = [
        ["dana", cast.dana.name, NORTH, "", "科级", "", ""],
        ["mei", "猜的", NORTH, "", "科级", "", ""],
        ["lin", "猜的", NORTH, "", "科级", "", ""],
        ["N108", "新人", NORTH, "", "科级", "", ""],
    ]
    bo = web.as_("bo")
    page = text_of(bo.follow(upload(bo, roster(lines))))
    assert "第 2 行“工号”：“dana”已经属于另一个人，请核对。" in page
    assert "第 3 行“工号”：“mei”已经属于另一个人，请核对。" in page
    assert "“lin”已经是林晓" in page
    assert cast.dana.name not in page
    assert cast.mei.name not in page
    assert "只导入没有问题的 1 人" in page
    hua = web.as_("hua")
    page = text_of(hua.follow(upload(hua, roster(lines))))
    assert f"{cast.dana.name}（工号 dana）已在库中" in page


def test_a_phone_that_belongs_to_somebody_is_named_and_never_quoted(
    web: Web, session: Session, cast: SimpleNamespace, keys: Keys
) -> None:
    accounts.set_phone(cast.bo, "13800138001", keys)
    twice = [*GOOD, ["N105", "孙七", NORTH, "", "科级", "", "13800138003"]]
    hua = web.as_("hua")
    page = text_of(hua.follow(upload(hua, roster(twice))))
    assert "第 2 行“手机号”：已经属于库里的另一个人" in page
    assert "第 5 行“手机号”：和第 4 行相同" in page
    assert "1380013" not in page
    stored = session.scalars(select(RosterImport)).one()
    assert "1380013" not in f"{stored.problems}{stored.known}{stored.lines_sealed}"


def test_a_double_click_takes_the_file_in_once(web: Web, session: Session) -> None:
    hua = web.as_("hua")
    place = upload(hua, roster(GOOD)).headers["Location"]
    hua.post(place + "/taking-in")
    hua.post(place + "/taking-in", status=409)
    assert session.scalar(select(func.count()).select_from(Task)) == 1


def test_a_file_that_was_thrown_away_cannot_be_taken_in(web: Web, session: Session) -> None:
    hua = web.as_("hua")
    place = upload(hua, roster(GOOD)).headers["Location"]
    assert "还没有决定" in text_of(hua.get("/office/people/imports"))
    hua.post(place + "/discarding")
    hua.post(place + "/taking-in", status=409)
    assert "没有导入" in text_of(hua.get(place))
    assert session.scalars(select(RosterImport.lines_sealed)).one() == ""


def test_a_file_belongs_to_who_read_it_in(web: Web, session: Session, cast: SimpleNamespace) -> None:
    hua = web.as_("hua")
    place = upload(hua, roster(GOOD)).headers["Location"]
    session.execute(update(RosterImport).values(owner_id=cast.wen.id))
    hua.get(place, 404)
    hua.post(place + "/taking-in", status=404)


@pytest.mark.parametrize(
    ("data", "name", "says"),
    [
        (b"", "a.xlsx", "空的"),
        (b"hello", "a.docx", "不是表格"),
        (b"PK\x03\x04", "a.xlsx", "打不开"),
        (write_workbook([Sheet("x", ("a", "b"))]), "a.xlsx", "没有找到表头"),
        (write_workbook([Sheet("x", HEADER)]), "a.xlsx", "没有人员"),
    ],
)
def test_a_wrong_file_is_refused_with_what_to_do(web: Web, data: bytes, name: str, says: str) -> None:
    hua = web.as_("hua")
    reads = says == "没有找到表头"
    answer = upload(hua, data, name, 303 if reads else 422)
    assert says in text_of(hua.follow(answer) if reads else answer)


def test_no_file_at_all_is_a_sentence(web: Web) -> None:
    assert "请选择文件" in text_of(web.as_("hua").post("/office/people/imports", {"from_on": "2026-03-01"}, 422))


def test_a_file_over_the_limit_is_refused_before_it_is_read(web: Web) -> None:
    upload(web.as_("hua"), b"x" * 10_300_000, status=413)


def test_s15_gb18030_csv_is_taken(web: Web) -> None:
    hua = web.as_("hua")
    data = f"工号,姓名,所在单位,级别\n8001,张三,{NORTH},科级\n".encode("gb18030")
    assert "导入全部 1 人" in text_of(hua.follow(upload(hua, data, "名册.csv")))


def test_the_template_comes_with_lists_and_reads_back_as_an_empty_roster(web: Web) -> None:
    answer = web.as_("hua").get("/office/people/imports/template")
    assert answer.mimetype == XLSX
    rows = read_rows(answer.get_data(), "x.xlsx")
    assert rows[0][:3] == ["工号*", "姓名*", "单位*"]


def context_of(session: Session, app: Flask, make_session: MakeSession) -> TaskContext:
    task = session.scalars(select(Task)).one()
    return TaskContext(task.id, task.owner_id, task.input, make_session, clock.now(), app.extensions)


def test_a_task_that_died_in_the_middle_begins_again_without_doubles(
    web: Web, app: Flask, session: Session, make_session: MakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rosters, "CHUNK", 1)
    hua = web.as_("hua")
    hua.post(upload(hua, roster(GOOD)).headers["Location"] + "/taking-in")
    seen = []

    def die(self: TaskContext, done: int, total: int) -> None:
        seen.append((done, total))
        if done == 2:
            raise OSError("power cut")

    with monkeypatch.context() as patched:
        patched.setattr(TaskContext, "progress", die)
        assert run_tasks(app) == 1
    session.commit()
    assert seen == [(1, 3), (2, 3)]
    assert session.scalars(select(Task.state)).one() == TaskState.QUEUED
    session.execute(update(Task).values(run_after=clock.now()))
    session.commit()
    assert run_tasks(app) == 1
    session.commit()
    assert session.scalar(select(func.count()).select_from(Person).where(Person.staff_no.startswith("n10"))) == 3
    ids = select(Person.id).where(Person.staff_no.startswith("n10"))
    assert session.scalar(select(func.count()).select_from(Membership).where(Membership.person_id.in_(ids))) == 3
    assert session.scalars(select(Task.result)).one() == {
        "added": 1,
        "skipped": 2,
        "text": "花名册导入完成：新增 1 人，跳过 2 人（已在库中）。",
    }


@pytest.mark.parametrize("count", [1_000, pytest.param(20_000, marks=pytest.mark.slow)])
def test_many_people_come_in_within_the_time_of_a_coffee(web: Web, app: Flask, session: Session, count: int) -> None:
    rows = [[f"P{n:05}", f"钱{n}", NORTH, NORTH_BRANCH, "科级", "群众", ""] for n in range(count)]
    data = roster(rows)
    hua = web.as_("hua")
    began = cpu_seconds()
    place = upload(hua, data).headers["Location"]
    read = cpu_seconds() - began
    hua.post(place + "/taking-in")
    run_tasks(app)
    took = cpu_seconds() - began
    session.commit()
    assert session.scalar(select(func.count()).select_from(Person).where(Person.staff_no.startswith("p"))) == count
    print(f"{count} people: read and checked in {read:.1f} s, in after {took:.1f} s")
    assert took < 60

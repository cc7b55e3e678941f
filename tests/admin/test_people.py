"""People in the back office: found, entered, moved, and never seen from another unit."""

import io
from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest
import time_machine
from python_calamine import CalamineWorkbook
from sqlalchemy import event, func, select
from sqlalchemy.orm import Session

from lms.audit.models import AuditRecord
from lms.config import Keys
from lms.db import MakeSession
from lms.demo.cast import BUREAU, NORTH, NORTH_BRANCH, SOUTH
from lms.people import queries
from lms.people.models import Branch, Person, Unit
from lms.people.services import accounts
from tests.support.web import Web


def unit(session: Session, name: str) -> Unit:
    return session.scalars(select(Unit).where(Unit.name == name)).one()


def branch(session: Session, name: str) -> Branch:
    return session.scalars(select(Branch).where(Branch.name == name)).one()


def text_of(answer) -> str:  # type: ignore[no-untyped-def]
    return answer.get_data(as_text=True)


def new_person(session: Session, **changes: object) -> dict[str, object]:
    facts = {
        "staff_no": "N100",
        "name": "张三民",
        "rank_band": "township",
        "title": "科员",
        "birth_year": "1990",
        "phone": "13800138000",
        "unit_id": unit(session, NORTH).id,
        "branch_id": branch(session, NORTH_BRANCH).id,
        "party_status": "full",
        "duty_status": "on_duty",
        "from_on": "2026-03-01",
    }
    return {**facts, **changes}


def test_hua_sees_everybody_and_ada_only_north(web: Web) -> None:
    everybody = text_of(web.as_("hua").get("/office/people"))
    assert "林晓" in everybody
    assert "段娜" in everybody
    north = text_of(web.as_("ada").get("/office/people"))
    assert "林晓" in north
    assert "段娜" not in north
    assert "南区分局" not in north


@pytest.mark.parametrize("typed", ["林晓", "林", "lx", "linx", "LIN"])
def test_a_person_is_found_by_name_initials_pinyin_or_number(web: Web, typed: str) -> None:
    page = text_of(web.as_("hua").get(f"/office/people?q={typed}"))
    assert "林晓" in page
    assert "段娜" not in page


def test_a_search_reaches_no_further_than_the_scope(web: Web, cast: SimpleNamespace) -> None:
    ada = web.as_("ada")
    assert "段娜" in text_of(web.as_("hua").get("/office/people?q=dana"))
    assert "段娜" not in text_of(ada.get("/office/people?q=dana&state=all"))
    ada.get(f"/office/people/{cast.lin.id}")
    ada.get(f"/office/people/{cast.dana.id}", 404)


def test_the_unit_filter_knows_only_units_of_the_scope(web: Web, session: Session) -> None:
    south = unit(session, SOUTH).id
    hua = text_of(web.as_("hua").get(f"/office/people?unit={south}"))
    assert "段娜" in hua
    assert "林晓" not in hua
    assert "段娜" not in text_of(web.as_("ada").get(f"/office/people?unit={south}"))


def test_a_list_is_sorted_as_asked(web: Web) -> None:
    hua = web.as_("hua")
    upwards = text_of(hua.get("/office/people?sort=name"))
    downwards = text_of(hua.get("/office/people?sort=name&order=descending"))
    assert upwards.index("薄一鸣") < upwards.index("易德")
    assert downwards.index("薄一鸣") > downwards.index("易德")
    assert 'aria-sort="descending"' in downwards


def test_hua_adds_a_person_who_is_on_the_roster_from_the_day_on(web: Web, session: Session, keys: Keys) -> None:
    hua = web.as_("hua")
    hua.get("/office/people/new")
    page = text_of(hua.follow(hua.post("/office/people", new_person(session))))
    assert "已添加张三民" in page
    assert "13800138000" not in page
    person = queries.find_by_staff_no(session, "n100")
    assert person is not None
    assert keys.unseal("phone", person.phone_sealed or "") == "13800138000"
    before = queries.roster(session, date(2026, 2, 28), unit_path=unit(session, NORTH).path)
    after = queries.roster(session, date(2026, 3, 1), unit_path=unit(session, NORTH).path)
    assert {m.name for m in after} - {m.name for m in before} == {"张三民"}


@pytest.mark.parametrize("staff_no", ["LIN", " lin ", "ｌｉｎ", "l i n"])
def test_b36_a_number_that_only_looks_different_is_taken(web: Web, session: Session, staff_no: str) -> None:
    page = text_of(web.as_("hua").post("/office/people", new_person(session, staff_no=staff_no), 409))
    assert "已经属于另一个人" in page
    assert 'value="张三民"' in page


def test_a_form_with_faults_keeps_what_was_typed_and_names_each(web: Web, session: Session) -> None:
    wrong = new_person(session, name="", birth_year="八八", unit_id="0", from_on="昨天")
    page = text_of(web.as_("hua").post("/office/people", wrong, 422))
    for said in ("请填写姓名", "请填写整数", "请从列表中选择", "请填写日期"):
        assert said in page
    assert 'value="N100"' in page


def test_a_unit_outside_the_list_is_refused(web: Web, session: Session) -> None:
    web.as_("hua").post("/office/people", new_person(session, unit_id="99999"), 422)


def test_only_some_may_add(web: Web, session: Session) -> None:
    for name in ("lin", "ada", "chen", "sun"):
        web.as_(name).post("/office/people", new_person(session), 403)
    assert queries.find_by_staff_no(session, "n100") is None


def test_a_transfer_changes_today_and_not_last_month(web: Web, session: Session, cast: SimpleNamespace) -> None:
    hua = web.as_("hua")
    hua.get(f"/office/people/{cast.lin.id}/places/new")
    moved = {"unit_id": unit(session, SOUTH).id, "branch_id": "0", "party_status": "full", "duty_status": "on_duty"}
    hua.post(f"/office/people/{cast.lin.id}/places", {**moved, "from_on": "2026-06-01"})
    north, south = unit(session, NORTH).path, unit(session, SOUTH).path
    assert "林晓" in {m.name for m in queries.roster(session, date(2026, 5, 31), unit_path=north)}
    assert "林晓" not in {m.name for m in queries.roster(session, date(2026, 6, 1), unit_path=north)}
    assert "林晓" in {m.name for m in queries.roster(session, date(2026, 6, 1), unit_path=south)}
    page = text_of(hua.get(f"/office/people/{cast.lin.id}"))
    assert "至今" in page
    assert "6月1日" in page
    web.as_("ada").get(f"/office/people/{cast.lin.id}", 404)


def test_a_transfer_into_the_past_of_another_is_refused_in_words(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    wrong = {"unit_id": unit(session, SOUTH).id, "branch_id": "0", "party_status": "full", "duty_status": "on_duty"}
    page = web.as_("hua").post(f"/office/people/{cast.lin.id}/places", {**wrong, "from_on": "2019-01-01"}, 422)
    assert "请改用更晚的日期" in text_of(page)


def test_facts_are_edited_and_the_phone_on_file_stays_when_left_empty(
    web: Web, session: Session, cast: SimpleNamespace, keys: Keys
) -> None:
    hua = web.as_("hua")
    accounts.set_phone(cast.lin, "13900139000", keys)
    page = text_of(hua.get(f"/office/people/{cast.lin.id}/edit"))
    assert "13900139000" not in page
    hua.post(
        f"/office/people/{cast.lin.id}",
        {"name": "林小", "rank_band": "technical", "title": "", "birth_year": "", "phone": ""},
    )
    lin = queries.person_by_id(session, cast.lin.id)
    assert (lin.name, lin.initials.split()[0], lin.rank_band) == ("林小", "lx", "technical")
    assert keys.unseal("phone", lin.phone_sealed or "") == "13900139000"


def test_a_phone_of_somebody_else_is_refused(web: Web, session: Session, cast: SimpleNamespace, keys: Keys) -> None:
    accounts.set_phone(cast.bo, "13900139000", keys)
    facts = {"name": "林晓", "rank_band": "township", "title": "", "birth_year": "", "phone": "139 0013 9000"}
    page = web.as_("hua").post(f"/office/people/{cast.lin.id}", facts, 422)
    assert "已经属于另一个人" in text_of(page)


def test_disabling_signs_the_person_out_at_once(web: Web, cast: SimpleNamespace) -> None:
    lin, hua = web.as_("lin"), web.as_("hua")
    lin.get("/me")
    hua.post(f"/office/people/{cast.lin.id}/closure")
    lin.get("/me", 303)
    line = f'href="/office/people/{cast.lin.id}"'
    assert line not in text_of(hua.get("/office/people"))
    assert line in text_of(hua.get("/office/people?state=disabled"))


def test_nobody_disables_themselves_or_one_of_the_three_admins(web: Web, cast: SimpleNamespace) -> None:
    hua = web.as_("hua")
    hua.post(f"/office/people/{cast.hua.id}/closure", status=403)
    hua.post(f"/office/people/{cast.shi.id}/closure", status=403)


def sheet(data: bytes) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()


def test_an_export_needs_a_reason_and_is_written_down(web: Web, session: Session) -> None:
    ada = web.as_("ada")
    assert "请写明导出的用途" in text_of(ada.post("/office/people/export", {"reason": ""}, 422))
    answer = ada.post("/office/people/export", {"reason": "年度核对"}, 200)
    rows = sheet(answer.get_data())
    assert rows[0][:2] == ["工号", "姓名"]
    assert {row[1] for row in rows[1:]} == {"林晓", "薄一鸣", "陈思远", "易德", "安达"}
    record = session.scalars(select(AuditRecord).order_by(AuditRecord.number.desc()).limit(1)).one()
    assert (record.action, record.actor, record.detail["count"], record.detail["reason"]) == (
        "person.export",
        "安达",
        5,
        "年度核对",
    )


def test_an_export_of_picked_rows_holds_those_inside_the_scope_only(web: Web, cast: SimpleNamespace) -> None:
    ada = web.as_("ada")
    ids = f"ids={cast.lin.id}&ids={cast.dana.id}"
    assert "导出 1 人" in text_of(ada.get(f"/office/people/export?{ids}"))
    rows = sheet(
        ada.post("/office/people/export", {"reason": "核对", "ids": [cast.lin.id, cast.dana.id]}, 200).get_data()
    )
    assert [row[1] for row in rows[1:]] == ["林晓"]


def test_b31_names_that_look_like_formulas_leave_as_text(web: Web, session: Session, cast: SimpleNamespace) -> None:
    cast.lin.title = '=HYPERLINK("http://x")'
    cast.bo.staff_no = "00012345678901234567"
    rows = sheet(web.as_("ada").post("/office/people/export", {"reason": "核对"}, 200).get_data())
    assert '=HYPERLINK("http://x")' in {row[5] for row in rows}
    assert "00012345678901234567" in {row[0] for row in rows}


def test_b28_an_export_holds_no_phone_hash_or_secret(
    web: Web, session: Session, cast: SimpleNamespace, keys: Keys
) -> None:
    accounts.set_phone(cast.lin, "13900139000", keys)
    data = web.as_("hua").post("/office/people/export", {"reason": "核对"}, 200).get_data()
    flat = {str(cell) for row in sheet(data) for cell in row}
    assert "林晓" in flat
    assert not [
        cell for cell in flat if "1390013" in cell or "argon2" in cell or cell == (cast.lin.phone_sealed or "-")
    ]


def test_a_list_needs_a_handful_of_statements_whatever_its_length(
    web: Web, session: Session, make_session: MakeSession
) -> None:
    hua = web.as_("hua")
    north = unit(session, NORTH)
    now = datetime(2026, 3, 1, tzinfo=UTC)
    for number in range(40):
        person = accounts.create_person(
            session, staff_no=f"q{number}", name=f"钱{number}", rank_band="township", now=now
        )  # type: ignore[arg-type]
        accounts.place(session, person, north, None, from_on=date(2026, 1, 1))
    session.commit()
    hua.get("/office/people")
    statements: list[str] = []
    engine = hua.app.extensions["engine"]

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    try:
        hua.client.get("/office/people")
    finally:
        event.remove(engine, "before_cursor_execute", count)
    assert len(statements) <= 8, statements


def test_one_person_from_a_double_click_and_a_conflict_for_another_body(web: Web, session: Session) -> None:
    hua = web.as_("hua")
    first = hua.post("/office/people", {**new_person(session), "operation_id": "op-1"})
    second = hua.post("/office/people", {**new_person(session), "operation_id": "op-1"})
    assert first.headers["Location"] == second.headers["Location"]
    hua.post("/office/people", {**new_person(session, staff_no="N200"), "operation_id": "op-1"}, 409)
    assert session.scalar(select(func.count()).select_from(Person).where(Person.name == "张三民")) == 1


@time_machine.travel(datetime(2026, 11, 23, 2, 0, tzinfo=UTC), tick=True)
def test_units_count_heads_as_of_a_day(web: Web, session: Session, cast: SimpleNamespace) -> None:
    accounts.place(session, cast.lin, unit(session, SOUTH), None, from_on=date(2026, 6, 1))
    hua = web.as_("hua")
    assert "5 人" in text_of(hua.get("/office/units?on=2026-05-31"))
    north = unit(session, NORTH).id
    assert "林晓" in text_of(hua.get(f"/office/units/{north}?on=2026-05-31"))
    assert "林晓" not in text_of(hua.get(f"/office/units/{north}?on=2026-06-01"))
    assert "共 4 人" in text_of(hua.get(f"/office/units/{north}?on=nonsense"))


def test_a_unit_is_added_below_another_and_renamed(web: Web, session: Session) -> None:
    hua = web.as_("hua")
    root = unit(session, BUREAU).id
    hua.get(f"/office/units/new?parent={root}")
    hua.post("/office/units", {"parent_id": root, "name": "测绘院", "short_name": "", "sort": "9"})
    made = unit(session, "测绘院")
    assert made.path == f"/{root}/{made.id}/"
    hua.get(f"/office/units/{made.id}/edit")
    hua.post(f"/office/units/{made.id}", {"name": "测绘地理信息院", "short_name": "测绘院", "sort": "9"})
    assert "测绘地理信息院" in text_of(hua.get("/office/units"))
    assert "换一个名称" in text_of(
        hua.post(f"/office/units/{made.id}", {"name": NORTH, "short_name": "", "sort": "1"}, 409)
    )
    assert "换一个名称" in text_of(
        hua.post("/office/units", {"parent_id": root, "name": NORTH, "short_name": "", "sort": ""}, 409)
    )


def test_ada_sees_her_unit_and_no_other(web: Web, session: Session) -> None:
    ada = web.as_("ada")
    page = text_of(ada.get("/office/units"))
    assert NORTH in page
    assert SOUTH not in page
    ada.get(f"/office/units/{unit(session, NORTH).id}")
    ada.get(f"/office/units/{unit(session, SOUTH).id}", 404)
    ada.get(f"/office/units/{unit(session, BUREAU).id}", 404)


def test_wen_keeps_the_branches(web: Web, session: Session) -> None:
    wen = web.as_("wen")
    north = branch(session, NORTH_BRANCH)
    wen.get("/office/branches")
    assert "林晓" in text_of(wen.get(f"/office/branches/{north.id}"))
    wen.get("/office/branches/new")
    wen.post("/office/branches", {"parent_id": north.parent_id, "name": "测绘院支部", "short_name": "", "sort": ""})
    made = branch(session, "测绘院支部")
    wen.get(f"/office/branches/{made.id}/edit")
    wen.post(f"/office/branches/{made.id}", {"name": "测绘院第一支部", "short_name": "", "sort": "3"})
    assert "测绘院第一支部" in text_of(wen.get("/office/branches"))

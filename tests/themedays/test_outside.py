"""The outside platform's table: its columns as data, text that stays text, by branch or for all."""

import io
import zipfile
from collections.abc import Iterator
from datetime import date
from types import SimpleNamespace

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from lms.audit.models import AuditRecord
from lms.demo.cast import NORTH_BRANCH, SOUTH_BRANCH
from lms.errors import Invalid
from lms.gatherings import services
from lms.gatherings.models import Gathering
from lms.gatherings.rules import Cause, Mark
from lms.gatherings.services import Tap
from lms.people.models import Branch
from lms.themedays import outside_rules as rules
from lms.themedays import outside_services as outside
from lms.themedays.duties_models import OutsideLayout
from lms.themedays.outside_rules import FIELDS, PRESET, Column, Field, Layout
from lms.web.spreadsheets import read_rows
from tests.gatherings.north import AFTER, DURING, branch, theme_day
from tests.support.web import Web

URL = "/branches/outside"
DANGEROUS = ("=1+1", "+86 731", "-5", "@SUM(A1)", '=HYPERLINK("http://x","点我")')


@pytest.fixture(autouse=True)
def after() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(AFTER, tick=False) as traveller:
        yield traveller


def held(session: Session, by: object, owner: str = NORTH_BRANCH, **changes: object) -> Gathering:
    made = theme_day(session, by, owner=owner)  # type: ignore[arg-type]
    for name, value in changes.items():
        setattr(made, name, value)
    services.close_roll(session, made, by_id=by.id, now=AFTER)  # type: ignore[attr-defined]
    session.commit()
    return made


def rows_taken(web: Web, name: str, **wanted: object) -> list[list[str]]:
    answer = web.as_(name).post(f"{URL}/file", {"branch": "", "year": 2026, "month": 12} | wanted, 200)
    return read_rows(answer.data, "table.xlsx")


# --- the file


def test_the_preset_says_of_a_meeting_what_platforms_ask(web: Web, session: Session, cast: SimpleNamespace) -> None:
    made = theme_day(session, cast.chen)
    taps = [Tap(cast.lin.id, Mark.PRESENT), Tap(cast.bo.id, Mark.LEAVE, Cause.ILL)]
    services.mark(session, made, taps, by_id=cast.chen.id, now=DURING)
    services.close_roll(session, made, by_id=cast.chen.id, now=AFTER)
    services.write_minutes(session, made, {"points": "学习文件"}, by_id=cast.chen.id, now=AFTER)
    head, row = rows_taken(web, "chen", branch=branch(session).id)
    said = dict(zip(head, row, strict=True))
    assert said["党组织名称"] == NORTH_BRANCH
    assert (said["开始时间"], said["结束时间"]) == ("2026-12-04 15:00", "2026-12-04 17:00")
    assert (said["应到人数"], said["实到人数"], said["参加人员"]) == ("5", "1", "林晓")
    assert said["缺席人员及原因"].startswith("薄一鸣（因病）、")
    assert said["活动内容"] == "学习文件"


@pytest.mark.parametrize("text", DANGEROUS)
def test_a_text_that_looks_like_a_formula_stays_a_text(
    web: Web, session: Session, cast: SimpleNamespace, text: str
) -> None:
    held(session, cast.chen, title=text, place=text)
    answer = web.as_("chen").post(f"{URL}/file", {"branch": branch(session).id, "year": 2026, "month": 12}, 200)
    assert read_rows(answer.data, "t.xlsx")[1][3] == text
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        sheet = packed.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "hyperlink" not in sheet.lower()


def test_what_was_not_rolled_or_was_cancelled_is_not_in_the_file(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    theme_day(session, cast.chen)
    gone = theme_day(session, cast.chen)
    services.cancel(session, gone, reason="停电", by_id=cast.chen.id, now=AFTER)
    assert len(rows_taken(web, "chen", branch=branch(session).id)) == 1


# --- who takes what


def test_the_committee_takes_all_branches_for_a_month_and_a_secretary_her_own(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    held(session, cast.chen)
    held(session, cast.mei, SOUTH_BRANCH)
    assert {row[1] for row in rows_taken(web, "wen")[1:]} == {NORTH_BRANCH, SOUTH_BRANCH}
    assert {row[1] for row in rows_taken(web, "mei")[1:]} == {SOUTH_BRANCH}
    assert {row[1] for row in rows_taken(web, "mei", branch=branch(session, SOUTH_BRANCH).id, month="")[1:]} == {
        SOUTH_BRANCH
    }
    web.as_("mei").post(f"{URL}/file", {"branch": branch(session).id, "year": 2026, "month": 12}, 404)
    web.as_("lin").post(f"{URL}/file", {"branch": branch(session).id, "year": 2026, "month": 12}, 403)
    acts = session.scalars(select(AuditRecord.detail).where(AuditRecord.action == "branch:export-outside")).all()
    assert [act["rows"] for act in acts] == [2, 1, 1]


def test_all_branches_of_a_whole_year_are_asked_for_month_by_month(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    answer = web.as_("wen").post(f"{URL}/file", {"branch": "", "year": 2026, "month": ""}, 422)
    assert "请选月份" in answer.get_data(as_text=True)
    for year, month in (("", "1"), ("20x6", "1"), ("2026", "13"), ("3000", "1")):
        web.as_("wen").post(f"{URL}/file", {"branch": "", "year": year, "month": month}, 422)


# --- the layout


def posted(layout: Layout) -> dict[str, object]:
    given: dict[str, object] = {"name": layout.name, "day_format": layout.day_format}
    for number, column in enumerate(layout.columns, 1):
        given[f"place_{column.field}"], given[f"heading_{column.field}"] = number, column.heading
    return given


def test_the_committee_puts_columns_in_another_order_under_other_headings(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    held(session, cast.chen)
    columns = (
        Column(Field.TITLE, "主题"),
        Column(Field.EMPTY_A, "平台编号"),
        Column(Field.STARTS, "时间"),
        Column(Field.DUE, "应到"),
    )
    wanted = Layout("省党建云", columns, "cn")
    web.as_("wen").post(f"{URL}/layout", posted(wanted), 303)
    assert outside.find_layout(session) == wanted
    assert rows_taken(web, "wen") == [
        ["主题", "平台编号", "时间", "应到"],
        ["12月主题党日", "", "2026年12月4日 15:00", "5"],
    ]
    shown = web.as_("wen").get(f"{URL}/layout").get_data(as_text=True)
    assert 'value="平台编号"' in shown
    for name in ("chen", "lin"):
        web.as_(name).get(f"{URL}/layout", 403)
        web.as_(name).post(f"{URL}/layout", posted(PRESET), 403)


def test_a_table_without_columns_or_with_one_heading_twice_is_refused(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    answer = web.as_("wen").post(f"{URL}/layout", {"name": "x", "day_format": "cn"}, 422)
    assert "至少选一列" in answer.get_data(as_text=True)
    twice = Layout("x", (Column(Field.TITLE, "名称"), Column(Field.BRANCH, "名称")), "cn")
    assert "用了两次" in web.as_("wen").post(f"{URL}/layout", posted(twice), 422).get_data(as_text=True)
    web.as_("wen").post(f"{URL}/layout", {**posted(PRESET), "day_format": "%A"}, 422)
    web.as_("wen").post(f"{URL}/layout", {**posted(PRESET), "place_title": "一"}, 422)
    assert session.scalars(select(OutsideLayout)).all() == []
    with pytest.raises(Invalid):
        outside.keep_layout(session, Layout("x", PRESET.columns, "%A"), by_id=cast.wen.id, now=AFTER)


def test_every_field_there_is_can_be_written(session: Session, cast: SimpleNamespace) -> None:
    held(session, cast.chen)
    records = outside.records_queries.list_records(
        session, Branch.id == branch(session).id, date(2026, 12, 1), date(2026, 12, 31)
    )
    whole = Layout("全部", tuple(Column(field, name) for field, name in FIELDS.items()), "%Y%m%d")
    (row,) = outside.rows_of(records, whole)
    said = dict(zip(FIELDS, row, strict=True))
    assert (said[Field.DAY], said[Field.MINUTES], said[Field.RATE], said[Field.KIND]) == (
        "20261204",
        120,
        "0%",
        "主题党日",
    )
    assert said[Field.HOST] == said[Field.RECORDER] == "陈思远"


@given(st.dictionaries(st.sampled_from(Field), st.integers(1, 99), min_size=1), st.data())
def test_a_layout_is_read_as_it_was_kept(places: dict[Field, int], data: st.DataObject) -> None:
    headings = {field: data.draw(st.text(max_size=10)) for field in places}
    columns = rules.ordered(places, headings)
    assert [places[column.field] for column in columns] == sorted(places.values())
    layout = Layout("表", columns, data.draw(st.sampled_from(list(rules.DAY_FORMATS))))
    assert rules.read("表", rules.stored(layout), layout.day_format) == layout
    assert all(column.heading.strip() for column in columns)


def test_a_field_nobody_knows_any_more_is_left_out() -> None:
    kept = [{"field": "title", "heading": "主题"}, {"field": "star_sign", "heading": "星座"}]
    assert rules.read("旧", kept, "cn").headings == ["主题"]

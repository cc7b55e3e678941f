"""The yearly report: the page's figures are the file's, a unit sees itself and a median, and the duty to lecture is the organiser's to see."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from html import unescape
from io import BytesIO
from time import process_time
from types import SimpleNamespace

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from lms.admin import report_queries, report_rules
from lms.audit.models import AuditRecord
from lms.demo.cast import NORTH, SOUTH
from lms.hours import services as hours
from lms.hours.rules import Bucket, Source
from lms.people.access import Scope
from lms.people.models import Membership, Person, Unit
from lms.people.rules import DutyStatus, PartyStatus, RankBand
from lms.training import services as training
from lms.web.return_sheets import FIRST_ROW
from lms.web.spreadsheets import cell_text
from tests.support.statements import statements_of
from tests.support.web import Web
from tests.training.bureau import AFTER, enrol, hold, opened, unit
from tests.training.test_plans import course, finish, plan_with

NOWHERE = Scope((), ())
EVERYWHERE = Scope(("/",), ())
HEADS = {"people": "人员和要求", "hours": "学时", "plan": "培训计划（必修）", "classes": "培训班"}


@pytest.fixture
def december() -> Iterator[None]:
    with time_machine.travel(AFTER, tick=False):
        yield


@pytest.fixture
def year(session: Session, cast: SimpleNamespace) -> None:
    """Hours with quarters in them, a plan half done, a class that was closed."""
    of, held = course(session), opened(session, cast, NORTH)
    plan_with(session, cast, of)
    finish(session, of, cast.lin.id)
    enrol(session, held, cast.lin, cast.bo)
    hold(session, held, cast, absent=[(0, cast.bo)])
    training.close_class(session, held, by_id=cast.ada.id, now=AFTER)
    for number, (person, bucket, quarters) in enumerate(
        [
            (cast.lin, Bucket.ONLINE, 7),
            (cast.dana, Bucket.ONLINE, 1333),
            (cast.bo, Bucket.PARTY, 5),
            (cast.gao, Bucket.PROFESSIONAL, 2),
        ]
    ):
        hours.credit(
            session, person_id=person.id, source=Source("import", number), bucket=bucket, quarters=quarters,
            on=date(2026, 1 + number, 5), title="网络学院", evidence={}, now=AFTER,
        )  # fmt: skip
    session.commit()


def tables_of(page: str) -> dict[str, list[list[str]]]:
    """Caption → rows of cells, the head first, as the reader sees them."""
    found = {}
    for table in re.findall(r"<table.*?</table>", page, re.S):
        caption = _text(re.findall(r"<caption[^>]*>(.*?)</caption>", table, re.S)[0])
        rows = re.findall(r"<tr.*?</tr>", table, re.S)
        found[caption] = [[_text(cell) for cell in re.findall(r"<t[hd][ >].*?</t[hd]>", row, re.S)] for row in rows]
    return found


def _text(markup: str) -> str:
    return unescape(re.sub(r"<[^>]+>", "", markup)).strip()


def sheets_of(file: bytes) -> dict[str, list[list[str]]]:
    book = CalamineWorkbook.from_filelike(BytesIO(file))
    return {
        name: [
            [cell_text(cell) for cell in row] for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        ]
        for name in book.sheet_names
    }


@pytest.mark.usefixtures("year", "december")
@pytest.mark.parametrize("name", ["ada", "hua", "wen"])
def test_every_figure_of_the_page_stands_in_the_file_to_the_digit(web: Web, name: str) -> None:
    browser = web.as_(name)
    page = browser.get("/office/reports").get_data(as_text=True)
    shown, file = tables_of(page), sheets_of(browser.post("/office/reports/export", {}, 200).data)
    sheet, groups = file["年报"], dict(HEADS) | ({"lectures": "领导干部上讲台"} if name == "hua" else {})
    place, titles = 1, sheet[FIRST_ROW - 1]
    for title in groups.values():
        table = shown[f"{title}，按单位"]
        width = len(table[0]) - 1
        assert sheet[FIRST_ROW - 2][place] == title
        assert titles[place : place + width] == table[0][1:]
        for row, line in zip(sheet[FIRST_ROW:], table[1:], strict=False):
            assert [row[0], *row[place : place + width]] == line
        assert sheet[FIRST_ROW + len(table) - 2][0] == "合计"
        place += width
    assert place == len(titles)
    months = next(rows for caption, rows in shown.items() if caption.endswith("每月学时"))
    assert [row[: len(months[0])] for row in file["按月"][FIRST_ROW : FIRST_ROW + 12]] == [
        [row[0], *map(_plain, row[1:])] for row in months[1:]
    ]
    compared = shown.get("本单位和其他单位的中位数", [[]])[1:]
    assert bool(compared) == (name == "ada")
    assert [row[:3] for row in file.get("与中位数比", [])[FIRST_ROW : FIRST_ROW + len(compared)]] == compared
    stamp = re.findall(r"截至 [^。<]*花名册为准", page)[0]
    assert {file["年报"][1][1], file["按月"][1][1]} == {stamp}
    assert "2026 年度干部教育培训统计报表" in sheet[0][0]


def _plain(figure: str) -> str:
    """The chart's own sums may be written 2.0."""
    return f"{float(figure):g}"


@pytest.mark.usefixtures("year", "december")
def test_figures_are_those_of_the_domains_and_a_file_taken_out_is_recorded(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    found = tables_of(web.as_("hua").get("/office/reports").get_data(as_text=True))
    north = {title: next(row for row in found[f"{title}，按单位"] if row[0] == NORTH)[1:] for title in HEADS.values()}
    assert north["培训班"] == ["1", "1", "2", "1"]
    assert north["培训计划（必修）"][1] == "1"
    assert north["学时"] == ["24", "1.75", "1.25", "0", "27"]
    web.as_("ada").post("/office/reports/export", {}, 200)
    record = session.scalars(select(AuditRecord).where(AuditRecord.action == "report.export")).one()
    assert (record.actor_id, record.detail["unit"]) == (cast.ada.id, NORTH)


@pytest.mark.usefixtures("year", "december")
def test_a_unit_never_meets_another_s_name_or_figures_and_hears_a_median_only_of_three_others(
    web: Web, session: Session, cast: SimpleNamespace
) -> None:
    ada = web.as_("ada")
    page = ada.get("/office/reports").get_data(as_text=True)
    assert NORTH in page
    assert SOUTH not in page
    assert "333.25" not in page  # what dana has, all of South
    assert "333.25" in web.as_("hua").get("/office/reports").get_data(as_text=True)
    file = sheets_of(ada.post("/office/reports/export", {}, 200).data)
    assert not [cell for rows in file.values() for row in rows for cell in row if SOUTH in cell or cell == "333.25"]
    south = unit(session, SOUTH)
    ada.get(f"/office/reports?unit={south.id}", 404)
    ada.post(f"/office/reports/export?unit={south.id}", {}, 404)
    web.as_("wen").get(f"/office/reports?unit={south.id}", 200)
    web.as_("mei").get("/office/reports", 403)
    assert "领导干部上讲台" not in page
    assert "领导干部上讲台，按单位" not in web.as_("wen").get("/office/reports").get_data(as_text=True)


@pytest.mark.usefixtures("year", "december")
def test_units_one_reads_anyway_are_left_out_of_the_median_of_a_smaller_choice(
    session: Session, cast: SimpleNamespace
) -> None:
    """I read all units but one, so one is unknown: whichever of mine I choose, no median may speak of it."""
    units = session.scalars(select(Unit).where(Unit.parent_id.is_not(None)).order_by(Unit.id)).all()
    south = unit(session, SOUTH)
    reach = Scope(tuple(each.path for each in units if each.id != south.id), ())
    for chosen in (None, unit(session, NORTH)):
        found = report_queries.report(session, reach, 2026, unit=chosen, lectures=NOWHERE, now=AFTER)
        assert {each.median for each in found.comparisons} == {None}
        assert south.name not in {line.name for line in found.lines}


@given(st.lists(st.integers(0, 10_000), max_size=9))
def test_the_median_lies_in_the_middle_and_of_fewer_than_three_nothing_is_said(values: list[int]) -> None:
    found = report_rules.median(values)
    if len(values) < report_rules.LEAST_OTHERS:
        assert found is None
    else:
        assert found is not None
        assert sum(value <= found for value in values) * 2 >= len(values)
        assert sum(value >= found for value in values) * 2 >= len(values)


def test_a_comparison_says_nothing_where_nothing_was_asked() -> None:
    nothing = {"people": [2, 1], "hours": [0, 0, 0, 0, 9], "plan": [0, 0], "classes": [0, 0, 0, 0]}
    busy = nothing | {"plan": [4, 1]}
    by_title = {each.title: each for each in report_rules.compare(nothing, [busy, busy, nothing])}
    assert (by_title["达到要求"].own, by_title["达到要求"].median) == (50.0, 50.0)
    assert (by_title["必修计划完成"].own, by_title["必修计划完成"].median) == (None, None)
    assert by_title["人均学时"].own == 1.12


MOST_STATEMENTS = 40


@pytest.mark.usefixtures("december")
def test_a_report_of_two_thousand_people_takes_few_statements_and_little_time(
    session: Session, cast: SimpleNamespace, record_property: Callable[[str, object], None]
) -> None:
    plan_with(session, cast, course(session))
    people = [
        {"staff_no": f"n{n}", "name": f"干部{n}", "initials": "gb", "rank_band": RankBand.TOWNSHIP, "birth_year": 1980, "title": "",
         "created_at": AFTER} for n in range(2000)
    ]  # fmt: skip
    session.execute(insert(Person), people)
    ids = session.scalars(
        select(Person.id).where(Person.name.startswith("干部"), Person.staff_no.startswith("n"))
    ).all()
    units = session.scalars(select(Unit.id)).all()
    places = [
        {"person_id": id, "unit_id": units[n % len(units)], "from_on": date(2020, 1, 1), "party_status": PartyStatus.FULL,
         "duty_status": DutyStatus.ON_DUTY} for n, id in enumerate(ids)
    ]  # fmt: skip
    session.execute(insert(Membership), places)
    session.commit()
    for reach, name in ((EVERYWHERE, "all units"), (Scope((unit(session, NORTH).path,), ()), "one unit")):
        with statements_of(session.get_bind()) as said:  # type: ignore[arg-type]
            started = process_time()
            found = report_queries.report(session, reach, 2026, unit=None, lectures=EVERYWHERE, now=AFTER)
            seconds = process_time() - started
        record_property(f"cpu_millis_{name}", round(seconds * 1000))
        print(f"report, {name}: {seconds * 1000:.0f} ms of CPU, {len(said)} statements")
        assert found.total.cells["people"][0] >= 2000 // len(units)
        assert len(said) <= MOST_STATEMENTS
        assert seconds < 2

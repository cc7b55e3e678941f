"""Tables in and out: what Excel users have, and what attackers make."""

import csv
import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from lms.web import spreadsheets
from lms.web.spreadsheets import Sheet, UnreadableSheet, read_rows, write_workbook

FORMULAS = ["=1+1", "+86", "-1", "@cmd", "\t=1+1", "\r=1", "＝1+1", "＋1", "－1", "＠x", '=HYPERLINK("http://x")']


def workbook(rows: list[list[str]], header: tuple[str, ...] = ("甲", "乙")) -> bytes:
    return write_workbook([Sheet("表", header, rows)])


def members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return {name: book.read(name) for name in book.namelist()}


def packed(content: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as book:
        for name, data in content.items():
            book.writestr(name, data)
    return out.getvalue()


def with_sheet(xml: bytes) -> bytes:
    parts = members(workbook([["1", "2"]]))
    return packed({**parts, "xl/worksheets/sheet1.xml": xml})


@pytest.mark.parametrize("text", FORMULAS)
def test_s15_a_cell_that_looks_like_a_formula_stays_text(text: str) -> None:
    data = workbook([[text, "x"]])
    assert b"<f>" not in members(data)["xl/worksheets/sheet1.xml"]
    assert read_rows(data, "a.xlsx")[1][0] == text.strip()


def test_s15_long_digits_keep_every_digit_and_leading_zero() -> None:
    data = workbook([["00123", "430102199001011234567"]])
    assert read_rows(data, "a.xlsx")[1] == ["00123", "430102199001011234567"]
    assert [
        type(cell) for cell in CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()[1]
    ] == [str, str]


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.lists(st.text(st.characters(exclude_categories=["C"]), max_size=20), min_size=2, max_size=2),
        min_size=1,
        max_size=8,
    )
)
def test_what_is_written_is_read_again(rows: list[list[str]]) -> None:
    back = read_rows(workbook(rows), "a.xlsx")[1:]
    wanted = [[cell.strip() for cell in row] for row in rows]
    while wanted and not any(wanted[-1]):
        wanted.pop()
    assert [([*row, "", ""])[:2] for row in back][: len(wanted)] == wanted


def test_rows_keep_the_numbers_excel_shows() -> None:
    data = workbook([["", ""], ["", ""], ["三", "x"]])
    assert read_rows(data, "a.xlsx")[3] == ["三", "x"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_s15_csv_is_read_in_every_encoding_offices_use(encoding: str) -> None:
    assert read_rows("工号,姓名\n001,张三\n".encode(encoding), "名册.csv") == [["工号", "姓名"], ["001", "张三"]]


def test_csv_divided_by_tabs_or_semicolons_is_read() -> None:
    assert read_rows("工号\t姓名\n1\t张,三".encode(), "a.txt") == [["工号", "姓名"], ["1", "张,三"]]
    assert read_rows("工号;姓名\n1;张三".encode(), "a.csv")[1] == ["1", "张三"]


def test_an_xlsx_named_csv_is_read_as_what_it_is() -> None:
    assert read_rows(workbook([["1", "2"]]), "a.csv")[1] == ["1", "2"]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "空的"),
        (b"PK\x03\x04broken", "打不开"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old", "旧版"),
        (b"%PDF-1.7", "不是表格"),
        (b"x" * (spreadsheets.MOST_FILE_BYTES + 1), "超过 10 MB"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(data: bytes, says: str) -> None:
    with pytest.raises(UnreadableSheet, match=says) as refused:
        read_rows(data, "a.xlsx")
    assert refused.value.field == "file"


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(UnreadableSheet, match="编码"):
        read_rows(b"\xff\xff\xff\x80", "a.csv")


def test_b19_a_sheet_that_unpacks_to_more_than_the_limit_is_refused() -> None:
    bomb = with_sheet(b"<worksheet>" + b" " * (spreadsheets.MOST_UNPACKED_BYTES + 1) + b"</worksheet>")
    assert len(bomb) < spreadsheets.MOST_FILE_BYTES
    with pytest.raises(UnreadableSheet, match="太大"):
        read_rows(bomb, "a.xlsx")


def test_b19_a_member_that_lies_about_its_size_is_refused() -> None:
    data = bytearray(with_sheet(b"<worksheet>" + b" " * 100_000 + b"</worksheet>"))
    true_size = (100_023).to_bytes(4, "little")
    assert data.count(true_size) == 2
    lied = bytes(data).replace(true_size, (1_000).to_bytes(4, "little"))
    with pytest.raises(UnreadableSheet):
        read_rows(lied, "a.xlsx")


def test_b19_two_far_corners_do_not_make_a_table_of_seventeen_thousand_million_cells() -> None:
    xml = members(workbook([["1", "2"]]))["xl/worksheets/sheet1.xml"]
    far = xml.replace(b"</sheetData>", b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>')
    assert far != xml
    with pytest.raises(UnreadableSheet, match="范围太大"):
        read_rows(with_sheet(far), "a.xlsx")


def test_b18_a_document_type_is_refused() -> None:
    xml = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet>&a;</worksheet>'
    with pytest.raises(UnreadableSheet, match="不常见"):
        read_rows(with_sheet(xml), "a.xlsx")


def test_too_many_rows_and_columns_are_refused() -> None:
    with pytest.raises(UnreadableSheet, match="50000 行"):
        read_rows(b"1,2\n" * 50_001, "a.csv")
    with pytest.raises(UnreadableSheet, match="200 列"):
        read_rows(b"," * 300, "a.csv")


def test_lists_to_choose_from_may_be_longer_than_excel_allows_in_a_rule() -> None:
    units = [f"第{n}个名称相当长的自然资源所" for n in range(80)]
    parts = members(write_workbook([Sheet("花名册", ("单位",), choices={0: units})]))
    assert b"dataValidation" in parts["xl/worksheets/sheet1.xml"]
    assert units[79].encode() in b"".join(parts.values())


def test_a_csv_cell_with_quotes_and_lines_is_one_cell() -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["a", "b"], ['说"好"\n再说', "2"]])
    assert read_rows(out.getvalue().encode(), "a.csv")[1] == ['说"好"\n再说', "2"]


def test_damaged_packing_is_refused() -> None:
    data = bytearray(workbook([["1", "2"]]))
    data[60:80] = b"\x00" * 20
    with pytest.raises(UnreadableSheet):
        read_rows(bytes(data), "a.xlsx")

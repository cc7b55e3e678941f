"""A roster out of Excel is read as a clerk would read it, and every fault is a sentence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.people.roster_rules import HEADERS, Places, Reading, RosterLine, read_roster
from lms.people.rules import DutyStatus, PartyStatus, RankBand

UNITS = Places.of(
    [
        (1, "南州市自然资源局", "市局"),
        (5, "北区分局", "北区"),
        (6, "南区分局", "南区"),
        (7, "测绘院", "院"),
        (8, "信息院", "院"),
    ]
)
BRANCHES = Places.of([(2, "北区分局第一支部", "北一"), (3, "南区分局支部", "南支")])
HEADER = ["工号", "姓名", "单位", "职级类别"]


def read(*rows: list[str], header: list[str] = HEADER) -> Reading:
    return read_roster([header, *rows], UNITS, BRANCHES, this_year=2026)


def sentences(reading: Reading) -> list[str]:
    return [problem.sentence for problem in reading.problems]


def only(reading: Reading) -> RosterLine:
    assert not reading.problems, sentences(reading)
    assert len(reading.lines) == 1
    return reading.lines[0]


def test_a_row_is_understood() -> None:
    header = ["工号", "姓名", "单位", "支部", "职级类别", "职务", "出生年份", "政治面貌", "在岗状态", "手机号"]
    line = only(
        read(
            [
                "N100",
                "张三",
                "北区分局",
                "北区分局第一支部",
                "乡科级及以下",
                "科员",
                "1988",
                "正式党员",
                "在岗",
                "138 0013 8000",
            ],
            header=header,
        )
    )
    assert line == RosterLine(
        2, "n100", "张三", 5, 2, RankBand.TOWNSHIP, "科员", 1988, PartyStatus.FULL, DutyStatus.ON_DUTY, "13800138000"
    )


def test_headers_may_be_spelled_as_offices_spell_them_and_stand_below_a_title() -> None:
    rows = [
        ["北区分局花名册"],
        [],
        ["序号", "职工号 *", "姓 名", "工作单位（必填）", "级别", "备注"],
        ["1", "8", "李四", "北区", "副科级", "新来"],
    ]
    line = only(read_roster(rows, UNITS, BRANCHES, this_year=2026))
    assert (line.row, line.staff_no, line.unit_id, line.rank_band) == (4, "8", 5, RankBand.TOWNSHIP)


@pytest.mark.parametrize("name", HEADERS)
def test_no_two_columns_share_a_spelling(name: str) -> None:
    others = {s for other, spellings in HEADERS.items() if other != name for s in spellings}
    assert not others & set(HEADERS[name])


def test_an_unknown_unit_is_quoted_with_the_nearest_name() -> None:
    reading = read(["1", "甲", "北区分局", "科级"], ["2", "乙", "北曲分局", "科级"])
    assert sentences(reading) == ["第 3 行“单位”：没有名为“北曲分局”的单位，是不是“北区分局”？"]
    assert [line.staff_no for line in reading.lines] == ["1"]


def test_a_unit_like_no_other_is_quoted_without_a_guess() -> None:
    assert "请先在“单位”里添加" in sentences(read(["1", "甲", "财政厅", "科级"]))[0]


def test_a_short_name_that_two_units_share_means_neither() -> None:
    assert "没有名为“院”的单位" in sentences(read(["1", "甲", "院", "科级"]))[0]


def test_every_fault_of_a_row_is_named_at_once() -> None:
    header = [*HEADER, "出生年份", "手机号", "政治面貌"]
    said = sentences(read(["", "", "火星", "九品", "八八", "123", "海盗"], header=header))
    assert len(said) == 7
    assert all(s.startswith("第 2 行“") for s in said)


def test_the_same_number_twice_in_a_file_names_the_first_row() -> None:
    reading = read(["N1", "甲", "北区", "科级"], ["ｎ １", "乙", "北区", "科级"])
    assert sentences(reading) == ["第 3 行“工号”：“n1”和第 2 行重复，只留一行。"]


def test_a_missing_column_is_named() -> None:
    assert sentences(read(["1", "甲"], header=["工号", "姓名"])) == [
        "第 1 行：表头缺少“单位”、“职级类别”列，可以下载模板对照。"
    ]


def test_a_file_without_a_header_says_what_the_header_must_have() -> None:
    assert "没有找到表头" in sentences(read_roster([["你好"], ["再见"]], UNITS, BRANCHES, this_year=2026))[0]
    assert "没有找到表头" in sentences(read_roster([], UNITS, BRANCHES, this_year=2026))[0]


def test_a_phone_number_is_never_quoted() -> None:
    said = sentences(read(["1", "甲", "北区", "科级", "1380013800"], header=[*HEADER, "手机"]))[0]
    assert "1380013800" not in said
    assert "10 个字符" in said


@pytest.mark.parametrize(
    ("text", "year"), [("1988", 1988), ("1988-05-01", 1988), ("1988.05", 1988), ("1988年5月", 1988), ("198805", 1988)]
)
def test_a_birth_year_is_read_out_of_a_date(text: str, year: int) -> None:
    assert only(read(["1", "甲", "北区", "科级", text], header=[*HEADER, "出生年月"])).birth_year == year


@pytest.mark.parametrize("text", ["88", "2025", "1800", "一九八八"])
def test_what_is_no_birth_year_is_refused(text: str) -> None:
    assert "不是出生年份" in sentences(read(["1", "甲", "北区", "科级", text], header=[*HEADER, "出生年份"]))[0]


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("中共党员", PartyStatus.FULL),
        ("中共预备党员", PartyStatus.PROBATIONARY),
        ("共青团员", PartyStatus.NONE),
        ("", PartyStatus.NONE),
    ],
)
def test_party_status_is_read_as_forms_write_it(text: str, status: PartyStatus) -> None:
    assert only(read(["1", "甲", "北区", "科级", text], header=[*HEADER, "政治面貌"])).party_status == status


cells = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.sampled_from(
    ["北区分局", "科级", "1", "工号", "姓名"]
)


@given(st.lists(st.lists(cells, max_size=6), max_size=8))
def test_no_table_breaks_the_reading_and_no_row_is_lost(rows: list[list[str]]) -> None:
    reading = read(*rows)
    accounted = {line.row for line in reading.lines} | {problem.row for problem in reading.problems}
    filled = {n for n, row in enumerate(rows, 2) if any("".join(cell.split()) for cell in row[:4])}
    assert {n for n in accounted if n > 1} == filled
    assert not {line.row for line in reading.lines} & {problem.row for problem in reading.problems}


def test_twenty_thousand_rows_are_read_within_seconds() -> None:
    rows = [[f"P{n}", f"人{n}", "北区分局", "科级"] for n in range(20_000)]
    assert len(read(*rows).lines) == 20_000

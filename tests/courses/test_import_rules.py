"""Numbers decide the order of imported files, names their titles, folders their sections."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.courses import import_rules as rules


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("03_耕地保护.pdf", "耕地保护"),
        ("1.2 占补平衡.docx", "占补平衡"),
        ("第二讲 登记实务.mp4", "登记实务"),
        ("第12课：外业安全.pptx", "外业安全"),
        ("[04]测绘.mp3", "测绘"),
        ("2026年工作要点.pdf", "2026年工作要点"),
        ("07.mp4", "07"),
        ("07测绘.mp4", "测绘"),
        ("30问.pdf", "30问"),
        ("说明.tar.gz", "说明.tar"),
        ("没有后缀", "没有后缀"),
    ],
)
def test_a_title_is_the_name_without_number_and_ending(name: str, title: str) -> None:
    assert rules.title_of(name) == title


def test_numbers_are_ordered_by_size_in_both_scripts() -> None:
    names = ["第十讲.mp4", "第二讲.mp4", "第十二讲.mp4", "第一讲.mp4"]
    assert [each.name for each in rules.planned(names)] == ["第一讲.mp4", "第二讲.mp4", "第十讲.mp4", "第十二讲.mp4"]
    assert [each.name for each in rules.planned(["10.pdf", "9.pdf", "1.pdf"])] == ["1.pdf", "9.pdf", "10.pdf"]


def test_folders_are_sections_and_the_wrapping_is_none() -> None:
    files = rules.planned(
        ["课/02 登记/1.pdf", "课/00 前言.pdf", "课/01 耕地/2.pdf", "课/01 耕地/1.pdf", "课/01 耕地/附/1.pdf"]
    )
    assert [(each.section, each.title) for each in files] == [
        ("", "前言"), ("耕地", "1"), ("耕地", "2"), ("耕地 · 附", "1"), ("登记", "1"),
    ]  # fmt: skip
    assert rules.sections_of(files) == ["耕地", "耕地 · 附", "登记"]


@pytest.mark.parametrize(
    ("text", "number"), [("12", 12), ("十", 10), ("十二", 12), ("二十", 20), ("一百零三", 103), ("〇三", 3)]
)
def test_numbers_are_read_in_both_scripts(text: str, number: int) -> None:
    assert rules.number_of(text) == number


names = st.lists(
    st.lists(st.text("01第一讲ab. _", min_size=1, max_size=6), min_size=1, max_size=3).map("/".join),
    unique=True, max_size=8,
)  # fmt: skip


@given(names, st.randoms())
def test_every_file_is_planned_once_with_a_title_whatever_the_order_it_comes_in(
    names: list[str], chance: object
) -> None:
    found = rules.planned(names)
    assert sorted(each.name for each in found) == sorted(names)
    assert all(each.title for each in found)
    mixed = list(names)
    chance.shuffle(mixed)  # type: ignore[attr-defined]
    assert {each.name: each.section for each in rules.planned(mixed)} == {each.name: each.section for each in found}

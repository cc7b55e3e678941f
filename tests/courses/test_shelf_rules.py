"""Tags, places, citations, what is said across lines, what changed between versions."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.courses import change_rules, library_rules
from lms.courses.caption_rules import Cue, moment_of, said
from lms.courses.change_rules import Sheet
from lms.courses.citation_rules import (
    Citation,
    chinese,
    citations,
    has_article,
    linked,
    linked_html,
    number_of,
    with_anchors,
)
from lms.courses.library_rules import Spot, spot_of, tags_of, why_not_tags, years_between

LAW = Citation("土地管理法", 44)


def test_tags_are_what_stands_between_spaces_and_commas_each_once() -> None:
    assert tags_of("耕地，占补  耕地、GIS #ＧＩＳ") == ["耕地", "占补", "gis"]
    assert tags_of("  ") == []
    assert why_not_tags(["一"] * library_rules.TAGS_MOST) is None
    assert why_not_tags(["一"] * (library_rules.TAGS_MOST + 1))
    assert why_not_tags(["长" * 21])


@pytest.mark.parametrize(
    "typed, is_played, spot",
    [
        ("", True, Spot()),
        ("3:05", True, Spot(at_millis=185_000)),
        ("1:02:03", True, Spot(at_millis=3_723_000)),
        ("３：０５", True, Spot(at_millis=185_000)),
        ("90", True, Spot(at_millis=90_000)),
        ("3:75", True, None),
        ("99:00:00", True, None),
        ("三分", True, None),
        ("12", False, Spot(page=12)),
        ("第 12 页", False, Spot(page=12)),
        ("0", False, None),
        ("3:05", False, None),
    ],
)
def test_a_place_is_read_as_people_write_it(typed: str, is_played: bool, spot: Spot | None) -> None:
    assert spot_of(typed, is_played=is_played) == spot


@given(st.text(max_size=20), st.booleans())
def test_whatever_was_typed_a_place_is_a_place_or_none(typed: str, is_played: bool) -> None:
    spot = spot_of(typed, is_played=is_played)
    assert spot is None or (spot.at_millis is None if not is_played else spot.page is None)


def test_years_run_from_the_newest_back() -> None:
    assert years_between(2024, 2026) == [2026, 2025, 2024]
    assert years_between(3, 1991) == [1991, 1990]


@given(st.integers(1, 9999))
def test_a_number_in_chinese_reads_as_itself(number: int) -> None:
    assert number_of(chinese(number)) == number == number_of(str(number))


@pytest.mark.parametrize("text", ["", "零", "十百", "二三", "百", "x", "十十"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert number_of(text) is None


def test_citations_name_law_and_article_each_once() -> None:
    text = "依《中华人民共和国土地管理法》第四十四条，另见《土地管理法》（2019年修正）第44条第二款和《城乡规划法》。"
    assert citations(text) == [LAW, Citation("城乡规划法", None)]
    assert LAW.words == "《土地管理法》第四十四条"


def test_only_citations_that_lead_somewhere_become_links_and_text_stays_text() -> None:
    links = {LAW: "/library/7#article-44"}
    made = linked("<b>见《土地管理法》第四十四条、《测绘法》第一条", links)
    assert made == (
        '&lt;b&gt;见<a class="citation" href="/library/7#article-44">《土地管理法》第四十四条</a>、《测绘法》第一条'
    )
    html = '<p title="《土地管理法》第四十四条">《土地管理法》第四十四条 <a href="/x">《土地管理法》第四十四条</a></p>'
    assert linked_html(html, links).count('href="/library/7') == 1


@given(st.text(alphabet="《》土地管理法第四十条<&a ", max_size=60))
def test_linking_changes_no_word(text: str) -> None:
    plain = re.sub(r"<a class=\"citation\" href=\"/x\">|</a>", "", linked(text, dict.fromkeys(citations(text), "/x")))
    assert plain == linked(text, {})


def test_the_text_of_a_law_has_its_articles_at_the_beginning_of_lines() -> None:
    assert has_article("第四十三条 甲\n  第四十四条　乙", 44)
    assert not has_article("依第四十四条办理", 44)
    body = with_anchors("<p>第四十四条 甲</p><p>依第四十五条</p><p>第四十四条 重复</p>")
    assert body == '<p id="article-44">第四十四条 甲</p><p>依第四十五条</p><p>第四十四条 重复</p>'


def test_a_word_that_two_lines_share_is_said_at_the_first_of_them() -> None:
    lines = [Cue(0, 1, "永久基本"), Cue(4000, 5, "农田 ready"), Cue(9000, 10, "set go")]
    assert said(lines) == "永久基本农田 ready set go"
    assert moment_of(lines, ["基本农田"]) == 0
    assert moment_of(lines, ["没有", "农田"]) == 4000
    assert moment_of(lines, ["set"]) == 9000
    assert moment_of(lines, ["没有"]) is None


LINES = st.lists(st.sampled_from("甲乙丙丁"), max_size=8)


@given(LINES, LINES)
def test_changes_lead_from_the_old_lines_to_the_new(before: list[str], after: list[str]) -> None:
    found = change_rules.changes(Sheet({}, {"正文": before}), Sheet({}, {"正文": after}))
    assert found.is_nothing == (before == after)
    lines = found.texts[0].lines if found.texts else ()
    out, into = ([line for side, line in lines if side == which] for which in ("out", "in"))
    rest = list(before)
    for line in out:
        rest.remove(line)
    assert sorted(rest + into) == sorted(after)


def test_facts_that_differ_are_named_and_long_changes_are_counted() -> None:
    before = Sheet({"标题": "甲", "系列": "一"}, {"正文": []})
    after = Sheet({"标题": "乙", "系列": "一"}, {"正文": [str(n) for n in range(300)]})
    found = change_rules.changes(before, after)
    assert [(c.name, c.before, c.after) for c in found.facts] == [("标题", "甲", "乙")]
    assert (len(found.texts[0].lines), found.texts[0].kept_back) == (200, 100)

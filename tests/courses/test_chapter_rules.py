"""Chapters as lines that people type, and words looked for in pages."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lms.courses.chapter_rules import Chapter, as_lines, beyond, chapters_of, read, rows_of
from lms.courses.page_rules import PageSearch

TITLES = st.text(alphabet="占补平衡红线abc 12", min_size=1, max_size=30).map(str.strip).filter(bool)


@given(st.dictionaries(st.integers(0, 20_000), TITLES, max_size=30))
def test_what_is_shown_can_be_typed_again_and_means_the_same(found: dict[int, str]) -> None:
    chapters = [Chapter(second * 1000, title) for second, title in sorted(found.items())]
    assert read(as_lines(chapters)) == (chapters, [])
    assert chapters_of(rows_of(chapters)) == chapters


@pytest.mark.parametrize(
    "line, at_seconds, title",
    [
        ("00:00 开场", 0, "开场"), ("3:20 红线", 200, "红线"), ("1:02:03 答疑", 3723, "答疑"), ("90:00 下半场", 5400, "下半场"),
        ("03：20　全角也行", 200, "全角也行"), ("00:05 3:20 是时间", 5, "3:20 是时间"), ("10:00答疑", 600, "答疑"),
    ],
)  # fmt: skip
def test_a_line_is_a_time_and_a_title(line: str, at_seconds: int, title: str) -> None:
    assert read(line) == ([Chapter(at_seconds * 1000, title)], [])


@pytest.mark.parametrize(
    "text, words",
    [
        ("开场 00:00", "第 1 行要以时间开头"), ("00:00 开场\n\n00:75 错", "第 3 行的时间不对"), ("1:60:00 错", "第 1 行的时间不对"),
        ("00:10", "第 1 行只有时间"), ("00:10 二\n00:10 一", "第 2 行的时间要晚于上一章"), (f"00:10 {'长' * 61}", "第 1 行的标题太长"),
        ("\n".join(f"{n}:00 第{n}章" for n in range(101)), "最多 100 章"),
    ],
)  # fmt: skip
def test_a_wrong_line_is_named_by_its_number(text: str, words: str) -> None:
    assert any(fault.startswith(words) for fault in read(text)[1])


def test_every_wrong_line_has_a_sentence_of_its_own() -> None:
    assert len(read("x\n00:10 好\ny\n00:05 早")[1]) == 3


@given(st.text(max_size=300))
def test_no_text_breaks_the_reading_of_chapters(text: str) -> None:
    chapters, _ = read(text)
    assert [c.at_millis for c in chapters] == sorted({c.at_millis for c in chapters})


def test_a_chapter_behind_the_end_is_named_once_the_length_is_known() -> None:
    chapters = [Chapter(0, "开场"), Chapter(60_000, "答疑")]
    assert beyond(chapters, None) == beyond(chapters, 60_001) == []
    assert "答疑" in beyond(chapters, 60_000)[0]


@dataclass(frozen=True)
class Page:
    number: int
    text: str


def test_words_are_found_whatever_their_width_and_case_and_shown_as_they_stand() -> None:
    pages = [Page(1, "没有"), Page(2, f"{'前' * 20}ＧＩＳ 平台\n与 gis 数据")]
    (hit,) = PageSearch.of(" gis ", pages).hits
    assert (hit.number, hit.found, hit.times, hit.before) == (2, "ＧＩＳ", 2, f"…{'前' * 14}")


@given(st.text(max_size=20), st.lists(st.text(max_size=80), max_size=5))
def test_a_hit_is_really_there(words: str, texts: list[str]) -> None:
    pages = [Page(n, text) for n, text in enumerate(texts, 1)]
    for hit in PageSearch.of(words, pages).hits:
        assert hit.found in " ".join(pages[hit.number - 1].text.split())
    assert PageSearch.of("  ", pages).hits == []

"""Questions are suggested as empty forms beside headings, and read back as they were filled in."""

from hypothesis import given
from hypothesis import strategies as st

from lms.courses import quick_rules as rules
from lms.courses.quick_rules import Heading, QuickQuestion
from lms.quizzes.rules import Kind

PAGES = [
    (1, "耕地保护\n副标题"),
    (2, "\n  占补平衡的三条红线 \n内容"),
    (3, "3"),
    (4, "占补平衡的三条红线"),
    (5, "很" * 41),
]


def test_headings_are_first_lines_and_article_headings_each_once_and_never_the_title() -> None:
    body = "<h2>法律责任</h2><p>正文</p><h3>处罚 &amp; 整改</h3>"
    assert rules.headings(PAGES, body, title="耕地保护") == [
        Heading("占补平衡的三条红线", "第 2 页"), Heading("法律责任"), Heading("处罚 & 整改"),
    ]  # fmt: skip


def test_a_suggestion_is_an_empty_form_and_there_is_always_one_to_write_freely() -> None:
    shown = rules.forms([], [Heading("红线", "第 2 页")])
    assert shown == [QuickQuestion("红线", "第 2 页"), QuickQuestion()]
    assert all(question.is_empty for question in shown)


def test_what_was_written_comes_before_what_is_suggested_and_is_not_suggested_again() -> None:
    kept = QuickQuestion("红线", "第 2 页", "几条？", ("两条", "三条", "", ""), (1,))
    assert rules.forms([kept], [Heading("红线"), Heading("责任")])[:2] == [kept, QuickQuestion("责任")]
    assert len(rules.forms([kept], [Heading(f"标题{n}") for n in range(20)])) == rules.MOST_QUESTIONS


def question(**given: object) -> QuickQuestion:
    usual: dict[str, object] = {"stem": "几条？", "options": ("两条", "三条", "", ""), "right": (1,)}
    return QuickQuestion(**(usual | given))  # type: ignore[arg-type]


def test_what_is_missing_is_named_and_what_was_left_empty_is_left_out() -> None:
    assert question().fault == ""
    assert QuickQuestion("红线").fault == ""
    assert "题干" in question(stem="").fault
    assert "两个选项" in question(options=("甲", "", "", "")).fault
    assert "一样" in question(options=("甲", "甲", "", "")).fault
    assert "勾出" in question(right=()).fault
    assert "空的" in question(right=(3,)).fault


def test_empty_options_between_others_do_not_shift_the_key() -> None:
    options, right = question(options=("甲", "", "乙", "丙"), right=(2, 3)).asked()
    assert [options[n] for n in right] == ["乙", "丙"]
    assert question(right=(0, 1)).kind is Kind.MULTIPLE
    assert question().kind is Kind.SINGLE


def test_a_heading_becomes_a_tag_when_it_is_short_enough() -> None:
    assert question(heading="占补平衡").tags == ["占补平衡"]
    assert question(heading="长" * 31).tags == []


@given(st.text(max_size=60), st.lists(st.text(max_size=30), min_size=4, max_size=4), st.sets(st.integers(0, 3)))
def test_a_form_is_read_as_it_was_stored(stem: str, options: list[str], right: set[int]) -> None:
    posted = {"q0-stem": [stem], "q0-right": [str(n) for n in right], "q0-heading": ["红线"]}
    read = rules.read(posted | {f"q0-option-{n}": [each] for n, each in enumerate(options)})
    assert rules.from_stored([each.stored() for each in read]) == read
    assert read[0].right == tuple(sorted(right))


def test_a_forged_form_is_cut_down() -> None:
    posted = {f"q{n}-stem": ["很" * 900] for n in range(30)} | {"q0-right": ["9", "-1", "x", "٣", "1"]}
    read = rules.read(posted)
    assert len(read) == rules.MOST_QUESTIONS
    assert len(read[0].stem) == rules.MOST_STEM
    assert read[0].right == (1,)

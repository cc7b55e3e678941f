"""Export → import gives the same questions, in every format; what a format cannot carry is named."""

import re
import zipfile
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from lms.quizzes.content_rules import faults
from lms.quizzes.exporting.formats import FORMATS
from lms.quizzes.importing.files import read_file
from lms.quizzes.importing.keys import are_truths
from lms.quizzes.importing.normal import Draft
from lms.quizzes.rules import TRUTH_OPTIONS, Kind, Marking, Scoring, marking_from, plain
from lms.quizzes.services.bank import Content

LINES = ["", "耕地保护", "党的建设"]


def content_of(draft):
    """The question as the bank would keep it."""
    return Content(
        draft.kind, draft.stem, draft.options, draft.key, draft.explanation, draft.basis, draft.difficulty,
        draft.prompts, draft.material, marking_from(draft.marking),
    )  # fmt: skip


def said(draft, *, without=()):
    """Everything that must survive."""
    content = content_of(draft)
    facts = {
        "fingerprint": content.fingerprint, "key": [list(each) if not isinstance(each, int) else each for each in content.key],
        "options": list(content.options), "prompts": content.prompts, "explanation": content.explanation.strip(),
        "basis": dict(content.basis), "difficulty": content.difficulty, "material": content.material, "line": draft.line,
        "marking": content.marking.stored(),
    }  # fmt: skip
    return {name: value for name, value in facts.items() if name not in without}


# --- questions of every kind

_letters = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Cn", "Co", "Cf", "Zl", "Zp", "Zs"])
_nasty = st.sampled_from(
    [
        *"=+-@~{}#:\\/；;|[]()（）《》<>&\"'*%$_　 \n",
        "->",
        "//",
        "A.",
        "答案：",
        "<b>",
        "&amp;",
        "[html]",
        "\\n",
        "_x000D_",
    ]
)


def _text(most=30):
    def tidy(parts):
        lines = [re.sub("[ 　]+$|^[ 　]+", "", line) for line in re.sub(" {2,}", " ", "".join(parts)).split("\n")]
        return "\n".join(line for line in lines if line).strip()

    text = st.lists(st.one_of(_letters, _letters, _nasty), min_size=1, max_size=most).map(tidy)
    return text.filter(
        lambda value: bool(plain(value)) and not re.search("依据：|版本：|条款：|原文：|参考答案：|评分要点：", value)
    )


_line_text = _text(20).map(lambda value: value.replace("\n", "")).filter(plain)


def _distinct(texts, least, most):
    return st.lists(texts, min_size=least, max_size=most, unique_by=plain)


@st.composite
def drafts(draw, kinds=tuple(Kind)):
    kind = draw(st.sampled_from(kinds))
    draft = Draft(draw(st.integers(1, 10_000)), kind, draw(_text()), [], [])
    marking = Marking()
    if kind is Kind.BOOLEAN:
        draft.options, draft.key = list(TRUTH_OPTIONS), [draw(st.integers(0, 1))]
    elif kind in (Kind.SINGLE, Kind.MULTIPLE, Kind.ORDERING, Kind.MATCHING):
        draft.options = draw(_distinct(_text(), 2, 8).filter(lambda options: not are_truths(options)))
        numbers = st.integers(0, len(draft.options) - 1)
        if kind is Kind.MATCHING:
            draft.prompts = draw(_distinct(_text(), 2, 6))
            draft.key = [draw(numbers) for _ in draft.prompts]
        elif kind is Kind.ORDERING:
            draft.key = draw(st.permutations(range(len(draft.options))))
        elif kind is Kind.MULTIPLE:
            draft.key = sorted(draw(st.sets(numbers, min_size=1)))
        else:
            draft.key = [draw(numbers)]
        if kind is not Kind.SINGLE:
            marking = Marking(scoring=draw(st.sampled_from([None, *Scoring])))
    elif kind is Kind.BLANK:
        count = draw(st.integers(1, 3))
        draft.stem = " ".join([re.sub(r"[_＿]{2,}|[（(]\s*[)）]", "空", draft.stem), *["____"] * count])
        draft.key = [draw(_distinct(_line_text, 1, 3)) for _ in range(count)]
        marking = Marking(is_order_free=draw(st.booleans()))
    elif kind is Kind.NUMERIC:
        figures = (
            st.decimals(-10_000, 10_000, places=2)
            .map(lambda value: f"{value.normalize():f}")
            .map(lambda text: "0" if text == "-0" else text)
        )
        draft.key = [draw(st.lists(figures, min_size=1, max_size=2, unique=True))]
        tolerances = ["0", "0.1", "2"] + (["5%"] if len(draft.key[0]) == 1 else [])
        marking = Marking(tolerance=draw(st.sampled_from(tolerances)), unit=draw(st.sampled_from(["", "亩", "平方米"])))
    else:
        draft.key = [[draw(_text())]] if draw(st.booleans()) else []
        marking = Marking(rubric="" if draft.key and draw(st.booleans()) else draw(_text()))
    draft.marking = marking.stored()
    draft.explanation = draw(st.one_of(st.just(""), _text()))
    draft.material = draw(st.one_of(st.just(""), _text()))
    draft.difficulty, draft.line = draw(st.sampled_from([1, 2, 3])), draw(st.sampled_from(LINES))
    draft.basis = draw(
        st.sampled_from(
            [
                {},
                {"law": "土地管理法", "article": "第四条"},
                {"law": "土地管理法", "version": "2019年修正", "article": "第四条", "quote": "甲：\n乙。"},
            ]
        )
    )
    return draft


def _usable(draft):
    problems = faults(
        draft.kind,
        draft.stem,
        draft.options,
        draft.key,
        prompts=draft.prompts,
        marking=marking_from(draft.marking),
        material=draft.material,
    )
    return not problems and not (draft.kind is Kind.SHORT and not draft.key and not draft.marking)


many = st.lists(drafts().filter(_usable), min_size=1, max_size=4, unique_by=lambda draft: draft.row)


def round_trip(form, given):
    """(what came back, numbers that were left out whole)."""
    exported = FORMATS[form].write(given)
    importing = {"qti3": "qti"}.get(form, form)
    left = {each.number for each in exported.left if each.is_whole}
    assert exported.count == len(given) - len(left)
    if not exported.count:
        return [], left
    reading = read_file(exported.data, importing)
    assert reading.errors == []
    return reading.questions, left


@settings(max_examples=25, deadline=None)
@given(many)
def test_a_workbook_gives_the_same_questions_back(given):
    back, left = round_trip("xlsx", given)
    assert left == set()
    assert [said(draft) | {"stem": draft.stem} for draft in back] == [
        said(draft) | {"stem": draft.stem} for draft in given
    ]


@settings(max_examples=25, deadline=None)
@given(many)
def test_moodle_xml_gives_the_same_questions_back(given):
    back, left = round_trip("moodlexml", given)
    assert [said(draft) for draft in back] == [said(draft) for draft in given if draft.row not in left]


@settings(max_examples=25, deadline=None)
@given(many)
def test_gift_gives_the_same_questions_back(given):
    back, left = round_trip("gift", given)
    expected = [draft for draft in given if draft.row not in left]
    assert [said(draft) for draft in back] == [said(draft) for draft in expected]
    assert {draft.row for draft in given if draft.kind is Kind.ORDERING} <= left


@settings(max_examples=25, deadline=None)
@given(many, st.sampled_from(["qti", "qti3"]))
def test_a_qti_package_gives_the_same_questions_back(given, form):
    back, left = round_trip(form, given)
    expected = [said(draft) for draft in given if draft.row not in left]
    assert left == set()
    assert [said(draft) for draft in back] == expected


@settings(max_examples=25, deadline=None)
@given(many)
def test_aiken_gives_the_choices_back_that_it_can_carry(given):
    back, left = round_trip("aiken", given)
    expected = [draft for draft in given if draft.row not in left]
    names = ("explanation", "basis", "difficulty", "line", "marking")
    assert [said(draft, without=names) for draft in back] == [said(draft, without=names) for draft in expected]


@pytest.mark.parametrize("form", FORMATS)
def test_auto_finds_out_what_an_export_is(form):
    draft = Draft(7, Kind.SINGLE, "哪项是耕地？", ["水田", "林地"], [0], line="耕地保护")
    reading = read_file(FORMATS[form].write([draft]).data)
    assert reading.errors == []
    assert [question.options for question in reading.questions] == [["水田", "林地"]]


# --- cells that look like formulas (B31)

FORMULAS = [
    f"{sign}{rest}"
    for sign in ("=", "+", "-", "@", "＝", "＋", "－", "＠")
    for rest in ("1+1", "SUM(A1:A9)", "cmd|' /C calc'!A0", "5", 'HYPERLINK("http://x","y")')
]


@pytest.mark.parametrize("text", FORMULAS)
def test_b31_s15_a_cell_that_looks_like_a_formula_stays_text_and_survives(text):
    draft = Draft(1, Kind.SINGLE, text, [text, f"{text}乙"], [1], explanation=text, basis={"law": text})
    data = FORMATS["xlsx"].write([draft]).data
    with zipfile.ZipFile(BytesIO(data)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    cells = CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_index(0).to_python()[1]
    assert cells.count(text) == 4
    back = read_file(data).questions
    assert [said(each) for each in back] == [said(draft)]


# --- what cannot be carried


def order(number):
    return Draft(number, Kind.ORDERING, "排列", ["甲", "乙", "丙"], [2, 0, 1])


def test_what_a_format_cannot_carry_is_named_with_its_reason():
    two = Draft(2, Kind.BLANK, "____和____", [], [["甲"], ["乙"]])
    three = Draft(3, Kind.SINGLE, "问？", ["甲", "乙"], [0], explanation="因为")
    gift = FORMATS["gift"].write([order(1), two, three])
    assert [(left.number, left.message, left.is_whole) for left in gift.left] == [
        (1, "GIFT 没有排序题", True),
        (2, "GIFT 的一道题只有一个空", True),
    ]
    assert "没有导出第 1 号题" in gift.data.decode()
    aiken = FORMATS["aiken"].write([order(1), two, three])
    assert [(left.number, left.is_whole) for left in aiken.left] == [(1, True), (2, True), (3, False)]
    assert FORMATS["moodlexml"].write([order(1), two, three]).left == []


def test_further_accepted_keys_are_told_where_other_programs_would_not_see_them():
    marking = Marking(also=([1],), scoring=Scoring.ALL).stored()
    draft = Draft(5, Kind.SINGLE, "问？", ["甲", "乙", "丙"], [0], marking=marking)
    for form in ("gift", "moodlexml", "qti"):
        exported = FORMATS[form].write([draft])
        assert [left.is_whole for left in exported.left] == [False, False]
        assert read_file(exported.data).questions[0].marking == marking
    assert FORMATS["xlsx"].write([draft]).left == []
    assert read_file(FORMATS["xlsx"].write([draft]).data).questions[0].marking == marking


def test_a_text_too_long_for_a_cell_is_named():
    draft = Draft(5, Kind.BOOLEAN, "问", list(TRUTH_OPTIONS), [0], explanation="长" * 32_768)
    exported = FORMATS["xlsx"].write([draft])
    assert (exported.count, exported.left[0].message) == (0, "“解析”超过 Excel 单元格的 32767 个字")

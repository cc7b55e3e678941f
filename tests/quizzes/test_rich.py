"""Formatted texts: formulas, tables, pictures; what is typed never becomes markup of its own; pictures for those who may see them."""

import io
import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select

from lms import clock
from lms.errors import Invalid
from lms.quizzes import rich, services
from lms.quizzes.bank_models import QuestionPicture, VersionPicture
from lms.quizzes.formula_rules import FormulaFault, to_mathml
from lms.quizzes.rich_rules import fault_of, plain_of
from lms.quizzes.rules import Kind, Markup, Purpose
from lms.quizzes.services import Content, pictures
from tests.quizzes.conftest import NINE, nothing_follows


@pytest.mark.parametrize(
    ("source", "inside"),
    [
        (r"\frac{1}{2}", "<mfrac><mrow><mn>1</mn></mrow><mrow><mn>2</mn></mrow></mfrac>"),
        (r"x^2_1", "<msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup>"),
        (r"\sqrt[3]{8}", "<mroot><mrow><mn>8</mn></mrow><mrow><mn>3</mn></mrow></mroot>"),
        (r"\sum_{i=1}^n", "<munderover><mo>∑</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover>"),
        (r"\alpha\le 5\%", "<mi>α</mi><mo>≤</mo><mn>5</mn><mo>%</mo>"),
        ("面积<3", "<mtext>面积</mtext><mo>&lt;</mo><mn>3</mn>"),
    ],
)
def test_formulas_become_mathml(source, inside):
    assert to_mathml(source) == f"<math><mrow>{inside}</mrow></math>"


@pytest.mark.parametrize(
    ("source", "why"),
    [
        (r"\frac{1}", "分数写成"), ("{x", "少了一个 }"), ("x}", "多了一个 }"), ("x^", "没有写完"), (r"\input{a}", "还不支持"),
        ("x^2^3", "两个"), ("{" * 30 + "}" * 30, "太深"), ("", "空的"), ("x" * 501, "最多"),
    ],
)  # fmt: skip
def test_a_formula_that_cannot_be_read_says_why(source, why):
    with pytest.raises(FormulaFault, match=why):
        to_mathml(source)


@given(st.text(alphabet=r"ab12\{}^_[]()+-=<>&;\"'面 $frcsqtxum", max_size=60))
def test_whatever_is_typed_as_a_formula_is_refused_or_well_formed(source):
    try:
        made = to_mathml(source)
    except FormulaFault:
        return
    assert ET.fromstring(made).tag == "math"


@given(st.text(alphabet="<>/&\"'=*$|-[]图12 \nabscriptimgonerr:;x\\{}^", max_size=120))
def test_whatever_is_typed_only_our_own_elements_reach_the_page(text):
    made = str(rich.blocks(text, Markup.RICH))
    closed = made.replace("<br>", "<br/>").replace("&nbsp;", " ").replace('loading="lazy">', 'loading="lazy"/>')
    tree = ET.fromstring(f"<root>{closed}</root>")
    for element in tree.iter():
        assert element.tag in rich.TAGS | {"root"}
        assert set(element.attrib) <= ({"src", "alt", "loading"} if element.tag == "img" else set())
        assert element.get("src", "/question-pictures/1").removeprefix("/question-pictures/").isdecimal()


def test_bold_lists_tables_and_pictures_are_shown_and_words_stay_readable():
    text = "**重点**：\n- 甲\n- 乙\n\n| 类 | 数 |\n|--|--|\n| 耕地 | $x^2$ |\n[图7]"
    made = str(rich.blocks(text, "rich"))
    for part in ("<strong>重点</strong>", "<li>乙</li>", "<th>类</th>", "<msup>", 'src="/question-pictures/7"'):
        assert part in made
    assert plain_of("**重点** $x$ [图7] \\$5") == "重点 x （图） $5"


def test_plain_texts_stay_as_they_stand():
    assert str(rich.blocks("**不动** $x$ <b>", "plain")) == "**不动** $x$ &lt;b&gt;"


def test_faults_are_told_at_the_field(session):
    assert "一个 $" in fault_of("价格 $5")
    assert fault_of("价格 \\$5") == ""
    with pytest.raises(Invalid) as refused:
        Content(Kind.BOOLEAN, "对吗？", [], [0], explanation=r"$\frac{1}$", markup=Markup.RICH)
    assert refused.value.field == "explanation"
    assert Content(Kind.BOOLEAN, "价格 $5", [], [0]).markup is Markup.PLAIN


# --- pictures


def png(size=(60, 40), mode="RGB"):
    made = io.BytesIO()
    Image.new(mode, size).save(made, "PNG")
    return io.BytesIO(made.getvalue())


def test_a_picture_is_drawn_anew_within_bounds():
    drawn = pictures.draw(png((3200, 100)))
    assert (drawn.width, drawn.height) == (1600, 50)
    assert drawn.data[8:12] == b"WEBP"


@pytest.mark.parametrize(
    "data",
    [b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", b"not a picture", b"x" * 5_300_000],
    ids=["svg", "text", "too large"],
)
def test_what_is_no_picture_of_ours_is_refused(data):
    with pytest.raises(Invalid):
        pictures.draw(io.BytesIO(data))


def test_more_pixels_than_allowed_are_refused_before_they_are_decoded():
    with pytest.raises(Invalid, match="2500 万像素"):
        pictures.draw(png((6000, 5000), "1"))


@pytest.fixture
def pictured(web, session, bureau):
    """(picture, paper with a question that shows it)."""
    web.as_("hua").post("/office/question-pictures", {"file": (png(), "宗地图.png")})
    picture = session.scalars(select(QuestionPicture)).one()
    content = Content(
        Kind.SINGLE,
        f"看图：[图{picture.id}]，面积 $S=\\frac{{a+b}}{{2}}h$ 是？",
        ["$6$", "**8**"],
        [0],
        markup=Markup.RICH,
    )
    line = services.bank.Line.LAND
    question = services.create_question(session, content, owner_unit_id=bureau.id, line=line, by_id=None, now=NINE)
    paper = services.create_fixed_paper(
        session, services.PaperSettings("看图"), [question.id], owner_unit_id=bureau.id, by_id=None, now=NINE
    )
    session.commit()
    return picture, paper


def test_only_candidates_of_the_question_and_keepers_see_its_picture(web, session, pictured, cast):
    picture, paper = pictured
    url = f"/question-pictures/{picture.id}"
    services.start_attempt(
        session, paper, person_id=cast.lin.id, purpose=Purpose.PRACTICE, subject_id=1, now=clock.now()
    )
    session.commit()
    shown = web.as_("lin").get(url, 200)
    assert shown.mimetype == "image/webp"
    assert shown.headers["Content-Security-Policy"].endswith("sandbox")
    web.as_("hua").get(url, 200)
    for name in ("bo", "dana", "ada", "wen"):
        web.as_(name).get(url, 404)


def test_exam_and_review_show_formula_and_picture_and_no_key(web, session, pictured, cast):
    picture, paper = pictured
    attempt = services.start_attempt(
        session, paper, person_id=cast.lin.id, purpose=Purpose.PRACTICE, subject_id=1, now=clock.now()
    )
    session.commit()
    lin = web.as_("lin")
    exam = lin.get(f"/attempts/{attempt.id}").get_data(as_text=True)
    assert "<mfrac>" in exam
    assert f'src="/question-pictures/{picture.id}"' in exam
    assert "<strong>8</strong>" in exam
    services.submit(session, attempt, settle=nothing_follows, now=clock.now())
    session.commit()
    assert "<mfrac>" in lin.get(f"/attempts/{attempt.id}/review").get_data(as_text=True)


def test_a_question_names_only_pictures_that_its_author_may_use(web, session, pictured):
    picture, _ = pictured
    given = {
        "line": "land", "kind": "boolean", "difficulty": "2", "stem": f"[图{picture.id}]", "key": "对", "is_rich": "y",
    }  # fmt: skip
    refused = web.as_("ada").post("/office/questions", given, 422).get_data(as_text=True)
    assert f"没有第 {picture.id} 号图片" in refused
    web.as_("hua").post("/office/questions", given)
    assert len(session.scalars(select(VersionPicture)).all()) == 2


def test_a_file_that_is_no_picture_is_refused_on_the_page(web, session):
    answer = web.as_("hua").post("/office/question-pictures", {"file": (io.BytesIO(b"<svg/>"), "x.svg")}, 422)
    assert "打不开这张图片" in answer.get_data(as_text=True)
    assert session.scalars(select(QuestionPicture)).all() == []

"""The layouts people really have: pasted text, Word, spreadsheets, and files that mean harm."""

import zipfile
from io import BytesIO

import pytest
import xlsxwriter
from docx import Document
from hypothesis import given
from hypothesis import strategies as st

from lms.quizzes.importing.files import read_file, read_pasted
from lms.quizzes.importing.normal import basis_of, blanks, kind_of, letters, truth
from lms.quizzes.importing.template import template
from lms.quizzes.importing.text import read_text
from lms.quizzes.rules import Kind
from lms.untrusted import archive

OPTIONS = ["甲", "乙", "丙", "丁"]


def only(text):
    """The one question of a text that has no errors."""
    reading = read_text(text)
    assert reading.errors == []
    assert len(reading.questions) == 1
    return reading.questions[0]


def refused(text):
    """The one problem of a text without any good question."""
    reading = read_text(text)
    assert reading.questions == []
    assert len(reading.errors) == 1
    return reading.errors[0]


def xlsx(*rows, sheets=()):
    out = BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    for name, table in [("Sheet1", rows), *sheets]:
        sheet = book.add_worksheet(name)
        for r, row in enumerate(table):
            for c, cell in enumerate(row):
                sheet.write(r, c, cell)
    book.close()
    return out.getvalue()


# --- single spellings


@pytest.mark.parametrize(
    "text",
    ["AB", "A,B", "A;B", "A；B", "A、B", "A，B。", "ＡＢ", "ab", "（AB）", "A B", "【A、B】", "选AB", "A和B", "A/B"],
)
def test_a_key_is_read_in_every_spelling(text):
    assert letters(text) == [0, 1]


@pytest.mark.parametrize("text", ["", "甲", "A-D", "ABZ", "见解析", "正确", "A1"])
def test_what_is_no_key_is_not_guessed(text):
    assert letters(text) is None


@pytest.mark.parametrize("text", ["正确", "对", "是", "√", "T", "true", "（对）", "ＴＲＵＥ", "✓", "正确。", "Y"])
def test_true_is_read_in_every_spelling(text):
    assert truth(text) is True


@pytest.mark.parametrize("text", ["错误", "错", "否", "×", "F", "false", "X", "x", "（错）", "✗", "不正确", "ｎ"])
def test_false_is_read_in_every_spelling(text):
    assert truth(text) is False


@pytest.mark.parametrize(
    ("text", "kind"),
    [("单选", Kind.SINGLE), ("单项选择题", Kind.SINGLE), ("多选题", Kind.MULTIPLE), ("不定项选择题", Kind.MULTIPLE),
     ("判断题", Kind.BOOLEAN), ("是非题", Kind.BOOLEAN), ("填空", Kind.BLANK), ("选择题", None), ("简答题", Kind.SHORT), ("名词解释", Kind.SHORT),
     ("连线题", Kind.MATCHING), ("排序题", Kind.ORDERING), ("计算题", Kind.NUMERIC), ("案例分析题", None)],
)  # fmt: skip
def test_kinds_are_read_in_every_spelling(text, kind):
    assert kind_of(text) is kind


def test_blanks_are_divided_and_a_fraction_stays_a_fraction():
    assert blanks("全民；劳动群众集体", 2) == [["全民"], ["劳动群众集体"]]
    assert blanks("耕地/农田|田", 1) == [["耕地", "农田", "田"]]
    assert blanks("2/3", 1) == [["2/3"]]
    assert blanks("数量、质量、生态", 3) == [["数量"], ["质量"], ["生态"]]
    assert blanks("数量、质量、生态", 1) == [["数量、质量、生态"]]


@pytest.mark.parametrize(
    ("text", "basis"),
    [
        ("《土地管理法》第四十五条", {"law": "土地管理法", "article": "第四十五条"}),
        ("《土地管理法》（2019年修正）第四十五条第一款：“为了公共利益的需要”", {"law": "土地管理法", "version": "2019年修正", "article": "第四十五条第一款", "quote": "为了公共利益的需要"}),
        ("局内部培训材料", {"law": "局内部培训材料"}),
    ],
)  # fmt: skip
def test_a_basis_is_taken_apart(text, basis):
    assert basis_of(text) == basis


# --- pasted text


@pytest.mark.parametrize(
    "number",
    ["1、", "1.", "1．", "1) ", "1）", "(1)", "（1）", "第1题", "第 1 题：", "1 ", "１、", "１．", "1，", "【1】"],
)
def test_a_question_may_be_numbered_in_many_ways(number):
    question = only(f"{number}下列属于农用地的是\nA.甲\nB.乙\n答案：A")
    assert (question.stem, question.options, question.key) == ("下列属于农用地的是", ["甲", "乙"], [0])


@pytest.mark.parametrize(
    "mark", ["{}.", "{}、", "{}．", "{} ", "{})", "({})", "（{}）", "{}：", "{} .", "[{}]", "{}. "]
)
def test_options_may_be_lettered_in_many_ways(mark):
    lines = "\n".join(mark.format(each) + text for each, text in zip("ABCD", OPTIONS, strict=True))
    assert only(f"1、问题是什么？\n{lines}\n答案：D").options == OPTIONS


@pytest.mark.parametrize(
    "line",
    ["A.甲 B.乙 C.丙 D.丁", "A、甲　　B、乙　　C、丙　　D、丁", "A甲 B乙".replace("甲", ".甲").replace("乙", ".乙") + " C.丙 D.丁",
     "A.甲B.乙C.丙D.丁", "（A）甲（B）乙（C）丙（D）丁", "A 甲  B 乙  C 丙  D 丁", "Ａ．甲；Ｂ．乙；Ｃ．丙；Ｄ．丁", "a. 甲 b. 乙 c. 丙 d. 丁", "A.甲\tB.乙\tC.丙\tD.丁"],
)  # fmt: skip
def test_several_options_may_share_a_line(line):
    assert only(f"1、问题是什么？\n{line}\n答案：B").options == OPTIONS


def test_options_may_stand_two_by_two_or_behind_the_stem():
    assert only("1、问（　）\nA.甲  B.乙\nC.丙  D.丁\n答案：C").options == OPTIONS
    behind = only("1、下列正确的是（C）。A.甲 B.乙 C.丙 D.丁")
    assert (behind.stem, behind.options, behind.key) == ("下列正确的是（　）。", OPTIONS, [2])


def test_letters_inside_sentences_are_no_options():
    question = only("1、A、B两地之间的宗地，测量时（　）\nA.用CGCS2000坐标系。B点除外\nB.不测\n答案：A")
    assert question.stem.startswith("A、B两地")
    assert question.options == ["用CGCS2000坐标系。B点除外", "不测"]


@pytest.mark.parametrize("text", ["（ABC）", "( ABC )", "（A、B、C）", "(A,B,C)", "【ABC】", "（ＡＢＣ）", "（A B C）"])
def test_a_key_in_the_brackets_of_the_stem_is_taken_out(text):
    question = only(f"1、下列属于农用地的有{text}。\nA.甲\nB.乙\nC.丙\nD.丁")
    assert (question.stem, question.key, question.kind) == ("下列属于农用地的有（　）。", [0, 1, 2], Kind.MULTIPLE)


@pytest.mark.parametrize(
    "text",
    [
        "答案：AB",
        "答案:AB",
        "【答案】AB",
        "【答案】：A、B",
        "正确答案：AB。",
        "参考答案: A,B",
        "答案 AB",
        "标准答案：\nAB",
        "[答案]AB",
        "答案AB",
    ],
)
def test_an_answer_line_is_read_in_every_spelling(text):
    assert only(f"1、问（　）\nA.甲\nB.乙\nC.丙\n{text}").key == [0, 1]


def test_explanation_and_basis_belong_to_the_question_above():
    question = only(
        "1、问（　）\nA.甲\nB.乙\n答案：A  解析：因为甲。\n接着说明。\n依据：《土地管理法》第四条\n难度：难"
    )
    assert question.explanation == "因为甲。\n接着说明。"
    assert question.basis == {"law": "土地管理法", "article": "第四条"}
    assert question.difficulty == 3


def test_a_numbered_list_in_an_explanation_opens_no_question():
    reading = read_text(
        "7、问（　）\nA.甲\nB.乙\n答案：A\n解析：\n1.第一点。\n2.第二点。\n8、再问（　）\nA.丙\nB.丁\n答案：B"
    )
    assert [q.stem for q in reading.questions] == ["问（　）", "再问（　）"]
    assert reading.questions[0].explanation == "1.第一点。\n2.第二点。"


def test_a_numbered_list_in_a_stem_opens_no_question():
    question = only("1、下列说法：\n(1)耕地属于农用地\n(2)宅基地属于建设用地\n正确的有（　）\nA.(1)\nB.(1)(2)\n答案：B")
    assert question.stem == "下列说法：\n(1)耕地属于农用地\n(2)宅基地属于建设用地\n正确的有（　）"
    assert question.options == ["(1)", "(1)(2)"]


def test_a_stem_may_start_with_a_year_or_a_decimal():
    reading = read_text(
        "1.2019年修正的法律自何时施行？\nA.2020年1月1日 B.2019年8月26日\n答案：A\n2.1.5公顷等于多少亩？\nA.22.5\nB.15\n答案：A"
    )
    assert [q.stem for q in reading.questions] == ["2019年修正的法律自何时施行？", "1.5公顷等于多少亩？"]
    assert reading.questions[1].options == ["22.5", "15"]


@pytest.mark.parametrize("mark", ["（√）", "(×)", "（对）", "（ 错 ）", "(T)", "（正确）", "【×】"])
def test_a_statement_with_a_sign_in_brackets_is_true_or_false(mark):
    question = only(f"1、任何单位不得侵占土地。{mark}")
    assert (question.kind, question.stem) == (Kind.BOOLEAN, "任何单位不得侵占土地。（　）")
    assert question.key == [0 if truth(mark) else 1]


def test_true_false_may_be_asked_with_lettered_options():
    assert only("1、土地可以买卖。\nA.正确\nB.错误\n答案：B").key == [1]
    assert only("1、土地可以买卖。\nA.错误 B.正确\n答案：A").key == [1]
    assert only("三、判断题\n1、土地可以买卖。\n答案：B").key == [1]


def test_headings_give_the_kind_of_the_questions_below():
    text = "一、单项选择题（每题2分，共20分）\n1、甲？\nA.一\nB.二\n答案：A\n二、多项选择题\n1、乙？\nA.一\nB.二\n答案：AB\n（三）判断题\n1、丙。\n答案：对\n四、填空题\n1、土地归____所有。\n答案：国家/全民"
    assert [q.kind for q in read_text(text).questions] == [Kind.SINGLE, Kind.MULTIPLE, Kind.BOOLEAN, Kind.BLANK]
    assert read_text(text).errors == []


def test_a_mark_in_the_stem_gives_the_kind():
    question = only("1、[判断题]土地可以买卖。\n答案：错")
    assert (question.kind, question.stem) == (Kind.BOOLEAN, "土地可以买卖。")
    assert only("1、哪些是耕地？（多选题）\nA.甲\nB.乙\n答案：AB").stem == "哪些是耕地？"


def test_an_inexact_number_of_right_options_is_allowed_where_the_heading_says_so():
    assert only("二、不定项选择题\n1、问？\nA.甲\nB.乙\n答案：A").kind is Kind.MULTIPLE
    assert "至少有两个" in refused("二、多选题\n1、问？\nA.甲\nB.乙\n答案：A").message


def test_questions_without_numbers_are_divided_by_blank_lines():
    reading = read_text("哪项是耕地？\nA.水田\nB.林地\n答案：A\n\n哪项是林地？\nA.水田\nB.林地\n答案：B\n")
    assert [q.stem for q in reading.questions] == ["哪项是耕地？", "哪项是林地？"]
    assert reading.errors == []


def test_a_title_above_the_first_question_is_no_question():
    assert only("2026年业务大比拼题库\n\n1、问（　）\nA.甲\nB.乙\n答案：A").row == 3


@pytest.mark.parametrize("listed", ["1-3 ABA", "1.A 2.B 3.A", "1、A；2、B；3、A", "1-2：AB\n3.A", "1—3　ＡＢＡ"])
def test_answers_may_stand_together_at_the_end(listed):
    asked = "\n".join(f"{n}、第{n}问（　）\nA.甲\nB.乙" for n in (1, 2, 3))
    reading = read_text(f"{asked}\n\n参考答案\n{listed}\n")
    assert reading.errors == []
    assert [q.key for q in reading.questions] == [[0], [1], [0]]


def test_answers_at_the_end_go_to_the_questions_of_their_heading():
    asked = "一、单选题\n1、问甲？\nA.甲\nB.乙\n二、多选题\n1、问乙？\nA.甲\nB.乙\n三、判断题\n1、问丙。"
    reading = read_text(f"{asked}\n参考答案：\n三、判断题\n1.×\n一、单选题\n1.B\n二、多选题\n1.AB\n2.A")
    assert [q.key for q in reading.questions] == [[1], [0, 1], [1]]
    assert [(e.row, e.text) for e in reading.errors] == [(18, "2. A")]


def test_unsupported_kinds_are_named_and_not_dropped():
    problem = refused("五、作图题\n1、画出三区三线。\n答案：略")
    assert "暂不支持作图题" in problem.message
    assert problem.text


@pytest.mark.parametrize(
    ("text", "row", "column", "said"),
    [
        ("1、问？\nA.甲\nB.乙", 1, "答案", "没有找到答案"),
        ("1、问？\nA.甲\nB.乙\n答案：C", 4, "答案", "答案 C 没有对应的选项"),
        ("1、问？\nA.甲\nB.乙\n答案：见书", 4, "答案", "看不懂答案“见书”"),
        ("1、问？\nA.甲\nC.乙\n答案：A", 2, "选项", "选项字母不连续：A、C"),
        ("1、问？\n答案：A", 1, "选项", "没有找到选项"),
        ("1、问（A）？\nA.甲\nB.乙\n答案：B", 4, "答案", "题干括号里是“A”，答案写的是“B”"),
        ("1、____和____。\n答案：甲", 2, "答案", "题干有 2 个空，答案有 1 个"),
        ("答案：A", 1, "答案", "前面没有题目"),
        ("1、[单选]问？\nA.甲\nB.乙\n答案：AB", 4, "答案", "单选题只能有一个答案"),
    ],
)
def test_a_faulty_question_is_reported_with_line_part_and_quotation(text, row, column, said):
    problem = refused(text)
    assert (problem.row, problem.column) == (row, column)
    assert said in problem.message
    assert problem.text


def test_one_faulty_question_does_not_take_the_others_with_it():
    reading = read_text("1、问？\nA.甲\nB.乙\n答案：A\n2、坏题？\nA.甲\nB.乙\n3、再问？\nA.甲\nB.乙\n答案：B")
    assert [q.row for q in reading.questions] == [1, 8]
    assert [e.row for e in reading.errors] == [5]


def test_prose_gets_a_sentence_that_says_how_to_write():
    assert "题目写成" in refused("今天天气很好，我们去公园走走。\n回来吃饭").message


@given(st.text(max_size=200))
def test_any_text_is_read_without_an_exception(text):
    read_pasted(text)


pieces = st.sampled_from(
    [
        "1、",
        "2.",
        "（3）",
        "问",
        "A.",
        "B、",
        "（A）",
        "答案：",
        "【答案】",
        "AB",
        "\n",
        "\n\n",
        "一、单选题\n",
        "解析：",
        "（√）",
        "____",
        " ",
        "　",
    ]
)


@given(st.lists(pieces, max_size=40).map("".join))
def test_any_muddle_of_marks_is_read_without_an_exception(text):
    reading = read_text(text)
    assert all(q.stem.strip() for q in reading.questions)


def test_s15_gb18030_text_and_byte_order_marks_are_understood():
    text = "1、问（　）\r\nA.甲\r\nB.乙\r\n答案：A\r\n"
    for data in (text.encode("gb18030"), text.encode("utf-8-sig"), text.encode("utf-16"), text.encode()):
        assert [q.options for q in read_file(data).questions] == [["甲", "乙"]]


# --- spreadsheets


def test_our_template_is_read_back_without_errors():
    reading = read_file(template(["耕地保护"]))
    assert reading.errors == []
    assert [q.kind for q in reading.questions] == [*Kind, Kind.SINGLE, Kind.BOOLEAN]
    assert {q.material[:4] for q in reading.questions[-2:]} == {"某村集体"}
    assert reading.questions[4].marking == {"tolerance": "0.5", "unit": "平方米"}
    assert reading.questions[0].basis == {"law": "土地管理法", "article": "第三十五条", "version": "2019年修正"}


@pytest.mark.parametrize(
    "header",
    [
        ("题型", "题干", "选项A", "选项B", "答案"),
        ("试题类型", "题目", "A", "B", "正确答案"),
        ("类型", "试题内容", "A选项", "B选项", "标准答案"),
        ("题型*", "题目内容（必填）", "选项 A", "选项 B", "参考答案"),
        ("题 型", "问题", "选项1", "选项2", "答案（填字母）"),
        ("题目类型", "试题题干", "Ａ", "Ｂ", "正确选项"),
        ("题型", "题干", "选项一", "选项二", "答案"),
    ],
)
def test_header_spellings_are_understood(header):
    reading = read_file(xlsx(header, ("单选题", "问", "甲", "乙", "B")))
    assert reading.errors == []
    assert (reading.questions[0].options, reading.questions[0].key) == (["甲", "乙"], [1])


@pytest.mark.parametrize(
    "cell",
    ["A.甲\nB.乙\nC.丙", "A、甲 B、乙 C、丙", "甲|乙|丙", "甲\n乙\n丙", "甲；乙；丙", "甲$$乙$$丙", "A.甲;B.乙;C.丙"],
)
def test_options_may_share_a_cell(cell):
    reading = read_file(xlsx(("题干", "选项", "答案"), ("问", cell, "AC")))
    assert reading.errors == []
    assert (reading.questions[0].options, reading.questions[0].key) == (["甲", "乙", "丙"], [0, 2])


def test_options_may_stand_below_the_stem_in_its_cell():
    reading = read_file(xlsx(("题干", "答案"), ("下列哪项是耕地（　）\nA.水田\nB.林地", "A")))
    assert (reading.questions[0].stem, reading.questions[0].options) == ("下列哪项是耕地（　）", ["水田", "林地"])


def test_letters_in_front_of_an_options_column_are_dropped():
    reading = read_file(xlsx(("题干", "A", "B", "答案"), ("问", "A.甲", "B、乙", "A")))
    assert reading.questions[0].options == ["甲", "乙"]


def test_a_title_above_the_header_and_empty_rows_keep_the_row_numbers():
    reading = read_file(
        xlsx(
            ("2026年题库",),
            (),
            ("序号", "题干", "A", "B", "答案"),
            (1, "问", "甲", "乙", "A"),
            (),
            (2, "坏", "甲", "乙", "Z"),
        )
    )
    assert [q.row for q in reading.questions] == [4]
    assert [(e.row, e.column, e.text) for e in reading.errors] == [(6, "E", "Z")]


def test_booleans_and_numbers_in_cells_are_what_the_person_saw():
    reading = read_file(
        xlsx(
            ("题型", "题干", "A", "B", "答案"),
            ("判断题", "对吗", "", "", True),
            ("单选题", "几亩？", 15, 22.5, "B"),
            ("填空题", "____年", "", "", 2019),
        )
    )
    assert reading.errors == []
    assert [q.key for q in reading.questions] == [[0], [1], [["2019"]]]
    assert reading.questions[1].options == ["15", "22.5"]


@pytest.mark.parametrize("text", ["=1+1", "+86", "-1", "@SUM(A1)", '=HYPERLINK("http://x")', "123456789012345678"])
def test_cells_that_look_like_formulas_stay_text(text):
    reading = read_file(xlsx(("题干", "A", "B", "答案"), (text, text, "乙", "A")))
    assert reading.errors == []
    assert (reading.questions[0].stem, reading.questions[0].options[0]) == (text, text)


def test_several_sheets_are_read_and_errors_name_theirs():
    table = [("题干", "A", "B", "答案"), ("问", "甲", "乙", "C")]
    reading = read_file(
        xlsx(*table, sheets=[("说明", [("请填写",)]), ("判断", [("题干", "答案"), ("土地可以买卖。", "×")])])
    )
    assert [q.kind for q in reading.questions] == [Kind.BOOLEAN]
    assert [e.message.startswith("工作表“Sheet1”") for e in reading.errors] == [True]


def test_a_column_that_is_not_known_is_named():
    reading = read_file(xlsx(("题干", "A", "B", "答案", "命题思路"), ("问", "甲", "乙", "A", "不扣分")))
    assert len(reading.questions) == 1
    assert [(e.row, e.column, e.text) for e in reading.errors] == [(1, "E", "命题思路")]


def test_a_sheet_without_header_says_what_a_header_needs():
    assert "“题干”和“答案”" in read_file(xlsx(("姓名", "单位"), ("林晓", "北区"))).errors[0].message


def test_rows_copied_out_of_a_spreadsheet_and_csv_are_tables():
    assert len(read_pasted("题干\tA\tB\t答案\n问\t甲\t乙\tA\n").questions) == 1
    assert len(read_file('题干,A,B,答案\r\n"问,什么",甲,乙,A\r\n'.encode("gb18030")).questions) == 1


def test_twenty_thousand_rows_are_read_whole():
    rows = [(f"第{n}问", "甲", "乙", "丙", "丁", "AB" if n % 2 else "C") for n in range(20_000)]
    reading = read_file(xlsx(("题干", "A", "B", "C", "D", "答案"), *rows))
    assert (len(reading.questions), len(reading.errors)) == (20_000, 0)


def test_rows_below_a_case_share_its_stem():
    rows = [
        ("案例题", "某局登记一宗地。", "", "", ""),
        ("单选题", "(1)应当（　）", "甲", "乙", "A"),
        ("判断题", "（2）有争议。", "", "", "对"),
        ("判断题", "另一题。", "", "", "错"),
    ]
    reading = read_file(xlsx(("题型", "题干", "A", "B", "答案"), *rows))
    assert reading.errors == []
    assert [(q.stem, q.material) for q in reading.questions] == [
        ("应当（　）", "某局登记一宗地。"),
        ("有争议。", "某局登记一宗地。"),
        ("另一题。", ""),
    ]


def test_a_case_without_parts_is_told():
    reading = read_file(
        xlsx(("题型", "题干", "答案"), ("案例题", "某局登记一宗地。", ""), ("判断题", "另一题。", "错"))
    )
    assert [(e.row, e.column) for e in reading.errors] == [(2, "B")]
    assert len(reading.questions) == 1


def test_columns_of_the_further_kinds_are_read():
    header = ("题型", "题干", "选项", "左项", "答案", "允许误差", "计量单位", "不分顺序", "计分", "评分要点", "材料")
    rows = [
        ("数值题", "多少？", "", "", "12.5", "5%", "亩", "", "", "", "材料甲"),
        ("连线题", "连线。", "A.一\nB.二", "1.甲\n2.乙", "BA", "", "", "", "全部选对才得分", "", ""),
        ("排序题", "排列。", "A.一 B.二 C.三", "", "C>A>B", "", "", "", "", "", ""),
        ("问答题", "简述。", "", "", "要点", "", "", "", "", "每点2分", ""),
        ("填空题", "____和____", "", "", "甲；乙", "", "", "是", "", "", ""),
    ]
    reading = read_file(xlsx(header, *rows))
    assert reading.errors == []
    assert [q.kind for q in reading.questions] == [Kind.NUMERIC, Kind.MATCHING, Kind.ORDERING, Kind.SHORT, Kind.BLANK]
    assert [q.key for q in reading.questions[:3]] == [[["12.5"]], [1, 0], [2, 0, 1]]
    assert [q.marking for q in reading.questions] == [
        {"tolerance": "5%", "unit": "亩"}, {"scoring": "all"}, {}, {"rubric": "每点2分"}, {"is_order_free": True},
    ]  # fmt: skip
    assert reading.questions[0].material == "材料甲"
    assert reading.questions[1].prompts == ["甲", "乙"]


# --- Word


def docx(build):
    document = Document()
    build(document)
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def test_paragraphs_of_a_word_file_are_read_like_pasted_text():
    lines = ["一、单选题", "1、问（　）", "A.甲  B.乙", "答案：B"]
    reading = read_file(docx(lambda d: [d.add_paragraph(line) for line in lines]))
    assert [(q.row, q.key) for q in reading.questions] == [(2, [1])]


def test_numbers_that_word_itself_adds_are_put_back():
    def build(document):
        for stem in ("哪项是耕地？", "哪项是林地？"):
            document.add_paragraph(
                stem, style=None
            )._p.get_or_add_pPr().get_or_add_numPr().get_or_add_numId().val = number
            document.add_paragraph("A.水田 B.林地")
            document.add_paragraph("答案：A")

    blank = Document()
    root = blank.part.numbering_part.element
    number = next(
        int(num.get(num.nsmap["w"].join("{}") + "numId"))
        for num in root.num_lst
        for abstract in root.findall(f"{{{root.nsmap['w']}}}abstractNum")
        if abstract.get(f"{{{root.nsmap['w']}}}abstractNumId") == str(num.abstractNumId.val)
        and abstract.find(f"{{{root.nsmap['w']}}}lvl/{{{root.nsmap['w']}}}numFmt").get(f"{{{root.nsmap['w']}}}val")
        == "decimal"
    )
    assert [q.stem for q in read_file(docx(build)).questions] == ["哪项是耕地？", "哪项是林地？"]


def test_a_table_in_a_word_file_is_read_like_a_sheet():
    def build(document):
        table = document.add_table(rows=0, cols=4)
        for row in (("题干", "A", "B", "答案"), ("问", "甲", "乙", "A")):
            for cell, text in zip(table.add_row().cells, row, strict=True):
                cell.text = text

    assert [q.options for q in read_file(docx(build)).questions] == [["甲", "乙"]]


# --- files that mean harm, and wrong files


def packed(*parts, **options):
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in parts:
            file.writestr(name, content, **options)
    return out.getvalue()


def test_a_zip_bomb_is_refused_before_it_is_opened(monkeypatch):
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 1_000_000)
    problem = read_file(packed(("xl/workbook.xml", b"0" * 1_000_001))).errors[0]
    assert "解压后超过" in problem.message
    assert "解压后超过" not in read_file(packed(("xl/workbook.xml", b"0" * 999_999))).errors[0].message


def test_sizes_are_counted_and_not_believed(monkeypatch):
    monkeypatch.setattr(archive, "MAX_UNPACKED_BYTES", 1_000_000)
    honest = packed(("xl/workbook.xml", b"0" * 5_000_000))
    size = (5_000_000).to_bytes(4, "little")
    lying = honest.replace(size, (10).to_bytes(4, "little"))
    assert lying != honest
    assert read_file(lying).questions == []
    assert read_file(lying).errors


def test_a_document_type_definition_is_refused():
    bomb = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><workbook/>'
    assert "DTD" in read_file(packed(("xl/workbook.xml", bomb))).errors[0].message


@pytest.mark.parametrize(
    ("data", "form", "said"),
    [
        (b"", "auto", "文件是空的"),
        (b"PK\x03\x04broken", "auto", "已损坏"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1junk", "auto", "打不开"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff\xff\xfe", "auto", "编码"),
        ("1、问".encode(), "xlsx", "不是 Excel"),
        (packed(("readme.txt", b"hello")), "auto", "不是 Excel 或 Word"),
        (xlsx(("题干", "答案"))[:-300], "auto", "已损坏"),
    ],
)
def test_a_wrong_file_gets_a_sentence(data, form, said):
    reading = read_file(data, form)
    assert reading.questions == []
    assert said in reading.errors[0].message


@given(st.binary(max_size=300))
def test_any_bytes_are_read_without_an_exception(data):
    read_file(data)
    read_file(b"PK\x03\x04" + data)

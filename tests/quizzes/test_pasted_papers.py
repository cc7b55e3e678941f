"""Question papers as people paste them: each sample with what must be read out of it, and what must be told."""

import pytest

from lms.quizzes.importing.text import read_text


def read(text):
    """[(kind, stem, options, key as written, material)…] and [(row, message)…]."""
    reading = read_text(text)
    shown = [question.as_json() for question in reading.questions]
    return (
        [(q["kind"], q["stem"], q["options"], q["key"], q["material"]) for q in shown],
        [(e.row, e.message) for e in reading.errors],
    )


def kinds_and_keys(text):
    questions, errors = read(text)
    assert errors == []
    return [
        (kind, "".join(key) if isinstance(key, list) and all(isinstance(k, str) for k in key) else key)
        for kind, _, _, key, _ in questions
    ]


AB = "A.甲\nB.乙\nC.丙\nD.丁\n"

SAMPLES = {
    # numbers
    "mixed numbering": (f"1．一（　）\n{AB}答案：A\n2、二（　）\n{AB}答案：B\n(3)三（　）\n{AB}答案：C\n第4题 四（　）\n{AB}答案：D", [("single", "A"), ("single", "B"), ("single", "C"), ("single", "D")]),
    "numbers start again under each heading": (f"一、单选题\n1. 一？\n{AB}答案：A\n二、多选题\n1. 二？\n{AB}答案：AB", [("single", "A"), ("multiple", "AB")]),
    "a number is missing": (f"1. 一？\n{AB}答案：A\n3. 三？\n{AB}答案：B", [("single", "A"), ("single", "B")]),
    "no blank lines and keys in brackets": (f"1.一(A)\n{AB}2.二(B)\n{AB}3.三(CD)\n{AB}", [("single", "A"), ("single", "B"), ("multiple", "CD")]),
    "indented with full-width spaces": ("　　1、一（　）\n　　A、甲\n　　B、乙\n　　答案：Ａ", [("single", "A")]),
    "numbers and letters full-width": ("１．一（　）\nＡ．甲\nＢ．乙\n答案：Ｂ．", [("single", "B")]),
    "tabs between number, letter and text": ("1.\t一（　）\nA.\t甲\tB.\t乙\nC.\t丙\tD.\t丁\n答案：\tC", [("single", "C")]),
    "blank lines inside a question": ("1、一（　）\n\nA.甲\n\nB.乙\n\n答案：B\n\n解析：因为。\n\n2、二（　）\n\nA.甲\n\nB.乙\n\n答案：A", [("single", "B"), ("single", "A")]),
    "number in square brackets": ("[1] 一（　）\nA.甲\nB.乙\n答案：A\n[2] 二（　）\nA.甲\nB.乙\n答案：B", [("single", "A"), ("single", "B")]),
    # options
    "four options on one line": ("1、一（　）\nA.甲 B.乙 C.丙 D.丁\n答案：D", [("single", "D")]),
    "options with 、": ("1、一（　）\nA、甲\nB、乙\n答案：A", [("single", "A")]),
    "options in full-width brackets": ("1、一（　）\n（A）甲\n（B）乙\n答案：（B）", [("single", "B")]),
    "circled options on one line": ("1、一（　）\n①甲 ②乙 ③丙\n答案：②", [("single", "B")]),
    "circled options one a line": ("1、一（　）\n①甲\n②乙\n③丙\n答案：①③", [("multiple", "AC")]),
    "combinations of circled statements": ("1、正确的是（　）\n①甲。②乙。③丙。\nA.①②\nB.①③\nC.②③\nD.①②③\n答案：B", [("single", "B")]),
    "an option over two lines": ("1、一（　）\nA.甲的第一行\n第二行\nB.乙\n答案：A", [("single", "A")]),
    "options behind the stem on its line": ("1、一（　） A.甲 B.乙 C.丙\n答案：C", [("single", "C")]),
    "options with a stop and no space": ("1、一（　）\nA.甲；B.乙；C.丙；D.丁。\n答案：ABCD。", [("multiple", "ABCD")]),
    "five options and all are right": ("1、一（　）\nA.甲\nB.乙\nC.丙\nD.丁\nE.戊\n答案：ABCDE", [("multiple", "ABCDE")]),
    "a label before the options": ("1、一（　）\n选项：A.甲 B.乙\n答案：B", [("single", "B")]),
    # keys
    "key behind 故选": ("1、一（　）\nA.甲\nB.乙\n答案：选B", [("single", "B")]),
    "key with commas": (f"1、一（　）\n{AB}答案：A，B，C", [("multiple", "ABC")]),
    "key with spaces": (f"1、一（　）\n{AB}答案：A B D", [("multiple", "ABD")]),
    "key with semicolons": (f"1、一（　）\n{AB}答案：A;C", [("multiple", "AC")]),
    "key in lower case": (f"1、一（　）\n{AB}答案：ac", [("multiple", "AC")]),
    "key on the line below": (f"1、一（　）\n{AB}【答案】\nBD", [("multiple", "BD")]),
    "key in round label": (f"1、一（　）\n{AB}（答案）B", [("single", "B")]),
    "key and explanation on a line": (f"1、一（　）\n{AB}【答案】B【解析】因为乙。", [("single", "B")]),
    "key in the last brackets of the stem": (f"1、（2019年修正的）法规定的是（AC）。\n{AB}", [("multiple", "AC")]),
    "key in the stem and on a line alike": (f"1、一（A）\n{AB}答案：A", [("single", "A")]),
    "key is the text of the option": (f"1、一（　）\n{AB}答案：乙", [("single", "B")]),
    "kind by heading only": (f"二、多项选择题（每题2分，共10分。每题至少两个正确答案）\n1、一（　）\n{AB}答案：AB", [("multiple", "AB")]),
    "kind by heading without number": (f"多项选择题（每题2分）\n1、一（　）\n{AB}答案：AB", [("multiple", "AB")]),
    "kind in angle brackets before the stem": (f"1、【多选】一（　）\n{AB}答案：AB", [("multiple", "AB")]),
    "kind behind the stem": (f"1、一（　）（单选题）\n{AB}答案：B", [("single", "B")]),
    "kind as a line of its own": (f"1、一（　）\n{AB}题型：多选题\n答案：AB", [("multiple", "AB")]),
    # true or false
    "right and wrong by sign": ("1、一。（√）\n2、二。（×）\n3、三。（ X ）", [("boolean", True), ("boolean", False), ("boolean", False)]),
    "right and wrong in words": ("三、判断题\n1、一。（　）\n答案：对\n2、二。（　）\n答案：错误\n3、三。\n答案：是", [("boolean", True), ("boolean", False), ("boolean", True)]),
    "right and wrong in letters": ("判断题\n1、一。（T）\n2、二。（F）", [("boolean", True), ("boolean", False)]),
    "sign before the stem": ("1、（√）一。\n2、（×）二。", [("boolean", True), ("boolean", False)]),
    "lettered right and wrong": ("1、一。\nA、对\nB、错\n答案：B", [("boolean", False)]),
    # blanks
    "two blanks": ("四、填空题\n1、土地归____和____所有。\n答案：国家；集体", [("blank", [["国家"], ["集体"]])]),
    "blank with alternatives": ("四、填空题\n1、土地归____所有。\n答案：国家/全民", [("blank", [["国家", "全民"]])]),
    "blanks in brackets": ("四、填空题\n1、土地归（　）和（　）所有。\n参考答案：国家 集体", [("blank", [["国家"], ["集体"]])]),
    "blank without heading": ("1、土地归______所有。\n答案：国家", [("blank", [["国家"]])]),
    # numbers
    "a number": ("五、计算题\n1、1公顷等于多少亩？\n答案：15", [("numeric", [["15"]])]),
    "a number with unit and tolerance": ("数值题\n1、面积是多少？\n答案：12.5±0.1亩", [("numeric", [["12.5"]])]),
    "a calculation with a worked solution": ("五、计算题（每题10分）\n1、计算容积率。\n答案：建筑面积÷用地面积=2.5，所以容积率为2.5。", [("short", [["建筑面积÷用地面积=2.5，所以容积率为2.5。"]])]),
    "a calculation with options is a choice": ("五、计算题\n1、1公顷等于多少亩？\nA.10\nB.15\n答案：B", [("single", "B")]),
    # matching
    "matching by numbers and letters": ("六、匹配题\n1、把法律和施行年份配起来。\n(1)土地管理法\n(2)矿产资源法\nA.1986\nB.2025\n答案：1-A；2-B", [("matching", "AB")]),
    "matching by circled numbers": ("六、连线题\n1、连线。\n①甲 ②乙\nA.一 B.二 C.三\n答案：①-C ②-A", [("matching", "CA")]),
    "matching by letters only": ("六、连线题\n1、连线。\n(1)甲\n(2)乙\nA.一\nB.二\n答案：BA", [("matching", "BA")]),
    "matching by pairs in the stem": ("六、连线题\n1、连线。\n甲→一\n乙→二", [("matching", "AB")]),
    "matching by pairs in the key": ("六、连线题\n1、把左右连起来。\n答案：甲→一；乙→二；丙→一", [("matching", "ABA")]),
    "matching with 左项 and 右项": ("六、匹配题\n1、配对。\n左项：甲；乙\n右项：A.一 B.二\n答案：1-B，2-A", [("matching", "BA")]),
    # ordering
    "an order by letters": ("七、排序题\n1、按先后排列。\nA.调查\nB.公告\nC.登簿\n答案：A→B→C", [("ordering", "ABC")]),
    "an order by circled numbers": ("七、排序题\n1、按先后排列。\n①登簿\n②申请\n③受理\n答案：②③①", [("ordering", "BCA")]),
    "an order in one word": ("1、[排序题]按先后排列。\nA.登簿\nB.申请\nC.受理\n答案：BCA", [("ordering", "BCA")]),
    # short answers
    "a short answer": ("八、简答题\n1、简述三区三线。\n参考答案：农业空间、生态空间、城镇空间。", [("short", [["农业空间、生态空间、城镇空间。"]])]),
    "a short answer over several lines with a list": ("八、简答题\n1、简述甲。\n答：\n1.第一点。\n2.第二点。\n2、简述乙。\n答：只有一点。", [("short", [["1.第一点。\n2.第二点。"]]), ("short", [["只有一点。"]])]),
    "a definition": ("九、名词解释\n1、基本农田\n答案：按照规划确定的不得占用的耕地。", [("short", [["按照规划确定的不得占用的耕地。"]])]),
    "an essay with what to look for": ("十、论述题\n1、论耕地保护。\n答案要点：红线。\n评分标准：每点5分。", [("short", [["红线。"]])]),
    "answers in words at the end": ("八、简答题\n1、甲？\n2、乙？\n参考答案\n1、甲的答案，\n第二行。\n2、乙的答案。", [("short", [["甲的答案，\n第二行。"]]), ("short", [["乙的答案。"]])]),
    # answers at the end
    "a run of answers": (f"1、一（　）\n{AB}2、二（　）\n{AB}3、三（　）\n{AB}参考答案：1-3 ABC", [("single", "A"), ("single", "B"), ("single", "C")]),
    "answers in a row": (f"1、一（　）\n{AB}2、二（　）\n{AB}答案\n1.A  2.BC", [("single", "A"), ("multiple", "BC")]),
    "answers under a numbered heading": (f"一、单选题\n1、一（　）\n{AB}二、判断题\n1、二。\n三、参考答案\n一、单选题\n1.C\n二、判断题\n1.√", [("single", "C"), ("boolean", True)]),
    # what stands around
    "page marks and header lines": (f"某局2026年考试试卷\n单位：_____ 姓名：_____ 得分：_____\n第 1 页 共 3 页\n1、一（　）\n{AB}答案：A\n- 2 -\n2、二（　）\n{AB}第2页/共3页\n答案：B", [("single", "A"), ("single", "B")]),
    "the title again on every page": (f"某局2026年题库\n1、一（　）\n{AB}答案：A\n某局2026年题库\n2、二（　）\n{AB}答案：B", [("single", "A"), ("single", "B")]),
    "a stem over several lines": ("1、某单位办理登记，\n材料不齐，\n应当（　）\nA.甲\nB.乙\n答案：A", [("single", "A")]),
    "an explanation over several paragraphs": (f"1、一（　）\n{AB}答案：A\n解析：第一段。\n第二段。\n2、二（　）\n{AB}答案：B", [("single", "A"), ("single", "B")]),
    "a list in the explanation of the first question": (f"1、一（　）\n{AB}答案：A\n解析：\n1.第一点。\n2.第二点。\n2、二（　）\n{AB}答案：B", [("single", "A"), ("single", "B")]),
    "Windows line ends and a byte order mark": ("\ufeff1、一（　）\r\nA.甲\r\nB.乙\r\n答案：A\r\n", [("single", "A")]),
    "English labels": ("1. Which one?\nA) one\nB) two\nANSWER: B", [("single", "B")]),
    "points behind the stem": (f"1、一（　）（2分）\n{AB}答案：C\n分值：2分", [("single", "C")]),
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_a_pasted_paper_is_read_as_its_writer_meant_it(name):
    text, expected = SAMPLES[name]
    assert kinds_and_keys(text) == expected


def test_there_are_enough_samples():
    assert len(SAMPLES) >= 60


CASES = {
    "labelled material for what follows": "【材料】某局登记一宗地。\n该地有争议。\n1、应当（　）\nA.甲\nB.乙\n答案：A\n2、还应当（　）\nA.甲\nB.乙\n答案：B",
    "a directive with a range": "根据以下材料，回答1-2题。\n某局登记一宗地。\n该地有争议。\n1、应当（　）\nA.甲\nB.乙\n答案：A\n2、还应当（　）\nA.甲\nB.乙\n答案：B",
    "material first, then the directive": "材料：某局登记一宗地。\n该地有争议。\n根据上述材料回答第1～2题：\n1、应当（　）\nA.甲\nB.乙\n答案：A\n2、还应当（　）\nA.甲\nB.乙\n答案：B",
    "a case with (1) (2)": "五、案例分析题\n1、某局登记一宗地。\n该地有争议。\n(1)应当（　）\nA.甲\nB.乙\n答案：A\n(2)还应当（　）\nA.甲\nB.乙\n答案：B",
    "a case under （一）": "五、案例分析题（每题10分）\n（一）某局登记一宗地。\n该地有争议。\n1、应当（　）\nA.甲\nB.乙\n答案：A\n2、还应当（　）\nA.甲\nB.乙\n答案：B",
    "案例一": "案例一：某局登记一宗地。\n该地有争议。\n问题：\n1、应当（　）\nA.甲\nB.乙\n答案：A\n2、还应当（　）\nA.甲\nB.乙\n答案：B",
    "（1～2题共用题干）": "（1～2题共用题干）\n某局登记一宗地。\n该地有争议。\n1、应当（　）\nA.甲\nB.乙\n答案：A\n2、还应当（　）\nA.甲\nB.乙\n答案：B",
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_parts_of_a_case_carry_its_material(name):
    questions, errors = read(CASES[name])
    material = "某局登记一宗地。\n该地有争议。"
    assert errors == []
    assert questions == [
        ("single", "应当（　）", ["甲", "乙"], ["A"], material),
        ("single", "还应当（　）", ["甲", "乙"], ["B"], material),
    ]


def test_material_ends_with_its_range_its_heading_and_the_next_case():
    text = (
        "根据以下材料，回答1-1题。\n甲案。\n1、一（　）\nA.甲\nB.乙\n答案：A\n2、二（　）\nA.甲\nB.乙\n答案：A\n"
        "五、案例分析题\n1、乙案。\n(1)三（　）\nA.甲\nB.乙\n答案：A\n(2)简述四。\n答案：四的答案。\n2、丙案。\n(1)五（　）\nA.甲\nB.乙\n答案：A\n"
        "六、判断题\n1、六。（√）"
    )
    questions, errors = read(text)
    assert errors == []
    assert [(q[0], q[1], q[4]) for q in questions] == [
        ("single", "一（　）", "甲案。"), ("single", "二（　）", ""), ("single", "三（　）", "乙案。"), ("short", "简述四。", "乙案。"),
        ("single", "五（　）", "丙案。"), ("boolean", "六。（　）", ""),
    ]  # fmt: skip


def test_a_numeric_key_gives_unit_and_tolerance():
    question = read_text("数值题\n1、面积是多少？\n答案：12.5±0.1亩").questions[0]
    assert question.marking == {"tolerance": "0.1", "unit": "亩"}
    assert read_text("数值题\n1、长多少？\n答案：3 km（±5%）").questions[0].marking == {"tolerance": "5%", "unit": "km"}
    percent = read_text("数值题\n1、面积是多少？\n答案：12.5亩\n允许误差：5%").questions[0]
    assert percent.marking == {"tolerance": "5%", "unit": "亩"}


def test_what_to_look_for_becomes_the_rubric():
    question = read_text("十、论述题\n1、论耕地保护。\n答案要点：红线。\n评分标准：每点5分。").questions[0]
    assert (question.marking, question.key) == ({"rubric": "每点5分。"}, [["红线。"]])


@pytest.mark.parametrize(
    ("text", "row", "said"),
    [
        ("七、排序题\n1、排列。\nA.甲\nB.乙\n答案：A", 5, "每一项都写一次"),
        ("七、排序题\n1、排列。\n答案：AB", 2, "写成选项 A. B. C."),
        ("六、匹配题\n1、连线。\n(1)甲\n(2)乙\nA.一\nB.二\n答案：1-A", 7, "左边有 2 项"),
        ("数值题\n1、面积是多少？\n答案：很大", 3, "写一个数"),
        ("数值题\n1、面积是多少？\n答案：12\n允许误差：很小", 4, "允许误差写不小于 0 的数"),
        ("八、简答题\n1、简述甲。", 2, "评分要点或参考答案"),
        ("材料：某局登记一宗地。", 1, "后面没有读到题目"),
        ("九、作图题\n1、画图。\n答案：略", 2, "暂不支持作图题"),
        ("1、一（　）\nA.甲\nB.乙\n答案：A\n难度：很难很难", 5, "难度写易、中或难"),
    ],
)
def test_what_cannot_be_read_is_told_with_the_text(text, row, said):
    reading = read_text(text)
    assert reading.questions == []
    problem = reading.errors[0]
    assert (problem.row, bool(problem.text)) == (row, True)
    assert said in problem.message


def test_options_may_be_shares_and_a_title_in_brackets_is_no_question():
    reading = read_text(
        "2026年业务大比拼题库（第一套）\n\n一、单项选择题\n1．占耕地的比例一般不低于（  B  ）。\nA．70%   B．80%   C．85%   D．90%"
    )
    assert reading.errors == []
    (question,) = reading.questions
    assert (question.options, question.key) == (["70%", "80%", "85%", "90%"], [1])


def test_what_somebody_once_answered_is_no_key():
    (question,) = read_text("1. 哪项是耕地\nA. 水田\nB. 林地\n我的答案：B 正确答案：A\n得分：0").questions
    assert (question.options, question.key) == (["水田", "林地"], [0])

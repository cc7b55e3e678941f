"""The Excel template: one sheet to fill in, with lists to choose from, and one that explains."""

from collections.abc import Sequence
from io import BytesIO

from xlsxwriter import Workbook

from lms.quizzes.rules import DIFFICULTY_LABELS, KIND_LABELS

COLUMNS = (
    ("题型", 10), ("题干", 50), ("选项A", 20), ("选项B", 20), ("选项C", 20), ("选项D", 20), ("选项E", 12), ("选项F", 12),
    ("答案", 14), ("解析", 30), ("依据", 24), ("条款", 14), ("版本", 16), ("原文", 30), ("难度", 8), ("条线", 14),
)  # fmt: skip
_ROWS = 5000
_EXAMPLES = (
    ("单选题", "永久基本农田划定后，确需占用的，应当报（　）批准。", "县级人民政府", "省级人民政府", "国务院", "国务院授权的部门", "", "", "C", "", "土地管理法", "第三十五条", "2019年修正", "", "中"),
    ("多选题", "下列属于农用地的有（　）。", "耕地", "林地", "草地", "宅基地", "", "", "ABC", "", "土地管理法", "第四条", "2019年修正", "", "易"),
    ("判断题", "任何单位和个人不得侵占、买卖或者以其他形式非法转让土地。", "", "", "", "", "", "", "正确", "", "土地管理法", "第二条", "2019年修正", "", "易"),
    ("填空题", "我国实行土地的社会主义公有制，即____所有制和____所有制。", "", "", "", "", "", "", "全民；劳动群众集体", "", "土地管理法", "第二条", "2019年修正", "", "中"),
)  # fmt: skip
_NOTES = (
    "一行一题；删去示例再填写，也可以留着，重复的题不会再次导入。",
    "题型：单选题、多选题、判断题、填空题。",
    "答案：选择题写字母，如 C 或 ABC；判断题写正确或错误。",
    "填空题：题干里每个空写成 ____；多个空的答案用“；”隔开，一个空有几种写法用“/”隔开。",
    "依据：法律名称、条款、版本和原文，解析页会原样显示。难度不填按“中”。",
)


def template(lines: Sequence[str]) -> bytes:
    """The xlsx file; `lines` are the names offered for 条线. Every cell is text, whatever it starts with."""
    out = BytesIO()
    book = Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    head = book.add_format({"bold": True, "bg_color": "#F6E4E0", "border": 1, "text_wrap": True, "valign": "vcenter"})
    text = book.add_format({"num_format": "@", "text_wrap": True, "valign": "top"})
    sheet = book.add_worksheet("试题")
    for column, (title, width) in enumerate(COLUMNS):
        sheet.set_column(column, column, width, text)
        sheet.write_string(0, column, title, head)
    sheet.freeze_panes(1, 2)
    choices = {"题型": list(KIND_LABELS.values()), "难度": list(DIFFICULTY_LABELS.values()), "条线": list(lines)}
    titles = [title for title, _ in COLUMNS]
    for title, source in choices.items():
        # Excel refuses a list written out with more than 255 characters; the column is then free text.
        if source and len(",".join(source)) <= 255:
            column = titles.index(title)
            sheet.data_validation(1, column, _ROWS, column, {"validate": "list", "source": source})
    for row, example in enumerate(_EXAMPLES, 1):
        for column, value in enumerate(example):
            sheet.write_string(row, column, value, text)
    notes = book.add_worksheet("填写说明")
    notes.set_column(0, 0, 90, text)
    for row, note in enumerate(_NOTES):
        notes.write_string(row, 0, note, text)
    book.close()
    return out.getvalue()

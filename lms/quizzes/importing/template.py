"""The Excel template: one sheet to fill in, with lists to choose from, and one that explains."""

from collections.abc import Sequence

from lms.quizzes.rules import DIFFICULTY_LABELS, KIND_LABELS, SCORING_LABELS, Scoring
from lms.web.spreadsheets import Book

COLUMNS = (
    ("题型", 10), ("材料", 24), ("题干", 50), ("选项A", 20), ("选项B", 20), ("选项C", 20), ("选项D", 20), ("选项E", 12), ("选项F", 12),
    ("左项", 20), ("答案", 18), ("解析", 30), ("依据", 24), ("条款", 14), ("版本", 16), ("原文", 30), ("难度", 8), ("条线", 14),
    ("允许误差", 10), ("计量单位", 10), ("不分顺序", 10), ("计分", 24), ("评分要点", 30),
)  # fmt: skip
_ROWS = 50_000
_LAW = {"依据": "土地管理法", "版本": "2019年修正"}
_CASE = "某村集体拟将一宗集体经营性建设用地出让给企业使用。"
_EXAMPLES: tuple[dict[str, str], ...] = (
    {"题型": "单选题", "题干": "永久基本农田划定后，确需占用的，应当报（　）批准。", "选项A": "县级人民政府", "选项B": "省级人民政府", "选项C": "国务院",
     "选项D": "国务院授权的部门", "答案": "C", "条款": "第三十五条", "难度": "中", **_LAW},
    {"题型": "多选题", "题干": "下列属于农用地的有（　）。", "选项A": "耕地", "选项B": "林地", "选项C": "草地", "选项D": "宅基地", "答案": "ABC", "条款": "第四条",
     "难度": "易", "计分": SCORING_LABELS[Scoring.HALF], **_LAW},
    {"题型": "判断题", "题干": "任何单位和个人不得侵占、买卖或者以其他形式非法转让土地。", "答案": "正确", "条款": "第二条", "难度": "易", **_LAW},
    {"题型": "填空题", "题干": "我国实行土地的社会主义公有制，即____所有制和____所有制。", "答案": "全民；劳动群众集体", "条款": "第二条", "难度": "中",
     "不分顺序": "是", **_LAW},
    {"题型": "数值题", "题干": "一宗地长 30 米、宽 20 米，面积是多少？", "答案": "600", "难度": "易", "允许误差": "0.5", "计量单位": "平方米"},
    {"题型": "匹配题", "题干": "把地类和它所属的大类对应起来。", "选项A": "农用地", "选项B": "建设用地", "选项C": "未利用地", "左项": "耕地\n宅基地\n裸土地",
     "答案": "1-A；2-B；3-C", "条款": "第四条", "难度": "易", **_LAW},
    {"题型": "排序题", "题干": "按办理的先后排列不动产登记的环节。", "选项A": "登簿", "选项B": "申请", "选项C": "审核", "选项D": "受理", "答案": "BDCA", "难度": "中"},
    {"题型": "简答题", "题干": "“三区三线”指什么？", "答案": "农业空间、生态空间、城镇空间；永久基本农田、生态保护红线、城镇开发边界。", "难度": "中", "评分要点": "三区 3 分，三线 3 分。"},
    {"题型": "单选题", "材料": _CASE, "题干": "出让应当经本集体经济组织成员的村民会议（　）以上成员同意。", "选项A": "二分之一", "选项B": "三分之二", "选项C": "四分之三",
     "答案": "B", "条款": "第六十三条", "难度": "难", **_LAW},
    {"题型": "判断题", "材料": _CASE, "题干": "出让前应当签订书面合同。", "答案": "正确", "条款": "第六十三条", "难度": "中", **_LAW},
)  # fmt: skip
_NOTES = (
    "一行一题；删去示例再填写，也可以留着，重复的题不会再次导入。",
    f"题型：{'、'.join(KIND_LABELS.values())}。",
    "答案：选择题写字母，如 C 或 ABC；判断题写正确或错误。",
    "填空题：题干里每个空写成 ____；多个空的答案用“；”隔开，一个空有几种写法用“/”隔开；空之间不分先后时，“不分顺序”写是。",
    "数值题：答案写一个数；“允许误差”写 0.5 或 5%，不填就要完全相等；“计量单位”写了以后，答卷里带不带单位都算对。",
    "匹配题：左边每行一项写在“左项”，右边写在选项里，答案写 1-A；2-B；3-C。",
    "排序题：把要排的各项写在选项里，顺序随意，答案写正确的顺序，如 BDCA。",
    "简答题：由人评卷，答案写参考答案，“评分要点”写给分的标准，两样至少写一样。",
    "案例题：几道小题共用的材料写在“材料”，每道小题一行，材料相同。",
    "计分：只用于多选、匹配和排序题，不填就按试卷的规则。",
    "依据：法律名称、条款、版本和原文，解析页会原样显示。难度不填按“中”。",
)


def template(lines: Sequence[str]) -> bytes:
    """The xlsx file; `lines` are the names offered for 条线. Every cell is text, whatever it starts with."""
    book = Book()
    head = book.style(bold=True, bg_color="#F6E4E0", border=1, text_wrap=True, valign="vcenter")
    text = book.style(text_wrap=True, valign="top")
    sheet = book.sheet("试题")
    for column, (title, width) in enumerate(COLUMNS):
        sheet.set_column(column, column, width, text.plain)
        book.write(sheet, 0, column, title, head)
    sheet.freeze_panes(1, 3)
    choices = {"题型": list(KIND_LABELS.values()), "难度": list(DIFFICULTY_LABELS.values()), "条线": list(lines)}
    choices |= {"计分": list(SCORING_LABELS.values()), "不分顺序": ["是", "否"]}
    titles = [title for title, _ in COLUMNS]
    for title, source in choices.items():
        # Excel refuses a list written out with more than 255 characters; the column is then free text.
        if source and len(",".join(source)) <= 255:
            column = titles.index(title)
            sheet.data_validation(1, column, _ROWS, column, {"validate": "list", "source": source})
    for row, example in enumerate(_EXAMPLES, 1):
        for title, value in example.items():
            book.write(sheet, row, titles.index(title), value, text)
    notes = book.sheet("填写说明")
    notes.set_column(0, 0, 90, text.plain)
    for row, note in enumerate(_NOTES):
        book.write(notes, row, 0, note, text)
    return book.finished()

"""How the demonstration's library is ordered: its series, the tags of the lectures, and the text of a law that they cite."""

from lms.courses.services.shelf import SeriesFacts

TALKS, YOUNG, FIRST = "业务大讲堂", "青年党校", "党的创新理论首课"

SERIES = (
    SeriesFacts(TALKS, "各处室业务骨干每月一讲，讲制度、讲案例、讲做法。", 1),
    SeriesFacts(YOUNG, "面向四十岁以下干部，每季一期。", 2),
    SeriesFacts(FIRST, "局领导每年第一课，讲思想、讲政策、讲落实。", 3),
)

SERIES_OF = {"L-14": YOUNG, "L-22": YOUNG, "L-24": YOUNG, "L-19": FIRST}
"""Every other lecture belongs to the talks."""

TAGS_OF_LINE = {
    "land": ("用地审批",),
    "planning": ("规划许可",),
    "registration": ("不动产",),
    "mineral": ("矿业权",),
    "survey": ("地图与测量标志",),
    "farmland": ("耕地红线",),
    "ecology": ("三区三线",),
    "enforcement": ("行政处罚",),
}
TAGS_OF = {
    "L-01": ("征地",),
    "L-02": ("宅基地",),
    "L-06": ("违法建设",),
    "L-11": ("矿山修复",),
    "L-16": ("永久基本农田",),
    "L-17": ("占补平衡", "永久基本农田"),
    "L-18": ("耕地占用税",),
    "L-20": ("湿地",),
    "L-21": ("矿山修复", "湿地"),
    "L-23": ("违法占地", "耕地红线"),
}

LAW_TITLE = "中华人民共和国土地管理法（节选）"
LAW_SUMMARY = "2019 年修正的条文节选，讲课引用时可以直接点到这里。"
LAW = (
    "第三条　十分珍惜、合理利用土地和切实保护耕地是我国的基本国策。各级人民政府应当采取措施，全面规划，严格管理，保护、开发土地资源，"
    "制止非法占用土地的行为。",
    "第四条　国家实行土地用途管制制度。国家编制土地利用总体规划，规定土地用途，将土地分为农用地、建设用地和未利用地。严格限制农用地"
    "转为建设用地，控制建设用地总量，对耕地实行特殊保护。",
    "第四十四条　建设占用土地，涉及农用地转为建设用地的，应当办理农用地转用审批手续。永久基本农田转为建设用地的，由国务院批准。",
)
LAW_ADDED = ("第六十二条　农村村民一户只能拥有一处宅基地，其宅基地的面积不得超过省、自治区、直辖市规定的标准。",)
LAW_CHANGE = "补上第六十二条（一户一宅），宅基地几讲都要引用。"

PACKAGE_TITLE = "耕地保护三问"
PACKAGE_SUMMARY = "三道小题，边答边看讲解，五分钟做完，可以中途离开。"


def tags_of(code: str, line: str) -> tuple[str, ...]:
    return (
        *TAGS_OF_LINE.get(line, ()),
        *(tag for tag in TAGS_OF.get(code, ()) if tag not in TAGS_OF_LINE.get(line, ())),
    )


def series_of(code: str) -> str:
    return SERIES_OF.get(code, TALKS)


def law_html(*added: str) -> str:
    return "".join(f"<p>{article}</p>" for article in (*LAW, *added))

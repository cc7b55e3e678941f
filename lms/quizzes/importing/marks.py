"""The marks by which people structure a question paper in plain text: headings, numbers, labels, option letters."""

import re

from lms.quizzes.importing.normal import is_case, kind_of, shadow, unsupported_kind

HEADING = re.compile(
    r"^(?:第?[一二三四五六七八九十]{1,3}(?:部分|大题)?\s*[、.:]|[(][一二三四五六七八九十]{1,3}[)]\s*[、.]?)\s*(.{0,60})$"
)
BARE_HEADING = re.compile(
    r"^(?:[^\d]{0,6}(?:选择|选|判断|填空|简答|论述)题"
    r"|[^\d:,。]{0,6}(?:(?:不定项|计算|数值|匹配|连线|配对|排序|问答|辨析|材料|案例|分析|综合|作图|绘图|操作|实操)题|名词解释)\s*(?:$|[(\[【:,.、;\s共每本]))"
)
NUMBER = re.compile(
    r"^(?:第\s*(\d{1,4})\s*题\s*[、.:,]?|(\d{1,4})\s*(?:[、,:)】]|\.(?!\d)|\s(?=[^\d\s]))|(\d{1,4})(\.)(?=\d)|[(\[【](\d{1,4})[)\]】]\s*[、.]?)\s*"
)
_LABELS = {
    "正确答案": "key", "参考答案": "key", "标准答案": "key", "答案要点": "key", "参考要点": "key", "答题要点": "key", "参考答案要点": "key",
    "试题答案": "key", "本题答案": "key", "答案": "key", "ANSWER": "key", "正确选项": "key",
    "答案解析": "explanation", "试题解析": "explanation", "题目解析": "explanation", "参考解析": "explanation", "考点解析": "explanation",
    "解析": "explanation", "详解": "explanation", "解释": "explanation", "解题思路": "explanation",
    "评分要点": "rubric", "评分标准": "rubric", "评分细则": "rubric", "得分要点": "rubric", "采分点": "rubric",
    "法律依据": "basis", "法规依据": "basis", "出题依据": "basis", "命题依据": "basis", "依据": "basis", "出处": "basis", "来源": "basis",
    "难易度": "difficulty", "难易程度": "difficulty", "难度": "difficulty",
    "业务条线": "line", "条线": "line", "知识点": "line", "考点": "line", "分类": "line",
    "左项": "prompts", "左列": "prompts", "右项": "options", "右列": "options", "选项": "options",
    "允许误差": "tolerance", "误差范围": "tolerance", "计量单位": "unit", "答案单位": "unit",
    "题型": "kind", "分值": "", "分数": "", "我的答案": "", "你的答案": "", "学生答案": "", "考生答案": "",
}  # fmt: skip
_WORDS = "|".join(sorted(_LABELS, key=len, reverse=True))
_LABEL = re.compile(
    rf"[\[【(]\s*({_WORDS})\s*[\])】]\s*:?|({_WORDS})\s*(?::|(?=\s+[A-J√×对错正])|(?<=^答案)\s*[=是为])|^({_WORDS})\s*(?=[A-J√×]|$)|^(答)\s*:"
)
_MATERIAL = re.compile(
    r"^(?:[\[【(]\s*(?:案例|材料|资料|背景|案情)(?:材料|资料|背景)?\s*[一二三四五六七八九十\d]{0,2}\s*[\])】]\s*:?"
    r"|(?:案例|材料|资料|背景材料|背景资料|案情|共用题干|案例背景)\s*[一二三四五六七八九十\d]{0,2}\s*:)\s*"
)
_DIRECTIVE = re.compile(
    r"^[(【\[]?(?:请|阅读|根据|依据|结合|按照|依照|以下|第?\d{1,4}\s*[-—–~至])[^?？]{0,30}?(?:材料|案例|资料|案情|共用题干|情况|情形|内容|信息|短文)"
    r"[^?？]{0,12}?(?:(?:回答|完成|作答|解答|答)[^?？]{0,20}|共用[^?？]{0,8})?[)】\]]?[。.:]?$"
)
_ASKS = re.compile(r"回答|完成|作答|解答|共用题干")
_RANGE = re.compile(r"(\d{1,4})\s*(?:[-—–~至到]+)\s*第?\s*(\d{1,4})\s*(?:题|小题|问|\s|[)】\]。.:]|$)")
_PAGE = re.compile(
    r"^(?:[-—–_·\s]+\d{1,4}[-—–_·\s]+|(?:.{0,40}\s)?第\s*\d{1,4}\s*页\s*[,/(]?\s*(?:共\s*\d{1,4}\s*页)?\s*[)]?|\d{1,4}\s*/\s*\d{1,4}\s*页?|PAGE\s*\d+(?:\s*OF\s*\d+)?)$"
)
_FORM_LINE = re.compile(
    r"^(?:(?:姓名|单位|部门|工号|职务|得分|总分|成绩|评卷人|阅卷人|复核人|考号|准考证号|题号|分数|日期|科室)[:_.\s|]*)+$"
)
ANSWER_TITLE = re.compile(r"^(?:[^:]{0,10})(?:参考|标准|正确|试题)?答案(?:及解析|与解析)?\s*:?$")
OPTION_STYLES = (
    re.compile(r"(?<![A-Z(\[【])([A-J])\s?[.、:,)]\s*"),
    re.compile(r"[(\[【]\s?([A-J])\s?[)\]】]\s*[.、:,]?\s*"),
    re.compile(r"(?:^|(?<=\s))([A-J])\s+(?=\S)"),
)


def is_heading(half: str, *, in_stem: bool) -> bool:
    """Whether a line (as `shadow`) is a heading. Inside a stem only one that names a kind is."""
    if HEADING.match(half):
        names = bool(kind_of(half) or unsupported_kind(half) or is_case(half[:12]) or ANSWER_TITLE.search(half))
        return not OPTION_STYLES[0].match(half) and (not in_stem or names)
    if _LABEL.match(half):
        return False
    names = bool(kind_of(half) or unsupported_kind(half) or is_case(half))
    return names and len(half) <= 60 and BARE_HEADING.match(half) is not None


def is_page_mark(half: str) -> bool:
    """Page numbers and the lines at the top of a paper for name and points: no part of any question."""
    return bool(_PAGE.match(half) or _FORM_LINE.match(half))


def material_start(half: str) -> int | None:
    """Where the text of a shared stem begins in a line such as `【材料】…` or `案例一：…`."""
    found = _MATERIAL.match(half)
    return found.end() if found else None


def shared_range(half: str) -> tuple[int, int | None] | None:
    """(first, last) for `根据以下材料，回答1-3题`; (0, None) when such a line names no numbers; None for other lines."""
    if len(half) > 80 or not _DIRECTIVE.match(half) or not _ASKS.search(half):
        return None
    found = _RANGE.search(half)
    return (int(found[1]), int(found[2])) if found else (0, None)


def labelled(text: str) -> list[tuple[str | None, str]]:
    """A line cut at its labels: the part before the first one comes as (None, …)."""
    half, at = shadow(text), 0
    name: str | None = None
    pieces: list[tuple[str | None, str]] = []
    for found in _LABEL.finditer(half):
        word = found[1] or found[2] or found[3]
        meant = "key" if found[4] else _LABELS[word]
        inside = found[2] and found.start() and half[found.start() - 1] not in " .;。；!"
        if inside and name is None and meant != "key":
            continue  # "…以下列为依据：" inside a stem
        pieces.append((name, text[at : found.start()]))
        at, name = found.end(), meant
    pieces.append((name, text[at:]))
    return [(name, piece) for name, piece in pieces if name is not None or piece.strip()] or [(None, "")]


def is_option(text: str) -> bool:
    return any(style.match(shadow(text)) for style in OPTION_STYLES)


def split_options(text: str, have: int) -> tuple[str, list[tuple[str, str]]]:
    """(what stands before, [(letter, option)…]) for a line that continues a list of `have` options.

    A letter at the start of the line is an option; inside a line at least two letters in a row must follow each other,
    so that "A、B两地" in a sentence is no list.
    """
    half = shadow(text)
    best: list[re.Match[str]] = []
    for style in OPTION_STYLES:
        chain = _chain(style, half, have)
        if len(chain) > len(best):
            best = chain
    if not best:
        return text, []
    ends = [found.start() for found in best[1:]] + [len(text)]
    options = [(found[1], text[found.end() : end].strip(" 　\t;；")) for found, end in zip(best, ends, strict=True)]
    return text[: best[0].start()], options


def _chain(style: re.Pattern[str], half: str, have: int) -> list[re.Match[str]]:
    chain: list[re.Match[str]] = []
    for found in style.finditer(half):
        at_start = not half[: found.start()].strip()
        wanted = chr(ord(chain[-1][1]) + 1) if chain else chr(ord("A") + have)
        if found[1] == wanted or (not chain and at_start and style is not OPTION_STYLES[2]):
            if chain and not half[chain[-1].end() : found.start()].strip():
                return []
            chain.append(found)
    starts_line = bool(chain) and not half[: chain[0].start()].strip()
    return chain if starts_line or len(chain) > 1 else []

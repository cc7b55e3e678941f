"""Questions out of tables: our template and the layouts people have. Which column is what is read from the header row."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from io import BytesIO

from python_calamine import CalamineError, CalamineWorkbook

from lms.quizzes.content_rules import MAX_OPTIONS
from lms.quizzes.importing.assembling import Raw, read_into
from lms.quizzes.importing.exact import EXACT
from lms.quizzes.importing.normal import Problem, Reading, is_case, shadow
from lms.quizzes.importing.text import split_options
from lms.quizzes.rules import letter

MAX_ROWS = 50_000
HEADER_WITHIN = 15  # titles and notes may stand above the header

Cell = object
Row = Sequence[Cell]

_HEADERS = {
    "kind": ("题型", "类型", "试题类型", "题目类型", "试题题型", "题类"),
    "stem": ("题干", "题目", "试题", "问题", "题目内容", "试题内容", "试题题目", "题目题干", "试题题干", "内容", "题目描述", "题干内容", "试题描述", "QUESTION", "STEM"),
    "options": ("选项", "备选项", "备选答案", "选项内容", "答案选项", "候选项", "可选项", "OPTIONS"),
    "key": ("答案", "正确答案", "参考答案", "标准答案", "正确选项", "试题答案", "题目答案", "ANSWER", "KEY"),
    "explanation": ("解析", "答案解析", "试题解析", "题目解析", "答案说明", "解释", "详解"),
    "law": ("依据", "法律依据", "法规依据", "法规", "法律", "出处", "来源", "法律名称", "法规名称", "命题依据", "出题依据"),
    "article": ("条款", "条号", "条文号", "法条", "条款号"),
    "version": ("版本", "法规版本", "施行日期", "修订版本"),
    "quote": ("原文", "条文", "条文原文", "法条原文", "条文内容"),
    "difficulty": ("难度", "难易度", "难易程度", "难度系数", "难度等级"),
    "line": ("条线", "业务条线", "分类", "类别", "试题分类", "题目分类", "业务类别", "知识点", "科目", "专业"),
    "material": ("材料", "背景材料", "案例材料", "案例", "共用题干", "共享题干", "材料内容", "题干材料", "资料"),
    "prompts": ("左项", "左列", "匹配左项", "连线左项", "左边", "左侧"),
    "rubric": ("评分要点", "评分标准", "评分细则", "得分要点", "采分点"),
    "tolerance": ("允许误差", "误差", "误差范围"),
    "unit": ("计量单位", "答案单位", "数值单位"),
    "is_order_free": ("不分顺序", "填空不分顺序", "顺序不限"),
    "scoring": ("计分", "计分规则", "计分方式", "多选计分"),
    "also": ("也算对", "另行认可的答案"),
    "exact": ("读法",),
}  # fmt: skip
_FIELD_OF = {name: field for field, names in _HEADERS.items() for name in names}
_HARMLESS = frozenset(
    [
        "序号",
        "编号",
        "题号",
        "ID",
        "NO",
        "NO.",
        "备注",
        "分值",
        "分数",
        "出题人",
        "命题人",
        "出题单位",
        "单位",
        "部门",
        "审核人",
        "日期",
        "章节",
        "所属章节",
        "题目编号",
        "试题编号",
    ]
)
_OPTION = re.compile(
    r"^(?:(?:选项|备选项|答案选项|候选项|答案|选择)\s*([A-J]|[1-9一二三四五六七八九])|([A-J])\s*(?:选项|项|\.)?|OPTION\s*([A-J]))$"
)
_BASIS = ("law", "article", "version", "quote")


_NOTE = re.compile(r"[*:\s\ufeff]|[(（].*?[)）]")


@dataclass(frozen=True)
class _Header:
    row: int
    fields: dict[str, int]  # field → column
    options: list[int]  # columns of option A, B, …
    unknown: list[int]

    @cached_property
    def names(self) -> dict[str, str]:
        """Field → the column's letter."""
        return {name: column_name(column) for name, column in self.fields.items()}


def column_name(column: int) -> str:
    """0 → A, 25 → Z, 26 → AA."""
    name = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def cell_text(cell: Cell) -> str:
    """A cell as text, as the person saw it: 2.0 is "2", TRUE is "正确", "=1+1" stays the text it is."""
    if isinstance(cell, str):
        return cell.strip()
    if isinstance(cell, bool):
        return "正确" if cell else "错误"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime) and cell.time() == time():
        cell = cell.date()
    if isinstance(cell, (date, time, timedelta)):
        return str(cell)
    return "" if cell is None else str(cell).strip()


def read_sheet(data: bytes) -> Reading:
    """Every sheet with a header row, one after the other. Rows are counted as Excel counts them."""
    try:
        book = CalamineWorkbook.from_filelike(BytesIO(data))
        sheets = [(name, book.get_sheet_by_name(name)) for name in book.sheet_names]
        tables = [(name, sheet.to_python(skip_empty_area=False)) for name, sheet in sheets]
    except (CalamineError, ValueError, OSError):
        return Reading(errors=[Problem(1, "", "", "表格打不开；请在 Excel 里另存为 .xlsx 后再上传")])
    reading = Reading()
    with_header = [(name, rows, header) for name, rows in tables if (header := _find_header(rows))]
    for name, rows, header in with_header:
        _read_rows(reading, rows, header, sheet=name if len(with_header) > 1 else "")
    if not with_header:
        reading.errors.append(_no_header(tables[0][1] if tables else []))
    return reading


def read_rows(rows: Sequence[Row]) -> Reading | None:
    """A table that was pasted or came as CSV; None when it has no header row and so is no table of questions."""
    header = _find_header(rows)
    if header is None:
        return None
    reading = Reading()
    _read_rows(reading, rows, header, sheet="")
    return reading


def _no_header(rows: Sequence[Row]) -> Problem:
    first = next((row for row in rows if any(cell_text(cell) for cell in row)), [])
    quoted = " | ".join(cell_text(cell) for cell in first if cell_text(cell))[:200]
    return Problem(1, "", quoted, "没有找到表头；表头要有“题干”和“答案”，可以下载模板对照")


def _find_header(rows: Sequence[Row]) -> _Header | None:
    for number, row in enumerate(rows[:HEADER_WITHIN]):
        header = _header_of(number, row)
        if {"stem", "key"} <= header.fields.keys():
            return header
    return None


def _header_of(number: int, row: Row) -> _Header:
    fields: dict[str, int] = {}
    options: dict[str, int] = {}
    unknown = []
    for column, cell in enumerate(row):
        word = _NOTE.sub("", shadow(cell_text(cell)))
        if not word or word in _HARMLESS:
            continue
        if (name := _FIELD_OF.get(word)) and name not in fields:
            fields[name] = column
        elif mark := _option_mark(word):
            options.setdefault(mark, column)
        else:
            unknown.append(column)
    return _Header(number, fields, [options[mark] for mark in sorted(options)], unknown)


def _option_mark(word: str) -> str:
    found = _OPTION.match(word)
    mark = next((group for group in found.groups() if group), "") if found else ""
    return (
        letter("一二三四五六七八九".index(mark))
        if mark and mark in "一二三四五六七八九"
        else letter(int(mark) - 1)
        if mark.isdigit()
        else mark
    )


def _read_rows(reading: Reading, rows: Sequence[Row], header: _Header, *, sheet: str) -> None:
    start = len(reading.errors)
    for column in header.unknown:
        title = cell_text(rows[header.row][column])
        if any(column < len(row) and cell_text(row[column]) for row in rows[header.row + 1 :]):
            reading.errors.append(
                Problem(header.row + 1, column_name(column), title, f"不认识“{title}”这一列，没有读取")
            )
    if len(rows) > MAX_ROWS:
        reading.errors.append(Problem(MAX_ROWS, "", "", f"一次最多 {MAX_ROWS} 行，后面的没有读取，请分成几个文件"))
    case: Raw | None = None
    used = 0
    for number, row in enumerate(rows[header.row + 1 : MAX_ROWS], header.row + 2):
        texts = [cell_text(cell) for cell in row]
        if not any(texts):
            continue
        raw = _raw(number, texts, header)
        if _is_shared_stem(raw):
            _report_unused(reading, case, used)
            case, used = raw, 0
            continue
        if case is not None and (case_part := _PART.match(raw.stem)):
            raw.stem, raw.material, used = raw.stem[case_part.end() :], case.stem, used + 1
        else:
            _report_unused(reading, case, used)
            case = None
        read_into(reading, raw)
    _report_unused(reading, case, used)
    if sheet:
        for problem in reading.errors[start:]:
            problem.message = f"工作表“{sheet}”：{problem.message}"


_PART = re.compile(r"\s*(?:[(（]\s?\d{1,2}\s?[)）]|(?:小题|问题|问)\s?\d{1,2}|[①②③④⑤⑥⑦⑧⑨⑩])\s*[、.．:：]?\s*")


def _is_shared_stem(raw: Raw) -> bool:
    """A row of a case without an answer: what the rows below that begin with (1), (2) … share."""
    return is_case(raw.kind) and bool(raw.stem.strip()) and not raw.key.strip() and not raw.options


def _report_unused(reading: Reading, case: Raw | None, used: int) -> None:
    if case is not None and not used:
        message = "这行没有答案，下面也没有“(1)…”开头的小题；小题每行一道，题干前写 (1)、(2)"
        reading.errors.append(case.problem("stem", case.stem, message))


def _raw(number: int, texts: Sequence[str], header: _Header) -> Raw:
    def of(name: str) -> str:
        column = header.fields.get(name)
        return texts[column] if column is not None and column < len(texts) else ""

    options = [texts[column] if column < len(texts) else "" for column in header.options]
    while options and not options[-1]:
        options.pop()
    raw = Raw(
        number, stem=of("stem"), options=options, key=of("key"), kind=of("kind"), explanation=of("explanation"),
        basis={name: of(name) for name in _BASIS}, difficulty=of("difficulty"), line=of("line"),
        prompts=of("prompts"), material=of("material"), rubric=of("rubric"), tolerance=of("tolerance"), unit=of("unit"),
        is_order_free=of("is_order_free"), scoring=of("scoring"), also=of("also"), is_exact=of("exact") == EXACT,
        places={name: (number, column) for name, column in header.names.items()},
    )  # fmt: skip
    if header.options:
        raw.places["options"] = (number, column_name(header.options[0]))
    if not raw.is_exact:
        _find_options(raw, of("options"))
    return raw


def _find_options(raw: Raw, cell: str) -> None:
    """Options that share a cell, or stand below the stem; letters in front of them are dropped."""
    if not raw.options and cell:
        raw.options, raw.letters = _split_cell(cell)
    elif not raw.options and (found := _options_in_stem(raw.stem)):
        raw.stem, raw.options, raw.letters = found
    raw.options = [_without_letter(option, n) for n, option in enumerate(raw.options)]


def _split_cell(text: str) -> tuple[list[str], str]:
    """Options that share a cell: with letters, or divided by lines, `|`, `$`, `；`."""
    options: list[str] = []
    marks = ""
    for line in re.split(r"[\r\n]+", text):
        before, found = split_options(line.strip(), len(options))
        if not found or (before.strip() and not options):
            break
        options += [option for _, option in found]
        marks += "".join(mark for mark, _ in found)
    else:
        return options, marks
    for divider in (r"[\r\n]+", r"\s*[|｜]+\s*", r"\s*\$+\s*", r"\s*[;；]\s*"):
        parts = [part.strip() for part in re.split(divider, text) if part.strip()]
        if 1 < len(parts) <= MAX_OPTIONS:
            return parts, ""
    return [text], ""


def _options_in_stem(stem: str) -> tuple[str, list[str], str] | None:
    lines = stem.splitlines()
    for number, line in enumerate(lines):
        before, found = split_options(line, 0)
        if found and (number or before.strip()):
            options, marks = _split_cell("\n".join([line[len(before) :], *lines[number + 1 :]]))
            return "\n".join([*lines[:number], before.strip()]).strip(), options, marks
    return None


def _without_letter(option: str, number: int) -> str:
    """`A. 国务院` in the column of option A is `国务院`."""
    found = re.match(rf"^{letter(number)}\s?[.、:)]\s*(?=\S)", shadow(option))
    return option[found.end() :] if found else option


def tabular(lines: Iterable[str]) -> list[list[str]]:
    """Lines copied out of a spreadsheet: cells divided by tabs."""
    return [line.rstrip("\r\n").split("\t") for line in lines]

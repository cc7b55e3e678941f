"""The bank as a workbook with the template's columns. Every cell is text whatever it starts with, and says exactly what it is."""

from collections.abc import Sequence

from lms.quizzes.exporting.results import Exported, Left, cleaned, left_out
from lms.quizzes.importing.exact import EXACT, key_cell, lines_cell, marking_cells
from lms.quizzes.importing.normal import Draft
from lms.quizzes.importing.template import COLUMNS
from lms.quizzes.rules import DIFFICULTY_LABELS, KIND_LABELS, Kind, letter, marking_from
from lms.web.spreadsheets import Book

MAX_CELL = 32_767
_BASIS = {"law": "依据", "article": "条款", "version": "版本", "quote": "原文"}
_MARKING = {
    "tolerance": "允许误差",
    "unit": "计量单位",
    "is_order_free": "不分顺序",
    "scoring": "计分",
    "rubric": "评分要点",
    "also": "也算对",
}
_NOTE = "“读法”是“原样”的行再次导入时按原样读入：答案里各空用“；”隔开，几种写法用“/”隔开，\\ 后面的“；”“/”是普通字符，\\n 是换行。"


def columns(drafts: Sequence[Draft]) -> list[tuple[str, int]]:
    """Title and width; as many option columns as the longest list needs."""
    most = max([6, *(len(draft.options) for draft in drafts)])
    more = [(f"选项{letter(n)}", 12) for n in range(6, most)]
    at = next(n for n, (title, _) in enumerate(COLUMNS) if title == "左项")
    return [*COLUMNS[:at], *more, *COLUMNS[at:], ("也算对", 12), ("读法", 8)]


def row_of(draft: Draft) -> dict[str, str]:
    """Column title → cell."""
    cells = {
        "题型": KIND_LABELS[draft.kind], "材料": draft.material, "题干": draft.stem, "左项": lines_cell(draft.prompts),
        "答案": key_cell(draft.kind, draft.key), "解析": draft.explanation, "难度": DIFFICULTY_LABELS[draft.difficulty],
        "条线": draft.line, "读法": EXACT,
    }  # fmt: skip
    if draft.kind is not Kind.BOOLEAN:
        cells |= {f"选项{letter(n)}": option for n, option in enumerate(draft.options)}
    cells |= {title: draft.basis.get(name, "") for name, title in _BASIS.items()}
    marking = marking_cells(draft.kind, marking_from(draft.marking))
    return cells | {title: marking[name] for name, title in _MARKING.items()}


def to_xlsx(drafts: Sequence[Draft]) -> Exported:
    """One question a row, in the order given."""
    book = Book(is_long=True)
    head = book.style(bold=True, bg_color="#F6E4E0", border=1, text_wrap=True, valign="vcenter")
    text = book.style(text_wrap=True, valign="top")
    sheet = book.sheet("试题")
    titles = columns(drafts)
    for column, (title, width) in enumerate(titles):
        sheet.set_column(column, column, width, text.plain)
        book.write(sheet, 0, column, title, head)
    sheet.freeze_panes(1, 3)
    left: list[Left] = []
    row = 0
    for draft in drafts:
        cells = row_of(cleaned(draft))
        if long := [title for title, each in cells.items() if len(each) > MAX_CELL]:
            left.append(left_out(draft, f"“{long[0]}”超过 Excel 单元格的 {MAX_CELL} 个字"))
            continue
        row += 1
        for column, (title, _) in enumerate(titles):
            if cells.get(title):
                book.write(sheet, row, column, cells[title], text)
    notes = book.sheet("说明")
    notes.set_column(0, 0, 90)
    book.write(notes, 0, 0, _NOTE)
    return Exported(book.finished(), row, left)

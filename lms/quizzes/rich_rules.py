"""Texts with bold, lists, tables, pictures and formulas, as authors type them, and their HTML. Pure.

**粗体**, lines that begin with "- " as a list, lines like | 甲 | 乙 | as a table (its first row heads it), [图12] for picture 12, $…$ for a
formula (`formula_rules`); \\$ is a dollar sign. Everything else is text. What is stored is what was typed, so a list or a search shows
readable words, and no markup of a browser is ever stored.
"""

import re
from html import escape

from lms.quizzes.formula_rules import FormulaFault, to_mathml

PICTURE_ADDRESS = "/question-pictures/"
MAX_PICTURES, MAX_CELLS = 8, 200
_PICTURE = re.compile(r"\[图\s?(\d{1,12})\]")
_FORMULA = re.compile(r"(?<!\\)\$((?:[^$\\\n]|\\.)*)(?<!\\)\$", re.S)
_LONE = re.compile(r"(?<!\\)\$")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
_INLINE = re.compile(rf"(?P<formula>{_FORMULA.pattern})|(?P<picture>{_PICTURE.pattern})", re.S)


def pictures_of(text: str) -> list[int]:
    """Numbers of the pictures that the text shows, each once."""
    return list(dict.fromkeys(int(number) for number in _PICTURE.findall(text)))


def fault_of(text: str) -> str:
    """Why the text cannot be shown, in words for its author; empty when it can."""
    try:
        for source in _FORMULA.findall(text):
            to_mathml(source)
    except FormulaFault as fault:
        return f"{fault}。"
    if _LONE.search(_FORMULA.sub("", text)):
        return "公式前后各写一个 $；要写美元符号就写 \\$。"
    if len(pictures_of(text)) > MAX_PICTURES:
        return f"一段文字最多放 {MAX_PICTURES} 张图。"
    if text.count("|") > MAX_CELLS:
        return "表格太大，请改成图片或附件。"
    return ""


def plain_of(text: str) -> str:
    """The words without marks, for places that can show no more: lists, the choices of a select, names for the ear."""
    bare = _BOLD.sub(r"\1", _PICTURE.sub("（图）", _FORMULA.sub(r"\1", text)))
    return bare.replace("\\$", "$")


def inline_html(text: str) -> str:
    """A text in one line, as an option is shown."""
    made, last = [], 0
    for found in _INLINE.finditer(text):
        made.append(_words(text[last : found.start()]))
        made.append(_formula(found.group(2)) if found.group("formula") else _picture(found.group(4)))
        last = found.end()
    return "".join([*made, _words(text[last:])])


def to_html(text: str) -> str:
    """A text in blocks."""
    blocks = re.split(r"\n\s*\n", text.strip())
    return "".join(part for block in blocks for part in _parts(block))


def _parts(block: str) -> list[str]:
    """A block may change between lines of text, of a list and of a table."""
    groups: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        kind = "table" if line.lstrip().startswith("|") else "list" if line.startswith("- ") else "text"
        if not groups or groups[-1][0] != kind:
            groups.append((kind, []))
        groups[-1][1].append(line)
    return [_MAKERS[kind](lines) for kind, lines in groups]


def _paragraph(lines: list[str]) -> str:
    return f"<p>{'<br>'.join(inline_html(line) for line in lines)}</p>"


def _list(lines: list[str]) -> str:
    return f"<ul>{''.join(f'<li>{inline_html(line[2:])}</li>' for line in lines)}</ul>"


def _table(lines: list[str]) -> str:
    cells = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    rows = [row for row in cells if not all(re.fullmatch(r":?-+:?", cell) for cell in row)]
    if not rows:
        return ""
    head, *rest = rows
    heads = "".join(f"<th>{inline_html(cell)}</th>" for cell in head)
    body = "".join(f"<tr>{''.join(f'<td>{inline_html(cell)}</td>' for cell in row)}</tr>" for row in rest)
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>"


_MAKERS = {"text": _paragraph, "list": _list, "table": _table}


def _words(text: str) -> str:
    return _BOLD.sub(r"<strong>\1</strong>", escape(text, quote=False).replace("\\$", "$"))


def _formula(source: str) -> str:
    try:
        return to_mathml(source)
    except FormulaFault:
        return escape(f"${source}$")


def _picture(number: str) -> str:
    return f'<img src="{PICTURE_ADDRESS}{int(number)}" alt="图 {int(number)}" loading="lazy">'

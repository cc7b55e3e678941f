r"""GIFT: `::name:: stem {answers}`, questions divided by blank lines.

Escaped characters are replaced by placeholders before anything is looked for. What kind it is follows from the answers in
this order: no braces: a description; empty: an essay; `#`: a number; `->` behind every `=`: matching; `T`, `F`: true or
false; a `~`: a choice, which needs a `=` or weights; else blanks.
"""

import re
from dataclasses import dataclass, field

from lms.quizzes.importing.assembling import Raw, accept
from lms.quizzes.importing.carriers import apply_tags, take_tail, without_material
from lms.quizzes.importing.gift_answers import Answers, GiftError, answers_of
from lms.quizzes.importing.normal import Draft, Problem, Reading
from lms.quizzes.importing.prose import html_text
from lms.quizzes.rules import Kind

_ESCAPED = ":#={}~"
_BASE = 0x10FF00  # placeholders lie in the last private plane
_TAG = re.compile(r"\[tag:([^\]\n]+)\]")


def hidden(text: str) -> str:
    r"""Every `\=` and the like as one placeholder, `\n` as a line break that divides nothing."""

    def placed(found: re.Match[str]) -> str:
        return chr(_BASE + (ord("\n") if found[1] == "n" else ord(found[1])))

    return re.sub(r"\\([:#={}~n\\])", placed, text)


def shown(text: str) -> str:
    """Placeholders back into what they stand for."""
    return "".join(chr(ord(each) - _BASE) if ord(each) >= _BASE and ord(each) < _BASE + 0x80 else each for each in text)


def is_gift(text: str) -> bool:
    head = hidden(text[:200_000])
    if re.search(r"^\s*\$CATEGORY:|^\s*::.+?::", head, re.MULTILINE):
        return True
    return bool(re.search(r"\{\s*(?:[=~#][^{}]*|T|F|TRUE|FALSE)\s*\}", head))


@dataclass
class _Block:
    """The lines of one question, with the tags of the comments above it."""

    row: int
    text: str = ""
    tags: list[str] = field(default_factory=list)


def read_gift(text: str) -> Reading:
    """Rows are line numbers."""
    reading = Reading()
    line_name = ""
    for block in _blocks(hidden(text.lstrip("\ufeff"))):
        if block.text.startswith("$CATEGORY:"):
            path = shown(block.text.removeprefix("$CATEGORY:")).strip()
            line_name = path.rstrip("/").rpartition("/")[2].strip()
            line_name = "" if line_name in ("top", "Default", "$course$") else line_name
            continue
        try:
            _read_block(reading, block, line_name)
        except GiftError as error:
            quoted = shown(error.quoted or block.text).strip()[:200]
            reading.errors.append(Problem(block.row, error.column, quoted, str(error)))
    return reading


def _blocks(text: str) -> list[_Block]:
    blocks: list[_Block] = []
    lines: list[str] | None = None  # of the question being collected
    depth = 0
    closed = False
    tags: list[str] = []
    collected: list[list[str]] = []
    for row, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        if bare.startswith("//") and depth <= 0:
            tags += [shown(tag).strip() for tag in _TAG.findall(bare)]
            continue
        begins = bare.startswith("::") and (depth > 0 or closed)
        if bare.startswith("$CATEGORY:"):
            blocks.append(_Block(row, bare))
            collected.append([bare])
            lines, tags, depth, closed = None, [], 0, False
            continue
        if not bare and depth <= 0:
            lines = None
            continue
        if lines is None or begins:
            lines, depth, closed = [], 0, False
            collected.append(lines)
            blocks.append(_Block(row, tags=tags))
            tags = []
        lines.append(line)
        depth += line.count("{") - line.count("}")
        closed = closed or "}" in line
    for block, its_lines in zip(blocks, collected, strict=True):
        block.text = "\n".join(its_lines)
    return blocks


def _read_block(reading: Reading, block: _Block, line_name: str) -> None:
    text = re.sub(r"^\s*::(.*?)::", "", block.text, count=1, flags=re.DOTALL).strip()
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        if "{" in text or "}" in text:
            raise GiftError("stem", "大括号没有成对；答案写在 {…} 里，题干里的大括号写成 \\{ \\}")
        raise GiftError("kind", "没有 {…}，是说明文字，不是题目，没有读入")
    if "{" in text[start + 1 : end] or "}" in text[start + 1 : end]:
        raise GiftError("stem", "一道题只能有一组 {…}；题与题之间空一行，题干里的大括号写成 \\{ \\}")
    before, after = text[:start], text[end + 1 :].strip()
    body, _, feedback = text[start + 1 : end].partition("####")
    found = answers_of(body.strip(), has_gap=bool(after))
    stem, lost = _stem(before, after, found)
    draft = Draft(block.row, found.kind, stem, [_text(o) for o in found.options], found.key, line=line_name)
    draft.prompts = [_text(each) for each in found.prompts]
    draft.key = [[_text(each) for each in texts] for texts in found.texts] if found.texts is not None else found.key
    draft.marking = found.marking
    draft.stem, draft.material = without_material(draft.stem)
    take_tail(draft, _text(feedback))
    _take_comments(draft, found)
    apply_tags(draft, block.tags)
    if draft.kind is Kind.SHORT and not draft.key and draft.explanation and not draft.marking:
        draft.key = [[draft.explanation]]  # what an essay's feedback says is its model answer
    raw = Raw(
        block.row, stem=draft.stem or shown(before).strip() or "（空）", options=draft.options, key=shown(body).strip()
    )
    before_count = len(reading.questions)
    accept(reading, draft, raw)
    if len(reading.questions) > before_count:
        reading.errors += [raw.problem(name, _text(quoted), message) for name, quoted, message in found.remarks]
        reading.errors += [raw.problem("stem", what, f"{what}没有读入，请核对题干") for what in lost]


def _stem(before: str, after: str, found: Answers) -> tuple[str, list[str]]:
    form, text = _format(before)
    text = (
        f"{text.rstrip()}____{after}"
        if after and found.kind in (Kind.BLANK, Kind.NUMERIC)
        else (f"{text.rstrip()}（　）{after}" if after else text)
    )
    text = shown(text).strip()
    return html_text(text) if form == "html" or (form in ("", "moodle") and _looks_like_html(text)) else (text, [])


def _looks_like_html(text: str) -> bool:
    return bool(re.search(r"</?(?:p|br|b|i|em|strong|span|div|img|sub|sup|u)\b[^<>]*>", text, re.IGNORECASE))


def _format(text: str) -> tuple[str, str]:
    found = re.match(r"\s*\[(html|moodle|plain|markdown)\]", text)
    return (found[1], text[found.end() :]) if found else ("", text)


def _text(text: str) -> str:
    form, rest = _format(text)
    clean = shown(rest).strip()
    return html_text(clean)[0] if form == "html" or (form != "plain" and _looks_like_html(clean)) else clean


def _take_comments(draft: Draft, found: Answers) -> None:
    """What is said about single answers goes to the end of the explanation."""
    lines = [f"{_text(answer)}：{_text(said)}" for answer, said in found.comments if _text(said)]
    draft.explanation = "\n".join(part for part in [draft.explanation, *lines] if part)

"""Questions out of pasted Word text: numbered stems, lettered options, 答案, 解析, 依据, in any width of punctuation.

Understood: `1、…（ABC）`, `（1）…`, options one a line or several on a line (`A. A、 A． A) (A)`), `答案：AB`, `【答案】`,
`解析：`, `依据：`, headings such as `二、多选题（每题2分）`, marks such as `[判断题]`, questions without numbers that are divided
by blank lines, and answers listed together at the end.
"""

import re
from dataclasses import dataclass, field

from lms.quizzes.importing.answers import Answer, answers_in, hand_out
from lms.quizzes.importing.assembling import FIELD_LABELS, Raw, read_into
from lms.quizzes.importing.normal import Problem, Reading, kind_of, shadow, unsupported_kind
from lms.quizzes.rules import Kind

MAX_CHARACTERS = 2_000_000

_HEADING = re.compile(
    r"^(?:第?[一二三四五六七八九十]{1,3}(?:部分|大题)?\s*[、.:]|[(][一二三四五六七八九十]{1,3}[)]\s*[、.]?)\s*(.{0,60})$"
)
_NUMBER = re.compile(
    r"^(?:第\s*(\d{1,4})\s*题\s*[、.:,]?|(\d{1,4})\s*(?:[、,:)】]|\.(?!\d)|\s(?=[^\d\s]))|(\d{1,4})(\.)(?=\d)|[(\[【](\d{1,4})[)\]】]\s*[、.]?)\s*"
)
_LABELS = {
    "正确答案": "key", "参考答案": "key", "标准答案": "key", "答案": "key", "ANSWER": "key",
    "答案解析": "explanation", "试题解析": "explanation", "题目解析": "explanation", "参考解析": "explanation",
    "解析": "explanation", "详解": "explanation", "解释": "explanation",
    "法律依据": "basis", "法规依据": "basis", "出题依据": "basis", "命题依据": "basis", "依据": "basis", "出处": "basis", "来源": "basis",
    "难易度": "difficulty", "难易程度": "difficulty", "难度": "difficulty",
    "业务条线": "line", "条线": "line", "知识点": "line", "考点": "line", "分类": "line",
    "题型": "kind", "分值": "", "分数": "",
}  # fmt: skip
_WORDS = "|".join(sorted(_LABELS, key=len, reverse=True))
_LABEL = re.compile(
    rf"[\[【]\s*({_WORDS})\s*[\]】]\s*:?|({_WORDS})\s*(?::|(?=\s+[A-J√×对错正]))|^({_WORDS})\s*(?=[A-J√×]|$)"
)
_OPTION_STYLES = (
    re.compile(r"(?<![A-Z(\[【])([A-J])\s?[.、:,)](?!\d{2}%)\s*"),
    re.compile(r"[(\[【]\s?([A-J])\s?[)\]】]\s*[.、:,]?\s*"),
    re.compile(r"(?:^|(?<=\s))([A-J])\s+(?=\S)"),
)
_ENDED = ("key", "explanation", "basis", "difficulty", "line", "kind")


@dataclass
class _Reader:
    """One pass over the lines. `at` is the field that a line without any mark continues."""

    problems: list[Problem] = field(default_factory=list)
    found: list[tuple[int, Kind | None, Raw]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    raw: Raw | None = None
    at: str = ""
    number: int = 0
    section: str = ""
    after_gap: bool = True
    after_heading: bool = True

    def line(self, row: int, text: str) -> None:
        half = shadow(text)
        if self._may_list() and (listed := answers_in(text, kind_of(self.section), row)):
            self.answers += listed
            self.raw, self.at = None, "answers"
        elif self._is_heading(half):
            self._heading(row, text)
        elif number := self._starts(half):
            self._open(row, text[number[1] :], number[0])
        else:
            self._continue(row, text)
        self.after_gap = False

    def _may_list(self) -> bool:
        """After a bare 答案 line the answers of all questions may follow."""
        return self.at == "answers" or (self.at == "key" and self.raw is not None and not self.raw.key.strip())

    def reading(self) -> Reading:
        reading = Reading()
        for left in hand_out(self.answers, self.found):
            self.problems.append(
                Problem(left.row, FIELD_LABELS["key"], f"{left.number}. {left.key}", "没有找到这个答案的题目")
            )
        for _, _, raw in self.found:
            read_into(reading, raw)
        reading.errors = sorted(reading.errors + self.problems, key=lambda problem: problem.row)
        return reading

    # headings

    def _is_heading(self, half: str) -> bool:
        found = _HEADING.match(half)
        if found:
            return not _OPTION_STYLES[0].match(half) and (
                self.raw is None or self.at != "stem" or bool(kind_of(half) or unsupported_kind(half))
            )
        names_kind = kind_of(half) or unsupported_kind(half)
        return (
            bool(names_kind)
            and len(half) <= 40
            and re.match(r"^[^\d]{0,6}(?:选择|选|判断|填空|简答|论述)题", half) is not None
        )

    def _heading(self, row: int, text: str) -> None:
        found = _HEADING.match(shadow(text))
        title = text[found.start(1) :] if found else text
        self.section = title if kind_of(title) or unsupported_kind(title) else self.section if not title else ""
        self.at = "answers" if self._may_list() else ""
        self.raw, self.after_heading = None, True

    # questions

    def _starts(self, half: str) -> tuple[int, int] | None:
        """(number, where the stem begins) when this line opens a question; a numbered line inside one does not."""
        found = _NUMBER.match(half)
        if not found:
            return None
        number = int(next(group for group in (found[1], found[2], found[3], found[5]) if group))
        expected = number == self.number + 1 or (number == 1 and (self.after_heading or self.after_gap))
        complete = self.raw is None or self.at in _ENDED or bool(self.raw.options) or self._has_inline_key()
        if found[4] or found[5] or self.at in ("explanation", "basis"):  # `1.5 …`, `(1)…`, a list in an explanation
            accepted = expected and complete
        else:
            accepted = expected or (complete and (number > self.number or self.after_gap or self.after_heading))
        return (number, found.end()) if accepted else None

    def _has_inline_key(self) -> bool:
        return (
            self.raw is not None
            and re.search(r"[(\[【]\s*(?:[√×✓✗TF]|[A-J、,\s]+|对|错|正确|错误)\s*[)\]】]", shadow(self.raw.stem))
            is not None
        )

    def _open(self, row: int, text: str, number: int | None) -> None:
        self.number = self.number + 1 if number is None else number
        self.raw = Raw(row, kind=self.section)
        self.found.append((self.number, kind_of(self.section), self.raw))
        self.at, self.after_heading = "stem", False
        self._continue(row, text)

    def _continue(self, row: int, text: str) -> None:
        pieces = _labelled(text)
        loose = pieces[0][1] if not pieces[0][0] else ""
        if self.raw is None or (self.after_gap and self.at in _ENDED and loose and not self._is_option(loose)):
            if self.raw is None and pieces[0] == ("key", ""):
                self.at = "answers"
                return
            if self.raw is None and not loose:
                self.problems.append(Problem(row, FIELD_LABELS["key"], text[:200], "这一行前面没有题目"))
                return
            if self.raw is None and not self._may_be_stem(loose):
                return
            self._open(row, text, None)
            return
        for name, piece in pieces:
            self._take(row, name, piece)

    def _may_be_stem(self, text: str) -> bool:
        """A first line without a number is a title unless it asks something."""
        return self.section != "" or re.search(r"[（(]\s*[^（）()]{0,12}\s*[)）]|[?？]|_{2,}", text) is not None

    def _is_option(self, text: str) -> bool:
        return any(style.match(shadow(text)) for style in _OPTION_STYLES)

    def _take(self, row: int, name: str | None, text: str) -> None:
        assert self.raw is not None
        if name is None:
            self._take_loose(row, text)
        elif name == "":
            self.at = "ignored"
        else:
            self.at = name
            self.raw.places.setdefault(name, (row, FIELD_LABELS[name]))
            self._append(name, text)

    def _take_loose(self, row: int, text: str) -> None:
        """Text without a label: options, or more of what the line before was."""
        assert self.raw is not None
        if not text.strip():
            return
        if self.at in ("stem", "options"):
            before, found = split_options(text, len(self.raw.options))
            if found and (self.raw.stem or before.strip()):
                self._append(self.at, before)
                self.raw.places.setdefault("options", (row, FIELD_LABELS["options"]))
                self.raw.options += [option for _, option in found]
                self.raw.letters += "".join(mark for mark, _ in found)
                self.at = "options"
                return
        if self.at == "key" and self.raw.key.strip():
            self.at = "explanation"
        self._append(self.at, text)

    def _append(self, name: str, text: str) -> None:
        assert self.raw is not None
        if name == "options":
            self.raw.options[-1] = _joined(self.raw.options[-1], text)
        elif name == "basis":
            self.raw.basis["law"] = _joined(self.raw.basis.get("law", ""), text)
        elif name != "ignored":
            setattr(self.raw, name, _joined("" if name == "kind" else getattr(self.raw, name), text))


def _joined(before: str, more: str) -> str:
    more = more.strip()
    return f"{before}\n{more}" if before and more else before or more


def _labelled(text: str) -> list[tuple[str | None, str]]:
    """A line cut at its labels: the part before the first one comes as (None, …)."""
    half, at = shadow(text), 0
    name: str | None = None
    pieces: list[tuple[str | None, str]] = []
    for found in _LABEL.finditer(half):
        word = found[1] or found[2] or found[3]
        inside = found[2] and found.start() and half[found.start() - 1] not in " .;。；!"
        if inside and name is None and _LABELS[word] != "key":
            continue  # "…以下列为依据：" inside a stem
        pieces.append((name, text[at : found.start()]))
        at, name = found.end(), _LABELS[word]
    pieces.append((name, text[at:]))
    return [(name, piece) for name, piece in pieces if name is not None or piece.strip()] or [(None, "")]


def split_options(text: str, have: int) -> tuple[str, list[tuple[str, str]]]:
    """(what stands before, [(letter, option)…]) for a line that continues a list of `have` options.

    A letter at the start of the line is an option; inside a line at least two letters in a row must follow each other,
    so that "A、B两地" in a sentence is no list.
    """
    half = shadow(text)
    best: list[re.Match[str]] = []
    for style in _OPTION_STYLES:
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
        if found[1] == wanted or (not chain and at_start and style is not _OPTION_STYLES[2]):
            if chain and not half[chain[-1].end() : found.start()].strip():
                return []
            chain.append(found)
    starts_line = bool(chain) and not half[: chain[0].start()].strip()
    return chain if starts_line or len(chain) > 1 else []


def read_text(text: str) -> Reading:
    """Rows are the line numbers of `text`, from 1."""
    if len(text) > MAX_CHARACTERS:
        return Reading(errors=[Problem(1, "", "", f"文字太长，一次最多 {MAX_CHARACTERS} 个字，请分几次导入")])
    reader = _Reader()
    for row, line in enumerate(text.splitlines(), 1):
        if line.strip(" \t　\ufeff\u200b"):
            reader.line(row, line.strip(" \t　\ufeff\u200b"))
        else:
            reader.after_gap = True
    reading = reader.reading()
    if not reading.questions and not reading.errors:
        reading.errors.append(
            Problem(1, "", text.strip()[:80], "没有找到题目；题目写成“1. 题干”，下面写选项和“答案：A”")
        )
    return reading

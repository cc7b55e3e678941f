"""Questions out of pasted Word text: numbered stems, lettered options, 答案, 解析, 依据, in any width of punctuation.

Understood: `1、…（ABC）`, `（1）…`, options one a line or several on a line (`A. A、 A． A) (A)`), `答案：AB`, `【答案】`,
`解析：`, `依据：`, headings such as `二、多选题（每题2分）`, marks such as `[判断题]`, questions without numbers that are divided
by blank lines, answers listed together at the end, and stems that several questions share (`材料：`, `根据以下材料，回答1-3题`,
a case with (1) (2) (3)).
"""

import re
from dataclasses import dataclass, field

from lms.quizzes.importing.answers import Answer, answers_in, hand_out
from lms.quizzes.importing.assembling import FIELD_LABELS, Raw, read_into
from lms.quizzes.importing.marks import (
    ANSWER_TITLE,
    HEADING,
    NUMBER,
    is_heading,
    is_option,
    is_page_mark,
    labelled,
    material_start,
    shared_range,
    split_options,
)  # fmt: skip
from lms.quizzes.importing.normal import Problem, Reading, is_case, kind_of, shadow, unsupported_kind
from lms.quizzes.rules import Kind

__all__ = ["MAX_CHARACTERS", "read_text", "split_options"]

MAX_CHARACTERS = 2_000_000
_ENDED = ("key", "explanation", "basis", "difficulty", "line", "kind", "rubric", "tolerance", "unit")
_PROSE = ("explanation", "basis", "rubric")  # may hold numbered lists
_SPACE = " \t　\ufeff\u200b"
_ANSWER_KINDS = (Kind.SHORT, Kind.BLANK, Kind.NUMERIC)
_INLINE_KEY = re.compile(r"[(\[【]\s*(?:[√×✓✗TF]|[A-J、,\s]+|对|错|正确|错误)\s*[)\]】]")
_ASKS = re.compile(r"\(\s*(?:[√×✓✗TF]|[A-J、,\s]*|对|错|正确|错误)\s*\)|\?|_{2,}")


@dataclass
class _Shared:
    """A stem that questions share: those with numbers first…last, or all that follow until something ends it."""

    row: int
    text: str = ""
    first: int = 0
    last: int | None = None
    parts: int = 0
    is_numbered_inside: bool = False  # its parts are (1), (2), … and the next plain number ends it

    def covers(self, number: int) -> bool:
        return self.last is None or self.first <= number <= self.last


@dataclass
class _Reader:
    """One pass over the lines. `at` is the field that a line without any mark continues."""

    lines: list[str]
    problems: list[Problem] = field(default_factory=list)
    found: list[tuple[int, Kind | None, Raw]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    raw: Raw | None = None
    shared: _Shared | None = None
    at: str = ""
    number: int = 0
    inner: int = 0  # the last number of a list inside a question
    section: str = ""
    titles: set[str] = field(default_factory=set)
    after_gap: bool = True
    after_heading: bool = True

    def line(self, row: int, text: str) -> None:
        half = shadow(text)
        if is_page_mark(half.strip()) or text in self.titles:
            return
        if listed := self._listed(row, text):
            self.answers += listed
            self.raw, self.at = None, "answers"
        elif self._opens_material(row, text, half):
            pass
        elif is_heading(half, in_stem=self.raw is not None and self.at == "stem"):
            self._heading(row, text)
        elif self._is_list_in_words() and self._answers_in_words(row, text, half):
            self.raw, self.at = None, "answers"
        elif number := self._starts(row, half):
            self._open(row, text[number[1] :], number[0])
        else:
            self._continue(row, text)
        self.after_gap = False

    def _listed(self, row: int, text: str) -> list[Answer]:
        """The answers of a line that lists several questions' answers."""
        pieces = labelled(text)
        if len(pieces) == 1 and pieces[0][0] == "key" and kind_of(self.section) is not Kind.MATCHING:
            found = answers_in(pieces[0][1], None, row)
            return found if len(found) > 1 else []
        return answers_in(text, kind_of(self.section), row) if self._may_list() else []

    def _is_list_in_words(self) -> bool:
        """Answers in words follow: under a heading 参考答案, or under a bare 答案 when several questions wait for theirs."""
        if self.at == "answers":
            return True
        return self._may_list() and sum(not raw.key.strip() for _, _, raw in self.found) > 1

    def _may_list(self) -> bool:
        """After a bare 答案 line the answers of all questions may follow."""
        return self.at == "answers" or (self.at == "key" and self.raw is not None and not self.raw.key.strip())

    def reading(self) -> Reading:
        reading = Reading()
        self._end_shared()
        for left in hand_out(self.answers, self.found):
            self.problems.append(
                Problem(left.row, FIELD_LABELS["key"], f"{left.number}. {left.key}", "没有找到这个答案的题目")
            )
        for _, _, raw in self.found:
            read_into(reading, raw)
        reading.errors = sorted(reading.errors + self.problems, key=lambda problem: problem.row)
        return reading

    def _answers_in_words(self, row: int, text: str, half: str) -> bool:
        """Under 参考答案 at the end: `1.` and the text of an answer, over several lines if need be."""
        found = NUMBER.match(half)
        if found:
            number = _number_of(found)
            wanted = [kind for n, kind, raw in self.found if n == number and not raw.key.strip() and not raw.options]
            known = kind_of(self.section)
            if any(kind in _ANSWER_KINDS or kind is None for kind in wanted if known in (None, kind)):
                self.answers.append(Answer(known, number, text[found.end() :].strip(), row))
                return True
            return False
        if self.answers and not labelled(text)[0][0] and not is_option(text):
            self.answers[-1].key = _joined(self.answers[-1].key, text)
            return True
        return False

    # headings and shared stems

    def _heading(self, row: int, text: str) -> None:
        found = HEADING.match(shadow(text))
        title = text[found.start(1) :] if found else text
        listing = self._may_list() or ANSWER_TITLE.match(shadow(title)) is not None
        is_kind = bool(kind_of(title) or unsupported_kind(title) or is_case(title))
        if is_case(self.section) and not is_kind and not listing and title.strip():  # （一）某市… in a case section
            self._share(row, title)
            return
        self._end_shared()
        self.section = title if is_kind else self.section if not title else ""
        self.at = "answers" if listing else ""
        self.raw, self.after_heading = None, True

    def _opens_material(self, row: int, text: str, half: str) -> bool:
        """Whether the line begins a shared stem or says which questions share one."""
        start = material_start(half)
        if start is not None and not (self.raw is not None and self.at == "stem" and not is_case(self.section)):
            self._share(row, text[start:])
            return True
        asked = shared_range(half)
        if asked is None or (self.raw is not None and self.at == "stem" and not self._has_inline_key()):
            return False
        if self.shared is None or self.shared.parts or self.shared.last is not None:
            self._share(row, "")
        assert self.shared is not None
        self.shared.first, self.shared.last = asked
        if self.shared.text:  # the text stood above; the questions follow
            self.raw, self.at, self.after_heading = None, "", True
        return True

    def _share(self, row: int, text: str) -> None:
        self._end_shared()
        self.shared = _Shared(row, text.strip())
        self.raw, self.at, self.after_heading = None, "material", True

    def _end_shared(self) -> None:
        if self.shared is not None and not self.shared.parts and self.shared.text:
            quoted = self.shared.text[:200]
            self.problems.append(
                Problem(self.shared.row, "材料", quoted, "这段材料后面没有读到题目；题目写成“1. 题干”")
            )
        self.shared = None

    def _stem_becomes_material(self) -> None:
        """`1. 某公司…` followed by `(1)` in a case section: what was taken for a stem is what the parts share."""
        assert self.raw is not None
        self.found.pop()
        self.shared = _Shared(self.raw.row, self.raw.stem.strip(), is_numbered_inside=True)
        self.raw = None

    # questions

    def _starts(self, row: int, half: str) -> tuple[int, int] | None:
        """(number, where the stem begins) when this line opens a question; a numbered line inside one does not."""
        found = NUMBER.match(half)
        if not found:
            return None
        number = _number_of(found)
        if found[5] and number == 1 and is_case(self.section) and self._is_bare_stem():
            self._stem_becomes_material()
            return 1, found.end()
        if self.shared is not None and self.shared.is_numbered_inside and not found[5] and self._is_complete():
            self._end_shared()
            return number, found.end()
        accepted = self._is_accepted(number, bool(found[4] or found[5]))
        if accepted and self.inner and number == self.inner + 1 and self.at in (*_PROSE, "key"):
            accepted = self._asks_below(row)
        self.inner = 0 if accepted else number if number in (1, self.inner + 1) else self.inner
        return (number, found.end()) if accepted else None

    def _is_accepted(self, number: int, is_weak: bool) -> bool:
        expected = number == self.number + 1 or (number == 1 and (self.after_heading or self.after_gap))
        expected = expected or (self.shared is not None and number in (1, self.shared.first) and not self.shared.parts)
        complete = self._is_complete()
        if is_weak or self.at in _PROSE or self._is_long_answer():  # `1.5 …`, `(1)…`, a list in an explanation
            return expected and complete
        if self.inner and number == self.inner + 1 and not complete:
            return False
        return expected or (complete and (number > self.number or self.after_gap or self.after_heading))

    def _is_complete(self) -> bool:
        return self.raw is None or self.at in _ENDED or bool(self.raw.options) or self._has_inline_key()

    def _is_bare_stem(self) -> bool:
        return self.raw is not None and self.at == "stem" and not self.raw.options and not self.raw.key

    def _is_long_answer(self) -> bool:
        """Inside the answer of a question that is answered in words."""
        return self.raw is not None and self.at == "key" and not self.raw.options and self._is_in_words()

    def _is_in_words(self) -> bool:
        return kind_of(self.section) in (Kind.SHORT, Kind.NUMERIC) or is_case(self.section)

    def _asks_below(self, row: int) -> bool:
        """Whether a numbered line is a question and not the next point of a list: options or an answer of its own follow."""
        if _INLINE_KEY.search(shadow(self.lines[row - 1])) or self.after_gap:
            return True
        for line in self.lines[row : row + 12]:
            half = shadow(line.strip(_SPACE))
            if NUMBER.match(half):
                return False
            if is_option(half) or labelled(line.strip(_SPACE))[0][0] == "key":
                return True
        return False

    def _has_inline_key(self) -> bool:
        return self.raw is not None and _INLINE_KEY.search(shadow(self.raw.stem)) is not None

    def _open(self, row: int, text: str, number: int | None) -> None:
        self.number = self.number + 1 if number is None else number
        self.raw = Raw(row, kind=self.section, is_numbered=number is not None)
        if self.shared is not None and not self.shared.covers(self.number):
            self._end_shared()
        if self.shared is not None:
            self.raw.material = self.shared.text
            self.shared.parts += 1
        self.found.append((self.number, kind_of(self.section), self.raw))
        self.at, self.after_heading, self.inner = "stem", False, 0
        self._continue(row, text)

    def _continue(self, row: int, text: str) -> None:
        if self.at == "material" and self.shared is not None:
            self._take_material(text)
            return
        pieces = labelled(text)
        loose = pieces[0][1] if not pieces[0][0] else ""
        if self.raw is None or (self.after_gap and self._ends_at_gap() and loose and not is_option(loose)):
            if self.raw is None and pieces[0] == ("key", ""):
                self.at = "answers"
                return
            if self.raw is None and not loose:
                self.problems.append(Problem(row, FIELD_LABELS["key"], text[:200], "这一行前面没有题目"))
                return
            if self.raw is None and not self._may_be_stem(loose):
                self.titles.add(text)
                return
            self._open(row, text, None)
            return
        for name, piece in pieces:
            self._take(row, name, piece)

    def _take_material(self, text: str) -> None:
        assert self.shared is not None
        question = re.fullmatch(r"\s*(?:问题|请问|请回答|小题)\s*[:。]?\s*", shadow(text))
        if question:
            self.at = ""
        elif shadow(text)[:3] in ("问题:", "问:"):
            self._open(self.shared.row, text.split("：", 1)[-1].split(":", 1)[-1], None)
        else:
            self.shared.text = _joined(self.shared.text, text)

    def _ends_at_gap(self) -> bool:
        """After a blank line a text without a mark begins a question, unless it goes on with a long answer."""
        if self.at not in _ENDED:
            return False
        assert self.raw is not None
        return not (self.raw.is_numbered and (self._is_long_answer() or self.at in _PROSE) and not self._asks(self.raw))

    def _asks(self, raw: Raw) -> bool:
        return bool(raw.options)

    def _may_be_stem(self, text: str) -> bool:
        """A first line without a number is a title unless it asks something."""
        return self.section != "" or _ASKS.search(shadow(text)) is not None

    def _take(self, row: int, name: str | None, text: str) -> None:
        assert self.raw is not None
        if name is None:
            self._take_loose(row, text)
        elif name == "":
            self.at = "ignored"
        elif name == "options":
            self.at = "options" if self.raw.options else "stem"
            self._take_loose(row, text)
        else:
            self.at = name
            self.raw.places.setdefault(name, (row, FIELD_LABELS[name]))
            self._append(name, text)

    def _take_loose(self, row: int, text: str) -> None:
        """Text without a label: options, or more of what the line before was."""
        assert self.raw is not None
        if not text.strip():
            return
        if self.at in ("stem", "options", "prompts"):
            before, found = split_options(text, len(self.raw.options))
            if found and (self.raw.stem or before.strip()):
                self._append(self.at, before)
                self.raw.places.setdefault("options", (row, FIELD_LABELS["options"]))
                self.raw.options += [option for _, option in found]
                self.raw.letters += "".join(mark for mark, _ in found)
                self.at = "options"
                return
        if self.at == "key" and self.raw.key.strip() and not self._is_long_answer() and not self._is_pair(text):
            self.at = "explanation"
        self._append(self.at, text)

    def _is_pair(self, text: str) -> bool:
        return kind_of(self.section) is Kind.MATCHING and re.search(r"→|->|=>|——|[-—]\s*[A-J]", text) is not None

    def _append(self, name: str, text: str) -> None:
        assert self.raw is not None
        if name == "options":
            self.raw.options[-1] = _joined(self.raw.options[-1], text)
        elif name == "basis":
            self.raw.basis["law"] = _joined(self.raw.basis.get("law", ""), text)
        elif name != "ignored":
            setattr(self.raw, name, _joined("" if name == "kind" else getattr(self.raw, name), text))


def _number_of(found: re.Match[str]) -> int:
    return int(next(group for group in (found[1], found[2], found[3], found[5]) if group))


def _joined(before: str, more: str) -> str:
    more = more.strip()
    return f"{before}\n{more}" if before and more else before or more


def read_text(text: str) -> Reading:
    """Rows are the line numbers of `text`, from 1."""
    if len(text) > MAX_CHARACTERS:
        return Reading(errors=[Problem(1, "", "", f"文字太长，一次最多 {MAX_CHARACTERS} 个字，请分几次导入")])
    lines = text.splitlines()
    reader = _Reader(lines)
    for row, line in enumerate(lines, 1):
        if line.strip(_SPACE):
            reader.line(row, line.strip(_SPACE))
        else:
            reader.after_gap = True
    reading = reader.reading()
    if not reading.questions and not reading.errors:
        reading.errors.append(
            Problem(1, "", text.strip()[:80], "没有找到题目；题目写成“1. 题干”，下面写选项和“答案：A”")
        )
    return reading

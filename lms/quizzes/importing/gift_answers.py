"""The braces of a GIFT question, escapes already hidden: which kind, which answers, what cannot be kept."""

import re
from dataclasses import dataclass, field
from decimal import Decimal

from lms.quizzes.grade_rules import number_of
from lms.quizzes.importing.raw import FIELD_LABELS
from lms.quizzes.rules import TRUTH_OPTIONS, Key, Kind, Marking


class GiftError(Exception):
    """Why a question was not read, what to write instead, and the text it is about."""

    def __init__(self, name: str, message: str, quoted: str = "") -> None:
        super().__init__(message)
        self.column, self.quoted = FIELD_LABELS[name], quoted


@dataclass
class Answers:
    kind: Kind
    options: list[str] = field(default_factory=list)
    key: Key = field(default_factory=list)
    texts: list[list[str]] | None = None  # the key of what is typed
    prompts: list[str] = field(default_factory=list)
    marking: dict[str, object] = field(default_factory=dict)
    comments: list[tuple[str, str]] = field(default_factory=list)  # (answer, feedback)
    remarks: list[tuple[str, str, str]] = field(default_factory=list)  # (field, text, what was not kept)


@dataclass
class _Part:
    is_right: bool
    weight: Decimal | None
    text: str
    comment: str


_TRUTH = re.compile(r"^(T|TRUE|F|FALSE)\b(?:\s*#(.*))?$", re.DOTALL | re.IGNORECASE)
_WEIGHT = re.compile(r"^\s*%(-?\d+(?:\.\d+)?)%")


def answers_of(body: str, *, has_gap: bool) -> Answers:
    """Raises GiftError."""
    if not body:
        return Answers(Kind.SHORT)
    if body.startswith(">"):
        raise GiftError("kind", "GIFT 的排序题没有读入；排序题请用 Excel 模板导入", body)
    if body.startswith("#"):
        return _number(body[1:].strip())
    if found := _TRUTH.match(body):
        comments = [(TRUTH_OPTIONS[0], each) for each in (found[2] or "").split("#") if each.strip()]
        return Answers(Kind.BOOLEAN, list(TRUTH_OPTIONS), [0 if found[1][0] in "Tt" else 1], comments=comments)
    parts = _parts(body)
    if not parts:
        raise GiftError("key", "看不懂 {…} 里的答案；正确的写 =，错误的写 ~", body)
    if all(part.is_right for part in parts):
        arrows = ["->" in part.text for part in parts]
        if all(arrows):
            return _matching(parts)
        if any(arrows):
            odd = next(part.text for part, has in zip(parts, arrows, strict=True) if not has)
            raise GiftError("key", "匹配题的每一对都写成 = 左 -> 右", odd)
        return _blank(parts)
    return _choice(parts)


def _parts(body: str) -> list[_Part]:
    pieces = re.split(r"([=~])", body)
    if pieces[0].strip():
        raise GiftError("key", "{…} 里的答案要以 = 或 ~ 开头", pieces[0])
    parts = []
    for sign, piece in zip(pieces[1::2], pieces[2::2], strict=True):
        text, _, comment = piece.partition("#")
        found = _WEIGHT.match(text)
        weight = Decimal(found[1]) if found else None
        parts.append(
            _Part(sign == "=", weight, text[found.end() :].strip() if found else text.strip(), comment.strip())
        )
    return parts


def _comments(parts: list[_Part]) -> list[tuple[str, str]]:
    return [(part.text, part.comment) for part in parts if part.comment]


def _choice(parts: list[_Part]) -> Answers:
    options = [part.text for part in parts]
    right = [n for n, part in enumerate(parts) if part.is_right and part.weight in (None, 100)]
    weighted = [n for n, part in enumerate(parts) if not part.is_right and part.weight is not None and part.weight > 0]
    weighted += [n for n, part in enumerate(parts) if part.is_right and n not in right]
    found = Answers(Kind.SINGLE, options, comments=_comments(parts))
    if right:
        found.key = right[:1]
        found.marking = Marking(also=tuple([n] for n in right[1:])).stored()
        found.remarks = [("key", options[n], "部分得分的选项没有保留，按错误选项读入") for n in weighted]
        return found
    if not weighted:
        raise GiftError("key", "没有标出正确答案；正确选项前写 =，多选题写 ~%50%", "~" + " ~".join(options))
    found.key = sorted(weighted)
    found.kind = Kind.MULTIPLE if len(weighted) > 1 else Kind.SINGLE
    weights = {parts[n].weight for n in weighted}
    if len(weights) > 1 or sum((parts[n].weight or Decimal(0)) for n in weighted) < 99:
        said = "，".join(f"{parts[n].weight}%" for n in weighted)
        found.remarks.append(("key", said, "各选项的分值没有保留，按多选题的计分规则计分"))
    return found


def _matching(parts: list[_Part]) -> Answers:
    pairs = [tuple(each.strip() for each in part.text.split("->", 1)) for part in parts]
    options = list(dict.fromkeys(right for _, right in pairs))
    asked = [(left, right) for left, right in pairs if left]
    key = [options.index(right) for _, right in asked]
    return Answers(Kind.MATCHING, options, key, prompts=[left for left, _ in asked], comments=_comments(parts))


def _blank(parts: list[_Part]) -> Answers:
    whole = [part for part in parts if part.weight in (None, 100)]
    if not whole:
        raise GiftError("key", "没有得满分的答案；正确的写 =答案", parts[0].text)
    found = Answers(Kind.BLANK, texts=[[part.text for part in whole]], comments=_comments(parts))
    found.remarks = [("key", part.text, "部分得分的答案没有保留") for part in parts if part not in whole]
    return found


def _number(body: str) -> Answers:
    """`12:0.5`, `1..5`, or several with `=` and weights."""
    parts = _parts(body) if body.startswith("=") else [_Part(True, None, *_cut(body))]
    found = Answers(Kind.NUMERIC, texts=[[]], comments=_comments(parts))
    tolerances = []
    assert found.texts is not None
    for part in parts:
        value, tolerance = _figure(part.text)
        if part.weight in (None, 100):
            found.texts[0].append(value)
            tolerances.append(tolerance)
        else:
            found.remarks.append(("key", part.text, "部分得分的答案没有保留"))
    if len({number_of(each) for each in tolerances}) > 1:
        raise GiftError("key", "几个答案的允许误差不同，没有读入；请改成相同的误差", body)
    if tolerances and number_of(tolerances[0]):
        found.marking = {"tolerance": tolerances[0]}
    return found


def _cut(body: str) -> tuple[str, str]:
    text, _, comment = body.partition("#")
    return text.strip(), comment.strip()


def _figure(text: str) -> tuple[str, str]:
    """(value, tolerance) as decimal texts."""
    if ".." in text:
        low, high = (number_of(each) for each in text.split("..", 1))
        if low is not None and high is not None and low <= high:
            return plain_number((low + high) / 2), plain_number((high - low) / 2)
    value, _, tolerance = text.partition(":")
    number, width = number_of(value), number_of(tolerance or "0")
    if number is None or width is None or width < 0:
        raise GiftError("key", "数值写成 {#12.5} 或 {#12.5:0.1} 或 {#12..13}", text)
    return plain_number(number), plain_number(width)


def plain_number(value: Decimal) -> str:
    """Without exponent and without zeros at the end."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") or "0" if "." in text else text

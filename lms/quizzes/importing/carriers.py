"""What other programs' formats have no place for, written so that their readers can read it and ours can take it back.

Difficulty, line, scoring and the like travel as tags `难度：难`; law and reference answer as lines at the end of the
explanation; the material of a case in front of the stem between 【材料】 and 【问题】.
"""

import re
from collections.abc import Iterable, Sequence

from lms.quizzes.importing.exact import key_cell, key_of_cell
from lms.quizzes.importing.normal import Draft, basis_of, difficulty_of
from lms.quizzes.rules import DIFFICULTY_LABELS, KIND_LABELS, Kind, Marking, Scoring, marking_from

_MATERIAL, _QUESTION = "【材料】", "【问题】"
_TAIL = {
    "rubric": "评分要点", "reference": "参考答案", "law": "依据", "version": "版本", "article": "条款", "quote": "原文",
}  # fmt: skip
_TAIL_LINE = re.compile(rf"(?:^|\n)({'|'.join(_TAIL.values())})：")
_NAMES = {label: name for name, label in _TAIL.items()}


def with_material(stem: str, material: str) -> str:
    return f"{_MATERIAL}{material}\n{_QUESTION}{stem}" if material else stem


def without_material(text: str) -> tuple[str, str]:
    """(stem, material)."""
    if text.startswith(_MATERIAL) and f"\n{_QUESTION}" in text:
        material, _, stem = text.removeprefix(_MATERIAL).partition(f"\n{_QUESTION}")
        return stem.strip(), material.strip()
    return text, ""


def with_tail(draft: Draft, *, reference: bool = False, rubric: bool = False) -> str:
    """The explanation with the basis and, where the format has no place for them, reference answer and rubric."""
    given = dict(draft.basis)
    if reference and draft.kind is Kind.SHORT and draft.key:
        given["reference"] = references(draft)
    if rubric and (text := marking_from(draft.marking).rubric):
        given["rubric"] = text
    lines = [f"{_TAIL[name]}：{given[name]}" for name in _TAIL if given.get(name)]
    return "\n".join([draft.explanation, *lines]) if draft.explanation else "\n".join(lines)


def references(draft: Draft) -> str:
    """The reference answers of a short question as one text."""
    return "\n".join(str(text) for texts in draft.key if not isinstance(texts, (int, str)) for text in texts)


def without_tail(text: str) -> tuple[str, dict[str, str]]:
    """(explanation, {rubric, reference, law, version, article, quote})."""
    first = _TAIL_LINE.search(text)
    if not first:
        return text.strip(), {}
    found: dict[str, str] = {}
    rest = text[first.start() :]
    marks: list[re.Match[str]] = []
    order = list(_TAIL)
    for mark in _TAIL_LINE.finditer(rest):
        if not marks or order.index(_NAMES[mark[1]]) > order.index(_NAMES[marks[-1][1]]):
            marks.append(mark)
    ends = [mark.start() for mark in marks[1:]] + [len(rest)]
    for mark, end in zip(marks, ends, strict=True):
        found[_NAMES[mark[1]]] = rest[mark.end() : end].strip()
    if set(found) & set(_TAIL) == {"law"}:
        found |= basis_of(found["law"])
    return text[: first.start()].strip(), found


def tags_of(draft: Draft, *, without: Iterable[str] = ()) -> list[str]:
    """Tags for what `without` (what the format itself holds) leaves over."""
    marking, native = marking_from(draft.marking), set(without)
    said = {
        "难度": DIFFICULTY_LABELS[draft.difficulty] if draft.difficulty != 2 else "",
        "条线": draft.line,
        "题型": KIND_LABELS[draft.kind] if draft.kind is Kind.MULTIPLE and len(draft.key) == 1 else "",
        "计分": marking.scoring.value if marking.scoring else "",
        "不分顺序": "是" if marking.is_order_free else "",
        "误差": marking.tolerance if marking.tolerance != "0" else "",
        "单位": marking.unit,
    }
    tags = [f"{name}：{value}" for name, value in said.items() if value and name not in native]
    return tags + [f"也算对：{key_cell(draft.kind, key)}" for key in marking.also if "也算对" not in native]


def apply_tags(draft: Draft, tags: Sequence[str]) -> None:
    """Sets what our own tags say; tags of other people are left alone."""
    said = [(name.strip(), value.strip()) for name, _, value in (tag.partition("：") for tag in tags) if value]
    values = dict(said)
    draft.difficulty = difficulty_of(values.get("难度", "")) or draft.difficulty
    draft.line = values.get("条线", draft.line)
    if values.get("题型") == KIND_LABELS[Kind.MULTIPLE] and draft.kind is Kind.SINGLE:
        draft.kind = Kind.MULTIPLE
    old = marking_from(draft.marking)
    keys = [key_of_cell(draft.kind, value) for name, value in said if name == "也算对"]
    draft.marking = Marking(
        scoring=Scoring(values["计分"]) if values.get("计分") in set(Scoring) else old.scoring,
        is_order_free=values.get("不分顺序") == "是" or old.is_order_free,
        tolerance=values.get("误差", old.tolerance),
        unit=values.get("单位", old.unit),
        also=tuple(key for key in keys if key is not None) or old.also,
        rubric=old.rubric,
    ).stored()


def take_tail(draft: Draft, text: str) -> None:
    """Explanation, basis, reference answer and rubric out of what a format calls feedback."""
    explanation, found = without_tail(text)
    draft.explanation = explanation
    if draft.kind is Kind.SHORT:
        if reference := found.pop("reference", ""):
            draft.key = [[reference]]
        if rubric := found.pop("rubric", ""):
            draft.marking = draft.marking | {"rubric": rubric}
    draft.basis = {name: value for name, value in found.items() if name in ("law", "version", "article", "quote")}

"""Between what people type and what the bank keeps: keys, rules and settings in both directions. No session, no request."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from lms.errors import Invalid
from lms.people.line_rules import LINE_NAMES, Line
from lms.quizzes.draw_rules import DrawRule, rules_from
from lms.quizzes.errors import rule_label
from lms.quizzes.importing.normal import blanks, letters, truth
from lms.quizzes.models import AnswerKey, Paper, Question, QuestionVersion
from lms.quizzes.queries import QuestionFilter
from lms.quizzes.rules import (
    DIFFICULTY_LABELS,
    MAX_TAG,
    READINESS_LABELS,
    TRUTH_OPTIONS,
    TYPED,
    Key,
    Kind,
    Marking,
    Markup,
    PaperKind,
    Readiness,
    Scoring,
    gaps,
    letter,
    marking_from,
    tags_of,
)  # fmt: skip
from lms.quizzes.services import Content, PaperSettings
from lms.quizzes.services.bank import BASIS_FIELDS
from lms.quizzes.services.bank_acts import Wish


def key_of(kind: Kind, stem: str, text: str) -> Key:
    """The key out of what was typed. Raises Invalid with what to type instead."""
    if kind is Kind.BLANK:
        return blanks(text, gaps(stem))
    if kind is Kind.NUMERIC:
        return blanks(text, 1)
    if kind is Kind.SHORT:
        return [[text.strip()]] if text.strip() else []
    if kind is Kind.BOOLEAN:
        said = truth(text)
        if said is None:
            raise Invalid("判断题的答案写“正确”或“错误”。", field="key")
        return [0 if said else 1]
    numbers = letters(text)
    if numbers is None:
        raise Invalid("答案写选项字母，例如 C 或 AC。", field="key")
    return numbers if kind in (Kind.MATCHING, Kind.ORDERING) else sorted(numbers)


def key_text(kind: str, key: Key) -> str:
    """A key as people write it: AC, 正确, 国家/全民；集体."""
    if kind in TYPED:
        return "；".join("/".join(each) for each in key if not isinstance(each, (int, str)))
    numbers = [each for each in key if isinstance(each, int)]
    return TRUTH_OPTIONS[numbers[0]] if kind == Kind.BOOLEAN else "".join(map(letter, numbers))


def content_of(data: Mapping[str, Any], before: tuple[QuestionVersion, AnswerKey] | None = None) -> Content:
    """The content that a QuestionForm's data describe; what does not apply to the kind is not read. `before`: the version
    it follows, whose later accepted keys stay while the key does. Raises Invalid at the field that is wrong."""
    kind = Kind(data["kind"])
    options, key = _lines(data["options"]), _key(kind, data)
    made = Content(
        kind=kind,
        stem=data["stem"],
        options=options,
        key=key,
        explanation=data["explanation"] or "",
        basis={name: data[name] or "" for name in BASIS_FIELDS},
        difficulty=int(data["difficulty"]),
        prompts=_lines(data["prompts"]),
        material=data["material"] or "",
        marking=_marking(kind, data),
        markup=Markup.RICH if data["is_rich"] else Markup.PLAIN,
    )
    return _with_accepted(made, *before) if before else made


def _lines(text: str | None) -> list[str]:
    return [line.strip() for line in (text or "").splitlines() if line.strip()]


def _key(kind: Kind, data: Mapping[str, Any]) -> Key:
    """The options of an ordering question are typed in the right order, so they are its key."""
    if kind is Kind.ORDERING:
        return list(range(len(_lines(data["options"]))))
    if not data["key"] and kind is not Kind.SHORT:
        raise Invalid("写上答案。", field="key")
    return key_of(kind, data["stem"], data["key"] or "")


_SCORED = (Kind.MULTIPLE, Kind.MATCHING, Kind.ORDERING)


def _marking(kind: Kind, data: Mapping[str, Any]) -> Marking:
    is_number = kind is Kind.NUMERIC
    scoring = data["scoring"] if kind in _SCORED and data["scoring"] in set(Scoring) else None
    return Marking(
        scoring=Scoring(scoring) if scoring else None,
        is_order_free=bool(data["is_order_free"]) and kind is Kind.BLANK,
        tolerance=((data["tolerance"] or "").strip() or "0") if is_number else "0",
        unit=(data["unit"] or "").strip() if is_number else "",
        rubric=(data["rubric"] or "").strip() if kind is Kind.SHORT else "",
    )


def _with_accepted(made: Content, version: QuestionVersion, key: AnswerKey) -> Content:
    """With the further keys that a correction accepted, while kind, options and key are the same."""
    old = marking_from(key.marking)
    same = (made.kind, list(made.options), list(made.key)) == (version.kind, version.options, key.key)
    if not same or not (old.also or old.is_void):
        return made
    return replace(made, marking=replace(made.marking, also=old.also, is_void=old.is_void))


def form_data(question: Question, version: QuestionVersion, key: AnswerKey, tags: Sequence[str] = ()) -> dict[str, Any]:
    """A question as QuestionForm shows it."""
    marking, options = marking_from(key.marking), list(version.options)
    if version.kind is Kind.ORDERING:
        options = [options[number] for number in key.key]
    return {
        "line": question.line.value,
        "kind": version.kind.value,
        "difficulty": str(question.difficulty),
        "tags": "、".join(tags),
        "material": version.material,
        "stem": version.stem,
        "prompts": "\n".join(version.prompts),
        "options": "" if version.kind is Kind.BOOLEAN else "\n".join(options),
        "key": "" if version.kind is Kind.ORDERING else key_text(version.kind, key.key),
        "scoring": marking.scoring.value if marking.scoring else "",
        "is_order_free": marking.is_order_free,
        "tolerance": "" if marking.tolerance == "0" else marking.tolerance,
        "unit": marking.unit,
        "rubric": marking.rubric,
        "explanation": key.explanation,
        "is_rich": version.markup is Markup.RICH,
        **{name: key.basis.get(name, "") for name in BASIS_FIELDS},
    }


_FACTS: dict[str, tuple[str, Callable[[Any], str]]] = {
    "line": ("条线", lambda value: LINE_NAMES[Line(value)]),
    "difficulty": ("难度", lambda value: DIFFICULTY_LABELS[value]),
    "readiness": ("状态", lambda value: READINESS_LABELS[Readiness(value)]),
    "tags": ("标签", lambda value: "、".join(value) or "无"),
}


def change_words(changes: Mapping[str, Any]) -> str:
    """What changed of a question: 难度 易 → 中；标签 无 → 执法."""
    said = []
    for name, (before, after) in changes.items():
        label, words = _FACTS[name]
        said.append(f"{label} {words(before)} → {words(after)}")
    return "；".join(said)


def _classes(line: Any, kind: Any, level: Any) -> tuple[Line | None, Kind | None, int | None]:
    """Line, kind and difficulty out of what was chosen; None for "any" and for what is none of ours."""
    return (
        Line(line) if line in set(Line) else None,
        Kind(kind) if kind in set(Kind) else None,
        int(level) if level in ("1", "2", "3") else None,
    )


def filter_of(data: Mapping[str, Any]) -> QuestionFilter:
    line, kind, level = _classes(data["line"], data["kind"], data["difficulty"])
    readiness = Readiness(data["readiness"]) if data.get("readiness") in set(Readiness) else None
    document = data.get("document") or ""
    return QuestionFilter(
        line, kind, level, text=(data["q"] or "")[:60], readiness=readiness, tag=(data.get("tag") or "")[:MAX_TAG],
        document_id=int(document) if document.isdecimal() and len(document) < 19 else None,
    )  # fmt: skip


def wish_of(data: Mapping[str, Any]) -> Wish:
    """What a BatchForm's data ask for."""
    line, _, level = _classes(data["line"], None, data["difficulty"])
    readiness = Readiness(data["readiness"]) if data["readiness"] in set(Readiness) else None
    return Wish(line, level, readiness, tags_of(data["add_tags"] or ""), tags_of(data["remove_tags"] or ""))


def paper_settings(data: Mapping[str, Any]) -> PaperSettings:
    return PaperSettings(
        title=data["title"],
        duration_seconds=data["minutes"] * 60 if data["minutes"] else None,
        pass_percent=data["pass_percent"],
        scoring=Scoring(data["scoring"]),
        is_shuffled=data["is_shuffled"],
        markers=int(data["markers"]),
        is_released_by_hand=data["is_released_by_hand"],
        unseen_days=data.get("unseen_days") or 0,
        is_lettered=bool(data.get("is_lettered")),
    )


def paper_data(paper: Paper) -> dict[str, Any]:
    """A paper as its forms show it."""
    names = ("title", "pass_percent", "is_shuffled", "is_released_by_hand", "unseen_days", "is_lettered")
    shown: dict[str, Any] = {name: getattr(paper, name) for name in names}
    shown |= {"scoring": paper.scoring.value, "markers": str(paper.markers)}
    shown["minutes"] = paper.duration_seconds // 60 if paper.duration_seconds else None
    for n, rule in enumerate(rules_from(paper.rules), 1):
        row = {
            "line": rule.line or "", "kind": "case" if rule.is_case else rule.kind.value if rule.kind else "",
            "difficulty": str(rule.difficulty or ""), "tag": rule.tag or "", "count": rule.count,
            "points": rule.points_millis // 1000,
        }  # fmt: skip
        shown |= {f"rule{n}_{name}": value for name, value in row.items()}
    return shown


def items_of(
    posted: Mapping[str, str], held: Sequence[int], added: str, added_points: Decimal
) -> list[tuple[int, int]]:
    """(question, points) in the order wanted, out of fields order-ID and points-ID; a question without an order is left out.
    `added`: numbers of further questions. Raises Invalid."""
    placed: list[tuple[Decimal, int, int, int]] = []
    for n, question_id in enumerate(held):
        place, points = (_decimal(posted.get(f"{name}-{question_id}", "")) for name in ("order", "points"))
        if place is not None and points is None:
            raise Invalid("每道题都要写分数。", field="questions")
        if place is not None and points is not None:
            placed.append((place, n, question_id, int(points * 1000)))
    items = [(question_id, points) for _, _, question_id, points in sorted(placed)]
    words = re.findall(r"\d{1,18}", added)
    return items + [(int(word), int(added_points * 1000)) for word in dict.fromkeys(words)]


def _decimal(text: str) -> Decimal | None:
    """Three digits after the point at most, as points are kept; None for anything else."""
    word = text.strip()
    return Decimal(word) if re.fullmatch(r"\d{1,4}(\.\d{1,3})?", word) else None


def rules_of(data: Mapping[str, Any], rows: Iterable[int]) -> list[DrawRule]:
    """The rules that were filled in; a row without a count is none, one without points gives 1 point a question."""
    rules = []
    for n in rows:
        given = {name: data[f"rule{n}_{name}"] for name in ("line", "kind", "difficulty", "tag", "count", "points")}
        line, kind, level = _classes(given["line"], given["kind"], given["difficulty"])
        if given["count"]:
            points, tags = (given["points"] or 1) * 1000, tags_of(given["tag"] or "")
            tag, is_case = tags[0] if tags else None, given["kind"] == "case"
            rules.append(DrawRule(given["count"], points, line, kind, level, tag, is_case))
    return rules


def rule_rows(paper: Paper) -> list[tuple[str, int, int]]:
    """(what is drawn, how many, 1/1000 points each) of a drawn paper."""
    return [(rule_label(rule), rule.count, rule.points_millis) for rule in rules_from(paper.rules)]


def question_count(counts: Mapping[int, int]) -> Callable[[Paper], int]:
    """How many questions a paper has, given the counts of the fixed ones."""

    def count(paper: Paper) -> int:
        if paper.kind is PaperKind.FIXED:
            return counts.get(paper.id, 0)
        return sum(rule.count for rule in rules_from(paper.rules))

    return count

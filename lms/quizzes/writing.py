"""Between what people type and what the bank keeps: keys, rules and settings in both directions. No session, no request."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lms.errors import Invalid
from lms.people.line_rules import Line
from lms.quizzes.draw_rules import DrawRule, rules_from
from lms.quizzes.errors import rule_label
from lms.quizzes.importing.normal import blanks, letters, truth
from lms.quizzes.models import AnswerKey, Paper, Question, QuestionVersion
from lms.quizzes.queries import QuestionFilter
from lms.quizzes.rules import TRUTH_OPTIONS, TYPED, Key, Kind, PaperKind, Scoring, gaps, letter
from lms.quizzes.services import Content, PaperSettings
from lms.quizzes.services.bank import BASIS_FIELDS


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


def content_of(data: Mapping[str, Any]) -> Content:
    """The content that a QuestionForm's data describe. Raises Invalid at the field that is wrong."""
    kind = Kind(data["kind"])
    return Content(
        kind=kind,
        stem=data["stem"],
        options=[line.strip() for line in (data["options"] or "").splitlines() if line.strip()],
        key=key_of(kind, data["stem"], data["key"]),
        explanation=data["explanation"] or "",
        basis={name: data[name] or "" for name in BASIS_FIELDS},
        difficulty=int(data["difficulty"]),
    )


def form_data(question: Question, version: QuestionVersion, key: AnswerKey) -> dict[str, Any]:
    """A question as QuestionForm shows it."""
    return {
        "line": question.line.value,
        "kind": version.kind.value,
        "difficulty": str(question.difficulty),
        "stem": version.stem,
        "options": "\n".join(version.options) if version.kind in (Kind.SINGLE, Kind.MULTIPLE) else "",
        "key": key_text(version.kind, key.key),
        "explanation": key.explanation,
        **{name: key.basis.get(name, "") for name in BASIS_FIELDS},
    }


def _classes(line: Any, kind: Any, level: Any) -> tuple[Line | None, Kind | None, int | None]:
    """Line, kind and difficulty out of what was chosen; None for "any" and for what is none of ours."""
    return (
        Line(line) if line in set(Line) else None,
        Kind(kind) if kind in set(Kind) else None,
        int(level) if level in ("1", "2", "3") else None,
    )


def filter_of(data: Mapping[str, Any]) -> QuestionFilter:
    line, kind, level = _classes(data["line"], data["kind"], data["difficulty"])
    return QuestionFilter(line, kind, level, text=(data["q"] or "")[:60], with_retired=True)


def paper_settings(data: Mapping[str, Any]) -> PaperSettings:
    return PaperSettings(
        title=data["title"],
        duration_seconds=data["minutes"] * 60 if data["minutes"] else None,
        pass_percent=data["pass_percent"],
        scoring=Scoring(data["scoring"]),
        is_shuffled=data["is_shuffled"],
        markers=int(data["markers"]),
        is_released_by_hand=data["is_released_by_hand"],
    )


def rules_of(data: Mapping[str, Any], rows: Iterable[int]) -> list[DrawRule]:
    """The rules that were filled in; a row without a count is none, one without points gives 1 point a question."""
    rules = []
    for n in rows:
        given = {name: data[f"rule{n}_{name}"] for name in ("line", "kind", "difficulty", "count", "points")}
        line, kind, level = _classes(given["line"], given["kind"], given["difficulty"])
        if given["count"]:
            rules.append(DrawRule(given["count"], (given["points"] or 1) * 1000, line, kind, level))
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

"""Between the bank and files: what goes out and how a question that came in is shown before it is kept. No request."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.people.principal import Principal
from lms.quizzes.exporting.formats import FORMATS
from lms.quizzes.exporting.results import Exported
from lms.quizzes.rules import SCORING_LABELS, TRUTH_OPTIONS, Kind, letter, marking_from

MOST_EXPORTED = 20_000


def note_export(
    session: Session,
    exported: Exported,
    form: str,
    *,
    reason: str,
    filters: Mapping[str, str],
    by: Principal,
    now: datetime,
) -> None:
    """That questions with their keys left the site: how many, in which format, what was left out, and why."""
    left = sorted({each.number for each in exported.left if each.is_whole})
    detail = {"count": exported.count, "format": FORMATS[form].label, "reason": reason, "left": left[:200], **filters}
    audit.record(session, by.id, "question.export", "questions", detail, now=now, actor=by.name)


def shown_key(question: Mapping[str, Any]) -> str:
    """The key of a question that was read, as people write it: AC, 正确, 国家/全民；集体, 1-A；2-B, C→A→B, 12.5 ±0.1 亩."""
    kind, key = question["kind"], question["key"]
    marking = marking_from(question.get("marking", {}))
    if kind in (Kind.BLANK, Kind.SHORT):
        return "；".join("/".join(each) for each in key) or "—"
    if kind == Kind.NUMERIC:
        tolerance = f" ±{marking.tolerance}" if marking.tolerance != "0" else ""
        return f"{'/'.join(key[0])}{tolerance}{' ' + marking.unit if marking.unit else ''}"
    if kind == Kind.MATCHING:
        return "；".join(f"{n}-{letter(right)}" for n, right in enumerate(key, 1))
    if kind == Kind.ORDERING:
        return "→".join(map(letter, key))
    return TRUTH_OPTIONS[key[0]] if kind == Kind.BOOLEAN else "".join(map(letter, key))


def shown_marking(question: Mapping[str, Any]) -> list[str]:
    """What a question says about its own marking, beside tolerance and unit."""
    marking = marking_from(question.get("marking", {}))
    said = [
        SCORING_LABELS[marking.scoring] if marking.scoring else "",
        "各空不分顺序" if marking.is_order_free else "",
        f"评分要点：{marking.rubric}" if marking.rubric else "",
    ]
    return [each for each in said if each]

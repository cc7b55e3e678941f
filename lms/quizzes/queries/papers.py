"""Papers, what they ask, and what they may draw from."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, false, func, or_, select
from sqlalchemy.orm import Session

from lms.db import Prepared, flushed
from lms.people.access import Scope
from lms.people.models import Unit
from lms.quizzes import rich
from lms.quizzes.bank_models import QuestionTag
from lms.quizzes.draw_rules import Candidate, DrawRule, rules_from
from lms.quizzes.models import (
    Attempt,
    AttemptItem,
    Paper,
    PaperItem,
    Question,
    QuestionVersion,
)  # fmt: skip
from lms.quizzes.queries.bank import newest, path_of
from lms.quizzes.rules import BY_HAND, Kind, PaperKind, Readiness


@dataclass(frozen=True)
class SheetRow:
    """What drawing and shuffling need to know of a version. Rows with the same material are the parts of one case, in the
    order of their `place`."""

    version_id: int
    kind: Kind
    options: list[str]
    material: str = ""
    place: int = 0


def list_candidates(
    session: Session,
    owner_unit_id: int,
    rules: Sequence[DrawRule],
    *also: ColumnElement[bool],
    unseen: "Unseen | None" = None,
) -> list[Candidate]:
    """For each rule a random choice of the newest versions it admits (and that meet `also`), of the unit and those below;
    questions that read the same once. As many for each rule as all rules together want (or all there are), which is enough
    to fill them all whenever the whole bank could (draw_rules.draw). Cases come whole. `unseen`: without what a person has
    met."""
    size, path = sum(rule.count for rule in rules), path_of(session, owner_unit_id)
    inside = [Unit.path.startswith(path), Question.readiness == Readiness.READY, *also]
    inside += unseen.conditions if unseen else []
    found: dict[str, tuple[int, Candidate]] = {}
    for rule in rules:
        if rule.is_case:
            continue
        query = (
            select(
                QuestionVersion.id, Question.line, Question.kind, Question.difficulty, Question.fingerprint, Question.id
            )
            .join(Question, (Question.id == QuestionVersion.question_id) & (Question.version == QuestionVersion.number))
            .join(Unit, Unit.id == Question.owner_unit_id)
            .where(*inside, Question.case_mark == "", *_admitted(rule))
            .order_by(func.random())
            .limit(size)
        )
        for id, line, kind, level, mark, question_id in session.execute(query):
            found.setdefault(mark, (question_id, Candidate(id, line, kind, level)))
    single = list(found.values())
    cases = _list_cases(session, inside) if any(rule.is_case for rule in rules) else []
    if any(rule.tag for rule in rules):
        return _with_tags(session, [*single, *cases])
    return [candidate for _, candidate in [*single, *cases]]


@dataclass(frozen=True)
class Unseen:
    """Questions of which the person was asked no version since an instant."""

    person_id: int
    since: datetime

    @property
    def conditions(self) -> list[ColumnElement[bool]]:
        met = (
            select(QuestionVersion.question_id)
            .join(AttemptItem, AttemptItem.version_id == QuestionVersion.id)
            .join(Attempt, Attempt.id == AttemptItem.attempt_id)
            .where(Attempt.person_id == self.person_id, Attempt.started_at >= self.since)
        )
        return [Question.id.not_in(met)]


def _list_cases(session: Session, inside: Sequence[ColumnElement[bool]]) -> list[tuple[int, Candidate]]:
    """(first question, case): every case whose parts are all there; one that was met in part is left out as a whole."""
    rows = session.execute(
        select(Question.case_mark, QuestionVersion.id, Question.line, Question.kind, Question.difficulty, Question.id)
        .join(
            QuestionVersion, (Question.id == QuestionVersion.question_id) & (Question.version == QuestionVersion.number)
        )
        .join(Unit, Unit.id == Question.owner_unit_id)
        .where(*inside, Question.case_mark != "")
        .order_by(Question.id)
    )
    cases: dict[str, list[Any]] = {}
    for row in rows:
        cases.setdefault(row[0], []).append(row)
    counts = session.execute(
        select(Question.case_mark, func.count())
        .join(Unit, Unit.id == Question.owner_unit_id)
        .where(inside[0], inside[1], Question.case_mark.in_(list(cases)))
        .group_by(Question.case_mark)
    )
    whole = {mark: count for mark, count in counts}
    found = []
    for mark, parts in cases.items():
        _, version_id, line, kind, level, question_id = parts[0]
        if len(parts) == whole[mark]:
            ids = tuple(part[1] for part in parts)
            found.append((question_id, Candidate(version_id, line, kind, level, parts=ids)))
    return found


def _with_tags(session: Session, candidates: Sequence[tuple[int, Candidate]]) -> list[Candidate]:
    tags: dict[int, set[str]] = {}
    ids = [question_id for question_id, _ in candidates]
    for start in range(0, len(ids), 500):
        some = select(QuestionTag).where(QuestionTag.question_id.in_(ids[start : start + 500]))
        for row in session.scalars(some):
            tags.setdefault(row.question_id, set()).add(row.tag)
    return [replace(each, tags=frozenset(tags.get(question_id, ()))) for question_id, each in candidates]


def _admitted(rule: DrawRule) -> list[ColumnElement[bool]]:
    wanted = [(Question.line, rule.line), (Question.kind, rule.kind), (Question.difficulty, rule.difficulty)]
    conditions: list[ColumnElement[bool]] = [column == value for column, value in wanted if value]
    if rule.tag:
        conditions.append(Question.id.in_(select(QuestionTag.question_id).where(QuestionTag.tag == rule.tag)))
    return conditions


def find_sheet_rows(session: Session, version_ids: Sequence[int]) -> dict[int, SheetRow]:
    rows = session.execute(
        select(
            QuestionVersion.id, QuestionVersion.kind, QuestionVersion.options, QuestionVersion.material,
            QuestionVersion.question_id,
        ).where(QuestionVersion.id.in_(version_ids))
    )  # fmt: skip
    return {row[0]: SheetRow(*row) for row in rows}


def list_paper_rows(session: Session, paper_id: int) -> list[tuple[SheetRow, int]]:
    """The newest versions of a fixed paper's questions with their points, in order."""
    rows = session.execute(
        select(
            QuestionVersion.id, QuestionVersion.kind, QuestionVersion.options, QuestionVersion.material,
            PaperItem.position, PaperItem.points_millis,
        )
        .select_from(PaperItem)
        .join(Question, Question.id == PaperItem.question_id)
        .join(
            QuestionVersion,
            (QuestionVersion.question_id == Question.id) & (QuestionVersion.number == Question.version),
        )
        .where(PaperItem.paper_id == paper_id)
        .order_by(PaperItem.position)
    )  # fmt: skip
    return [(SheetRow(*row[:-1]), row[-1]) for row in rows]


def find_paper_item(session: Session, paper_id: int, question_id: int) -> PaperItem | None:
    return session.scalars(
        select(PaperItem).where(PaperItem.paper_id == paper_id, PaperItem.question_id == question_id)
    ).one_or_none()


def list_paper_questions(session: Session, paper_id: int) -> list[tuple[int, str, Kind, int]]:
    """(question, stem, kind, points) of a fixed paper in order, for those who keep it."""
    rows = session.execute(
        newest()
        .join(PaperItem, PaperItem.question_id == Question.id)
        .where(PaperItem.paper_id == paper_id)
        .order_by(PaperItem.position)
        .with_only_columns(
            Question.id, QuestionVersion.stem, QuestionVersion.markup, QuestionVersion.kind, PaperItem.points_millis
        )
    )
    return [(id, rich.words(stem, markup), kind, points) for id, stem, markup, kind, points in rows]


def find_paper(session: Session, paper_id: int) -> tuple[Paper, str] | None:
    """The paper and the path of its unit."""
    row = session.execute(
        select(Paper, Unit.path).join(Unit, Unit.id == Paper.owner_unit_id).where(Paper.id == paper_id)
    ).one_or_none()
    return (row[0], row[1]) if row else None


def asks_by_hand(session: Session, paper: Paper) -> bool:
    """Whether an attempt at the paper may have a question that a person grades. A drawing rule for any kind counts as such
    only if the bank has one to draw."""
    kinds = [Question.kind.in_(BY_HAND)]
    if paper.kind is PaperKind.FIXED:
        return bool(ITEMS_OF.first(flushed(session), {"paper": paper.id}).by_hand)
    rules = rules_from(paper.rules)
    if any(rule.kind in BY_HAND for rule in rules if not rule.is_case):
        return True
    drawn = [Question.case_mark != ""] if any(rule.is_case for rule in rules) else []
    drawn += [Question.case_mark == ""] if any(rule.kind is None for rule in rules if not rule.is_case) else []
    there = select(Question.id).where(*kinds, Question.readiness == Readiness.READY, or_(false(), *drawn))
    return session.scalars(there.limit(1)).first() is not None


def is_started(session: Session, paper_id: int) -> bool:
    """Whether anybody has begun an attempt at the paper."""
    return session.scalars(select(Attempt.id).where(Attempt.paper_id == paper_id).limit(1)).first() is not None


def count_starts(session: Session, paper_id: int) -> list[tuple[str, str, int]]:
    """(letter, note, how many attempts) of a paper."""
    rows = session.execute(
        select(Attempt.letter, Attempt.note, func.count())
        .where(Attempt.paper_id == paper_id)
        .group_by(Attempt.letter, Attempt.note)
        .order_by(Attempt.letter, Attempt.note)
    )
    return [(letter, note, count) for letter, note, count in rows]


def count_items(session: Session, paper_id: int) -> int:
    """How many questions a fixed paper has."""
    return int(ITEMS_OF.first(flushed(session), {"paper": paper_id}).questions)


ITEMS_OF = Prepared(
    select(
        func.count().label("questions"),
        func.sum(case((or_(*(Question.kind == kind for kind in BY_HAND)), 1), else_=0)).label("by_hand"),
    )
    .select_from(PaperItem)
    .join(Question, Question.id == PaperItem.question_id)
    .where(PaperItem.paper_id == bindparam("paper"))
)


def list_papers(scope: Scope) -> Select[Paper]:
    return (
        select(Paper)
        .join(Unit, Unit.id == Paper.owner_unit_id)
        .where(scope.units_filter(Unit.path))
        .order_by(Paper.id.desc())
    )


def count_paper_items(session: Session, paper_ids: Sequence[int]) -> dict[int, int]:
    rows = session.execute(
        select(PaperItem.paper_id, func.count()).where(PaperItem.paper_id.in_(paper_ids)).group_by(PaperItem.paper_id)
    )
    return {paper_id: count for paper_id, count in rows}

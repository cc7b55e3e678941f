"""The read side without keys: what candidates may see, and lists for the back office."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from markupsafe import Markup as Html
from sqlalchemy import ColumnElement, Select, bindparam, case, false, func, or_, select
from sqlalchemy.orm import Session

from lms.db import Prepared, flushed, search
from lms.db.bigrams import phrases
from lms.people.access import Scope
from lms.people.line_rules import Line
from lms.people.models import Person, Unit
from lms.quizzes import release_rules, rich
from lms.quizzes.bank_models import QuestionTag
from lms.quizzes.draw_rules import Candidate, DrawRule, rules_from
from lms.quizzes.models import (
    Answer,
    Appeal,
    Attempt,
    AttemptChange,
    AttemptItem,
    AttemptLeave,
    CurrentAnswer,
    KeyCorrection,
    Paper,
    PaperItem,
    Question,
    QuestionImport,
    QuestionVersion,
)  # fmt: skip
from lms.quizzes.rules import BY_HAND, Kind, Markup, PaperKind, Purpose, Readiness, State

# --- questions


def _newest() -> Select[Question, QuestionVersion]:
    return select(Question, QuestionVersion).join(
        QuestionVersion,
        (QuestionVersion.question_id == Question.id) & (QuestionVersion.number == Question.version),
    )


QUESTION = "question"  # the kind of a question's search texts


@dataclass(frozen=True)
class QuestionFilter:
    """None and empty: any. `text`: words that must stand in stem, material or options of the newest version."""

    line: Line | None = None
    kind: Kind | None = None
    difficulty: int | None = None
    text: str = ""
    readiness: Readiness | None = None
    tag: str = ""
    document_id: int | None = None


def list_questions(session: Session, scope: Scope, wanted: QuestionFilter) -> Select[Question]:
    """Questions of the units in scope, newest first."""
    query = select(Question).join(Unit, Unit.id == Question.owner_unit_id).where(scope.units_filter(Unit.path))
    if wanted.line:
        query = query.where(Question.line == wanted.line)
    if wanted.kind:
        query = query.where(Question.kind == wanted.kind)
    if wanted.difficulty:
        query = query.where(Question.difficulty == wanted.difficulty)
    if wanted.readiness:
        query = query.where(Question.readiness == wanted.readiness)
    if wanted.document_id:
        query = query.where(Question.document_id == wanted.document_id)
    if wanted.tag:
        query = query.where(Question.id.in_(select(QuestionTag.question_id).where(QuestionTag.tag == wanted.tag)))
    asked = phrases(wanted.text)
    if wanted.text.strip() and not asked:  # nothing but punctuation, which stands in no index
        query = query.where(false())
    for phrase in asked:
        found = search.subjects(session, QUESTION, phrase)
        query = query.join(found, found.c.subject_id == Question.id)
    return query.order_by(Question.id.desc())


def list_some_questions(
    session: Session, listed: Select[Question], *, before: int | None, limit: int
) -> Sequence[Question]:
    """The questions of a list with ids below `before`, newest first."""
    if before is not None:
        listed = listed.where(Question.id < before)
    return session.scalars(listed.limit(limit)).all()


def find_newest_versions(session: Session, question_ids: Sequence[int]) -> dict[int, QuestionVersion]:
    """Question id → its newest version, for one page of a list."""
    rows = session.execute(_newest().where(Question.id.in_(question_ids)))
    return {question.id: version for question, version in rows}


def list_stems(session: Session, scope: Scope, question_ids: Sequence[int]) -> list[tuple[str, Kind]]:
    """Stem and kind of those of these questions that lie in scope, in the order given."""
    rows = session.execute(
        _newest()
        .join(Unit, Unit.id == Question.owner_unit_id)
        .where(Question.id.in_(question_ids), scope.units_filter(Unit.path))
        .with_only_columns(Question.id, QuestionVersion.stem, QuestionVersion.markup, QuestionVersion.kind)
    )
    found = {id: (rich.words(stem, markup), kind) for id, stem, markup, kind in rows}
    return [found[each] for each in question_ids if each in found]


def find_question(session: Session, question_id: int) -> tuple[Question, str] | None:
    """The question and the path of its unit."""
    row = session.execute(
        select(Question, Unit.path).join(Unit, Unit.id == Question.owner_unit_id).where(Question.id == question_id)
    ).one_or_none()
    return (row[0], row[1]) if row else None


def find_version(session: Session, question_id: int, number: int) -> QuestionVersion | None:
    return session.scalars(
        select(QuestionVersion).where(QuestionVersion.question_id == question_id, QuestionVersion.number == number)
    ).one_or_none()


def list_corrections(session: Session, question_id: int) -> list[tuple[KeyCorrection, int, str, int]]:
    """(correction, number of the version, who, how many scores it changed), newest first."""
    changes = select(func.count()).where(AttemptChange.correction_id == KeyCorrection.id).scalar_subquery()
    rows = session.execute(
        select(KeyCorrection, QuestionVersion.number, Person.name, changes)
        .join(QuestionVersion, QuestionVersion.id == KeyCorrection.version_id)
        .join(Person, Person.id == KeyCorrection.made_by_id)
        .where(QuestionVersion.question_id == question_id)
        .order_by(KeyCorrection.id.desc())
    )
    return [(correction, number, name, count) for correction, number, name, count in rows]


def list_attempt_changes(session: Session, attempt_id: int) -> list[tuple[AttemptChange, str]]:
    """(what a correction changed in the attempt, its reason), in the order in which it happened."""
    rows = session.execute(
        select(AttemptChange, KeyCorrection.reason)
        .join(KeyCorrection, KeyCorrection.id == AttemptChange.correction_id)
        .where(AttemptChange.attempt_id == attempt_id)
        .order_by(AttemptChange.correction_id)
    )
    return [(change, reason) for change, reason in rows]


def find_attempts(session: Session, attempt_ids: Sequence[int]) -> dict[int, tuple[Attempt, int]]:
    """Id → (attempt, pass mark of its paper in percent)."""
    found = {}
    for start in range(0, len(attempt_ids), 500):
        some = select(Attempt, Paper.pass_percent).join(Paper, Paper.id == Attempt.paper_id)
        for attempt, percent in session.execute(some.where(Attempt.id.in_(attempt_ids[start : start + 500]))):
            found[attempt.id] = (attempt, percent)
    return found


def count_questions_of(session: Session, owner_unit_id: int, question_ids: Sequence[int]) -> int:
    """How many of these are ready questions of the unit or one below it."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Question)
            .join(Unit, Unit.id == Question.owner_unit_id)
            .where(Question.id.in_(question_ids), Unit.path.startswith(_path_of(session, owner_unit_id)))
            .where(Question.readiness == Readiness.READY)
        )
        or 0
    )


def known_fingerprints(session: Session, owner_unit_id: int, fingerprints: Sequence[str]) -> set[str]:
    return set(
        session.scalars(
            select(Question.fingerprint).where(
                Question.owner_unit_id == owner_unit_id, Question.fingerprint.in_(fingerprints)
            )
        )
    )


def _path_of(session: Session, unit_id: int) -> str:
    return session.scalars(select(Unit.path).where(Unit.id == unit_id)).one()


# --- papers


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
    size, path = sum(rule.count for rule in rules), _path_of(session, owner_unit_id)
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
        _newest()
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


# --- attempts


def find_last_attempt(session: Session, person_id: int, purpose: Purpose, subject_id: int) -> Attempt | None:
    values = {"person": person_id, "of_purpose": purpose, "subject": subject_id}
    return session.scalars(_LAST_ATTEMPT, values).first()


_LAST_ATTEMPT = (
    select(Attempt)
    .where(Attempt.person_id == bindparam("person"), Attempt.purpose == bindparam("of_purpose"))
    .where(Attempt.subject_id == bindparam("subject"))
    .order_by(Attempt.number.desc())
    .limit(1)
    .execution_options(populate_existing=True)
)


def list_attempts(session: Session, person_id: int, purpose: Purpose, subject_id: int) -> Sequence[Attempt]:
    """A person's attempts at a subject, newest first."""
    return session.scalars(
        select(Attempt)
        .where(Attempt.person_id == person_id, Attempt.purpose == purpose, Attempt.subject_id == subject_id)
        .order_by(Attempt.number.desc())
    ).all()


def list_own_attempts(session: Session, person_id: int, *, before: int | None, limit: int) -> Sequence[Attempt]:
    """A person's attempts with ids below `before`, newest first."""
    query = select(Attempt).where(Attempt.person_id == person_id)
    if before is not None:
        query = query.where(Attempt.id < before)
    return session.scalars(query.order_by(Attempt.id.desc()).limit(limit)).all()


def find_own_attempt(session: Session, person_id: int, attempt_id: int) -> Attempt | None:
    return session.scalars(_OWN_ATTEMPT, {"attempt": attempt_id, "person": person_id}).one_or_none()


_OWN_ATTEMPT = (
    select(Attempt)
    .where(Attempt.id == bindparam("attempt"), Attempt.person_id == bindparam("person"))
    .execution_options(populate_existing=True)
)


def count_attempts_on(session: Session, last: Attempt, on: date) -> int:
    """How many attempts up to `last` its person has started at its subject on a Shanghai day."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Attempt)
            .where(Attempt.person_id == last.person_id, Attempt.purpose == last.purpose)
            .where(Attempt.subject_id == last.subject_id, Attempt.number <= last.number, Attempt.started_on == on)
        )
        or 0
    )


def list_due_attempts(session: Session, before: datetime, *, after: int, limit: int) -> Sequence[int]:
    """Ids above `after` of open attempts whose deadline lies before the instant."""
    return session.scalars(
        select(Attempt.id)
        .where(Attempt.state == State.OPEN, Attempt.deadline_at < before, Attempt.id > after)
        .order_by(Attempt.id)
        .limit(limit)
    ).all()


def has_position(session: Session, attempt_id: int, position: int) -> bool:
    return session.get(AttemptItem, (attempt_id, position)) is not None


def count_late_answers(session: Session, attempt_id: int) -> int:
    query = select(func.count()).select_from(Answer)
    return session.scalar(query.where(Answer.attempt_id == attempt_id, Answer.is_counted.is_(False))) or 0


def find_leave_marks(session: Session, attempt_id: int) -> set[str]:
    return set(session.scalars(select(AttemptLeave.mark).where(AttemptLeave.attempt_id == attempt_id)))


@dataclass(frozen=True)
class ShownQuestion:
    """A question as its candidate sees it: options as (number, text) in the stored order, and the current answer."""

    position: int
    kind: Kind
    stem: str
    options: list[tuple[int, str]]
    prompts: list[str]
    material: str
    unit: str
    blanks: int
    points_millis: int
    choice: list[int | str]
    sequence: int
    markup: Markup = Markup.PLAIN

    @property
    def is_rich(self) -> bool:
        return self.markup is Markup.RICH

    def blocks(self, text: str) -> Html:
        """A stem, a material or an explanation of the question, ready for the page."""
        return rich.blocks(text, self.markup)

    def inline(self, text: str) -> Html:
        """An option or a prompt, ready for the page."""
        return rich.inline(text, self.markup)

    @property
    def inline_options(self) -> list[tuple[int, Html]]:
        """The options ready for the page, as shown."""
        return [(number, rich.inline(text, self.markup)) for number, text in self.options]

    def words(self, text: str) -> str:
        """A text of the question where no more than words can stand."""
        return rich.words(text, self.markup)

    @property
    def is_answered(self) -> bool:
        return any(str(each).strip() and each != -1 for each in self.choice)

    @property
    def items(self) -> list[tuple[int, str]]:
        """The options of an ordering question in the order chosen, before that in the order shown."""
        texts = dict(self.options)
        if sorted(texts) != sorted(each for each in self.choice if isinstance(each, int)):
            return self.options
        return [(number, texts[number]) for number in self.choice if isinstance(number, int)]


@dataclass(frozen=True)
class Case:
    """Questions that follow each other and share a material; a question that stands alone is a case without one."""

    material: str
    questions: list[ShownQuestion]


def cases_of(questions: Sequence[ShownQuestion]) -> list[Case]:
    """The questions of an attempt, in order, with every material once."""
    cases: list[Case] = []
    for question in questions:
        if question.material and cases and cases[-1].material == question.material:
            cases[-1].questions.append(question)
        else:
            cases.append(Case(question.material, [question]))
    return cases


def has_ungraded(session: Session, attempt_id: int) -> bool:
    """Whether a question of an attempt that has ended still waits for a person, so that its score is provisional."""
    query = select(AttemptItem.position).where(AttemptItem.attempt_id == attempt_id, AttemptItem.fraction.is_(None))
    return session.scalars(query.limit(1)).first() is not None


SHOWN = Prepared(
    select(
        AttemptItem.position, QuestionVersion.kind, QuestionVersion.stem, QuestionVersion.options,
        QuestionVersion.prompts, QuestionVersion.material, QuestionVersion.unit, QuestionVersion.blanks,
        AttemptItem.option_order,
        AttemptItem.points_millis, CurrentAnswer.choice, CurrentAnswer.sequence, QuestionVersion.markup,
    )
    .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
    .outerjoin(
        CurrentAnswer,
        (CurrentAnswer.attempt_id == AttemptItem.attempt_id) & (CurrentAnswer.position == AttemptItem.position),
    )
    .where(AttemptItem.attempt_id == bindparam("attempt"))
    .order_by(AttemptItem.position)
)  # fmt: skip


def list_shown_questions(session: Session, attempt_id: int) -> list[ShownQuestion]:
    """The questions of an attempt without anything that must wait for release."""
    rows = SHOWN.rows(flushed(session), {"attempt": attempt_id})
    return [
        ShownQuestion(
            position, kind, stem, [(number, options[number]) for number in order], prompts, material, unit, blanks, points,
            json.loads(choice) if choice else [], sequence or 0, markup,
        )
        for position, kind, stem, options, prompts, material, unit, blanks, order, points, choice, sequence, markup in rows
    ]  # fmt: skip


RELEASE = Prepared(select(Paper.is_released_by_hand, Paper.released_at).where(Paper.id == bindparam("paper")))


def as_shown(version: QuestionVersion, points_millis: int = 10_000, position: int = 1) -> ShownQuestion:
    """A version as a candidate would see it, with the options in their own order."""
    return ShownQuestion(
        position, version.kind, version.stem, list(enumerate(version.options)), version.prompts, version.material,
        version.unit, version.blanks, points_millis, [], 0, version.markup,
    )  # fmt: skip


def visible_parts(session: Session, attempt: Attempt, now: datetime) -> frozenset[release_rules.Part]:
    """What its candidate may see of the attempt now. A mock round has nothing that is marked or released by hand."""
    paper = RELEASE.first(flushed(session), {"paper": attempt.paper_id})
    is_by_hand = paper.is_released_by_hand and attempt.purpose is not Purpose.MOCK
    return release_rules.visible(
        attempt.state, attempt.release_at, is_by_hand=is_by_hand, released_at=paper.released_at, now=now
    )


# --- appeals


def _appeals(scope: Scope) -> Select[Appeal]:
    return (
        select(Appeal)
        .join(Attempt, Attempt.id == Appeal.attempt_id)
        .join(Paper, Paper.id == Attempt.paper_id)
        .join(Unit, Unit.id == Paper.owner_unit_id)
        .where(scope.units_filter(Unit.path))
    )


def list_appeals(scope: Scope) -> Select[Appeal]:
    """Appeals against papers in scope: those without an answer first, each kind by age."""
    return _appeals(scope).order_by(Appeal.is_upheld.is_not(None), Appeal.id)


def count_open_appeals(session: Session, scope: Scope) -> int:
    return (
        session.scalar(select(func.count()).select_from(_appeals(scope).where(Appeal.is_upheld.is_(None)).subquery()))
        or 0
    )


def find_appeal(session: Session, appeal_id: int) -> tuple[Appeal, str] | None:
    """The appeal and the path of its paper's unit."""
    row = session.execute(
        select(Appeal, Unit.path)
        .join(Attempt, Attempt.id == Appeal.attempt_id)
        .join(Paper, Paper.id == Attempt.paper_id)
        .join(Unit, Unit.id == Paper.owner_unit_id)
        .where(Appeal.id == appeal_id)
    ).one_or_none()
    return (row[0], row[1]) if row else None


@dataclass(frozen=True)
class Appealed:
    """What an appeal is about, for those who answer it."""

    person: str
    paper: str
    question_id: int
    stem: str


def find_appealed(session: Session, appeals: Sequence[Appeal]) -> dict[int, Appealed]:
    """Appeal id → what it is about, for one page of a list."""
    rows = session.execute(
        select(Appeal.id, Person.name, Paper.title, QuestionVersion.question_id, QuestionVersion.stem)
        .join(Attempt, Attempt.id == Appeal.attempt_id)
        .join(Person, Person.id == Attempt.person_id)
        .join(Paper, Paper.id == Attempt.paper_id)
        .join(AttemptItem, (AttemptItem.attempt_id == Appeal.attempt_id) & (AttemptItem.position == Appeal.position))
        .join(QuestionVersion, QuestionVersion.id == AttemptItem.version_id)
        .where(Appeal.id.in_([appeal.id for appeal in appeals]))
    )
    return {id: Appealed(person, paper, question, stem) for id, person, paper, question, stem in rows}


def list_own_appeals(session: Session, attempt_id: int) -> dict[int, Appeal]:
    """Position → the appeal of the attempt's person."""
    return {a.position: a for a in session.scalars(select(Appeal).where(Appeal.attempt_id == attempt_id))}


# --- imports


def find_import(session: Session, import_id: int) -> QuestionImport | None:
    return session.get(QuestionImport, import_id)

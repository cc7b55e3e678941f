"""Imports: read first, looked at, then the chosen rows are added in small transactions. Doing it twice adds nothing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import insert, update
from sqlalchemy.orm import Session

from lms.db import MakeSession, changed, search, unit_of_work
from lms.errors import Conflict, Invalid
from lms.people.line_rules import Line, line_of
from lms.quizzes import document_queries, queries
from lms.quizzes.importing.normal import Reading
from lms.quizzes.models import AnswerKey, Question, QuestionImport, QuestionVersion
from lms.quizzes.queries import QUESTION
from lms.quizzes.rules import Kind, Marking, Readiness, case_mark, marking_from
from lms.quizzes.services.bank import Content, texts_of
from lms.tasks import services as tasks
from lms.tasks.services import TaskContext

_USUAL = Marking()
CHUNK = 200  # rows in one transaction
TASK_KIND = "questions.import"


def keep_reading(
    session: Session, reading: Reading, *, name: str, line: Line, owner_unit_id: int, person_id: int, now: datetime
) -> QuestionImport:
    """Stores what was read for the preview. `line` is for questions that name none of ours."""
    kept = QuestionImport(
        owner_unit_id=owner_unit_id,
        person_id=person_id,
        name=name[:120],
        line=line,
        reading={
            "questions": [vars(question) | {"kind": question.kind.value} for question in reading.questions],
            "errors": [asdict(problem) for problem in reading.errors],
        },
        created_at=now,
    )
    session.add(kept)
    session.flush()  # the preview is shown under its number
    return kept


def choose_rows(session: Session, kept: QuestionImport, numbers: Collection[int] | None, *, now: datetime) -> None:
    """Imports the questions with these numbers (places in the reading, None = all): at once when one transaction holds them,
    otherwise by a task. Raises Invalid for none, Conflict when they were chosen before."""
    count = len(kept.reading["questions"])
    chosen = sorted({n for n in numbers if 0 <= n < count}) if numbers is not None else list(range(count))
    if not chosen:
        raise Invalid("至少选一道题再导入。", field="rows")
    taken = (
        update(QuestionImport)
        .where(QuestionImport.id == kept.id, QuestionImport.started_at.is_(None))
        .values(chosen=chosen, started_at=now)
        .execution_options(synchronize_session=False)
    )
    if not changed(session.execute(taken)):
        raise Conflict("这份内容已经导入过了。")
    session.refresh(kept)
    if len(chosen) > CHUNK:
        title = f"导入试题：{kept.name}"
        tasks.enqueue(session, TASK_KIND, {"import": kept.id}, owner_id=kept.person_id, title=title, now=now)
        return
    rows = [kept.reading["questions"][n] for n in chosen]
    kept.added, kept.known = add_drafts(
        session, rows, owner_unit_id=kept.owner_unit_id, line=kept.line, by_id=kept.person_id, now=now
    )
    kept.finished_at = now


def run_import(context: TaskContext) -> dict[str, Any]:
    """The task: chunks of CHUNK rows, each a transaction; killed at any point it can run again from the start."""
    with context.make_session() as session:
        kept = session.get_one(QuestionImport, context.input["import"])
        rows = [kept.reading["questions"][n] for n in kept.chosen or []]
    added = known = 0
    for start in range(0, len(rows), CHUNK):
        new, old = _import_chunk(context.make_session, kept, rows[start : start + CHUNK], context.now)
        added, known = added + new, known + old
        context.progress(min(start + CHUNK, len(rows)), len(rows))
    with unit_of_work(context.make_session) as session:
        done = {"added": added, "known": known, "finished_at": context.now}
        session.execute(update(QuestionImport).where(QuestionImport.id == kept.id).values(**done))
    return {"added": added, "known": known}


def _import_chunk(
    make_session: MakeSession, kept: QuestionImport, rows: Sequence[Mapping[str, Any]], now: datetime
) -> tuple[int, int]:
    with unit_of_work(make_session) as session:
        return add_drafts(
            session, rows, owner_unit_id=kept.owner_unit_id, line=kept.line, by_id=kept.person_id, now=now
        )


def add_drafts(
    session: Session,
    rows: Sequence[Mapping[str, Any]],
    *,
    owner_unit_id: int,
    line: Line,
    by_id: int | None,
    now: datetime,
) -> tuple[int, int]:
    """(added, already known). Rows that read like a question of the bank, or like an earlier row, are passed over."""
    contents: dict[str, tuple[Content, Line]] = {}
    for row in rows:
        content = _content(row)
        contents.setdefault(content.fingerprint, (content, line_of(row["line"]) or line))
    known = queries.known_fingerprints(session, owner_unit_id, list(contents))
    new = [(mark, content, its_line) for mark, (content, its_line) in contents.items() if mark not in known]
    if new:
        _insert(session, new, owner_unit_id=owner_unit_id, by_id=by_id, now=now)
    return len(new), len(rows) - len(new)


def _content(row: Mapping[str, Any]) -> Content:
    return Content(
        kind=Kind(row["kind"]),
        stem=row["stem"],
        options=row["options"],
        key=row["key"],
        explanation=row["explanation"],
        basis=row["basis"],
        difficulty=row["difficulty"],
        prompts=row.get("prompts", ()),
        material=row.get("material", ""),
        marking=marking_from(row.get("marking", {})),
    )


def _insert(
    session: Session,
    new: Sequence[tuple[str, Content, Line]],
    *,
    owner_unit_id: int,
    by_id: int | None,
    now: datetime,
) -> None:
    links = document_queries.find_links(session, owner_unit_id)
    questions = [
        {
            "owner_unit_id": owner_unit_id, "line": line, "kind": content.kind, "difficulty": content.difficulty,
            "version": 1, "fingerprint": mark, "readiness": Readiness.READY, "case_mark": case_mark(content.material),
            "document_id": links.of(content.basis), "created_by_id": by_id, "created_at": now, "changed_at": now,
        }
        for mark, content, line in new
    ]  # fmt: skip
    ids = session.scalars(insert(Question).returning(Question.id, sort_by_parameter_order=True), questions).all()
    versions = [
        {
            "question_id": question_id, "number": 1, "kind": content.kind, "markup": content.markup,
            "stem": content.stem.strip(), "unit": content.unit,
            "options": list(content.options), "prompts": list(content.prompts), "material": content.material.strip(),
            "blanks": content.blanks,
            "created_by_id": by_id, "created_at": now,
        }
        for question_id, (_, content, _) in zip(ids, new, strict=True)
    ]  # fmt: skip
    made = insert(QuestionVersion).returning(QuestionVersion.id, sort_by_parameter_order=True)
    version_ids = session.scalars(made, versions).all()
    keys = [
        {
            "version_id": id,
            "key": list(content.key),
            "marking": {} if content.marking == _USUAL else content.marking.stored(),
            "explanation": content.explanation.strip(),
            "basis": dict(content.basis),
        }
        for id, (_, content, _) in zip(version_ids, new, strict=True)
    ]
    session.execute(insert(AnswerKey), keys)
    entries = {id: texts_of(content) for id, (_, content, _) in zip(ids, new, strict=True)}
    search.put_new(session, QUESTION, entries)

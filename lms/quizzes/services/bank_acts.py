"""What is done to questions besides rewriting them: standing, line, difficulty and tags; one or many, recorded, and taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.db import changed
from lms.errors import Conflict, Invalid
from lms.people.line_rules import LINE_NAMES, Line
from lms.quizzes import bank_queries, key_queries
from lms.quizzes.bank_models import QuestionBatch, QuestionChange, QuestionTag
from lms.quizzes.models import Question
from lms.quizzes.rules import DIFFICULTY_LABELS, MAX_TAGS, READINESS_LABELS, Readiness
from lms.quizzes.services.bank import Content, edit_question

MOST_AT_ONCE = 500


@dataclass(frozen=True)
class Wish:
    """What questions shall become; None and empty leave things as they are."""

    line: Line | None = None
    difficulty: int | None = None
    readiness: Readiness | None = None
    add_tags: Sequence[str] = ()
    remove_tags: Sequence[str] = ()

    @property
    def words(self) -> str:
        """条线改为耕地保护，加标签 执法."""
        said = [
            f"条线改为{LINE_NAMES[self.line]}" if self.line else "",
            f"难度改为{DIFFICULTY_LABELS[self.difficulty]}" if self.difficulty else "",
            f"状态改为{READINESS_LABELS[self.readiness]}" if self.readiness else "",
            f"加标签 {'、'.join(self.add_tags)}" if self.add_tags else "",
            f"去掉标签 {'、'.join(self.remove_tags)}" if self.remove_tags else "",
        ]
        return "，".join(part for part in said if part)

    def applied(self, before: Mapping[str, Any]) -> dict[str, Any]:
        tags = [tag for tag in before["tags"] if tag not in self.remove_tags]
        return {
            "line": self.line.value if self.line else before["line"],
            "difficulty": self.difficulty or before["difficulty"],
            "readiness": self.readiness.value if self.readiness else before["readiness"],
            "tags": sorted({*tags, *self.add_tags}),
        }


def facts_of(question: Question, tags: Sequence[str]) -> dict[str, Any]:
    """What a change may touch, as JSON."""
    return {
        "line": question.line.value,
        "difficulty": question.difficulty,
        "readiness": question.readiness.value,
        "tags": sorted(tags),
    }


def change_question(
    session: Session, question: Question, wish: Wish, *, by_id: int | None, now: datetime, note: str = ""
) -> None:
    """One question becomes what is wished, with a line in its history."""
    _apply(session, [question], wish, by_id=by_id, now=now, note=note)


def edit(
    session: Session,
    question: Question,
    content: Content,
    *,
    line: Line,
    tags: Sequence[str],
    by_id: int | None,
    now: datetime,
) -> None:
    """The next version, with these tags and no others. When only line, difficulty or tags differ, there is no new version.
    Raises what `edit_question` raises."""
    had = bank_queries.find_tags(session, [question.id]).get(question.id, [])
    gone = [tag for tag in had if tag not in tags]
    wish = Wish(line, content.difficulty, add_tags=tags, remove_tags=gone)
    version, key = key_queries.find_key(session, question)
    is_new = not content.says_the_same(version, key)
    change_question(session, question, wish, by_id=by_id, now=now)
    if is_new:
        edit_question(session, question, content, line=line, by_id=by_id, now=now)


def change_many(
    session: Session, questions: Sequence[Question], wish: Wish, *, owner_unit_id: int, by_id: int, now: datetime
) -> QuestionBatch:
    """All of them at once, as one act that can be taken back. `count` says how many really changed."""
    if not wish.words:
        raise Invalid("选一项要改的内容。", field="line")
    if not 0 < len(questions) <= MOST_AT_ONCE:
        raise Invalid(f"一次改 1 到 {MOST_AT_ONCE} 道题。", field="ids")
    batch = QuestionBatch(owner_unit_id=owner_unit_id, what=wish.words[:300], count=0, made_by_id=by_id, made_at=now)
    session.add(batch)
    session.flush()  # its changes name it
    batch.count = _apply(session, questions, wish, by_id=by_id, now=now, batch_id=batch.id)
    audit.record(
        session,
        by_id,
        "question.batch",
        f"question_batch:{batch.id}",
        {"what": batch.what, "count": batch.count},
        now=now,
    )
    return batch


def undo_batch(session: Session, batch: QuestionBatch, *, by_id: int, now: datetime) -> tuple[int, int]:
    """(restored, left alone): a question that somebody changed since keeps what it has. Raises Conflict the second time."""
    done = update(QuestionBatch).where(QuestionBatch.id == batch.id, QuestionBatch.undone_at.is_(None))
    rows = session.scalars(select(QuestionChange).where(QuestionChange.batch_id == batch.id)).all()
    ids = [row.question_id for row in rows]
    questions, tags = bank_queries.find_questions(session, ids), bank_queries.find_tags(session, ids)
    back = {}
    for row in rows:
        question = questions[row.question_id]
        now_is = facts_of(question, tags.get(question.id, []))
        if all(now_is[name] == after for name, (_, after) in row.changes.items()):
            back[question.id] = now_is | {name: before for name, (before, _) in row.changes.items()}
    if not changed(session.execute(done.values(undone_at=now, undone_by_id=by_id))):
        raise Conflict("这次批量修改已经撤销过了。")
    for question_id, wanted in back.items():
        _store(
            session,
            questions[question_id],
            tags.get(question_id, []),
            wanted,
            by_id=by_id,
            now=now,
            note="撤销批量修改",
        )
    session.flush()  # the page shows them as they are now
    audit.record(session, by_id, "question.batch_undone", f"question_batch:{batch.id}", {"count": len(back)}, now=now)
    return len(back), len(rows) - len(back)


def _apply(
    session: Session,
    questions: Sequence[Question],
    wish: Wish,
    *,
    by_id: int | None,
    now: datetime,
    note: str = "",
    batch_id: int | None = None,
) -> int:
    tags = bank_queries.find_tags(session, [question.id for question in questions])
    count = 0
    for question in questions:
        had = tags.get(question.id, [])
        wanted = wish.applied(facts_of(question, had))
        count += _store(session, question, had, wanted, by_id=by_id, now=now, note=note, batch_id=batch_id)
    session.flush()  # the page shows them as they are now
    return count


def _store(
    session: Session,
    question: Question,
    had: Sequence[str],
    wanted: Mapping[str, Any],
    *,
    by_id: int | None,
    now: datetime,
    note: str = "",
    batch_id: int | None = None,
) -> bool:
    """False when nothing is different."""
    before = facts_of(question, had)
    different = {name: [before[name], wanted[name]] for name in before if before[name] != wanted[name]}
    if not different:
        return False
    if len(wanted["tags"]) > MAX_TAGS:
        raise Invalid(f"一道题最多 {MAX_TAGS} 个标签。", field="tags")
    question.line, question.difficulty = Line(wanted["line"]), wanted["difficulty"]
    question.readiness, question.changed_at = Readiness(wanted["readiness"]), now
    if question.readiness is not Readiness.READY:
        question.review_since, question.review_reason = None, ""
    _store_tags(session, question.id, had, wanted["tags"])
    session.add(
        QuestionChange(
            question_id=question.id,
            batch_id=batch_id,
            changes=different,
            note=note[:300],
            made_by_id=by_id,
            made_at=now,
        )
    )
    return True


def _store_tags(session: Session, question_id: int, had: Sequence[str], wanted: Sequence[str]) -> None:
    gone, new = set(had) - set(wanted), set(wanted) - set(had)
    if gone:
        session.execute(
            delete(QuestionTag).where(QuestionTag.question_id == question_id, QuestionTag.tag.in_(sorted(gone)))
        )
    if new:
        session.execute(insert(QuestionTag), [{"question_id": question_id, "tag": tag} for tag in sorted(new)])


def confirm_still_holds(session: Session, question: Question, *, by_id: int, now: datetime) -> None:
    """Somebody looked: the question holds although its source was superseded."""
    question.review_since, reason = None, question.review_reason
    question.review_reason = ""
    session.add(
        QuestionChange(
            question_id=question.id, changes={}, note=f"复核：仍然适用（{reason}）"[:300], made_by_id=by_id, made_at=now
        )
    )
    session.flush()  # the list no longer shows it

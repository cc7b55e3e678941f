"""A wrong key is found: the key is corrected once, and every attempt that met it is marked again by replaying its answers.

The correction and its audit record stand at once; the attempts follow in a task, in small transactions that may be repeated.
Attempts that are still open, and later ones, are marked by what stands when they end.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, cast

from sqlalchemy import Table, bindparam, select, update
from sqlalchemy.orm import Session

from lms.audit import services as audit
from lms.clock import now as clock_now
from lms.db import changed, insert_ignore, unit_of_work
from lms.errors import Conflict, Invalid, NotFound
from lms.notices import services as notices
from lms.quizzes import key_queries, queries
from lms.quizzes.content_rules import faults
from lms.quizzes.models import (
    AnswerKey,
    Attempt,
    AttemptChange,
    AttemptItem,
    KeyCorrection,
    Paper,
    PaperItem,
    Question,
    QuestionVersion,
)
from lms.quizzes.regrade_rules import KEY_ACTS, Act, Change, Marked, Standing, corrected, replay, reprice
from lms.quizzes.rules import BY_HAND, Key
from lms.quizzes.services import practice
from lms.tasks import services as tasks
from lms.tasks.models import Task
from lms.tasks.services import Run, TaskContext

CHUNK = 200  # attempts in one transaction
TASK_KIND = "questions.regrade"

Resettle = Callable[[Session, Sequence[Attempt], str, datetime], None]
"""(session, attempts whose score is another one now, reason, now): what follows, in the same transaction."""

Publish = Callable[[TaskContext, KeyCorrection], None]
"""(context, correction, whose attempts are all marked again): what was approved to be published follows."""

_ITEMS = cast(Table, AttemptItem.__table__)
_STORE = (
    _ITEMS.update()
    .where(_ITEMS.c.attempt_id == bindparam("of_attempt"), _ITEMS.c.position == bindparam("at"))
    .values(
        fraction=bindparam("new_fraction"), score_millis=bindparam("new_score"), points_millis=bindparam("new_points")
    )
)


def proposed(session: Session, version: QuestionVersion, act: Act, key: Key) -> Standing:
    """What would stand. Raises Invalid for a key that does not fit the version, or when nothing would change."""
    if version.kind in BY_HAND:
        raise Invalid("简答题由人评分，没有可以更正的答案。", field="key")
    stands = key_queries.find_standing(session, version.id)
    after = corrected(stands, act, key)
    if act is not Act.VOID:
        for fault in faults(
            version.kind, version.stem, version.options, key, prompts=version.prompts, marking=after.marking
        ):
            raise Invalid(f"{fault.message}。", field="key")
    if after == stands:
        raise Invalid("和现在的答案一样，没有要更正的。", field="key")
    return after


def mark_of(standing: Standing) -> str:
    """A short name of what stands, by which a form says what its reader saw."""
    return hashlib.sha256(json.dumps(_stored(standing), sort_keys=True, ensure_ascii=False).encode()).hexdigest()[:16]


def list_changes(session: Session, version: QuestionVersion, stands: Standing) -> list[Change]:
    """What marking every ended attempt again would change."""
    more = partial(key_queries.list_marked, session, version.id)
    return [change for rows in _chunks(more, 10 * CHUNK) for change in replay(rows, stands)]


def list_point_changes(session: Session, paper: Paper, question: Question, points_millis: int) -> list[Change]:
    """What it would change if the question were worth so much on this paper."""
    more = partial(key_queries.list_marked_on_paper, session, paper.id, question.id)
    return [change for rows in _chunks(more, 10 * CHUNK) for change in reprice(rows, points_millis)]


def _chunks(more: Callable[..., list[Marked]], size: int) -> Iterator[list[Marked]]:
    after = 0
    while rows := more(after=after, limit=size):
        after = rows[-1].attempt_id
        yield rows


def correct(
    session: Session,
    version: QuestionVersion,
    act: Act,
    key: Key,
    *,
    before: Standing,
    reason: str,
    by_id: int,
    now: datetime,
) -> tuple[KeyCorrection, Task]:
    """What was proposed stands from now on, and the attempts will be marked again. `before` is what the preview spoke of: raises
    Conflict when something else stands by now, Invalid as `proposed` does and without a reason."""
    if not reason.strip():
        raise Invalid("写明更正的原因，会告诉受影响的人。", field="reason")
    after = proposed(session, version, act, key)
    correction = KeyCorrection(
        version_id=version.id, act=act, before=_stored(before), after=_stored(after), reason=reason.strip(), made_by_id=by_id,
        made_at=now,
    )  # fmt: skip
    session.add(correction)
    session.flush()  # from here on nobody else writes, so the key that is read now stays
    kept = session.scalars(
        select(AnswerKey)
        .where(AnswerKey.version_id == version.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()
    if key_queries.find_standing(session, version.id) != before:
        raise Conflict("这道题的答案刚刚被别人更正过，请重新预览。")
    kept.key, kept.marking = correction.after["key"], correction.after["marking"]
    detail = {"act": act.value, "before": correction.before, "after": correction.after, "reason": correction.reason}
    audit.record(session, by_id, "question.correct", f"question:{version.question_id}", detail, now=now)
    title = f"重新计分：第 {version.question_id} 号题"
    return correction, tasks.enqueue(
        session, TASK_KIND, {"correction": correction.id}, owner_id=by_id, title=title, now=now
    )


def correct_points(
    session: Session, paper: Paper, question: Question, points_millis: int, *, reason: str, by_id: int, now: datetime
) -> Task:
    """The question is worth so much on this fixed paper from now on, and the attempts will be counted again. Raises Invalid for no
    reason, an impossible figure or none that is new, NotFound when it does not stand on the paper."""
    if not reason.strip():
        raise Invalid("写明更正的原因，会告诉受影响的人。", field="reason")
    item = queries.find_paper_item(session, paper.id, question.id)
    if item is None:
        raise NotFound()
    if not 0 <= points_millis <= 100_000:
        raise Invalid("分值从 0 到 100 分。", field="points")
    if item.points_millis == points_millis:
        raise Invalid("和现在的分值一样，没有要更正的。", field="points")
    version = queries.find_version(session, question.id, question.version)
    assert version is not None
    before, after = ({"paper": paper.id, "points_millis": value} for value in (item.points_millis, points_millis))
    correction = KeyCorrection(
        version_id=version.id,
        act=Act.POINTS,
        before=before,
        after=after,
        reason=reason.strip(),
        made_by_id=by_id,
        made_at=now,
    )
    session.add(correction)
    session.flush()  # the task is told its number
    worth = update(PaperItem).where(PaperItem.id == item.id, PaperItem.points_millis == before["points_millis"])
    if not changed(
        session.execute(worth.values(points_millis=points_millis).execution_options(synchronize_session=False))
    ):
        raise Conflict("分值刚刚被别人更正过，请重新预览。")
    detail = {"act": Act.POINTS.value, "before": before, "after": after, "reason": correction.reason}
    audit.record(session, by_id, "question.correct", f"question:{question.id}", detail, now=now)
    title = f"重新计分：《{paper.title}》的一道题改分值"
    return tasks.enqueue(session, TASK_KIND, {"correction": correction.id}, owner_id=by_id, title=title, now=now)


def _stored(standing: Standing) -> dict[str, Any]:
    key = [each if isinstance(each, int) else list(each) for each in standing.key]
    return {"key": key, "marking": standing.marking.stored()}


def regrade_task(resettle: Resettle, publish: Publish = lambda context, correction: None) -> Run:
    """The task's function; `resettle` and `publish` are lms/outcomes.py's. Killed at any point it can run again from the start."""

    def run(context: TaskContext) -> dict[str, Any]:
        with context.make_session() as session:
            correction = session.get_one(KeyCorrection, context.input["correction"])
            chunks = list(_changes(session, correction))
        done = count = 0
        for met, changes in chunks:
            with unit_of_work(context.make_session) as session:
                count += _mark_again(session, correction, changes, resettle, clock_now())
            done += met
            context.progress(done, sum(met for met, _ in chunks))
        if correction.act in KEY_ACTS:
            _mark_practice_again(context, correction.version_id)
        publish(context, correction)
        with unit_of_work(context.make_session) as session:
            ended = update(KeyCorrection).where(KeyCorrection.id == correction.id).values(finished_at=clock_now())
            session.execute(ended)
        return {"marked": done, "changed": count}

    return run


def _changes(session: Session, correction: KeyCorrection) -> Iterator[tuple[int, list[Change]]]:
    """(attempts met, what is another one in them) in chunks, by what stands now."""
    if correction.act is Act.POINTS:
        question_id = session.get_one(QuestionVersion, correction.version_id).question_id
        more = partial(key_queries.list_marked_on_paper, session, correction.after["paper"], question_id)
        for rows in _chunks(more, CHUNK):
            yield len(rows), reprice(rows, correction.after["points_millis"])
        return
    stands = key_queries.find_standing(session, correction.version_id)
    for rows in _chunks(partial(key_queries.list_marked, session, correction.version_id), CHUNK):
        yield len(rows), replay(rows, stands)


def _mark_practice_again(context: TaskContext, version_id: int) -> None:
    """Whose practice met the wrong key does not keep a question in the wrong-question book for it. Nobody else is told."""
    after = 0
    while True:
        with unit_of_work(context.make_session) as session:
            version = session.get_one(QuestionVersion, version_id)
            after = practice.mark_again(session, version, after=after, limit=CHUNK)
        if not after:
            return


def _mark_again(
    session: Session, correction: KeyCorrection, changes: Sequence[Change], resettle: Resettle, now: datetime
) -> int:
    """Stores the changes with what stood before, tells whom they concern, and what follows from them."""
    kept = [change for change in changes if _keep(session, correction, change, now)]
    if not kept:
        return 0
    values = [
        {
            "of_attempt": c.attempt_id,
            "at": c.position,
            "new_fraction": c.new_fraction,
            "new_score": c.score_millis,
            "new_points": c.points_millis,
        }
        for c in kept
    ]
    session.execute(_STORE, values)
    for change in kept:
        by = change.new_total_millis - change.old_total_millis
        session.execute(
            update(Attempt)
            .where(Attempt.id == change.attempt_id)
            .values(score_millis=Attempt.score_millis + by, max_millis=Attempt.max_millis + change.points_more)
            .execution_options(synchronize_session=False)
        )
    ids = [change.attempt_id for change in kept]
    attempts = session.scalars(
        select(Attempt).where(Attempt.id.in_(ids)).order_by(Attempt.id).execution_options(populate_existing=True)
    ).all()
    for attempt, change in zip(attempts, sorted(kept, key=lambda c: c.attempt_id), strict=True):
        if change.old_total_millis != change.new_total_millis:
            _tell(session, attempt, change, now)
    resettle(session, attempts, correction.reason, now)
    return len(kept)


def _keep(session: Session, correction: KeyCorrection, change: Change, now: datetime) -> bool:
    """False when another run of the same task was here before."""
    row = {
        "correction_id": correction.id, "attempt_id": change.attempt_id, "position": change.position,
        "old_fraction": change.old_fraction, "new_fraction": change.new_fraction,
        "old_score_millis": change.old_total_millis, "new_score_millis": change.new_total_millis, "changed_at": now,
    }  # fmt: skip
    return insert_ignore(session, AttemptChange, [row], key=["correction_id", "attempt_id"]) == 1


def _tell(session: Session, attempt: Attempt, change: Change, now: datetime) -> None:
    old, new = change.old_total_millis / 1000, change.new_total_millis / 1000
    what = "分值" if change.points_more else "答案"
    text = f"第 {change.position} 题的{what}有更正，你这次作答的得分由 {old:g} 分改为 {new:g} 分"
    notices.tell(session, attempt.person_id, text, f"/attempts/{attempt.id}/review", now=now)

"""Look-alikes: searched as a task, kept as pairs, settled one by one."""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from lms.db import insert_ignore, unit_of_work
from lms.errors import NotFound
from lms.people.models import Unit
from lms.quizzes import bank_queries
from lms.quizzes.bank_models import QuestionTwin
from lms.quizzes.models import Question
from lms.quizzes.rules import Kind
from lms.quizzes.twin_rules import MOST_PAIRS, Pair, alike
from lms.tasks import services as tasks
from lms.tasks.models import Task
from lms.tasks.services import TaskContext

TASK_KIND = "questions.twins"


def start_search(session: Session, unit: Unit, *, by_id: int, now: datetime) -> Task:
    """The unit's bank and those below are searched as soon as a worker is free."""
    return tasks.enqueue(
        session, TASK_KIND, {"unit": unit.id}, owner_id=by_id, title=f"查找相似试题：{unit.name}", now=now
    )


def run_search(context: TaskContext) -> dict[str, Any]:
    """The task. What was found before and is not settled is replaced; dismissed pairs stay dismissed."""
    found: list[Pair] = []
    with context.make_session() as session:
        path = session.scalars(select(Unit.path).where(Unit.id == context.input["unit"])).one()
        kinds = list(Kind)
        for n, kind in enumerate(kinds, 1):
            texts = {id: stem + material for id, stem, material in bank_queries.list_stems_of(session, path, kind)}
            found += alike(texts)
            context.progress(n, len(kinds))
    best = sorted(found, key=lambda pair: (-pair.percent, pair.first, pair.second))[:MOST_PAIRS]
    rows = [
        {
            "first_id": p.first,
            "second_id": p.second,
            "percent": p.percent,
            "found_at": context.now,
            "is_dismissed": False,
        }
        for p in best
    ]
    with unit_of_work(context.make_session) as session:
        inside = select(Question.id).join(Unit, Unit.id == Question.owner_unit_id).where(Unit.path.startswith(path))
        session.execute(
            delete(QuestionTwin)
            .where(QuestionTwin.is_dismissed.is_(False), QuestionTwin.first_id.in_(inside))
            .execution_options(synchronize_session=False)
        )
        insert_ignore(session, QuestionTwin, rows, key=["first_id", "second_id"])
    return {"pairs": len(rows)}


def dismiss(session: Session, first_id: int, second_id: int) -> None:
    """The two are not the same; no later search lists them again. Raises NotFound."""
    pair = (QuestionTwin.first_id == first_id) & (QuestionTwin.second_id == second_id)
    if session.scalar(select(QuestionTwin.percent).where(pair)) is None:
        raise NotFound()
    session.execute(update(QuestionTwin).where(pair).values(is_dismissed=True))

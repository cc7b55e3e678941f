"""A trial of weights on the last finished period, before a programme starts: facts are read once by a task, weights are tried on them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from lms import clock
from lms.errors import Conflict
from lms.stars.catalogue_rules import entries_for, gates_for
from lms.stars.models import StarProgramme
from lms.stars.period_rules import Period, Span, last_finished
from lms.stars.pool_queries import Holding, Pool, list_contest_periods, pool_of
from lms.stars.queries import newest_version
from lms.stars.rules import Choice, Contender, Criterion, StarRule, choose, points
from lms.stars.services.measuring import AT_ONCE, NO_PACE, read
from lms.tasks import queries as task_queries
from lms.tasks import services as tasks
from lms.tasks.models import Task
from lms.tasks.services import TaskContext

PREVIEW = "stars.preview"
NO_CONTEST = "还没有公布过的比拼，等公布一场后再试算。"


def ask_for_preview(session: Session, programme: StarProgramme, *, by_id: int, now: datetime) -> Task:
    """A task reads the facts of the last finished period."""
    title = f"评星试算：{programme.title}"
    return tasks.enqueue(session, PREVIEW, {"programme_id": programme.id}, owner_id=by_id, title=title, now=now)


def find_preview(session: Session, programme_id: int, most: int = 100) -> Task | None:
    """The newest trial of the programme, done or not, among the newest of all."""
    newest = task_queries.list_first(session, task_queries.list_tasks(None, kinds=[PREVIEW]), most)
    return next((task for task in newest if task.input["programme_id"] == programme_id), None)


def run_preview(context: TaskContext) -> dict[str, Any]:
    """Every possible candidate with the amounts of all facts the catalogue has for the period, so that any weights can be tried."""
    with context.make_session() as session:
        programme = session.get_one(StarProgramme, int(context.input["programme_id"]))
        span, label, pool = _last(session, programme, clock.today(context.now))
    rows: list[dict[str, Any]] = []
    for start in range(0, len(pool.holdings), AT_ONCE):
        with context.make_session() as session:
            rows += _read(session, programme, span, pool.holdings[start : start + AT_ONCE])
        context.progress(len(rows), len(pool.holdings))
    return {"label": label, "head_count": pool.head_count, "rows": rows}


def _last(session: Session, programme: StarProgramme, today: date) -> tuple[Span, str, Pool]:
    if programme.period is not Period.CONTEST:
        span = last_finished(programme.period, today)
        return span, span.label, pool_of(session, programme, span.last_on)
    contests = list_contest_periods(session, programme, None)
    if not contests:
        raise Conflict(NO_CONTEST)
    last = contests[-1]
    return last.span, last.title, pool_of(session, programme, last.cut_off_on, last.round_id)


def _read(session: Session, programme: StarProgramme, span: Span, holdings: Sequence[Holding]) -> list[dict[str, Any]]:
    """The facts of all sources and gates, whatever the rule uses of them."""
    rule = newest_version(session, programme.id).star_rule
    entries = entries_for(programme.holder, of_contests=programme.period is Period.CONTEST)
    every = replace(
        rule, criteria=tuple(Criterion(entry.source, 1) for entry in entries), gates=tuple(gates_for(programme.holder))
    )
    reading = read(session, programme, every, span, holdings)
    return [
        {
            "id": one.id, "name": one.name, "unit_id": one.unit_id, "unit": one.unit_name, "tie": one.tie,
            "closed": [gate.value for gate, of in reading.passages.items() if not of[one.id].is_open],
            "amounts": {
                source.value: [fact.amount for fact in of[one.id]] for source, of in reading.facts.items() if one.id in of
            },
        }
        for one in holdings
    ]  # fmt: skip


@dataclass(frozen=True)
class Trial:
    """Whom a rule would have named: rows of the preview with place and score, in order."""

    named: Sequence[tuple[int, int, Mapping[str, Any]]]
    choice: Choice


def try_rule(rule: StarRule, result: Mapping[str, Any]) -> Trial:
    """Whom this rule would have named in the preview's period, without recommendations, judgements and earlier periods."""
    rows = {row["id"]: row for row in result["rows"]}
    scores = {holder: _score(rule, row) for holder, row in rows.items()}
    contenders = [
        Contender(holder, scores[holder], row["unit_id"], _obstacle(rule, row), row["tie"])
        for holder, row in rows.items()
    ]
    choice = choose(rule, result["head_count"], contenders)
    return Trial([(place, scores[holder], rows[holder]) for holder, place in choice.named.items()], choice)


def _score(rule: StarRule, row: Mapping[str, Any]) -> int:
    return sum(points(criterion, row["amounts"].get(criterion.source.value, [])) for criterion in rule.criteria)


def _obstacle(rule: StarRule, row: Mapping[str, Any]) -> str:
    return next((NO_PACE[gate] for gate in rule.gates if gate.value in row["closed"]), "")

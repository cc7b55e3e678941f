"""Results and questions for scripts: lists in pages, read with a sign-in or a personal access token."""

from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request
from pydantic import BaseModel, ConfigDict

from lms.people.guard import me, open_to_tokens, requires, signed_in
from lms.people.rules import Permission
from lms.people.token_rules import TokenScope
from lms.quizzes import access, key_queries, queries
from lms.quizzes.models import Attempt
from lms.quizzes.queries import QuestionFilter
from lms.quizzes.release_rules import Part
from lms.quizzes.rules import Purpose, Readiness, State
from lms.web import described, json_reply, now, session

bp = Blueprint("quizzes_reading", __name__, url_prefix="/api")

PAGE = 100


class Exact(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Result(Exact):
    """`score_millis` null: not shown yet. `subject_id`: the round, course or whatever the purpose speaks of."""

    attempt_id: int
    purpose: Purpose
    subject_id: int
    number: int
    state: State
    started_at: datetime
    submitted_at: datetime | None
    score_millis: int | None
    max_millis: int
    seconds_used: int | None


class ResultsReply(Exact):
    """Newest first; `next_before` is the `before` of the next page, null at the end."""

    results: list[Result]
    next_before: int | None


class KeptQuestion(Exact):
    """A question of a bank in one's care, with its key: see `lms.quizzes.rules` for what a key looks like by kind."""

    id: int
    version: int
    kind: str
    line: str
    difficulty: int
    stem: str
    options: list[str]
    prompts: list[str]
    material: str
    key: list[Any]
    explanation: str
    basis: dict[str, str]


class QuestionsReply(Exact):
    questions: list[KeptQuestion]
    next_before: int | None


def _before() -> int | None:
    asked = request.args.get("before", "")
    return int(asked) if asked.isdecimal() and len(asked) < 19 else None


@bp.get("/results")
@described(summary="自己的答题成绩，新的在前，每页 100 条；?before=编号 取更早的", reply=ResultsReply)
@open_to_tokens(TokenScope.RESULTS)
@signed_in
def results() -> Response:
    found = queries.list_own_attempts(session(), me().id, before=_before(), limit=PAGE)
    return json_reply({"results": [_result(each) for each in found], "next_before": _next([each.id for each in found])})


def _result(found: Attempt) -> dict[str, Any]:
    is_shown = found.state is not State.OPEN and Part.SCORE in queries.visible_parts(session(), found, now())
    return {
        "attempt_id": found.id,
        "purpose": found.purpose.value,
        "subject_id": found.subject_id,
        "number": found.number,
        "state": found.state.value,
        "started_at": found.started_at.isoformat(timespec="seconds"),
        "submitted_at": found.submitted_at.isoformat(timespec="seconds") if found.submitted_at else None,
        "score_millis": found.score_millis if is_shown else None,
        "max_millis": found.max_millis,
        "seconds_used": found.seconds_used,
    }


@bp.get("/questions")
@described(summary="自己管理的题库，含答案，新的在前，每页 100 道；?before=编号 取更早的", reply=QuestionsReply)
@open_to_tokens(TokenScope.QUESTIONS)
@requires(Permission.QUESTION_MANAGE)
def questions() -> Response:
    listed = queries.list_questions(
        session(), access.bank_scope(session(), me()), QuestionFilter(readiness=Readiness.READY)
    )
    found = queries.list_some_questions(session(), listed, before=_before(), limit=PAGE)
    contents = key_queries.find_keys(session(), found)
    shown = [
        {
            "id": q.id, "version": q.version, "kind": q.kind.value, "line": q.line.value, "difficulty": q.difficulty, "stem": v.stem,
            "options": v.options, "prompts": v.prompts, "material": v.material, "key": k.key, "explanation": k.explanation,
            "basis": k.basis,
        }
        for q in found
        for v, k in [contents[q.id]]
    ]  # fmt: skip
    return json_reply({"questions": shown, "next_before": _next([q.id for q in found])})


def _next(ids: list[int]) -> int | None:
    return ids[-1] if len(ids) == PAGE else None

"""The exam page and the page after it."""

from typing import Any

from flask import Blueprint, Response, current_app, url_for

from lms.people.guard import me, signed_in
from lms.quizzes import access, grade_rules, key_queries, queries, rules, services
from lms.quizzes.models import Attempt, Paper
from lms.web import now, page, see_other, session

bp = Blueprint("quizzes", __name__, url_prefix="/attempts", template_folder="templates")


@bp.get("/<int:attempt_id>")
@signed_in
def attempt(attempt_id: int) -> Response:
    found = access.attempt_of(session(), me(), attempt_id)
    if found.state is not rules.State.OPEN:
        return see_other(url_for("quizzes.review", attempt_id=attempt_id))
    return page(
        "quizzes/attempt.html",
        attempt=found,
        paper=session().get_one(Paper, found.paper_id),
        questions=queries.list_shown_questions(session(), found.id),
        seconds_left=rules.seconds_left(found.deadline_at, now()),
        kinds=rules.KIND_LABELS,
        letter=rules.letter,
    )


@bp.post("/<int:attempt_id>/submission")
@signed_in
def submit(attempt_id: int) -> Response:
    found = access.attempt_of(session(), me(), attempt_id)
    services.submit(session(), found, settle=current_app.extensions["settle"], now=now())
    return see_other(url_for("quizzes.review", attempt_id=attempt_id), flash="已交卷")


@bp.get("/<int:attempt_id>/review")
@signed_in
def review(attempt_id: int) -> Response:
    found = access.attempt_of(session(), me(), attempt_id)
    if found.state is rules.State.OPEN:
        return see_other(url_for("quizzes.attempt", attempt_id=attempt_id))
    paper = session().get_one(Paper, found.paper_id)
    released = rules.is_released(found.state, found.release_at, now())
    return page(
        "quizzes/review.html",
        attempt=found,
        paper=paper,
        passed=grade_rules.is_passed(found.score_millis or 0, found.max_millis, paper.pass_percent),
        state=rules.STATE_LABELS[found.state],
        questions=queries.list_shown_questions(session(), found.id),
        keys=key_queries.find_reviewed_keys(session(), found.id) if released else {},
        changes=queries.list_attempt_changes(session(), found.id),
        late=queries.count_late_answers(session(), found.id),
        back=_back(found),
        kinds=rules.KIND_LABELS,
        scoring=rules.SCORING_LABELS[found.scoring],
        letter=rules.letter,
        active="",
    )


def _back(found: Attempt) -> tuple[str, str]:
    """Label and address of what the attempt was for; the table stands in lms/outcomes.py."""
    known = current_app.extensions.get("subject_pages", {}).get(found.purpose)
    if known is None:
        return "回到首页", "/"
    label, endpoint, argument = known
    values: dict[str, Any] = {argument: found.subject_id}
    return label, url_for(endpoint, **values)

"""The exam page and the page after it."""

from typing import Any

from flask import Blueprint, Response, current_app, get_flashed_messages, request, url_for
from jinja2 import Environment
from sqlalchemy.orm import Session

from lms.db import find_row
from lms.errors import Conflict, LmsError
from lms.people.guard import FreshId, csrf_token, me, signed_in
from lms.people.principal import Principal, preferences
from lms.people.short_acts import Asked
from lms.people.short_way import short_page
from lms.quizzes import (
    access,
    frames,
    grade_rules,
    key_queries,
    marking_queries,
    moulds,
    queries,
    rules,
    services,
    terms_rules,
)
from lms.quizzes.errors import Ended, LeaseTaken
from lms.quizzes.forms import AppealForm
from lms.quizzes.models import Attempt, Paper
from lms.quizzes.posted_sheet import PostedSheet, read_sheet
from lms.quizzes.release_rules import Part
from lms.quizzes.services import appeals
from lms.web import html_page, now, page, see_other, session, where_from

bp = Blueprint("quizzes", __name__, url_prefix="/attempts", template_folder="templates")


def _show_attempt(db: Session, env: Environment, asked: Asked, token: str) -> str | None:
    """The page of an attempt that is sat, without a sentence for who comes back."""
    found = queries.find_own_sitting(db, asked.person.id, asked.number)
    if found is None or found.state is not rules.State.OPEN:
        return None
    return frames.exam_page(
        env,
        found,
        moulds.filled(env, queries.list_shown_rows(db, found.id)),
        seconds_left=rules.seconds_left(found.deadline_at, asked.at),
        leaves_noted=_leaves_noted(found.purpose),
        look=_look(asked.person),
        holder=frames.Holder(asked.person.id, token, str(FreshId())),
    )


@bp.get("/<int:attempt_id>")
@signed_in
@short_page(_show_attempt)
def attempt(attempt_id: int) -> Response:
    env = current_app.jinja_env
    if not get_flashed_messages(with_categories=True):
        html = _show_attempt(session(), env, Asked(me(), attempt_id, None, now(), where_from()), csrf_token())
        if html is not None:
            return html_page(html)
    found = access.sitting_of(session(), me(), attempt_id)
    if found.state is not rules.State.OPEN:
        return see_other(url_for("quizzes.review", attempt_id=attempt_id))
    return _exam_page(found, found, moulds.filled(env, queries.list_shown_rows(session(), found.id)))


def _look(person: Principal) -> frames.Look:
    chosen = preferences(person)
    return frames.Look(chosen.theme, chosen.type_size, getattr(chosen, "contrast", ""))


def _leaves_noted(purpose: rules.Purpose) -> str:
    return terms_rules.LEAVES_NOTED if purpose is rules.Purpose.CONTEST else ""


def _exam_page(
    found: Attempt | queries.Sitting,
    paper: Any,
    sheet: moulds.ExamSheet,
    status: int = 200,
    *,
    problem: str = "",
    may_take_over: bool = False,
) -> Response:
    """`paper` for its title; `problem` and `may_take_over`: a form without scripts that was refused, shown again as it was typed."""
    return page(
        "quizzes/attempt.html",
        status,
        attempt=found,
        paper=paper,
        questions=sheet.questions,
        numbers=sheet.numbers,
        seconds_left=rules.seconds_left(found.deadline_at, now()),
        leaves_noted=_leaves_noted(found.purpose),
        problem=problem,
        may_take_over=may_take_over,
    )


@bp.post("/<int:attempt_id>/answers")
@signed_in
def answers(attempt_id: int) -> Response:
    """All questions at once, from a browser without scripts; `then=submit` hands in as well."""
    found = access.attempt_of(session(), me(), attempt_id)
    if found.state is not rules.State.OPEN:
        return see_other(url_for("quizzes.review", attempt_id=attempt_id), flash=Ended.message, kind="warn")
    sheet = read_sheet(queries.list_shown_questions(session(), found.id), request.form)
    if sheet.unclear:
        asked = "、".join(str(position) for position in sheet.unclear)
        return _refused(found, sheet, f"还没有保存：第 {asked} 题的每一项要有一个名次，名次不能重复。")
    lease, take_over = f"form-of-sign-in-{me().sign_in_id}", request.form.get("take_over") == "1"
    try:
        services.save_sheet(session(), found, sheet.choices, lease=lease, take_over=take_over, now=now())
    except Ended:
        return see_other(url_for("quizzes.review", attempt_id=attempt_id), flash=Ended.message, kind="warn")
    except LmsError as refused:
        return _refused(found, sheet, refused.message, refused.status, isinstance(refused, LeaseTaken))
    if request.form.get("then") == "submit":
        return submit(attempt_id)
    return see_other(url_for("quizzes.attempt", attempt_id=attempt_id), flash="已保存，答完请点“交卷”")


def _refused(
    found: Attempt, sheet: PostedSheet, problem: str, status: int = 422, may_take_over: bool = False
) -> Response:
    as_typed = moulds.written(current_app.jinja_env, sheet.questions, sheet.places)
    paper = find_row(session(), Paper, found.paper_id)
    return _exam_page(found, paper, as_typed, status, problem=problem, may_take_over=may_take_over)


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
    return _review_page(found, AppealForm())


@bp.post("/<int:attempt_id>/questions/<int:position>/appeal")
@signed_in
def appeal(attempt_id: int, position: int) -> Response:
    """A question is to be looked at again; possible once its key is shown."""
    found = access.attempt_of(session(), me(), attempt_id)
    if found.purpose is rules.Purpose.MOCK:
        raise Conflict("模拟只给自己看，不受理申诉。题目有问题，请用页面最下面的“意见建议”告诉出题人。")
    if Part.KEY not in queries.visible_parts(session(), found, now()):
        raise Conflict("答案公布以后才能申诉。")
    form = AppealForm.posted()
    if not form.validate():
        return _review_page(found, form, 422, appealing=position)
    appeals.file_appeal(session(), found, position, text=form.text.data, now=now())
    address = url_for("quizzes.review", attempt_id=attempt_id, _anchor=f"q-{position}")
    return see_other(address, flash="申诉已提交，处理结果会告诉你")


def _review_page(found: Attempt, form: AppealForm, status: int = 200, appealing: int = 0) -> Response:
    """`appealing`: the question whose appeal was refused, or is asked for in the query string."""
    paper, parts = session().get_one(Paper, found.paper_id), queries.visible_parts(session(), found, now())
    questions = queries.list_shown_questions(session(), found.id)
    asked = request.args.get("appeal", "")
    return page(
        "quizzes/review.html",
        status,
        attempt=found,
        paper=paper,
        may_see={part.value for part in parts},
        passed=grade_rules.is_passed(found.score_millis or 0, found.max_millis, paper.pass_percent),
        state=rules.STATE_LABELS[found.state],
        questions=questions,
        cases=queries.cases_of(questions),
        is_provisional=queries.has_ungraded(session(), found.id),
        keys=key_queries.find_reviewed_keys(session(), found.id) if Part.KEY in parts else {},
        comments=marking_queries.list_comments(session(), found.id) if Part.COMMENT in parts else {},
        changes=queries.list_attempt_changes(session(), found.id) if Part.SCORE in parts else [],
        appeals=queries.list_own_appeals(session(), found.id),
        form=form,
        appealing=appealing or (int(asked) if asked.isdecimal() and len(asked) < 5 else 0),
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
    values: dict[str, Any] = {argument: found.subject_id} if argument else {}
    return label, url_for(endpoint, **values)

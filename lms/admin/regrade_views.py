"""Correcting a key: say what is right, look at everything it would change, then do it once."""

from flask import Blueprint, Response, request, url_for

from lms.admin.forms import CorrectionForm, PointsForm
from lms.admin.regrade import SHOWN, Cascade, find_cascade
from lms.contests import access as contests
from lms.contests import advancement_correction_services, round_access
from lms.contests import correction_services as corrections
from lms.contests.queries import RoundLine
from lms.errors import Conflict, Forbidden, Invalid
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.quizzes import access, key_queries, queries, writing
from lms.quizzes.models import Question, QuestionVersion
from lms.quizzes.regrade_rules import ACT_LABELS, Act, Standing
from lms.quizzes.rules import KIND_LABELS, Key, letter
from lms.quizzes.services import regrade
from lms.tasks.models import Task
from lms.web import now, page, see_other, session

bp = Blueprint("regrades", __name__)


@bp.get("/questions/<int:question_id>/correction")
@requires(Permission.ATTEMPT_REVIEW)
def new(question_id: int) -> Response:
    """The form; with an act in the query string, what that would change."""
    question = access.question_to_correct(session(), me(), question_id)
    form = CorrectionForm.asked()
    version = _version_of(question, form)
    if "act" not in request.args:
        return _page(question, version, CorrectionForm(version=str(version.number)))
    if not form.validate():
        return _page(question, version, form, status=422)
    try:
        act, key = _asked(version, form)
        after = regrade.proposed(session(), version, act, key)
    except Invalid as problem:
        form.refuse(problem)
        return _page(question, version, form, status=422)
    cascade = find_cascade(session(), regrade.list_changes(session(), version, after), by_id=me().id, now=now())
    return _page(question, version, form, cascade=cascade)


@bp.post("/questions/<int:question_id>/corrections")
@requires(Permission.ATTEMPT_REVIEW)
def correct(question_id: int) -> Response:
    question = access.question_to_correct(session(), me(), question_id)
    form = CorrectionForm.posted()
    version = _version_of(question, form)
    if not form.validate():
        return _page(question, version, form, status=422)
    try:
        act, key = _asked(version, form)
        before = key_queries.find_standing(session(), version.id)
        _check_seen(form, before)
        rounds, lists = _rounds_to_correct(), _lists_to_correct()
        _, task = regrade.correct(
            session(), version, act, key, before=before, reason=form.reason.data, by_id=me().id, now=now()
        )
    except Invalid as problem:
        form.refuse(problem)
        return _page(question, version, form, status=422)
    _approve(task, rounds, lists)
    return see_other(url_for("admin.tasks.show", task_id=task.id), flash="答案已更正，正在重新计分")


def _rounds_to_correct() -> list[RoundLine]:
    """The published rounds whose next version was approved with the correction; whoever approves may publish each of them."""
    chosen = {int(id) for id in request.form.getlist("round") if id.isdecimal() and len(id) < 18}
    if chosen and not me().can(Permission.RANKING_PUBLISH):
        raise Forbidden()
    return [
        contests.round_to_handle(session(), me(), id, Permission.RANKING_PUBLISH, now=now()) for id in sorted(chosen)
    ]


def _lists_to_correct() -> list[RoundLine]:
    """The rounds by advancement whose published list was approved to be corrected too. Raises Conflict where this person cannot."""
    chosen = {int(id) for id in request.form.getlist("list") if id.isdecimal() and len(id) < 18}
    found = [
        round_access.advancing_round(session(), me(), id, Permission.RANKING_PUBLISH, now=now())
        for id in sorted(chosen)
    ]
    for target, source in found:
        obstacle = advancement_correction_services.obstacle(target, source, actor_id=me().id)
        if obstacle:
            raise Conflict(obstacle)
    return [target for target, _ in found]


def _approve(task: Task, rounds: list[RoundLine], lists: list[RoundLine]) -> None:
    correction_id = task.input["correction"]
    corrections.approve(session(), correction_id, rounds, lists, approved_by_id=me().id, now=now())


def _version_of(question: Question, form: CorrectionForm) -> QuestionVersion:
    number = form.version.data or ""
    wanted = int(number) if number.isdecimal() and len(number) < 10 else question.version
    return access.version_to_correct(session(), question, wanted)


def _asked(version: QuestionVersion, form: CorrectionForm) -> tuple[Act, Key]:
    act = Act(form.act.data)
    return act, [] if act is Act.VOID else writing.key_of(version.kind, version.stem, form.key.data or "")


def _check_seen(form: CorrectionForm, before: Standing) -> None:
    if form.seen.data != regrade.mark_of(before):
        raise Invalid("这道题的答案在你预览之后又变了，请重新预览。", field="key")


def _page(
    question: Question,
    version: QuestionVersion,
    form: CorrectionForm,
    *,
    cascade: Cascade | None = None,
    status: int = 200,
) -> Response:
    stands = key_queries.find_standing(session(), version.id)
    form.version.choices = [(str(n), f"第 {n} 版") for n in range(question.version, 0, -1)]
    form.seen.data = regrade.mark_of(stands)
    return page(
        "admin/regrades/new.html", status, question=question, version=version, form=form, cascade=cascade, shown=SHOWN,
        key=writing.key_text(version.kind, stands.key), further=[writing.key_text(version.kind, k) for k in stands.marking.also],
        is_void=stands.marking.is_void, corrections=queries.list_corrections(session(), question.id), acts=ACT_LABELS,
        kinds=KIND_LABELS, letter=letter, active="questions", asked=request.args,
    )  # fmt: skip


# --- points


@bp.get("/papers/<int:paper_id>/questions/<int:question_id>/points")
@requires(Permission.ATTEMPT_REVIEW)
def points(paper_id: int, question_id: int) -> Response:
    """The form; with a figure in the query string, what that would change."""
    form = PointsForm.asked()
    if "points" not in request.args:
        return _points_page(paper_id, question_id, PointsForm())
    if not form.validate():
        return _points_page(paper_id, question_id, form, status=422)
    paper, question, _ = access.paper_item_to_correct(session(), me(), paper_id, question_id)
    changes = regrade.list_point_changes(session(), paper, question, form.points_millis)
    return _points_page(paper_id, question_id, form, cascade=find_cascade(session(), changes, by_id=me().id, now=now()))


@bp.post("/papers/<int:paper_id>/questions/<int:question_id>/points")
@requires(Permission.ATTEMPT_REVIEW)
def correct_points(paper_id: int, question_id: int) -> Response:
    paper, question, _ = access.paper_item_to_correct(session(), me(), paper_id, question_id)
    form = PointsForm.posted()
    if not form.validate():
        return _points_page(paper_id, question_id, form, status=422)
    try:
        rounds, lists = _rounds_to_correct(), _lists_to_correct()
        task = regrade.correct_points(
            session(), paper, question, form.points_millis, reason=form.reason.data, by_id=me().id, now=now()
        )
    except Invalid as problem:
        form.refuse(problem)
        return _points_page(paper_id, question_id, form, status=422)
    _approve(task, rounds, lists)
    return see_other(url_for("admin.tasks.show", task_id=task.id), flash="分值已更正，正在重新计分")


def _points_page(
    paper_id: int, question_id: int, form: PointsForm, *, cascade: Cascade | None = None, status: int = 200
) -> Response:
    paper, question, item = access.paper_item_to_correct(session(), me(), paper_id, question_id)
    version = access.version_to_correct(session(), question, question.version)
    return page(
        "admin/regrades/points.html", status, paper=paper, question=question, item=item, version=version, form=form,
        cascade=cascade, shown=SHOWN, active="papers",
    )  # fmt: skip

"""Feedback (意见建议): every wish or complaint is followed up to a reply."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, request, url_for
from sqlalchemy import Select

from lms import clock
from lms.admin.forms import AssignForm, ReplyForm
from lms.errors import Invalid
from lms.notices import access, services
from lms.notices import feedback_queries as queries
from lms.notices.feedback_rules import STATES, TONES
from lms.notices.models import Feedback
from lms.people import queries as people
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import now, page, page_number, paged, see_other, session

bp = Blueprint("feedback", __name__, url_prefix="/feedback")

LISTS = {"": False, "answered": True}
NAMES: dict[str, Any] = {"states": STATES, "tones": TONES, "active": "feedback"}
PERIODS = {"30": "近 30 天", "90": "近 90 天", "365": "近一年"}


@bp.get("")
@requires(Permission.FEEDBACK_REPLY)
def index() -> Response:
    state, mine = request.args.get("state", ""), request.args.get("mine") == "1"
    query = _answerable(LISTS.get(state, False))
    if mine:
        query = query.where(Feedback.assignee_id == me().id)
    given = paged(session(), query, page_number())
    ids = [person_id for line in given.rows for person_id in (line.person_id, line.assignee_id) if person_id]
    names = people.names_of(session(), ids)
    return page("admin/feedback/index.html", given=given, names=names, state=state, mine=mine, **NAMES)


def _answerable(answered: bool) -> Select[Feedback]:
    return queries.list_feedback(answered=answered).where(access.answerable(session(), me()))


@bp.get("/statistics")
@requires(Permission.FEEDBACK_REPLY)
def statistics() -> Response:
    days = request.args.get("days", "90")
    days = days if days in PERIODS else "90"
    since = now() - timedelta(days=int(days))
    figures, sections = queries.figures_of(session(), access.answerable(session(), me()), since)
    chosen = [(label, url_for("admin.feedback.statistics", days=key), key == days) for key, label in PERIODS.items()]
    shown = [(count, STATES[state]) for state, count in figures.counts.items() if count]
    return page(
        "admin/feedback/statistics.html", figures=figures, sections=sections, chosen=chosen, shown=shown, **NAMES
    )


@bp.get("/<int:feedback_id>")
@requires(Permission.FEEDBACK_REPLY)
def show(feedback_id: int) -> Response:
    return _page(_found(feedback_id), ReplyForm.shown())


def _found(feedback_id: int) -> Feedback:
    return access.feedback_to_reply(session(), me(), feedback_id)


def _page(feedback: Feedback, form: ReplyForm, status: int = 200) -> Response:
    assign_form = AssignForm.shown(data={"person_id": feedback.assignee_id or me().id})
    assign_form.offer(access.assignees(session(), feedback, now()))
    place = people.places_of(session(), [feedback.person_id], clock.today(now())).get(feedback.person_id)
    return page(
        "admin/feedback/show.html",
        status,
        feedback=feedback,
        form=form,
        assign_form=assign_form,
        names=people.names_of(session(), [i for i in (feedback.person_id, feedback.assignee_id) if i]),
        words=queries.list_words(session(), feedback.id),
        place=place,
        **NAMES,
    )


@bp.post("/<int:feedback_id>/reply")
@requires(Permission.FEEDBACK_REPLY)
def reply(feedback_id: int) -> Response:
    feedback = _found(feedback_id)
    form = ReplyForm.posted()
    if not form.validate():
        return _page(feedback, form, 422)
    services.reply(session(), feedback, by_id=me().id, text=form.reply.data, state=form.state.data, now=now())
    return see_other(url_for("admin.feedback.index"), flash="已答复，本人会收到消息。")


@bp.post("/<int:feedback_id>/assignment")
@requires(Permission.FEEDBACK_REPLY)
def assign(feedback_id: int) -> Response:
    feedback = _found(feedback_id)
    form = AssignForm.posted()
    form.offer(access.assignees(session(), feedback, now()))
    if not form.validate():
        raise Invalid("请选择由谁办理。")
    services.assign(session(), feedback, form.person_id.data, by_id=me().id, now=now())
    return see_other(url_for("admin.feedback.show", feedback_id=feedback.id), flash="已交办，状态改为处理中。")


@bp.post("/<int:feedback_id>/reopening")
@requires(Permission.FEEDBACK_REPLY)
def reopen(feedback_id: int) -> Response:
    feedback = _found(feedback_id)
    services.reopen(session(), feedback, now=now())
    return see_other(url_for("admin.feedback.show", feedback_id=feedback.id), flash="已重新打开，可以继续答复。")

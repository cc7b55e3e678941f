"""Feedback (意见建议): every wish or complaint gets a reply."""

from flask import Blueprint, Response, request, url_for
from sqlalchemy import Select

from lms import clock
from lms.admin.forms import ReplyForm
from lms.notices import access, queries, services
from lms.notices.models import Feedback
from lms.people import queries as people
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import now, page, page_number, paged, see_other, session

bp = Blueprint("feedback", __name__, url_prefix="/feedback")

STATES = {"": False, "answered": True}


@bp.get("")
@requires(Permission.FEEDBACK_REPLY)
def index() -> Response:
    state = request.args.get("state", "")
    given = paged(session(), _answerable(STATES.get(state, False)), page_number())
    names = people.names_of(session(), [line.person_id for line in given.rows])
    return page("admin/feedback/index.html", given=given, names=names, state=state, active="feedback")


def _answerable(answered: bool) -> Select[Feedback]:
    return queries.list_feedback(answered=answered).where(access.answerable(session(), me()))


@bp.get("/<int:feedback_id>")
@requires(Permission.FEEDBACK_REPLY)
def show(feedback_id: int) -> Response:
    feedback = access.feedback_to_reply(session(), me(), feedback_id)
    return _page(feedback, ReplyForm.shown())


def _page(feedback: Feedback, form: ReplyForm, status: int = 200) -> Response:
    writers = [i for i in (feedback.person_id, feedback.replied_by_id) if i]
    names = people.names_of(session(), writers)
    place = people.places_of(session(), [feedback.person_id], clock.today(now())).get(feedback.person_id)
    return page(
        "admin/feedback/show.html", status, feedback=feedback, form=form, names=names, place=place, active="feedback"
    )


@bp.post("/<int:feedback_id>/reply")
@requires(Permission.FEEDBACK_REPLY)
def reply(feedback_id: int) -> Response:
    feedback = access.feedback_to_reply(session(), me(), feedback_id)
    form = ReplyForm.posted()
    if not form.validate():
        return _page(feedback, form, 422)
    services.reply(session(), feedback, by_id=me().id, text=form.reply.data, now=now())
    return see_other(url_for("admin.feedback.index"), flash="已答复，本人会收到消息。")

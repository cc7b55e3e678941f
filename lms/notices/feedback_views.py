"""Feedback of the signed-in person: give it, follow it, say more."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, request, url_for

from lms.errors import Invalid
from lms.notices import access, services
from lms.notices import feedback_queries as queries
from lms.notices.feedback_rules import STATES, TONES
from lms.notices.forms import FeedbackForm, WordForm
from lms.notices.models import Feedback
from lms.people.guard import me, signed_in
from lms.web import now, page, page_number, paged, see_other, session

bp = Blueprint("feedback", __name__, url_prefix="/feedback")

NAMES = {"states": STATES, "tones": TONES}


@bp.get("")
@signed_in
def index() -> Response:
    form = FeedbackForm.shown(data={"page": urlsplit(request.referrer or "").path})
    return _index(form)


@bp.post("")
@signed_in
def give() -> Response:
    form = FeedbackForm.posted()
    if not form.validate():
        return _index(form, 422)
    services.give_feedback(session(), me().id, page=form.page.data or "", text=form.text.data, now=now())
    return see_other(url_for("feedback.index"), flash="已收到，答复会出现在这里，也会发消息告诉你。")


def _index(form: FeedbackForm, status: int = 200) -> Response:
    given = paged(session(), queries.list_feedback(me().id), page_number())
    last = queries.last_words(session(), [line.id for line in given.rows])
    return page("notices/feedback.html", status, form=form, given=given, last=last, active="me", **NAMES)


@bp.get("/<int:feedback_id>")
@signed_in
def thread(feedback_id: int) -> Response:
    return _thread(access.feedback_to_read(session(), me(), feedback_id), WordForm.shown())


@bp.post("/<int:feedback_id>/messages")
@signed_in
def add_word(feedback_id: int) -> Response:
    feedback = access.feedback_to_read(session(), me(), feedback_id)
    form = WordForm.posted()
    if not form.validate():
        return _thread(feedback, form, 422)
    try:
        again = services.add_word(session(), feedback, text=form.text.data, now=now())
    except Invalid as problem:
        form.refuse(problem)
        return _thread(feedback, form, 422)
    said = "已补充，并重新打开，会继续办理。" if again else "已补充。"
    return see_other(url_for("feedback.thread", feedback_id=feedback.id), flash=said)


def _thread(feedback: Feedback, form: WordForm, status: int = 200) -> Response:
    words = queries.list_words(session(), feedback.id)
    return page("notices/thread.html", status, feedback=feedback, words=words, form=form, active="me", **NAMES)

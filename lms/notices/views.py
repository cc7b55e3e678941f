"""Inbox and feedback of the signed-in person."""

from urllib.parse import urlsplit

from flask import Blueprint, Response, request, url_for

from lms.notices import access, queries, services
from lms.notices.forms import FeedbackForm
from lms.people.guard import me, signed_in
from lms.web import now, page, page_number, paged, see_other, session

bp = Blueprint("notices", __name__)


@bp.get("/notices")
@signed_in
def inbox() -> Response:
    notices = paged(session(), queries.list_notices(me().id), page_number())
    return page("notices/inbox.html", notices=notices, active="me")


@bp.post("/notices/reading")
@signed_in
def read_all() -> Response:
    services.read_all(session(), me().id, now=now())
    return see_other(url_for("notices.inbox"))


@bp.post("/notices/<int:notice_id>/reading")
@signed_in
def read(notice_id: int) -> Response:
    notice = access.notice_to_read(session(), me(), notice_id)
    services.read(session(), notice, now=now())
    return see_other(notice.link)


@bp.get("/feedback")
@signed_in
def feedback() -> Response:
    form = FeedbackForm.shown(data={"page": urlsplit(request.referrer or "").path})
    return _feedback_page(form)


@bp.post("/feedback")
@signed_in
def give_feedback() -> Response:
    form = FeedbackForm.posted()
    if not form.validate():
        return _feedback_page(form, 422)
    services.give_feedback(session(), me().id, page=form.page.data or "", text=form.text.data, now=now())
    return see_other(url_for("notices.feedback"), flash="已收到，答复会出现在这里，也会发消息告诉你。")


def _feedback_page(form: FeedbackForm, status: int = 200) -> Response:
    given = paged(session(), queries.list_feedback(me().id), page_number())
    return page("notices/feedback.html", status, form=form, given=given, active="me")

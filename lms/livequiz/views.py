"""Who takes part: in with one button, at any time; then the phone's page."""

from flask import Blueprint, Response, url_for

from lms.contests import queries as contests
from lms.contests import services as contest_services
from lms.contests.errors import NotOpen
from lms.contests.live_rules import explain
from lms.errors import Forbidden
from lms.livequiz import access, queries
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import now, page, see_other, session

bp = Blueprint("livequiz", __name__, url_prefix="/livequiz")

entering = requires(Permission.CONTEST_ENTER)


@bp.get("/rounds/<int:round_id>")
@entering
def round_page(round_id: int) -> Response:
    """The phone's page of who has joined, as long as the quiz is not over; otherwise what it is about."""
    line = access.round_to_join(session(), me(), round_id, now=now())
    running = queries.find_running_of(session(), round_id)
    has_joined = contests.has_entry(session(), round_id, me().id)
    if running is not None and has_joined and not running.state.is_finished:
        return page("livequiz/phone.html", line=line, quiz=running.quiz)
    return page(
        "livequiz/round.html", line=line, running=running, has_joined=has_joined, words=explain(), active="contests"
    )


@bp.post("/rounds/<int:round_id>")
@entering
def join(round_id: int) -> Response:
    line = access.round_to_join(session(), me(), round_id, now=now())
    here = url_for("livequiz.round_page", round_id=round_id)
    try:
        contest_services.join(session(), line, me(), now=now())
    except (NotOpen, Forbidden) as refused:
        return see_other(here, flash=refused.message, kind="warn")
    return see_other(here)

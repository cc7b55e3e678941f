"""Home: where am I, what is due, what do I press."""

from flask import Blueprint, Response, url_for

from lms import clock
from lms.home import fill_queries, queries
from lms.hours import words
from lms.people.guard import me, requires, signed_in
from lms.people.rules import Permission
from lms.web import now, page, see_other, session

bp = Blueprint("home", __name__)


@bp.get("/")
@signed_in
def index() -> Response:
    if not me().can(Permission.COURSE_STUDY):
        return see_other(url_for("admin.today"))
    today = queries.today_of(session(), me(), now())
    return page("home/index.html", active="home", today=today, bars=words.bars(today.standards), on=clock.today(now()))


@bp.get("/hours/missing")
@requires(Permission.COURSE_STUDY)
def to_fill() -> Response:
    """What of this year's requirements is missing, and what open to the person would fill it."""
    return page("home/fill.html", active="me", gaps=fill_queries.gaps_of(session(), me(), now()))

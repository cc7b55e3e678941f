"""One's own branch (支部), and the rosters of those who keep one."""

from flask import Blueprint, Response, url_for

from lms import clock
from lms.people import access, queries
from lms.people.guard import me, signed_in
from lms.web import now, page, see_other, session
from lms.web.requests import day_asked

bp = Blueprint("branches", __name__)


@bp.get("/branch")
@signed_in
def mine() -> Response:
    branch_id = me().branch_id
    if branch_id is not None:
        return see_other(url_for("branches.show", branch_id=branch_id))
    return page("people/no_branch.html", active="branch")


@bp.get("/branches/<int:branch_id>")
@signed_in
def show(branch_id: int) -> Response:
    """Names for its members, of exactly this branch; status, past days and the branches below for those who keep it."""
    branch = access.branch_to_visit(session(), me(), branch_id)
    keeps = access.may_read_branch(session(), me(), branch)
    today = clock.today(now())
    on = day_asked("on", today) if keeps else today
    roster = queries.roster(session(), on, branch_path=branch.path)
    members = roster if keeps else [member for member in roster if member.branch_id == branch.id]
    secretaries = queries.secretaries_of(session(), branch.id)
    template = "people/branch_roster.html" if keeps else "people/branch.html"
    return page(template, branch=branch, members=members, secretaries=secretaries, on=on, active="branch")

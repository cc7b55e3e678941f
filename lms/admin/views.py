"""The shell of the back office: its first page, and every noun's pages below it."""

from flask import Blueprint, Response

from lms.admin import (
    access,
    account_views,
    audit_views,
    calendar_views,
    feedback_views,
    grant_views,
    people_views,
    queries,
    regrade_views,
    report_views,
    roster_views,
    self_check_views,
    task_views,
    tree_views,
)
from lms.people.guard import me, signed_in
from lms.web import now, page, see_other, session

bp = Blueprint("admin", __name__, url_prefix="/office")

for views in (
    people_views,
    roster_views,
    account_views,
    grant_views,
    audit_views,
    task_views,
    feedback_views,
    self_check_views,
    calendar_views,
    regrade_views,
    report_views,
):
    bp.register_blueprint(views.bp)
for tree in (tree_views.UNITS, tree_views.BRANCHES):
    bp.register_blueprint(tree_views.blueprint_of(tree))


@bp.get("")
@signed_in
def today() -> Response:
    """What awaits this person; who has nothing to do here is led home."""
    if not access.may_enter(me()):
        return see_other("/")
    awaiting = queries.list_awaiting(session(), me(), now())
    return page("admin/today.html", awaiting=awaiting, active="today")

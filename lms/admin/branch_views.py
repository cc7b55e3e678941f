"""The branch tree, and who belonged to a branch on a day."""

from flask import Blueprint, Response, request, url_for

from lms import clock
from lms.admin.forms import NewNodeForm, NodeForm
from lms.errors import Conflict, Invalid
from lms.people import access, queries
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.people.services import trees
from lms.web import now, page, see_other, session
from lms.web.requests import day_asked

bp = Blueprint("branches", __name__, url_prefix="/branches")


@bp.get("")
@requires(Permission.BRANCH_MANAGE)
def index() -> Response:
    on = day_asked("on", clock.today(now()))
    branches = access.branches_to_see(session(), me(), Permission.BRANCH_MANAGE)
    counts = queries.head_counts(branches, queries.count_by_branch(session(), on))
    return page("admin/branches/index.html", branches=branches, counts=counts, on=on, active="branches")


@bp.get("/<int:branch_id>")
@requires(Permission.BRANCH_MANAGE)
def show(branch_id: int) -> Response:
    branch = access.branch_to_see(session(), me(), branch_id, Permission.BRANCH_MANAGE)
    on = day_asked("on", clock.today(now()))
    members = queries.roster(session(), on, branch_path=branch.path)
    return page("admin/branches/show.html", branch=branch, members=members, on=on, active="branches")


@bp.get("/new")
@requires(Permission.BRANCH_MANAGE)
def new() -> Response:
    return _new_page(NewNodeForm.shown(data={"parent_id": request.args.get("parent")}))


def _new_page(form: NewNodeForm, status: int = 200) -> Response:
    form.offer(access.branches_to_see(session(), me(), Permission.BRANCH_MANAGE))
    return page("admin/branches/new.html", status, form=form, active="branches")


@bp.post("")
@requires(Permission.BRANCH_MANAGE)
def create() -> Response:
    form = NewNodeForm.posted()
    form.offer(access.branches_to_see(session(), me(), Permission.BRANCH_MANAGE))
    if not form.validate():
        return _new_page(form, 422)
    parent = access.branch_to_see(session(), me(), form.parent_id.data, Permission.BRANCH_MANAGE)
    try:
        branch = trees.create_branch(session(), parent=parent, **form.facts, by_id=me().id, by=me().name, now=now())
    except Conflict as problem:
        form.refuse(Invalid(problem.message, field="name"))
        return _new_page(form, 409)
    return see_other(url_for("admin.branches.index"), flash=f"已添加“{branch.name}”。")


@bp.get("/<int:branch_id>/edit")
@requires(Permission.BRANCH_MANAGE)
def edit(branch_id: int) -> Response:
    branch = access.branch_to_see(session(), me(), branch_id, Permission.BRANCH_MANAGE)
    return page("admin/branches/edit.html", branch=branch, form=NodeForm.shown(branch), active="branches")


@bp.post("/<int:branch_id>")
@requires(Permission.BRANCH_MANAGE)
def change(branch_id: int) -> Response:
    branch = access.branch_to_see(session(), me(), branch_id, Permission.BRANCH_MANAGE)
    form = NodeForm.posted()
    if not form.validate():
        return page("admin/branches/edit.html", 422, branch=branch, form=form, active="branches")
    try:
        trees.rename(session(), branch, **form.facts, by_id=me().id, by=me().name, now=now())
    except Conflict as problem:
        form.refuse(Invalid(problem.message, field="name"))
        return page("admin/branches/edit.html", 409, branch=branch, form=form, active="branches")
    return see_other(url_for("admin.branches.show", branch_id=branch_id), flash="已保存。")

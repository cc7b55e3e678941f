"""The unit tree and the branch tree, and who belonged to a node on a day: the same pages over two trees."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, Generic, TypeVar

from flask import Blueprint, Response, request, url_for
from sqlalchemy.orm import Session

from lms import clock
from lms.admin.forms import NewNodeForm, NodeForm
from lms.errors import Conflict, Invalid
from lms.people import access, queries
from lms.people.guard import me, requires
from lms.people.models import Branch, Unit
from lms.people.principal import Principal
from lms.people.queries import Member
from lms.people.rules import Permission
from lms.people.services import trees
from lms.web import now, page, see_other, session
from lms.web.requests import day_asked

Node = TypeVar("Node", Unit, Branch)


@dataclass(frozen=True)
class Tree(Generic[Node]):
    """One of the two trees: its key in addresses and navigation, what a node is called, who may what, how it is reached."""

    key: str
    noun: str
    read: Permission
    manage: Permission
    nodes: Callable[[Session, Principal, Permission], list[Node]]
    node: Callable[[Session, Principal, int, Permission], Node]
    count: Callable[[Session, date], dict[int, int]]
    members: Callable[[Session, date, Node], list[Member]]
    create: Callable[..., Node]

    def address(self, view: str, **arguments: Any) -> str:
        return url_for(f"admin.{self.key}.{view}", **arguments)

    def page(self, template: str, status: int = 200, **context: Any) -> Response:
        return page(f"admin/trees/{template}.html", status, tree=self, active=self.key, **context)


UNITS = Tree(
    key="units",
    noun="单位",
    read=Permission.PEOPLE_READ,
    manage=Permission.PEOPLE_MANAGE,
    nodes=access.units_to_see,
    node=access.unit_to_see,
    count=queries.count_by_unit,
    members=lambda session, on, unit: queries.roster(session, on, unit_path=unit.path),
    create=trees.create_unit,
)
BRANCHES = Tree(
    key="branches",
    noun="支部",
    read=Permission.BRANCH_MANAGE,
    manage=Permission.BRANCH_MANAGE,
    nodes=access.branches_to_see,
    node=access.branch_to_see,
    count=queries.count_by_branch,
    members=lambda session, on, branch: queries.roster(session, on, branch_path=branch.path),
    create=trees.create_branch,
)


def index(tree: Tree[Any]) -> Response:
    on = day_asked("on", clock.today(now()))
    nodes = tree.nodes(session(), me(), tree.read)
    counts = queries.head_counts(nodes, tree.count(session(), on))
    return tree.page("index", nodes=nodes, counts=counts, on=on)


def show(tree: Tree[Any], node_id: int) -> Response:
    node = tree.node(session(), me(), node_id, tree.read)
    on = day_asked("on", clock.today(now()))
    return tree.page("show", node=node, members=tree.members(session(), on, node), on=on)


def new(tree: Tree[Any]) -> Response:
    return _new_page(tree, NewNodeForm.shown(data={"parent_id": request.args.get("parent")}))


def _new_page(tree: Tree[Any], form: NewNodeForm, status: int = 200) -> Response:
    form.offer(tree.nodes(session(), me(), tree.manage))
    return tree.page("new", status, form=form)


def create(tree: Tree[Any]) -> Response:
    form = NewNodeForm.posted()
    form.offer(tree.nodes(session(), me(), tree.manage))
    if not form.validate():
        return _new_page(tree, form, 422)
    parent = tree.node(session(), me(), form.parent_id.data, tree.manage)
    try:
        node = tree.create(session(), parent=parent, **form.facts, by_id=me().id, by=me().name, now=now())
    except Conflict as problem:
        form.refuse(Invalid(problem.message, field="name"))
        return _new_page(tree, form, 409)
    return see_other(tree.address("index"), flash=f"已添加“{node.name}”。")


def edit(tree: Tree[Any], node_id: int) -> Response:
    node = tree.node(session(), me(), node_id, tree.manage)
    return tree.page("edit", node=node, form=NodeForm.shown(node))


def change(tree: Tree[Any], node_id: int) -> Response:
    node = tree.node(session(), me(), node_id, tree.manage)
    form = NodeForm.posted()
    if not form.validate():
        return tree.page("edit", 422, node=node, form=form)
    try:
        trees.rename(session(), node, **form.facts, by_id=me().id, by=me().name, now=now())
    except Conflict as problem:
        form.refuse(Invalid(problem.message, field="name"))
        return tree.page("edit", 409, node=node, form=form)
    return see_other(tree.address("show", node_id=node_id), flash="已保存。")


def blueprint_of(tree: Tree[Any]) -> Blueprint:
    """The pages of one tree, each behind the tree's own permission."""
    bp = Blueprint(tree.key, __name__, url_prefix=f"/{tree.key}")
    for method, rule, view, permission in (
        ("GET", "", index, tree.read),
        ("GET", "/<int:node_id>", show, tree.read),
        ("GET", "/new", new, tree.manage),
        ("POST", "", create, tree.manage),
        ("GET", "/<int:node_id>/edit", edit, tree.manage),
        ("POST", "/<int:node_id>", change, tree.manage),
    ):
        bp.add_url_rule(rule, view.__name__, requires(permission)(partial(view, tree)), methods=[method])
    return bp

"""Yearly plans: what is mine, and the office that drafts, publishes and follows them."""

from datetime import date
from typing import Any

from flask import Blueprint, Response, url_for

from lms import clock
from lms.errors import Conflict, Invalid
from lms.people import queries as people
from lms.people.guard import me, requires
from lms.people.models import Unit
from lms.people.rules import Permission
from lms.training import access, services
from lms.training import plan_queries as queries
from lms.training.plan_forms import ItemForm, PlanForm
from lms.training.plan_models import TrainingPlan
from lms.training.plan_rules import ITEM_KINDS, PLAN_STATES, ItemKind, total
from lms.training.services import Wanted
from lms.web import now, page, page_number, paged, see_other, session
from lms.web.fields import choices

bp = Blueprint("plans", __name__, url_prefix="/plans")
office = Blueprint("plan_office", __name__, url_prefix="/office/plans")

MANAGE = Permission.CLASS_MANAGE
PAGES = {
    ItemKind.COURSE: ("courses.course", "course_id"),
    ItemKind.READING: ("library.resource", "resource_id"),
}
NAMES: dict[str, Any] = {"kinds": ITEM_KINDS, "states": PLAN_STATES}


def address_of(kind: ItemKind, ref_id: int) -> str:
    """Where an item is done."""
    if kind is ItemKind.CLASS:
        return url_for("classes.index")  # a class may be full or for others by now; the list says where one stands
    endpoint, argument = PAGES[kind]
    arguments: dict[str, Any] = {argument: ref_id}
    return url_for(endpoint, **arguments)


@bp.get("")
@requires(Permission.COURSE_STUDY)
def mine() -> Response:
    today = clock.today(now())
    items = queries.list_mine(session(), me().id, today)
    return page("training/my_plan.html", items=items, today=today, address_of=address_of, active="me", **NAMES)


@office.get("")
@requires(MANAGE)
def index() -> Response:
    return _index_page(PlanForm.shown(data={"year": clock.today(now()).year}))


def _index_page(form: PlanForm, status: int = 200) -> Response:
    plans = paged(session(), queries.list_plans(access.manage_scope(session(), me())), page_number())
    return page("training/office_plans.html", status, plans=plans, form=form, active="plans", **NAMES)


@office.post("")
@requires(MANAGE)
def create() -> Response:
    form, unit = PlanForm.posted(), access.unit_to_propose_for(session(), me())
    if not form.validate():
        return _index_page(form, 422)
    plan = services.draft_plan(session(), unit, year=form.year.data, title=form.title.data, by_id=me().id, now=now())
    return _to(plan, "已建好草稿，往里加学习项目。")


def _to(plan: TrainingPlan, said: str, kind: str = "done") -> Response:
    return see_other(url_for("plan_office.show", plan_id=plan.id), flash=said, kind=kind)


@office.get("/<int:plan_id>")
@requires(MANAGE)
def show(plan_id: int) -> Response:
    plan = access.plan_to_manage(session(), me(), plan_id)
    return _page(plan, _fitted(ItemForm.shown(data={"due_on": date(plan.year, 12, 31), "is_required": True}), plan))


def _fitted(form: ItemForm, plan: TrainingPlan) -> ItemForm:
    unit = session().get_one(Unit, plan.unit_id)
    form.what.choices = choices({"": "请选择"} | queries.offered(session(), unit))
    form.audience.choices = choices({each.id: each.name for each in access.units_of(session(), unit)})
    return form


def _page(plan: TrainingPlan, form: ItemForm, status: int = 200) -> Response:
    scope = access.manage_scope(session(), me())
    progress = queries.progress_of(session(), plan, scope, clock.today(now()))
    unit = people.find_unit(session(), plan.unit_id)
    return page(
        "training/office_plan.html", status, plan=plan, unit=unit, progress=progress,
        required=total([each.share for each in progress if each.item.is_required]), form=form, active="plans", **NAMES,
    )  # fmt: skip


@office.post("/<int:plan_id>/items")
@requires(MANAGE)
def add_item(plan_id: int) -> Response:
    plan = access.plan_to_manage(session(), me(), plan_id)
    form = _fitted(ItemForm.posted(), plan)
    try:
        if form.validate():
            services.add_item(session(), plan, _wanted(form), by_id=me().id, now=now())
            return _to(plan, "已加入计划。")
    except (Invalid, Conflict) as refused:
        form.refuse(refused if isinstance(refused, Invalid) else Invalid(refused.message, field="what"))
    return _page(plan, form, 422)


def _wanted(form: ItemForm) -> Wanted:
    """Raises Invalid for a staff number nobody has."""
    kind, _, ref_id = form.what.data.partition(":")
    label = dict(_offered(form))[form.what.data]
    return Wanted(
        kind=ItemKind(kind),
        ref_id=int(ref_id),
        title=label.partition("：")[2],
        due_on=form.due_on.data,
        is_required=form.is_required.data,
        is_theory=form.is_theory.data,
        audience_units=form.audience.data or (),
        rank_bands=form.rank_bands.data or (),
        least_age=form.least_age.data,
        most_age=form.most_age.data,
        roles=form.roles.data or (),
        named=[_person(number) for number in (form.named.data or "").lower().split()],
    )


def _offered(form: ItemForm) -> list[tuple[str, str]]:
    return [(choice.value, choice.label) for choice in form.what.choices]


def _person(staff_no: str) -> int:
    found = people.find_by_staff_no(session(), staff_no)
    if found is None:
        raise Invalid(f"没有找到工号 {staff_no}，请核对。", field="named")
    return found.id


@office.post("/<int:plan_id>/items/<int:item_id>/removal")
@requires(MANAGE)
def remove_item(plan_id: int, item_id: int) -> Response:
    plan = access.plan_to_manage(session(), me(), plan_id)
    services.remove_item(session(), plan, access.item_of(session(), plan, item_id), by_id=me().id, now=now())
    return _to(plan, "已移出计划。")


@office.post("/<int:plan_id>/publication")
@requires(MANAGE)
def publish(plan_id: int) -> Response:
    plan = access.plan_to_manage(session(), me(), plan_id)
    services.publish_plan(session(), plan, by_id=me().id, now=now())
    return _to(plan, "已发布，面向的人在“我的计划”里看到。")


@office.post("/<int:plan_id>/withdrawal")
@requires(MANAGE)
def withdraw(plan_id: int) -> Response:
    plan = access.plan_to_manage(session(), me(), plan_id)
    services.withdraw_plan(session(), plan, by_id=me().id, now=now())
    return _to(plan, "已撤下，不再要求完成；学过的都还在。")

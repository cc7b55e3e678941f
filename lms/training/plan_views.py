"""Yearly plans: what is mine, and the office that drafts, publishes and follows them."""

from datetime import date
from typing import Any, TypeVar

from flask import Blueprint, Response, request, url_for

from lms import clock
from lms.errors import Conflict, Invalid
from lms.people import access as people_access
from lms.people import queries as people
from lms.people.guard import me, requires
from lms.people.models import Unit
from lms.people.rules import Permission
from lms.training import access, services
from lms.training import plan_access as plans
from lms.training import plan_queries as queries
from lms.training.plan_forms import ItemForm, PlanForm, TermsForm
from lms.training.plan_models import PlanItem, TrainingPlan
from lms.training.plan_queries import ItemProgress
from lms.training.plan_rules import ITEM_KINDS, PLAN_ACTS, PLAN_STATES, ItemKind, total
from lms.training.services import Wanted
from lms.web import now, page, page_number, page_of, paged, see_other, session
from lms.web.fields import choices

bp = Blueprint("plans", __name__, url_prefix="/plans")
office = Blueprint("plan_office", __name__, url_prefix="/office/plans")

MANAGE = Permission.CLASS_MANAGE
F = TypeVar("F", bound=TermsForm)
PAGES = {
    ItemKind.COURSE: ("courses.course", "course_id"),
    ItemKind.READING: ("library.resource", "resource_id"),
}
NAMES: dict[str, Any] = {"kinds": ITEM_KINDS, "states": PLAN_STATES, "acts": PLAN_ACTS}


def address_of(kind: ItemKind, ref_id: int) -> str:
    """Where an item is done."""
    if kind is ItemKind.CLASS:
        return url_for("classes.index")  # a class may be full or for others by now; the list says where one stands
    if kind is ItemKind.LECTURES:
        return url_for("lectures.index")
    endpoint, argument = PAGES[kind]
    arguments: dict[str, Any] = {argument: ref_id}
    return url_for(endpoint, **arguments)


@bp.get("")
@requires(Permission.COURSE_STUDY)
def mine() -> Response:
    today = clock.today(now())
    items = queries.list_mine(session(), me().id, today)
    return page("training/my_plan.html", items=items, today=today, address_of=address_of, active="me", **NAMES)


@bp.post("/items/<int:item_id>/quiz")
@requires(Permission.COURSE_STUDY)
def start_quiz(item_id: int) -> Response:
    item = plans.quiz_to_sit(session(), me(), item_id, clock.today(now()))
    attempt = services.start_plan_quiz(session(), item, person_id=me().id, now=now())
    return see_other(url_for("quizzes.attempt", attempt_id=attempt.id))


@office.get("")
@requires(MANAGE)
def index() -> Response:
    return _index_page(PlanForm.shown(data={"year": clock.today(now()).year}))


def _index_page(form: PlanForm, status: int = 200) -> Response:
    found = paged(session(), queries.list_plans(access.manage_scope(session(), me())), page_number())
    return page("training/office_plans.html", status, plans=found, form=form, active="plans", **NAMES)


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
    plan = plans.plan_to_follow(session(), me(), plan_id)
    usual = {"due_on": date(plan.year, 12, 31), "is_required": True}
    return _page(plan, _offering(ItemForm.shown(data=usual), plan))


def _fitted(form: F, plan: TrainingPlan) -> F:
    unit = session().get_one(Unit, plan.unit_id)
    form.audience.choices = choices({each.id: each.name for each in access.units_of(session(), unit)})
    return form


def _offering(form: ItemForm, plan: TrainingPlan) -> ItemForm:
    unit = session().get_one(Unit, plan.unit_id)
    form.what.choices = choices({"": "请选择"} | queries.offered(session(), unit))
    return _fitted(form, plan)


def _progress(plan: TrainingPlan, item_id: int | None = None) -> list[ItemProgress]:
    """Of the people of my scope; of one item, if it is given."""
    scope, today = access.manage_scope(session(), me()), clock.today(now())
    only = None if item_id is None else lambda item: item.id == item_id
    return queries.progress_of(session(), plan, scope, today, only=only)


def _page(plan: TrainingPlan, form: ItemForm, status: int = 200) -> Response:
    progress = _progress(plan)
    changes = paged(session(), queries.list_changes(plan.id), page_number())
    return page(
        "training/office_plan.html", status, plan=plan, unit=people.find_unit(session(), plan.unit_id), progress=progress,
        required=total([each.share for each in progress if each.item.is_required]), form=form, changes=changes,
        names=people.names_of(session(), [each.by_id for each in changes.rows]),
        may_manage=plans.may_manage(session(), me(), plan), active="plans", **NAMES,
    )  # fmt: skip


@office.get("/<int:plan_id>/items/<int:item_id>")
@requires(MANAGE)
def item(plan_id: int, item_id: int) -> Response:
    """One item by unit, and the persons who have yet to do it."""
    plan = plans.plan_to_follow(session(), me(), plan_id)
    (progress,) = _progress(plan, plans.item_of(session(), plan, item_id).id)
    missing = page_of(progress.missing, page_number())
    may = plans.may_manage(session(), me(), plan)
    audience = queries.words_of(session(), progress.item)
    if not may:
        del audience["指定人员"]  # they may be anybody's people
    return page(
        "training/office_plan_item.html", plan=plan, item=progress.item, progress=progress, missing=missing, may_manage=may,
        audience=audience, active="plans", **NAMES,
    )  # fmt: skip


@office.get("/<int:plan_id>/people")
@requires(MANAGE)
def persons(plan_id: int) -> Response:
    """Who has done how much of the plan, of all my people or of one unit."""
    plan, unit_id = plans.plan_to_follow(session(), me(), plan_id), request.args.get("unit", type=int)
    progress = _progress(plan)
    units = {unit.unit_id: unit.name for each in progress for unit in each.units}
    rows = queries.by_person(progress, clock.today(now()), unit_id)
    done = sum(each.is_done for each in rows)
    return page(
        "training/office_plan_people.html", plan=plan, rows=page_of(rows, page_number()), units=units, unit_id=unit_id,
        done=done, active="plans", **NAMES,
    )  # fmt: skip


@office.post("/<int:plan_id>/items")
@requires(MANAGE)
def add_item(plan_id: int) -> Response:
    plan = plans.plan_to_manage(session(), me(), plan_id)
    form = _offering(ItemForm.posted(), plan)
    try:
        if form.validate():
            kind, _, ref_id = form.what.data.partition(":")
            title = dict(_offered(form))[form.what.data].partition("：")[2]
            wanted = _wanted(form, ItemKind(kind), int(ref_id), title)
            services.add_item(session(), plan, wanted, by_id=me().id, now=now())
            return _to(plan, "已加入计划。")
    except (Invalid, Conflict) as refused:
        form.refuse(refused if isinstance(refused, Invalid) else Invalid(refused.message, field="what"))
    return _page(plan, form, 422)


@office.get("/<int:plan_id>/items/<int:item_id>/edit")
@requires(MANAGE)
def edit_item(plan_id: int, item_id: int) -> Response:
    plan = plans.plan_to_manage(session(), me(), plan_id)
    of = plans.item_of(session(), plan, item_id)
    numbers = queries.staff_numbers(session(), of)
    data = {name: getattr(of, name) for name in TERMS} | {"audience": of.audience_units, "named": " ".join(numbers)}
    return _edit_page(plan, of, _fitted(TermsForm.shown(data=data), plan))


TERMS = ("due_on", "is_required", "is_theory", "wanted_count", "rank_bands", "least_age", "most_age", "roles", "party")


def _edit_page(plan: TrainingPlan, of: PlanItem, form: TermsForm, status: int = 200) -> Response:
    return page("training/office_plan_edit.html", status, plan=plan, item=of, form=form, active="plans", **NAMES)


@office.post("/<int:plan_id>/items/<int:item_id>/edit")
@requires(MANAGE)
def change_item(plan_id: int, item_id: int) -> Response:
    plan = plans.plan_to_manage(session(), me(), plan_id)
    of = plans.item_of(session(), plan, item_id)
    form = _fitted(TermsForm.posted(), plan)
    try:
        if form.validate():
            wanted = _wanted(form, of.kind, of.ref_id, of.title)
            found = services.change_item(session(), plan, of, wanted, by_id=me().id, now=now())
            return _to(plan, "已改好，改了什么记在变更记录里。" if found else "没有改动。")
    except (Invalid, Conflict) as refused:
        form.refuse(refused if isinstance(refused, Invalid) else Invalid(refused.message, field="is_theory"))
    return _edit_page(plan, of, form, 422)


def _wanted(form: TermsForm, kind: ItemKind, ref_id: int, title: str) -> Wanted:
    """Raises Invalid for a staff number nobody of my scope has."""
    return Wanted(
        kind=kind,
        ref_id=ref_id,
        title=title,
        due_on=form.due_on.data,
        is_required=form.is_required.data,
        is_theory=form.is_theory.data,
        audience_units=form.audience.data or (),
        rank_bands=form.rank_bands.data or (),
        least_age=form.least_age.data,
        most_age=form.most_age.data,
        roles=form.roles.data or (),
        named=[_person(number) for number in (form.named.data or "").lower().split()],
        party=form.party.data or (),
        wanted_count=form.wanted_count.data or 1,
    )


def _offered(form: ItemForm) -> list[tuple[str, str]]:
    return [(choice.value, choice.label) for choice in form.what.choices]


def _person(staff_no: str) -> int:
    found = people_access.find_person_by_number(session(), me(), staff_no, MANAGE, clock.today(now()))
    if found is None:
        raise Invalid(f"没有找到工号 {staff_no}，请核对。", field="named")
    return found.id


@office.post("/<int:plan_id>/items/<int:item_id>/removal")
@requires(MANAGE)
def remove_item(plan_id: int, item_id: int) -> Response:
    plan = plans.plan_to_manage(session(), me(), plan_id)
    services.remove_item(session(), plan, plans.item_of(session(), plan, item_id), by_id=me().id, now=now())
    return _to(plan, "已移出计划。")


@office.post("/<int:plan_id>/publication")
@requires(MANAGE)
def publish(plan_id: int) -> Response:
    plan = plans.plan_to_manage(session(), me(), plan_id)
    services.publish_plan(session(), plan, by_id=me().id, now=now())
    return _to(plan, "已发布，面向的人在“我的计划”里看到。")


@office.post("/<int:plan_id>/withdrawal")
@requires(MANAGE)
def withdraw(plan_id: int) -> Response:
    plan = plans.plan_to_manage(session(), me(), plan_id)
    services.withdraw_plan(session(), plan, by_id=me().id, now=now())
    return _to(plan, "已撤下，不再要求完成；学过的都还在。")

"""Programmes in the back office: made from a preset, their rule edited and tried, started and stopped."""

from flask import Blueprint, Response, request, url_for

from lms.errors import Invalid
from lms.people import access as people_access
from lms.people.guard import me, requires
from lms.people.line_rules import LINE_NAMES, Line
from lms.people.models import Unit
from lms.people.rules import Permission
from lms.stars import access, queries, rules, services
from lms.stars.catalogue_rules import HOLDERS, RECOMMENDED, Entry, Holder, entries_for
from lms.stars.forms import ALL, ProgrammeForm, RuleForm, period_of, rule_data, tried_rule
from lms.stars.models import StarProgramme, StarRuleVersion
from lms.stars.period_rules import PERIODS, Period
from lms.stars.preset_rules import PRESETS
from lms.stars.rules import STATES
from lms.stars.services import Draft
from lms.stars.services.previews import find_preview, try_rule
from lms.tasks.models import TaskState
from lms.web import now, page, see_other, session

bp = Blueprint("stars_office", __name__, url_prefix="/office/stars")

MANAGE, REVIEW = Permission.STAR_MANAGE, Permission.STAR_REVIEW
PROGRAMME_STATES = {"draft": "草稿", "running": "进行中", "stopped": "已停"}


@bp.get("")
@requires(REVIEW)
def index() -> Response:
    scope = people_access.scope(session(), me(), REVIEW)
    cycles = queries.list_cycles_in(session(), scope)
    return page(
        "stars/office_index.html",
        programmes=queries.list_programmes(session(), scope),
        cycles=cycles,
        named=queries.count_named(session(), [line.cycle.id for line in cycles]),
        states=STATES,
        programme_states=PROGRAMME_STATES,
        periods=PERIODS,
        holders=HOLDERS,
        active="stars",
    )


# --- programmes ----------------------------------------------------------------------------------------------------


@bp.get("/new")
@requires(MANAGE)
def new() -> Response:
    return _new_page(_with_units(ProgrammeForm.shown()))


@bp.post("/new")
@requires(MANAGE)
def create() -> Response:
    form = _with_units(ProgrammeForm.posted())
    if not form.validate():
        return _new_page(form, 422)
    owner = next(unit for unit in access.units_to_own_programmes(session(), me()) if str(unit.id) == form.owner.data)
    line = Line(form.line.data) if form.line.data != ALL else None
    draft = Draft(PRESETS[form.preset.data], form.title.data, period_of(form), line)
    try:
        made = services.create_programme(session(), draft, owner, by_id=me().id, now=now())
    except Invalid as refused:
        form.refuse(refused)
        return _new_page(form, 422)
    return _to(made, "已建好草稿。先看看分值，再用上一期的数据试算，合适了再开始。")


def _new_page(form: ProgrammeForm, status: int = 200) -> Response:
    return page("stars/office_new.html", status, form=form, active="stars")


def _with_units(form: ProgrammeForm) -> ProgrammeForm:
    """The units the person may make programmes of; who handles branches only is offered what honours branches."""
    units: list[Unit] = access.units_to_own_programmes(session(), me())
    form.owner.choices = [(str(unit.id), unit.name) for unit in units]
    if access.makes_of_branches_only(session(), me()):
        offered = [preset for preset in PRESETS.values() if preset.holder is Holder.BRANCH]
        form.preset.choices = [(preset.key, f"{preset.name}：{preset.hint}") for preset in offered]
    return form


@bp.get("/programmes/<int:programme_id>")
@requires(REVIEW)
def programme(programme_id: int) -> Response:
    one = access.programme_to_handle(session(), me(), programme_id, REVIEW)
    versions = queries.list_versions(session(), one.id)
    return page(
        "stars/office_programme.html",
        programme=one,
        versions=versions,
        rule=versions[-1].star_rule,
        words=rules.explain(versions[-1].star_rule, who=HOLDERS[one.holder]),
        cycles=queries.list_cycles_of(session(), one.id),
        owner_name=session().get_one(Unit, one.owner_unit_id).name,
        line_name=LINE_NAMES[one.line] if one.line else "全部条线",
        may_manage=_may(one),
        states=STATES,
        programme_states=PROGRAMME_STATES,
        periods=PERIODS,
        holders=HOLDERS,
        active="stars",
    )


def _may(one: StarProgramme) -> bool:
    return me().can(MANAGE) and access.may_manage(session(), me(), one)


@bp.get("/programmes/<int:programme_id>/rule")
@requires(MANAGE)
def rule(programme_id: int) -> Response:
    one = access.programme_to_handle(session(), me(), programme_id, MANAGE)
    newest = queries.newest_version(session(), one.id)
    return _rule_page(one, newest, RuleForm.shown(data=rule_data(newest.star_rule)).fit(one))


@bp.post("/programmes/<int:programme_id>/rule")
@requires(MANAGE)
def save_rule(programme_id: int) -> Response:
    one = access.programme_to_handle(session(), me(), programme_id, MANAGE)
    newest, form = queries.newest_version(session(), one.id), RuleForm.posted().fit(one)
    if not form.validate():
        return _rule_page(one, newest, form, 422)
    try:
        typed = form.rule(_entries(one), newest.star_rule)
        made = services.save_rule(session(), one, typed, by_id=me().id, now=now())
    except Invalid as refused:
        form.refuse(refused)
        return _rule_page(one, newest, form, 422)
    said = f"已存为第 {made.version} 版，以后开始的周期按它评。" if made else "没有改动。"
    return _to(one, said)


def _entries(one: StarProgramme) -> list[Entry]:
    return entries_for(one.holder, of_contests=one.period is Period.CONTEST)


def _rule_page(one: StarProgramme, newest: StarRuleVersion, form: RuleForm, status: int = 200) -> Response:
    entries = _entries(one)
    return page(
        "stars/office_rule.html", status, programme=one, newest=newest, form=form, entries=entries, active="stars"
    )  # fmt: skip


@bp.post("/programmes/<int:programme_id>/start")
@requires(MANAGE)
def start(programme_id: int) -> Response:
    one = access.programme_to_handle(session(), me(), programme_id, MANAGE)
    services.start_programme(session(), one, by_id=me().id, now=now())
    return _to(one, "已开始。每一期结束后自动计算候选，不用操作。")


@bp.post("/programmes/<int:programme_id>/stop")
@requires(MANAGE)
def stop(programme_id: int) -> Response:
    one = access.programme_to_handle(session(), me(), programme_id, MANAGE)
    services.stop_programme(session(), one, by_id=me().id, now=now())
    return _to(one, "已停。已经开始的周期照常走完。")


def _to(one: StarProgramme, said: str) -> Response:
    return see_other(url_for("stars_office.programme", programme_id=one.id), flash=said)


# --- the trial -----------------------------------------------------------------------------------------------------


@bp.post("/programmes/<int:programme_id>/preview")
@requires(MANAGE)
def ask_preview(programme_id: int) -> Response:
    one = access.programme_to_handle(session(), me(), programme_id, MANAGE)
    services.ask_for_preview(session(), one, by_id=me().id, now=now())
    return see_other(url_for("stars_office.preview", programme_id=one.id), flash="正在读取上一期的数据，稍等片刻刷新。")


@bp.get("/programmes/<int:programme_id>/preview")
@requires(MANAGE)
def preview(programme_id: int) -> Response:
    """Whom the rule would have named last time, and whom the weights in the address would."""
    one = access.programme_to_handle(session(), me(), programme_id, MANAGE)
    task, standing = find_preview(session(), one.id), queries.newest_version(session(), one.id).star_rule
    tried = tried_rule(standing, _entries(one), request.args)
    result = task.result if task is not None and task.state is TaskState.DONE else None
    return page(
        "stars/office_preview.html",
        programme=one,
        task=task,
        result=result,
        standing=try_rule(standing, result) if result else None,
        trial=try_rule(tried, result) if result else None,
        tried=tried,
        is_changed=tried != standing,
        form=RuleForm.shown(data=rule_data(tried)),
        entries=[entry for entry in _entries(one) if not entry.is_judged and entry.source not in RECOMMENDED],
        active="stars",
    )

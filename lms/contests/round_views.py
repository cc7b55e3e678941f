"""Rounds in the back office while a contest is a draft; contests from presets of several rounds, or like an earlier one."""

from datetime import date

from flask import Blueprint, Response, url_for

from lms import clock
from lms.contests import access, plan_rules, queries, round_access, services
from lms.contests.forms import ALL, offer_audiences
from lms.contests.models import Contest, Round
from lms.contests.plan_rules import PRESETS, ContestPreset
from lms.contests.queries import RoundLine
from lms.contests.round_forms import CopyForm, PresetForm, RoundForm, planned_by, shown_of
from lms.contests.services.planning import Head
from lms.contests.services.rounds import plan_of
from lms.errors import Invalid, NotFound
from lms.people import queries as people
from lms.people.guard import me, requires
from lms.people.line_rules import Line
from lms.people.models import Unit
from lms.people.rules import Permission
from lms.web import now, page, see_other, session
from lms.workdays import queries as workdays

bp = Blueprint("rounds_office", __name__, url_prefix="/office/contests")

managing = requires(Permission.CONTEST_MANAGE)


def _preset(name: str) -> ContestPreset:
    if name not in PRESETS:
        raise NotFound()
    return PRESETS[name]


@bp.get("/new/<name>")
@managing
def new(name: str) -> Response:
    """A contest of several rounds from a preset; `contests_office.new` makes one of a single round."""
    first_on = clock.add_working_days(clock.today(now()), 1, _overrides())
    return _preset_page(
        name, PresetForm.shown(data={"title": f"{first_on.year}年{_preset(name).name}", "first_on": first_on})
    )


@bp.post("/new/<name>")
@managing
def create(name: str) -> Response:
    preset, form = _preset(name), PresetForm.posted()
    owner = _offer_units(form)
    if not form.validate():
        return _preset_page(name, form, 422)
    chosen = people.find_unit(session(), int(form.audience.data)) if form.audience.data != ALL else None
    head = Head(
        form.title.data, Line(form.line.data) if form.line.data != ALL else None,
        chosen or (owner if owner.parent_id is not None else None),
    )  # fmt: skip
    try:
        made = services.create_contest(
            session(), head, preset, form.first_on.data, overrides=_overrides(), owner=owner, actor_id=me().id, now=now(),
            participation_percent=form.participation_percent.data,
        )  # fmt: skip
    except Invalid as refused:
        form.refuse(refused)
        return _preset_page(name, form, 422)
    return _to_contest(made.id, "已建好，核对各轮的时间和办法，无误后点“开放比拼”。")


def _preset_page(name: str, form: PresetForm, status: int = 200) -> Response:
    _offer_units(form)
    dates = plan_rules.schedule(_preset(name).rounds, form.first_on.data or clock.today(now()), _overrides())
    rounds = list(zip(_preset(name).rounds, dates, strict=True))
    return page(
        "contests/office_preset.html", status, form=form, name=name, preset=_preset(name), presets=PRESETS, rounds=rounds,
        active="contests",
    )  # fmt: skip


def _offer_units(form: PresetForm) -> Unit:
    owner = access.unit_to_own_contests(session(), me())
    offer_audiences(form.audience, owner, people.list_units(session()))
    return owner


def _overrides() -> dict[date, bool]:
    return workdays.overrides(session(), clock.today(now()))


def _to_contest(contest_id: int, said: str) -> Response:
    return see_other(url_for("contests_office.contest", contest_id=contest_id), flash=said)


# --- like last year ------------------------------------------------------------------------------------------------


@bp.get("/<int:contest_id>/copy")
@managing
def copying(contest_id: int) -> Response:
    contest = _contest(contest_id)[0].contest
    first_on = clock.add_working_days(clock.today(now()), 1, _overrides())
    title = contest.title.replace(str(contest.year), str(first_on.year))
    return _copy_page(contest, CopyForm.shown(data={"title": title, "first_on": first_on}))


@bp.post("/<int:contest_id>/copy")
@managing
def copy(contest_id: int) -> Response:
    contest, form = _contest(contest_id)[0].contest, CopyForm.posted()
    if not form.validate():
        return _copy_page(contest, form, 422)
    try:
        made = services.copy_contest(
            session(), contest, form.title.data, form.first_on.data, overrides=_overrides(),
            owner=round_access.owner_of(session(), contest), actor_id=me().id, now=now(),
        )  # fmt: skip
    except Invalid as refused:
        form.refuse(refused)
        return _copy_page(contest, form, 422)
    return _to_contest(made.id, "已照样建好草稿，核对时间后点“开放比拼”。")


def _copy_page(contest: Contest, form: CopyForm, status: int = 200) -> Response:
    lines = queries.in_order(_contest(contest.id))
    return page("contests/office_copy.html", status, contest=contest, lines=lines, form=form, active="contests")


# --- rounds of a draft ---------------------------------------------------------------------------------------------


def _contest(contest_id: int) -> list[RoundLine]:
    return access.contest_to_handle(session(), me(), contest_id, Permission.CONTEST_MANAGE, now=now())


def _others(lines: list[RoundLine], round_id: int | None = None) -> list[Round]:
    return [line.round for line in queries.in_order(round_access.sources_for(lines, round_id))]


@bp.get("/<int:contest_id>/rounds/new")
@managing
def adding(contest_id: int) -> Response:
    lines = queries.in_order(_contest(contest_id))
    last = lines[-1].round
    opens = clock.at_local(clock.add_working_days(clock.today(last.closes_at), plan_rules.REVIEW_DAYS, _overrides()), 9)
    closes = clock.at_local(clock.today(opens), 18)
    data = {"cut_off_on": clock.today(opens), "opens_at": clock.local(opens), "closes_at": clock.local(closes)}
    return _round_page(lines[0].contest, RoundForm.shown(data=data).offer(_others(lines)))


@bp.post("/<int:contest_id>/rounds/new")
@managing
def add(contest_id: int) -> Response:
    lines = _contest(contest_id)
    contest, others = lines[0].contest, _others(lines)
    form = RoundForm.posted().offer(others)
    if not form.validate():
        return _round_page(contest, form, 422)
    owner = round_access.owner_of(session(), contest)
    try:
        plan = planned_by(form, others)
        services.add_round(session(), contest, plan, owner=owner, actor_id=me().id, now=now())
    except Invalid as refused:
        form.refuse(refused)
        return _round_page(contest, form, 422)
    return _to_contest(contest_id, "已加一轮。")


@bp.get("/rounds/<int:round_id>/plan")
@managing
def changing(round_id: int) -> Response:
    line, others = _line(round_id)
    source = next((one for one in others if one.id == line.round.from_round_id), None)
    data = shown_of(plan_of(session(), line.round, source))
    return _round_page(line.contest, _form(line, others, data), round_=line.round)


@bp.post("/rounds/<int:round_id>/plan")
@managing
def change(round_id: int) -> Response:
    line, others = _line(round_id)
    form = _form(line, others)
    if not form.validate():
        return _round_page(line.contest, form, 422, line.round)
    try:
        plan = planned_by(form, others, plan_of(session(), line.round))
        services.change_round(session(), line.contest, line.round, plan, actor_id=me().id, now=now())
    except Invalid as refused:
        form.refuse(refused)
        return _round_page(line.contest, form, 422, line.round)
    return _to_contest(line.contest.id, "已保存。")


@bp.post("/rounds/<int:round_id>/removal")
@managing
def remove(round_id: int) -> Response:
    line, _ = _line(round_id)
    services.remove_round(session(), line.contest, line.round, actor_id=me().id, now=now())
    return _to_contest(line.contest.id, "已去掉这一轮。")


def _line(round_id: int) -> tuple[RoundLine, list[Round]]:
    line = access.round_to_handle(session(), me(), round_id, Permission.CONTEST_MANAGE, now=now())
    return line, _others(_contest(line.contest.id), round_id)


def _form(line: RoundLine, others: list[Round], data: dict[str, object] | None = None) -> RoundForm:
    form = RoundForm.posted() if data is None else RoundForm.shown(data=data)
    return form.offer(others, kept=line.round.question_count)


def _round_page(contest: Contest, form: RoundForm, status: int = 200, round_: Round | None = None) -> Response:
    return page("contests/office_round.html", status, contest=contest, form=form, round=round_, active="contests")

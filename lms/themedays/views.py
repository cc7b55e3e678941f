"""A branch's month as its members and its secretary meet it: the pack, the plan, what is done, the year, make-up study."""

from datetime import date, timedelta
from typing import Any

from flask import Blueprint, Response, url_for
from sqlalchemy.orm import Session

from lms import clock
from lms.errors import Invalid
from lms.gatherings import rules as gathering_rules
from lms.gatherings.kind_rules import KINDS, GatheringKind
from lms.gatherings.models import Gathering
from lms.people.guard import me, requires, signed_in
from lms.people.models import Branch
from lms.people.principal import Principal
from lms.people.rules import Permission
from lms.themedays import access, queries, rules, services
from lms.themedays.forms import LENGTHS, ChangeForm, DayForm, MonthForm, ReasonForm, length_of, plan_data
from lms.themedays.queries import MonthLine
from lms.themedays.rules import MONTH_STATES, PART_STATES, PARTS, PartKind, PartState
from lms.themedays.services import MonthPlan
from lms.web import now, page, see_other, session
from lms.web.fields import choices
from lms.workdays import queries as workdays

bp = Blueprint("themedays", __name__, url_prefix="/themedays")

HOLD = Permission.GATHERING_HOLD
NAMES: dict[str, Any] = {"part_names": PARTS, "part_states": PART_STATES, "month_states": MONTH_STATES}
OTHER_KINDS = (GatheringKind.FIRST_TOPIC, GatheringKind.SAME_THEME, GatheringKind.READING, GatheringKind.ORG_LIFE)


@bp.get("")
@signed_in
def index() -> Response:
    """My own branch's month that is now to be done."""
    branch_id = me().branch_id
    if branch_id is None:
        return page("people/no_branch.html", active="branch")
    return see_other(url_for(".branch", branch_id=branch_id))


@bp.get("/<int:branch_id>")
@signed_in
def branch(branch_id: int) -> Response:
    """A branch's month that is now to be done."""
    seen = access.branch_to_see(session(), me(), branch_id)
    return see_other(address(seen.id, month_to_open(session(), seen.id, clock.today(now()))))


def month_to_open(session: Session, branch_id: int, today: date) -> date:
    """The month that a branch's page opens with."""
    month = today.replace(day=1)
    this, coming = queries.list_months(session, [branch_id], month, rules.next_month(month))
    is_settled = this.state is rules.MonthState.RECORDED and all(
        line.state is not PartState.PLANNED for line in this.parts
    )
    return rules.month_shown(
        today, is_settled=is_settled, next_is_out=coming.pack is not None, overrides=workdays.overrides(session, month)
    )


def address(branch_id: int, month: date) -> str:
    return url_for("themedays.show", branch_id=branch_id, month=rules.month_text(month))


@bp.get("/<int:branch_id>/<month>")
@signed_in
def show(branch_id: int, month: str) -> Response:
    branch = access.branch_to_see(session(), me(), branch_id)
    line = queries.month_of(session(), branch.id, access.month_asked(month))
    return month_page(branch, line)


def month_page(
    branch: Branch, line: MonthLine, status: int = 200, *, form: MonthForm | None = None, slip_form: ReasonForm | None = None
) -> Response:  # fmt: skip
    today, overrides = clock.today(now()), workdays.overrides(session(), line.month)
    keeps = access.may_keep(session(), me(), branch)
    may_plan = keeps and line.main is None and any(one.state is PartState.OPEN for one in line.parts)
    proposal = services.propose(session(), branch, line, by_id=me().id, now=now()) if may_plan else None
    if form is None and proposal is not None:
        form = fitted(MonthForm.shown(data=plan_data(proposal)), proposal)
    slipped = line.main is not None and rules.needs_reason(line.main.held_on, line.month, overrides)
    months = [rules.next_month(line.month - timedelta(days=40)), line.month, rules.next_month(line.month)]
    return page(
        "themedays/month.html",
        status,
        branch=branch,
        line=line,
        **given(line),
        keeps=keeps,
        reads=keeps or access.may_read(session(), me(), branch),
        proposal=proposal,
        form=form,
        must_explain=proposal is not None
        and rules.needs_reason(clock.today(proposal.starts_at), line.month, overrides),
        slip_form=slip_form or ReasonForm.shown(),
        is_slip_open=keeps and slipped and not (line.branch_month and line.branch_month.slip_reason),
        is_closed=services.is_closed(session(), line.month, now()),
        loose=queries.list_loose(session(), branch.id, line.month) if keeps else [],
        make_ups=_make_ups(branch, line.month, keeps=keeps),
        months=[(f"{each.month}月", address(branch.id, each), each == line.month) for each in months],
        kinds=[KINDS[kind] for kind in OTHER_KINDS] if keeps else [],
        step=step_of,
        change_form=ChangeForm.shown(),
        today=today,
        active="branch",
        **NAMES,
    )


def given(line: MonthLine) -> dict[str, Any]:
    """What the pack gives: its resources and where they are studied."""
    pack = line.pack
    files = queries.list_files(session(), pack.id) if pack else []
    studied = [pack.lesson_id, pack.film_id] if pack else []
    return {
        "pack": pack,
        "files": files,
        "resources": queries.resources_by_id(session(), studied),
        "lessons": queries.lessons_showing(session(), [*studied, *(one.id for one in files)]),
    }


def _make_ups(branch: Branch, month: date, *, keeps: bool) -> list[queries.MakeUpLine]:
    """The keeper sees everybody's, a member only their own."""
    lines = queries.make_ups_of_month(session(), branch.id, month)
    return lines if keeps or access.may_read(session(), me(), branch) else _own(lines, me())


def _own(lines: list[queries.MakeUpLine], person: Principal) -> list[queries.MakeUpLine]:
    return [line for line in lines if line.make_up.person_id == person.id]


def step_of(gathering: Gathering) -> str:
    """What a gathering asks of its keeper next."""
    is_written = gathering.minutes_at is not None
    return gathering_rules.next_step(gathering.state, gathering.starts_at, is_written=is_written, now=now())


def fitted(form: DayForm, plan: MonthPlan) -> Any:
    """The form; a length that is not in the list is offered too."""
    if length_of(plan) not in LENGTHS:
        form.length.choices = [*form.length.choices, *choices({length_of(plan): f"{length_of(plan)} 分钟"})]
    return form


@bp.post("/<int:branch_id>/<month>/plan")
@requires(HOLD)
def plan(branch_id: int, month: str) -> Response:
    branch, first = access.branch_to_keep(session(), me(), branch_id), access.month_asked(month)
    line = queries.month_of(session(), branch.id, first)
    like = services.propose(session(), branch, line, by_id=me().id, now=now())
    form = fitted(MonthForm.posted(), like)
    try:
        if form.validate():
            made = services.plan_month(session(), branch, first, form.plan(like), by_id=me().id, now=now())
            on = clock.today(made.starts_at)
            return see_other(address(branch.id, first), flash=f"已安排在 {on.month}月{on.day}日，议程和材料都带好了。")
    except Invalid as refused:
        form.refuse(refused)
    return month_page(branch, line, 422, form=form)


@bp.post("/<int:branch_id>/<month>/slip")
@requires(HOLD)
def explain(branch_id: int, month: str) -> Response:
    branch, first = access.branch_to_keep(session(), me(), branch_id), access.month_asked(month)
    form = ReasonForm.posted()
    if not form.validate():
        return month_page(branch, queries.month_of(session(), branch.id, first), 422, slip_form=form)
    services.explain_slip(session(), branch, first, form.reason.data, now=now())
    return see_other(address(branch.id, first), flash="原因已记下。")


@bp.get("/<int:branch_id>/year/<int:year>")
@signed_in
def year(branch_id: int, year: int) -> Response:
    """Twelve months by three parts; a month without anything is simply empty."""
    branch = access.branch_to_see(session(), me(), branch_id)
    first = access.month_asked(f"{year:04}-01")
    lines = queries.list_months(session(), [branch.id], first, date(year, 12, 1))
    today = clock.today(now())
    years = [(str(each), url_for(".year", branch_id=branch.id, year=each), each == year) for each in range(today.year - 2, today.year + 2)]  # fmt: skip
    return page(
        "themedays/year.html",
        branch=branch,
        lines=lines,
        made_up=queries.count_made_up(session(), branch.id, first, date(year, 12, 1)),
        year=year,
        done={kind.value: sum(line.part(kind).state is PartState.DONE for line in lines) for kind in PartKind},
        due=sum(line.count.due for line in lines),
        present=sum(line.count.present for line in lines),
        years=years,
        address=address,
        today=today,
        active="branch",
        **NAMES,
    )


@bp.get("/make-ups")
@signed_in
def make_ups() -> Response:
    """What I missed and can make up, and what I have made up."""
    lines = queries.make_ups_of_person(session(), me().id)
    return page("themedays/make_ups.html", lines=lines, today=clock.today(now()), active="branch", **NAMES)

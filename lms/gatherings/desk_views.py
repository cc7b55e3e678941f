"""The keeper's desk: what waits, planning, leave, what was decided; and the committee's reading of all records below it."""

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, request, url_for

from lms import clock
from lms.errors import Invalid, NotFound
from lms.gatherings import access, queries, questionnaires, rules, services
from lms.gatherings import list_queries as lists
from lms.gatherings.forms import LENGTHS, LateForm, PlanForm, ReasonForm, ResultForm, plan_data
from lms.gatherings.kind_rules import KINDS, GatheringKind, Kind, Owner, RosterRule, kinds_of
from lms.gatherings.models import Gathering
from lms.gatherings.services import Plan
from lms.gatherings.views import NAMES, follow, record_of
from lms.people import queries as people
from lms.people.guard import me, requires
from lms.people.models import Branch, Unit
from lms.people.rules import Permission
from lms.web import now, page, page_number, paged, see_other, session
from lms.web.fields import choices

bp = Blueprint("gathering_desk", __name__, url_prefix="/gatherings/desk")

READ, HOLD = Permission.GATHERING_READ, Permission.GATHERING_HOLD


@bp.get("")
@requires(READ)
def index() -> Response:
    scope = access.read_scope(session(), me())
    kind = _kind_asked()
    branches = [each for each in people.list_branches(session()) if scope.covers_branch(each.path)]
    branch = next((each for each in branches if str(each.id) == request.args.get("branch")), None)
    query = lists.list_records(scope, kind=kind, branch_id=branch.id if branch else None)
    records = paged(session(), query, page_number())
    holds = me().can(HOLD)
    return page(
        "gatherings/desk.html",
        waiting=lists.list_open(session(), access.hold_scope(session(), me()), now=now()) if holds else [],
        records=records,
        owners=lists.owner_names(session(), records.rows),
        decisions=lists.count_decisions_in(session(), scope),
        kinds=_kinds_to_hold() if holds else [],
        all_kinds=KINDS.values(),
        kind=kind,
        branches=branches,
        branch=branch,
        step=step_of,
        locked=lambda gathering: services.is_locked(gathering, now()),
        active="branch",
        **NAMES,
    )


def _kind_asked() -> GatheringKind | None:
    given = request.args.get("kind", "")
    return GatheringKind(given) if given in {kind.value for kind in GatheringKind} else None


def _kinds_to_hold() -> list[Kind]:
    scope = access.hold_scope(session(), me())
    branch = kinds_of(Owner.BRANCH) if scope.branch_paths else ()
    unit = kinds_of(Owner.UNIT) if scope.unit_paths else ()
    return list(dict.fromkeys([*branch, *unit]))


def step_of(gathering: Gathering) -> str:
    """What is next, as pages ask it."""
    is_written = gathering.minutes_at is not None
    return rules.next_step(gathering.state, gathering.starts_at, is_written=is_written, now=now())


# --- planning ------------------------------------------------------------------------------------------------------


@bp.get("/new/<kind>")
@requires(HOLD)
def new(kind: str) -> Response:
    words, owner = _words(kind), _owner(kind)
    proposal = services.propose(session(), owner, words.key, by_id=me().id, now=now())
    form = _fitted(PlanForm.shown(data=plan_data(proposal)), owner, proposal, words.roster)
    return _plan_page(form, owner, words)


@bp.post("/new/<kind>")
@requires(HOLD)
def create(kind: str) -> Response:
    words, owner = _words(kind), _owner(kind)
    like = services.propose(session(), owner, words.key, by_id=me().id, now=now())
    form = _fitted(PlanForm.posted(), owner, like, words.roster)
    try:
        if form.validate():
            made = services.plan(session(), owner, form.plan(like), by_id=me().id, now=now())
            return _to(made, "已安排，到时在这里点名。")
    except Invalid as refused:
        form.refuse(_at_field(refused))
    return _plan_page(form, owner, words, status=422)


def _words(kind: str) -> Kind:
    if kind not in {each.value for each in GatheringKind}:
        raise NotFound()
    return KINDS[GatheringKind(kind)]


def _owner(kind: str) -> Branch | Unit:
    """The owner in the address, or the first of mine that may hold this kind."""
    may = _words(kind).owners
    given, _, number = request.args.get("owner", "").partition(":")
    if given in may and number.isdecimal() and len(number) < 12:
        return access.owner_to_hold_for(session(), me(), Owner(given), int(number))
    owners = [each for each in access.owners_to_hold_for(session(), me()) if _what(each) in may]
    if not owners:
        raise NotFound()
    return owners[0]


def _what(owner: Branch | Unit) -> Owner:
    return Owner.BRANCH if isinstance(owner, Branch) else Owner.UNIT


def _fitted(form: PlanForm, owner: Branch | Unit, plan: Plan, roster: RosterRule) -> PlanForm:
    """The form with the people of the day to choose from; a length that is not in the list is offered too."""
    on = clock.today(plan.starts_at)
    path = {"branch_path": owner.path} if isinstance(owner, Branch) else {"unit_path": owner.path}
    members = people.roster(session(), on, **path)  # type: ignore[arg-type]
    named = {member.person_id: member.name for member in members}
    for person_id in {plan.host_id, plan.recorder_id, me().id} - {None, *named}:
        named |= people.names_of(session(), [person_id] if person_id else [])
    offered = [("", "未定"), *((str(person_id), name) for person_id, name in named.items())]
    form.host.choices = form.recorder.choices = offered
    if roster.is_chosen:
        due = [m for m in members if rules.is_due(roster, m.party_status, m.duty_status, is_chosen=True)]
        form.invitees.choices = [(member.person_id, member.name) for member in due]
    else:
        del form.invitees
    minutes = str(plan_data(plan)["length"])
    if minutes not in LENGTHS:
        form.length.choices = [*form.length.choices, *choices({minutes: f"{minutes} 分钟"})]
    return form


def _at_field(refused: Invalid) -> Invalid:
    return Invalid(refused.message, field={"ends_at": "length"}.get(refused.field, refused.field))


def _plan_page(
    form: PlanForm, owner: Branch | Unit, words: Kind, gathering: Gathering | None = None, status: int = 200
) -> Response:
    owners = (
        []
        if gathering
        else [each for each in access.owners_to_hold_for(session(), me()) if _what(each) in words.owners]
    )
    locked = gathering is not None and services.is_locked(gathering, now())
    return page(
        "gatherings/plan.html", status, form=form, owner=owner, words=words, gathering=gathering, locked=locked,
        owners=[(f"{_what(each)}:{each.id}", each.name, each is owner) for each in owners], active="branch",
    )  # fmt: skip


@bp.get("/<int:gathering_id>/plan")
@requires(HOLD)
def edit(gathering_id: int) -> Response:
    gathering = access.gathering_to_hold(session(), me(), gathering_id)
    return _plan_page(*_edit_form(gathering, shown=True), gathering.words, gathering)


def _edit_form(gathering: Gathering, *, shown: bool) -> tuple[PlanForm, Branch | Unit]:
    owner, plan = queries.owner_of(session(), gathering), services.plan_of(gathering)
    if shown and gathering.roster.is_chosen:
        data = plan_data(plan) | {"invitees": queries.list_invitees(session(), gathering.id)}
    else:
        data = plan_data(plan)
    form = PlanForm.shown(data=data) if shown else PlanForm.posted()
    return _fitted(form, owner, plan, gathering.roster), owner


@bp.post("/<int:gathering_id>/plan")
@requires(HOLD)
def change(gathering_id: int) -> Response:
    gathering = access.gathering_to_hold(session(), me(), gathering_id)
    form, owner = _edit_form(gathering, shown=False)
    try:
        if form.validate():
            wanted, reason = form.plan(services.plan_of(gathering)), form.reason.data or ""
            services.change_plan(session(), gathering, wanted, by_id=me().id, now=now(), reason=reason, follow=follow())
            if "invitees" in form and gathering.state is rules.GatheringState.PLANNED:
                services.choose(session(), gathering, wanted.invitees, by_id=me().id, now=now())
            return _to(gathering, "已保存。")
    except Invalid as refused:
        form.refuse(_at_field(refused))
    return _plan_page(form, owner, gathering.words, gathering, 422)


@bp.post("/<int:gathering_id>/cancellation")
@requires(HOLD)
def cancel(gathering_id: int) -> Response:
    gathering, form = access.gathering_to_hold(session(), me(), gathering_id), ReasonForm.posted()
    if not form.validate():
        return _page(gathering, 422, cancel_form=form)
    services.cancel(session(), gathering, reason=form.reason.data, by_id=me().id, now=now())
    return _to(gathering, "已取消。")


# --- one gathering -------------------------------------------------------------------------------------------------


@bp.get("/<int:gathering_id>")
@requires(READ)
def show(gathering_id: int) -> Response:
    return _page(access.gathering_to_read(session(), me(), gathering_id))


def _page(gathering: Gathering, status: int = 200, cancel_form: ReasonForm | None = None) -> Response:
    roll = queries.roll_of(session(), gathering)
    return page(
        "gatherings/desk_show.html",
        status,
        **record_of(gathering),
        roll=roll,
        asked=queries.list_asked(session(), gathering.id),
        changes=queries.list_changes(session(), gathering.id),
        holds=access.may_hold(session(), me(), gathering),
        locked=services.is_locked(gathering, now()),
        step=step_of(gathering),
        outcome=questionnaires.outcome_of(session(), gathering.id),
        late_form=LateForm.shown(),
        cancel_form=cancel_form or ReasonForm.shown(),
        active="branch",
        **NAMES,
    )


def _to(gathering: Gathering, said: str) -> Response:
    return see_other(url_for("gathering_desk.show", gathering_id=gathering.id), flash=said)


@bp.post("/<int:gathering_id>/leaves/<int:leave_id>/<any(approval, refusal):what>")
@requires(HOLD)
def decide_leave(gathering_id: int, leave_id: int, what: str) -> Response:
    gathering = access.gathering_to_hold(session(), me(), gathering_id)
    leave, form = access.leave_to_decide(session(), gathering, leave_id), LateForm.posted()
    link = url_for("gatherings.show", gathering_id=gathering.id)
    services.decide_leave(
        session(), gathering, leave, approve=what == "approval", link=link, by_id=me().id, now=now(),
        reason=form.reason.data or "",
    )  # fmt: skip
    return _to(gathering, "已批准请假。" if what == "approval" else "已退回请假，本人会收到消息。")


# --- following up --------------------------------------------------------------------------------------------------


@bp.get("/decisions")
@requires(READ)
def decisions() -> Response:
    """待落实事项 of everything in my scope."""
    lines = lists.decisions_in(session(), access.read_scope(session(), me()))
    soon = clock.today(now()) + timedelta(days=7)
    shown: dict[str, Any] = {"lines": lines, "today": clock.today(now()), "soon": soon, "form": ResultForm.shown()}
    return page("gatherings/decisions.html", active="branch", holds=me().can(HOLD), **shown)

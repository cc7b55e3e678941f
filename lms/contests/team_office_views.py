"""Teams in the back office: unit admins enter them, organisers say how the contest has them."""

from flask import Blueprint, Response, url_for

from lms import clock
from lms.contests import team_access, team_queries, team_services
from lms.contests.forms import moment
from lms.contests.team_forms import TeamForm, TermsForm
from lms.contests.team_queries import Terms
from lms.contests.team_rules import Deadlines, Sizes
from lms.contests.team_services import Hand
from lms.errors import Conflict, Invalid
from lms.people import access as people_access
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import now, page, see_other, session

bp = Blueprint("teams_office", __name__, url_prefix="/office/teams")


@bp.get("")
@requires(Permission.TEAM_MANAGE)
def index() -> Response:
    found = team_access.list_terms_to_handle(session(), me())
    scope = people_access.scope(session(), me(), Permission.TEAM_MANAGE)
    rows = [(terms, len(team_queries.list_teams(session(), terms.contest.id, scope))) for terms in found]
    return page("contests/office_teams_index.html", rows=rows, active="teams")


@bp.get("/<int:contest_id>")
@requires(Permission.TEAM_MANAGE)
def contest(contest_id: int) -> Response:
    if team_queries.find_terms(session(), contest_id) is None:
        team_access.contest_of(session(), me(), contest_id)
        return see_other(url_for("teams_office.terms", contest_id=contest_id))
    terms = team_access.terms_to_handle(session(), me(), contest_id)
    return _teams_page(terms, TeamForm.shown())


def _teams_page(terms: Terms, form: TeamForm, status: int = 200) -> Response:
    scope = people_access.scope(session(), me(), Permission.TEAM_MANAGE)
    form.unit.choices = [(str(u.id), u.name) for u in team_access.units_to_enter(session(), me(), terms)]
    lines = team_queries.list_teams(session(), terms.contest.id, scope)
    return page("contests/office_teams.html", status, terms=terms, lines=lines, form=form, active="teams")


@bp.post("/<int:contest_id>")
@requires(Permission.TEAM_MANAGE)
def enter(contest_id: int) -> Response:
    terms, form = team_access.terms_to_handle(session(), me(), contest_id), TeamForm.posted()
    units = team_access.units_to_enter(session(), me(), terms)
    form.unit.choices = [(str(unit.id), unit.name) for unit in units]
    if not form.validate():
        return _teams_page(terms, form, 422)
    try:
        team = _entered(terms, form)
    except (Conflict, Invalid) as refused:
        (form.captain if getattr(refused, "field", "") == "captain" else form.name).errors = [refused.message]
        return _teams_page(terms, form, refused.status)
    return see_other(url_for("teams.show", team_id=team), flash="已报名，请补充队员。")


def _entered(terms: Terms, form: TeamForm) -> int:
    unit_id, organiser = int(form.unit.data), team_access.is_organiser(session(), me(), terms)
    captain = None
    if form.captain.data:
        captain = team_access.person_of_unit(session(), terms, unit_id, form.captain.data, now=now())
        if captain is None:
            raise Invalid("这个单位没有这个工号，或者这个人不参加排名。", field="captain")
    hand = Hand(me().id, organiser, form.reason.data)
    return team_services.enter_team(
        session(), terms, name=form.name.data, unit_id=unit_id, captain=captain, hand=hand, now=now()
    ).id


# --- how a contest has teams ---------------------------------------------------------------------------------------


@bp.get("/<int:contest_id>/terms")
@requires(Permission.CONTEST_MANAGE)
def terms(contest_id: int) -> Response:
    team_access.contest_of(session(), me(), contest_id)
    kept = team_queries.find_terms(session(), contest_id)
    shown = kept and vars(kept.sizes) | {
        name: clock.local(at).replace(tzinfo=None) for name, at in vars(kept.deadlines).items()
    }
    return _terms_page(contest_id, TermsForm.shown(data=shown or {}))


@bp.post("/<int:contest_id>/terms")
@requires(Permission.CONTEST_MANAGE)
def set_terms(contest_id: int) -> Response:
    contest, form = team_access.contest_of(session(), me(), contest_id), TermsForm.posted()
    if not form.validate():
        return _terms_page(contest_id, form, 422)
    sizes = Sizes(form.least.data, form.most.data, form.substitutes.data, form.per_unit.data, form.best_of.data)
    deadlines = Deadlines(moment(form.entry_until.data), moment(form.change_until.data))
    try:
        team_services.set_terms(session(), contest, sizes, deadlines, actor_id=me().id, now=now())
    except Invalid as refused:
        form.refuse(refused)
        return _terms_page(contest_id, form, 422)
    return see_other(url_for("teams_office.contest", contest_id=contest_id), flash="已保存，各单位可以报名。")


def _terms_page(contest_id: int, form: TermsForm, status: int = 200) -> Response:
    contest = team_access.contest_of(session(), me(), contest_id)
    return page("contests/office_team_terms.html", status, contest=contest, form=form, active="teams")

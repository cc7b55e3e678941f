"""三会一课: a branch's year of duties, for its members; its organisation, for who keeps it."""

from flask import Blueprint, Response, request, url_for

from lms import clock
from lms.errors import NotFound
from lms.gatherings.kind_rules import KINDS
from lms.people.guard import me, requires, signed_in
from lms.people.models import Branch
from lms.people.rules import Permission
from lms.themedays import duties_access as access
from lms.themedays import duties_queries as queries
from lms.themedays import duties_rules as rules
from lms.themedays import duties_services as services
from lms.themedays.duties_forms import OrganisationForm, organisation_data
from lms.web import now, page, see_other, session

bp = Blueprint("duties", __name__, url_prefix="/branches", template_folder="templates")

FIRST_YEAR = 2020


def year_asked() -> int:
    """The year in the query string; this year when there is none or it lies in the future."""
    this_year, given = clock.today(now()).year, request.args.get("year", "")
    year = int(given) if given.isdecimal() and len(given) == 4 else this_year
    return year if FIRST_YEAR <= year <= this_year else this_year


def years_of(since_year: int) -> list[int]:
    """The years there is anything of, the newest first."""
    this_year = clock.today(now()).year
    return list(range(this_year, max(FIRST_YEAR, min(since_year, this_year)) - 1, -1))


@bp.get("/duties")
@signed_in
def mine() -> Response:
    if me().branch_id is None:
        raise NotFound()
    return see_other(url_for("duties.show", branch_id=me().branch_id))


@bp.get("/<int:branch_id>/duties")
@signed_in
def show(branch_id: int) -> Response:
    branch, today = access.branch_to_visit(session(), me(), branch_id), clock.today(now())
    year = year_asked()
    duties = queries.duties_of(session(), branch, year, today=today)
    keeps = access.desk_scope(session(), me()).covers_branch(branch.path)
    return page(
        "themedays/duties.html",
        branch=branch,
        duties=duties,
        open=rules.open_cells(duties.rows) if year == today.year else [],
        years=years_of(duties.since.year if duties.since else today.year),
        today=today,
        at=now(),
        keeps=keeps,
        organises=access.may_organise(session(), me(), branch),
        standings=rules.STANDINGS,
        kinds=KINDS,
        sentence=rules.sentence,
        active="branch",
    )


@bp.get("/<int:branch_id>/organisation")
@requires(Permission.BRANCH_READ)
def organisation(branch_id: int) -> Response:
    branch = access.branch_to_organise(session(), me(), branch_id)
    holding = queries.organisation_of(session(), branch, clock.today(now()))
    return _organisation_page(branch, OrganisationForm.shown(data=organisation_data(holding)))


def _organisation_page(branch: Branch, form: OrganisationForm, status: int = 200) -> Response:
    today = clock.today(now())
    holding = queries.organisation_of(session(), branch, today)
    return page(
        "themedays/organisation.html", status, branch=branch, form=form, holding=holding, month=today, active="branch"
    )


@bp.post("/<int:branch_id>/organisation")
@requires(Permission.BRANCH_READ)
def organise(branch_id: int) -> Response:
    branch, form = access.branch_to_organise(session(), me(), branch_id), OrganisationForm.posted()
    if not form.validate():
        return _organisation_page(branch, form, 422)
    services.organise(
        session(), branch, has_committee=form.has_committee, groups=form.groups.data, by_id=me().id, now=now()
    )
    return see_other(url_for("duties.show", branch_id=branch.id), flash="已保存，从本月起按这个要求。")

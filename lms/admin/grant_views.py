"""Roles, for the security admin: who holds what where, granting and revoking."""

from flask import Blueprint, Response, request, url_for

from lms import clock
from lms.admin.forms import GrantForm
from lms.errors import Conflict, Invalid
from lms.people import access, queries
from lms.people.guard import me, requires
from lms.people.models import Person
from lms.people.rules import ROLES, Permission
from lms.people.services import grants
from lms.web import now, page, page_number, paged, see_other, session
from lms.web.fields import clean_line

bp = Blueprint("grants", __name__, url_prefix="/grants")


@bp.get("")
@requires(Permission.ROLE_GRANT)
def index() -> Response:
    """Holders of roles; a search looks among everybody, so that somebody new can be found."""
    text, role = clean_line(request.args.get("q"))[:40], request.args.get("role", "")
    wanted = (
        queries.list_accounts(text=text, now=now()) if text and not role else queries.list_holders(text=text, role=role)
    )
    people = paged(session(), wanted, page_number())
    ids = [person.id for person in people.rows]
    places = queries.places_of(session(), ids, clock.today(now()))
    held = queries.grants_of(session(), ids)
    return page(
        "admin/grants/index.html",
        people=people,
        places=places,
        held=held,
        text=text,
        role=role,
        roles=ROLES,
        active="grants",
    )


@bp.get("/<int:person_id>")
@requires(Permission.ROLE_GRANT)
def show(person_id: int) -> Response:
    person = access.person_to_manage(session(), me(), person_id, Permission.ROLE_GRANT)
    return _person_page(person, GrantForm.shown())


def _person_page(person: Person, form: GrantForm, status: int = 200) -> Response:
    form.offer(queries.list_units(session()), queries.list_branches(session()))
    held = queries.grants_of(session(), [person.id]).get(person.id, [])
    place = queries.places_of(session(), [person.id], clock.today(now())).get(person.id)
    return page(
        "admin/grants/show.html", status, person=person, form=form, held=held, place=place, roles=ROLES, active="grants"
    )


@bp.post("/<int:person_id>")
@requires(Permission.ROLE_GRANT)
def grant(person_id: int) -> Response:
    person = access.person_to_manage(session(), me(), person_id, Permission.ROLE_GRANT)
    form = GrantForm.posted()
    form.offer(queries.list_units(session()), queries.list_branches(session()))
    if not form.validate():
        return _person_page(person, form, 422)
    unit = queries.find_unit(session(), form.unit_id.data) if form.unit_id.data else None
    branch = queries.find_branch(session(), form.branch_id.data) if form.branch_id.data else None
    try:
        grants.grant(
            session(), person, form.role.data, unit=unit, branch=branch, by_id=me().id, by=me().name, now=now()
        )
    except (Conflict, Invalid) as problem:
        form.refuse(Invalid(problem.message, field=getattr(problem, "field", "role")))
        return _person_page(person, form, problem.status)
    flash = f"已授予“{ROLES[form.role.data]}”。{person.name}要重新登录后生效。"
    return see_other(url_for("admin.grants.show", person_id=person_id), flash=flash)


@bp.post("/revoking/<int:grant_id>")
@requires(Permission.ROLE_GRANT)
def revoke(grant_id: int) -> Response:
    granted = access.grant_to_revoke(session(), me(), grant_id)
    grants.revoke(session(), granted, by_id=me().id, by=me().name, now=now())
    flash = f"已收回“{ROLES[granted.role]}”，这个人的所有设备已退出登录。"
    return see_other(url_for("admin.grants.show", person_id=granted.person_id), flash=flash)

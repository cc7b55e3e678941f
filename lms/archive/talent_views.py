"""人才库: why, then whom."""

from flask import Blueprint, Response, url_for

from lms import clock
from lms.archive import access, talent
from lms.archive.forms import TalentForm
from lms.errors import Invalid
from lms.people import access as people_access
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import now, page, see_other, session

bp = Blueprint("talent", __name__, url_prefix="/office/talent")

SHOWN = 10
SEARCH = Permission.TALENT_SEARCH
CRITERIA = ("rank", "born_since", "posting", "word", "has_lectured", "is_mentor", "professional_hours")


@bp.get("")
@requires(SEARCH)
def index() -> Response:
    return _page(_form(TalentForm.shown()))


@bp.post("")
@requires(SEARCH)
def search() -> Response:
    form = _form(TalentForm.posted())
    if not form.validate():
        return _page(form, 422)
    criteria = {key: getattr(form, key).data for key in CRITERIA}
    if form.unit_id.data:
        unit = people_access.unit_to_see(session(), me(), int(form.unit_id.data), SEARCH)
        criteria |= {"unit_path": unit.path, "unit": unit.name}
    try:
        kept = talent.search(session(), criteria, reason=form.reason.data, by_id=me().id, now=now())
    except Invalid as problem:
        form.refuse(problem)
        return _page(form, 422)
    return see_other(url_for("talent.show", search_id=kept.id))


@bp.get("/<int:search_id>")
@requires(SEARCH)
def show(search_id: int) -> Response:
    kept = access.own_search(session(), me(), search_id)
    reach = people_access.scope(session(), me(), SEARCH)
    found = talent.list_found(session(), reach, kept.criteria, today=clock.today(now()))
    words = talent.words_of(kept.criteria)
    return page("archive/found.html", search=kept, found=found, words=words, most=talent.MOST, active="talent")


def _form(form: TalentForm) -> TalentForm:
    units = people_access.units_to_see(session(), me(), SEARCH)
    form.unit_id.choices = [("", "不限"), *((str(unit.id), unit.name) for unit in units)]
    return form


def _page(form: TalentForm, status: int = 200) -> Response:
    searches = talent.list_searches(session(), me().id, limit=SHOWN)
    return page("archive/talent.html", status, form=form, searches=searches, words_of=talent.words_of, active="talent")

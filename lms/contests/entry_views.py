"""Entry by unit: a unit's admin fills its places before the deadline; the organiser sees all of them."""

from flask import Blueprint, Response, url_for

from lms.contests import entry_queries, entry_services, round_access
from lms.contests.queries import RoundLine
from lms.contests.round_forms import EntryForm
from lms.errors import Conflict, Invalid
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.web import now, page, see_other, session

bp = Blueprint("entries_office", __name__, url_prefix="/office/entries")


@bp.get("")
@requires(Permission.TEAM_MANAGE)
def index() -> Response:
    lines = round_access.list_rounds_to_enter(session(), me(), now=now())
    return page("contests/office_entries_index.html", lines=lines, active="entries")


@bp.get("/<int:round_id>")
@requires(Permission.TEAM_MANAGE)
def show(round_id: int) -> Response:
    return _page(_line(round_id), EntryForm.shown())


def _line(round_id: int) -> RoundLine:
    return round_access.quota_round(session(), me(), round_id, now=now())


def _page(line: RoundLine, form: EntryForm, status: int = 200) -> Response:
    units = round_access.units_to_enter(session(), me(), line)
    people = entry_queries.list_unit_entries(session(), line.round.id)
    of_unit = [(unit, [one for one in people if one.unit_id == unit.id]) for unit in units]
    is_open = now() < (line.round.opens_at if _is_late(line) else line.round.entry_until or line.round.opens_at)
    return page(
        "contests/office_entries.html", status, line=line, of_unit=of_unit, form=form, is_open=is_open, active="entries"
    )


def _is_late(line: RoundLine) -> bool:
    """The organiser may change the list after the deadline."""
    return round_access.organises(session(), me(), line)


@bp.post("/<int:round_id>")
@requires(Permission.TEAM_MANAGE)
def enter(round_id: int) -> Response:
    line, form = _line(round_id), EntryForm.posted()
    if not form.validate():
        return _page(line, form, 422)
    found = round_access.person_to_enter(session(), me(), line, form.staff_no.data, now=now())
    if found is None:
        form.staff_no.errors = ["本单位没有这个工号，或者这个人不参加排名。"]
        return _page(line, form, 422)
    try:
        entry_services.enter(session(), line, *found, actor_id=me().id, now=now(), is_late=_is_late(line))
    except (Conflict, Invalid) as refused:
        form.staff_no.errors = [refused.message]
        return _page(line, form, refused.status)
    return see_other(
        url_for("entries_office.show", round_id=round_id), flash=f"已替{found[0].name}报名，本人会收到消息。"
    )


@bp.post("/<int:round_id>/people/<int:person_id>/removal")
@requires(Permission.TEAM_MANAGE)
def cancel(round_id: int, person_id: int) -> Response:
    line = _line(round_id)
    person = round_access.entry_to_cancel(session(), me(), line, person_id)
    entry_services.cancel(session(), line, person, actor_id=me().id, now=now(), is_late=_is_late(line))
    return see_other(url_for("entries_office.show", round_id=round_id), flash="已取消，名额空出来了。")

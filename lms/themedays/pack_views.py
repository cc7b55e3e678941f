"""The committee's packs: written, previewed as branches will see them, published; how far the branches are, in numbers."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from lms import clock
from lms.errors import Invalid
from lms.people.guard import me, requires
from lms.people.rules import Permission
from lms.themedays import access, queries, rules, services
from lms.themedays.forms import NewPackForm, PackForm, month_choices, pack_data
from lms.themedays.models import MonthPack
from lms.themedays.queries import MonthLine
from lms.themedays.rules import PartKind
from lms.themedays.views import NAMES, given
from lms.web import now, page, page_number, paged, see_other, session

bp = Blueprint("month_packs", __name__, url_prefix="/office/packs")

MANAGE = Permission.PACK_MANAGE
SHOWN = 20
AHEAD = 6


@bp.get("")
@requires(MANAGE)
def index() -> Response:
    access.check_packs(session(), me())
    packs = paged(session(), queries.list_packs(), page_number())
    return page(
        "themedays/packs.html", packs=packs, form=_new_form(NewPackForm.shown()), today=clock.today(now()),
        missing=services.missing, reached=queries.count_reached(session(), [one.id for one in packs.rows]), active="packs",
    )  # fmt: skip


def _new_form(form: NewPackForm) -> NewPackForm:
    """Months from this one on that have no pack."""
    month = clock.month_of(now())
    months = [month]
    for _ in range(AHEAD):
        months.append(rules.next_month(months[-1]))
    taken = queries.months_with_pack(session(), months)
    form.month.choices = month_choices([each for each in months if each not in taken])
    return form


@bp.post("")
@requires(MANAGE)
def create() -> Response:
    access.check_packs(session(), me())
    form = _new_form(NewPackForm.posted())
    try:
        if form.validate():
            pack = services.draft_pack(session(), form.first_day(), form.facts(), by_id=me().id, now=now())
            return _to(pack, "草稿已保存，接着选一课和一片。")
    except Invalid as refused:
        form.refuse(refused)
    packs = paged(session(), queries.list_packs(), page_number())
    return page(
        "themedays/packs.html", 422, packs=packs, form=form, today=clock.today(now()), missing=services.missing,
        reached=queries.count_reached(session(), [one.id for one in packs.rows]), active="packs",
    )  # fmt: skip


@bp.get("/<int:pack_id>")
@requires(MANAGE)
def edit(pack_id: int) -> Response:
    return _page(access.pack_to_edit(session(), me(), pack_id))


def _page(pack: MonthPack, status: int = 200, form: PackForm | None = None) -> Response:
    asked = request.args.get("q", "")[:60].strip()
    found = queries.list_offered(session(), asked, SHOWN)
    return page(
        "themedays/pack.html", status, form=form or PackForm.shown(data=pack_data(pack)), asked=asked, found=found,
        **_seen(pack), missing=services.missing(pack), today=clock.today(now()), active="packs", **NAMES,
    )  # fmt: skip


def _seen(pack: MonthPack) -> dict[str, Any]:
    """What branches will see of it, published or not."""
    return given(MonthLine(0, pack.month, None, pack, ()))


def _to(pack: MonthPack, said: str) -> Response:
    return see_other(url_for("month_packs.edit", pack_id=pack.id), flash=said)


@bp.post("/<int:pack_id>")
@requires(MANAGE)
def change(pack_id: int) -> Response:
    pack, form = access.pack_to_edit(session(), me(), pack_id), PackForm.posted()
    try:
        if form.validate():
            services.change_pack(session(), pack, form.facts(), by_id=me().id, now=now())
            return _to(pack, "已保存。" if pack.published_at is None else "已保存，各支部现在看到的就是改后的。")
    except Invalid as refused:
        form.refuse(refused)
    return _page(pack, 422, form)


@bp.post("/<int:pack_id>/resources/<any(lesson, film, file):what>/<int:resource_id>")
@requires(MANAGE)
def choose(pack_id: int, what: str, resource_id: int) -> Response:
    pack = access.pack_to_edit(session(), me(), pack_id)
    resource = access.resource_to_offer(session(), resource_id)
    if what == "file":
        services.add_file(session(), pack, resource, now=now())
    else:
        services.set_part(session(), pack, PartKind(what), resource, now=now())
    return _to(pack, f"《{resource.title}》已选上。")


@bp.post("/<int:pack_id>/resources/<any(lesson, film, file):what>/<int:resource_id>/removal")
@requires(MANAGE)
def remove(pack_id: int, what: str, resource_id: int) -> Response:
    pack = access.pack_to_edit(session(), me(), pack_id)
    if what == "file":
        services.remove_file(session(), pack, resource_id, now=now())
    else:
        services.set_part(session(), pack, PartKind(what), None, now=now())
    return _to(pack, "已移出。")


@bp.get("/<int:pack_id>/preview")
@requires(MANAGE)
def preview(pack_id: int) -> Response:
    """As a branch will see it, before anybody does."""
    pack = access.pack_to_edit(session(), me(), pack_id)
    return page("themedays/preview.html", **_seen(pack), missing=services.missing(pack), active="packs", **NAMES)


@bp.post("/<int:pack_id>/publication")
@requires(MANAGE)
def publish(pack_id: int) -> Response:
    """Published now; the scheduler brings it to the branches within a minute."""
    pack = access.pack_to_edit(session(), me(), pack_id)
    services.publish_pack(session(), pack, by_id=me().id, now=now())
    return _to(pack, "已发布，一分钟内下发到各支部，并通知支部书记。")

"""One part of a month: another day, another gathering, done without a meeting, or not done after all."""

from datetime import date

from flask import Blueprint, Response

from lms import clock
from lms.errors import Invalid
from lms.people.guard import me, requires
from lms.people.models import Branch
from lms.people.rules import Permission
from lms.themedays import access, queries, services
from lms.themedays.forms import ApartForm, ChangeForm, DayForm, plan_data
from lms.themedays.rules import PARTS, PartKind, month_text
from lms.themedays.views import NAMES, address, fitted
from lms.web import now, page, see_other, session

bp = Blueprint("theme_parts", __name__, url_prefix="/themedays")

HOLD = Permission.GATHERING_HOLD
AT = "/<int:branch_id>/<month>/parts/<kind>"


def _asked(branch_id: int, month: str, kind: str) -> tuple[Branch, date, PartKind]:
    branch = access.branch_to_keep(session(), me(), branch_id)
    return branch, access.month_asked(month), access.part_asked(kind)


@bp.get(AT)
@requires(HOLD)
def show(branch_id: int, month: str, kind: str) -> Response:
    return _page(*_asked(branch_id, month, kind))


def _page(
    branch: Branch,
    month: date,
    kind: PartKind,
    status: int = 200,
    *,
    form: DayForm | None = None,
    apart: ApartForm | None = None,
    change: ChangeForm | None = None,
) -> Response:
    line = queries.month_of(session(), branch.id, month)
    like = services.propose(session(), branch, line, by_id=me().id, now=now())
    form, change = form or fitted(DayForm.shown(data=plan_data(like)), like), change or ChangeForm.shown()
    apart = apart or ApartForm.shown(data={"on": clock.today(now())})
    apart.reason.id, change.reason.id = "apart-reason", "change-reason"  # three forms on one page
    part = line.part(kind)
    return page(
        "themedays/part.html",
        status,
        branch=branch,
        line=line,
        part=part,
        form=form,
        apart_form=apart,
        change_form=change,
        is_late=services.is_late(session(), line, kind, now()),
        others=[one for one in queries.list_theme_days(session(), branch.id, month) if one is not part.gathering],
        back=address(branch.id, month),
        month=month_text(month),
        active="branch",
        **NAMES,
    )


@bp.post(f"{AT}/plan")
@requires(HOLD)
def plan(branch_id: int, month: str, kind: str) -> Response:
    branch, first, part = _asked(branch_id, month, kind)
    like = services.propose(session(), branch, queries.month_of(session(), branch.id, first), by_id=me().id, now=now())
    form = fitted(DayForm.posted(), like)
    try:
        if form.validate():
            services.plan_part(session(), branch, first, part, form.plan(like), by_id=me().id, now=now())
            return see_other(address(branch.id, first), flash=f"{PARTS[part]}已另定一天。")
    except Invalid as refused:
        form.refuse(refused)
    return _page(branch, first, part, 422, form=form)


@bp.post(f"{AT}/record")
@requires(HOLD)
def record(branch_id: int, month: str, kind: str) -> Response:
    branch, first, part = _asked(branch_id, month, kind)
    form = ApartForm.posted()
    try:
        if form.validate():
            services.record_apart(
                session(), branch, first, part, on=form.on.data, note=form.note.data, by_id=me().id, now=now(),
                reason=form.reason.data or "",
            )  # fmt: skip
            return see_other(address(branch.id, first), flash=f"{PARTS[part]}已记下，不用再开会。")
    except Invalid as refused:
        form.refuse(refused)
    return _page(branch, first, part, 422, apart=form)


@bp.post(f"{AT}/reopening")
@requires(HOLD)
def reopen(branch_id: int, month: str, kind: str) -> Response:
    branch, first, part = _asked(branch_id, month, kind)
    form = ChangeForm.posted()
    try:
        if form.validate():
            reason = form.reason.data or ""
            services.reopen_part(session(), branch, first, part, by_id=me().id, now=now(), reason=reason)
            return see_other(address(branch.id, first), flash=f"{PARTS[part]}改为没有办，可以重新安排。")
    except Invalid as refused:
        form.refuse(refused)
    return _page(branch, first, part, 422, change=form)


@bp.post(f"{AT}/gatherings/<int:gathering_id>")
@requires(HOLD)
def cover(branch_id: int, month: str, kind: str, gathering_id: int) -> Response:
    branch, first, part = _asked(branch_id, month, kind)
    gathering, form = access.gathering_of(session(), branch, gathering_id), ChangeForm.posted()
    try:
        if form.validate():
            reason = form.reason.data or ""
            services.cover(session(), branch, first, part, gathering, by_id=me().id, now=now(), reason=reason)
            return see_other(address(branch.id, first), flash=f"{PARTS[part]}记在《{gathering.title}》里。")
    except Invalid as refused:
        form.refuse(refused)
    return _page(branch, first, part, 422, change=form)


@bp.post("/<int:branch_id>/<month>/gatherings/<int:gathering_id>")
@requires(HOLD)
def adopt(branch_id: int, month: str, gathering_id: int) -> Response:
    branch, first = access.branch_to_keep(session(), me(), branch_id), access.month_asked(month)
    gathering, form = access.gathering_of(session(), branch, gathering_id), ChangeForm.posted()
    reason = (form.validate() and form.reason.data) or ""
    services.adopt(session(), branch, first, gathering, by_id=me().id, now=now(), reason=reason)
    return see_other(address(branch.id, first), flash="已归入本月，还没有安排的几项都记在这次活动里。")

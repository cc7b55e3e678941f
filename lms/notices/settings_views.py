"""消息设置: quiet, mail, and the address that mails go to."""

from flask import Blueprint, Response, url_for

from lms.errors import Invalid
from lms.notices import queries
from lms.notices.forms import AddressForm, CodeForm, WishesForm
from lms.notices.services import sending, wishes
from lms.people.guard import keys, me, settings, signed_in
from lms.web import now, page, see_other, session

bp = Blueprint("notice_settings", __name__, url_prefix="/me/notices")


@bp.get("")
@signed_in
def index() -> Response:
    return _page()


def _page(
    status: int = 200,
    form: WishesForm | None = None,
    address_form: AddressForm | None = None,
    code_form: CodeForm | None = None,
) -> Response:
    kept = queries.find_settings(session(), me().id)
    sealed = kept.email_sealed if kept else None
    return page(
        "notices/settings.html",
        status,
        form=form or WishesForm.shown(kept),
        address_form=address_form or AddressForm.shown(),
        code_form=code_form or CodeForm.shown(),
        address=wishes.masked(keys().unseal("phone", sealed)) if sealed else "",
        is_confirmed=bool(kept and kept.email_confirmed_at),
        has_mail=sending.has_mail(session()),
        hours=settings().reminder_hours.replace(",", "，").replace("-", "–"),
        active="me",
    )


@bp.post("")
@signed_in
def keep() -> Response:
    form = WishesForm.posted()
    if not form.validate():
        return _page(422, form=form)
    wishes.keep(session(), me().id, **form.data)
    return see_other(url_for("notice_settings.index"), flash="已保存。")


@bp.post("/email")
@signed_in
def ask_code() -> Response:
    form = AddressForm.posted()
    if not form.validate():
        return _page(422, address_form=form)
    try:
        wishes.ask_code(session(), me().id, form.address.data, keys=keys(), now=now())
    except Invalid as problem:
        form.refuse(problem)
        return _page(422, address_form=form)
    return see_other(url_for("notice_settings.index"), flash="验证码已发出，收到后填在下面。")


@bp.post("/email/confirmation")
@signed_in
def confirm() -> Response:
    form = CodeForm.posted()
    if not form.validate():
        return _page(422, code_form=form)
    right = wishes.confirm(session(), me().id, form.code.data, keys=keys(), now=now())
    said = "邮箱已确认，可以选择要收的邮件。" if right else "验证码不对，请再看一眼。"
    return see_other(url_for("notice_settings.index"), flash=said, kind="done" if right else "error")


@bp.post("/email/removal")
@signed_in
def forget() -> Response:
    wishes.forget_address(session(), me().id)
    return see_other(url_for("notice_settings.index"), flash="邮箱已删除，不再发邮件给你。")
